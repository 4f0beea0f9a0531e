//! The kinds of values that options take, as written in `options.toml`.

/// One kind; an option takes one or more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
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
    List(Box<Kind>),
    /// A table with arbitrary keys and values of this kind.
    Map(Box<Kind>),
    /// A table whose keys are options themselves.
    Table,
}

impl Kind {
    /// Parses alternatives; `None` if one is unknown.
    pub fn read(spelt: &str) -> Option<Vec<Kind>> {
        spelt.split(" | ").map(Kind::one).collect()
    }

    fn one(spelt: &str) -> Option<Kind> {
        if let Some(of) = spelt.strip_prefix("list of ") {
            return Some(Kind::List(Box::new(Kind::one(of)?)));
        }
        if let Some(of) = spelt.strip_prefix("map of ") {
            return Some(Kind::Map(Box::new(Kind::one(of)?)));
        }
        if let Some(word) = spelt.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')) {
            return Some(Kind::Word(word.to_owned()));
        }
        Some(match spelt {
            "bool" => Kind::Bool,
            "int" => Kind::Int,
            "number" => Kind::Number,
            "string" => Kind::String,
            "path" => Kind::Path,
            "duration" => Kind::Duration,
            "size" => Kind::Size,
            "null" => Kind::Null,
            "any" => Kind::Any,
            "table" => Kind::Table,
            _ => return None,
        })
    }

    /// Describes the values, for messages and the reference.
    pub fn describe(&self) -> String {
        match self {
            Kind::Bool => "`true` or `false`".into(),
            Kind::Int => "a whole number".into(),
            Kind::Number => "a number".into(),
            Kind::String => "a string".into(),
            Kind::Path => "a path on the host".into(),
            Kind::Duration => "a duration such as `90d`".into(),
            Kind::Size => "a size such as `50M`".into(),
            Kind::Null => "nothing".into(),
            Kind::Any => "any value".into(),
            Kind::Word(word) => format!("`{word}`"),
            Kind::List(of) => format!("a list, each {}", of.describe()),
            Kind::Map(of) => format!("a table with your own keys, each {}", of.describe()),
            Kind::Table => "a table of the options under it".into(),
        }
    }

    /// Describes alternatives; null is omitted, since a spec has none.
    pub fn describe_all(kinds: &[Kind]) -> String {
        let kinds = kinds.iter().filter(|kind| **kind != Kind::Null);
        kinds.map(Kind::describe).collect::<Vec<_>>().join(" or ")
    }
}
