//! The kinds of values that options take, as written in `options.toml`.

/// One kind; an option takes one or more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OptionKind {
    /// `true` or `false`.
    Bool,
    /// A whole number.
    Int,
    /// A number.
    Number,
    /// Text.
    String,
    /// A path on the host.
    Path,
    /// A number of milliseconds, or one with `s`, `m`, `h`, `d`, `w` or `y`.
    Duration,
    /// A number of bytes, or one with `K`, `M`, `G` or `T`.
    Size,
    /// YAML's null, which a spec cannot express.
    Null,
    /// Anything.
    Any,
    /// Exactly this word.
    Word(String),
    /// A list of values of this kind.
    List(Box<OptionKind>),
    /// A table with arbitrary keys and values of this kind.
    Map(Box<OptionKind>),
    /// A table whose keys are options themselves.
    Table,
}

impl OptionKind {
    /// Parses alternatives; `None` if one is unknown.
    pub fn read(spelt: &str) -> Option<Vec<OptionKind>> {
        spelt.split(" | ").map(OptionKind::one).collect()
    }

    fn one(spelt: &str) -> Option<OptionKind> {
        if let Some(of) = spelt.strip_prefix("list of ") {
            return Some(OptionKind::List(Box::new(OptionKind::one(of)?)));
        }
        if let Some(of) = spelt.strip_prefix("map of ") {
            return Some(OptionKind::Map(Box::new(OptionKind::one(of)?)));
        }
        if let Some(word) = spelt.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')) {
            return Some(OptionKind::Word(word.to_owned()));
        }
        Some(match spelt {
            "bool" => OptionKind::Bool,
            "int" => OptionKind::Int,
            "number" => OptionKind::Number,
            "string" => OptionKind::String,
            "path" => OptionKind::Path,
            "duration" => OptionKind::Duration,
            "size" => OptionKind::Size,
            "null" => OptionKind::Null,
            "any" => OptionKind::Any,
            "table" => OptionKind::Table,
            _ => return None,
        })
    }

    /// Describes the values, for messages and the reference.
    pub fn describe(&self) -> String {
        match self {
            OptionKind::Bool => "`true` or `false`".into(),
            OptionKind::Int => "a whole number".into(),
            OptionKind::Number => "a number".into(),
            OptionKind::String => "a string".into(),
            OptionKind::Path => "a path on the host".into(),
            OptionKind::Duration => "a duration such as `90d`".into(),
            OptionKind::Size => "a size such as `50M`".into(),
            OptionKind::Null => "nothing".into(),
            OptionKind::Any => "any value".into(),
            OptionKind::Word(word) => format!("`{word}`"),
            OptionKind::List(of) => format!("a list, each {}", of.describe()),
            OptionKind::Map(of) => format!("a table with your own keys, each {}", of.describe()),
            OptionKind::Table => "a table of the options under it".into(),
        }
    }

    /// Describes alternatives; null is omitted, since a spec has none.
    pub fn describe_all(kinds: &[OptionKind]) -> String {
        let kinds = kinds.iter().filter(|kind| **kind != OptionKind::Null);
        kinds.map(OptionKind::describe).collect::<Vec<_>>().join(" or ")
    }
}
