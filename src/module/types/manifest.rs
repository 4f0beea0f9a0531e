//! A type as a manifest declares it: `type` and the keys that go with it. A key that a type does not
//! have is an error, so that `vaules = [..]` never passes for an enum without values.

use super::number::{Number, Whole};
use super::param_type::quoted;
use super::text_type::{self, Pattern, Text};
use super::{Field, ParamType, Spelt};
use crate::diagnostic::{Diagnostic, Place, Problems, nearest};
use crate::spec::node::{Entry, Node, Table, Value as Toml};
use indexmap::IndexMap;
use minijinja::Value;
use regex_lite::Regex;

/// Keys of a parameter or field that are not its type's.
pub const FIELD_KEYS: &[&str] = &[
    "doc",
    "default",
    "required",
    "hardens",
    "sets",
    "generate",
    "check",
    "destructive",
    "restart",
];

/// Types that are not text types, with the keys each may have.
const BUILT_IN: &[(&str, &[&str])] = &[
    ("bool", &[]),
    ("int", &["min", "max"]),
    ("port", &["min", "max"]),
    ("number", &["min", "max"]),
    ("percent", &["min", "max"]),
    ("enum", &["values"]),
    ("secret", &["generate"]),
    ("file_ref", &[]),
    ("list", &["of", "fields"]),
    ("map", &["of", "fields"]),
    ("table", &["fields"]),
    ("rate_limit", &[]),
    ("any", &[]),
];

impl ParamType {
    /// Reads a declaration. Keys in `ignore` belong to whoever holds the type; `place` is the place
    /// of the declaration's key.
    pub fn from_manifest(
        table: &Table,
        place: &Place,
        ignore: &[&str],
    ) -> Result<ParamType, Problems> {
        Declaration { table, place, ignore }.read().map_err(|mut problems| {
            problems.dedup();
            problems
        })
    }

    /// The names of all types, for the reference and for suggestions.
    pub fn names() -> impl Iterator<Item = &'static str> {
        BUILT_IN.iter().map(|(name, _)| *name).chain(text_type::ALL.iter().map(|of| of.name))
    }
}

struct Declaration<'a> {
    table: &'a Table,
    place: &'a Place,
    ignore: &'a [&'a str],
}

impl Declaration<'_> {
    fn read(&self) -> Result<ParamType, Problems> {
        let Some(entry) = self.table.get("type") else {
            return Err(vec![
                Diagnostic::error("module/type", "a `type` is missing")
                    .at(self.place)
                    .help("add a type such as `type = \"string\"`"),
            ]);
        };
        let name = text(entry, "type")?;
        let keys = keys_of(name).ok_or_else(|| vec![unknown_type(name, &entry.node.place)])?;
        let mut problems = self.unknown_keys(name, &keys);
        match self.of(name) {
            Ok(of) if problems.is_empty() => Ok(of),
            Ok(_) => Err(problems),
            Err(found) => {
                problems.extend(found);
                Err(problems)
            }
        }
    }

    fn of(&self, name: &str) -> Result<ParamType, Problems> {
        Ok(match name {
            "bool" => ParamType::Bool,
            "int" => ParamType::Whole(self.whole("int", None, None)?),
            "port" => ParamType::Whole(self.whole("port", Some(1), Some(65535))?),
            "number" => ParamType::Number(self.number("number", None, None)?),
            "percent" => ParamType::Number(self.number("percent", Some(0.0), Some(100.0))?),
            "enum" => ParamType::Enum(self.words()?),
            "secret" => ParamType::Secret(self.optional_text("generate")?),
            "file_ref" => ParamType::FileRef,
            "list" => ParamType::List(Box::new(self.items()?)),
            "map" => ParamType::Map(Box::new(self.inner()?)),
            "table" => ParamType::Table(self.fields(self.table.get("fields"))?),
            "rate_limit" => super::rate::limit(),
            "any" => ParamType::Any,
            _ => ParamType::Text(self.text_type(name)?),
        })
    }

    fn unknown_keys(&self, name: &str, keys: &[&str]) -> Problems {
        let known: Vec<&str> = ["type"].iter().chain(keys).chain(self.ignore).copied().collect();
        let unknown = self.table.iter().filter(|(key, _)| !known.contains(&key.as_str()));
        unknown
            .map(|(key, entry)| {
                let message = format!("the type `{name}` has no key `{key}`");
                let problem = Diagnostic::error("module/unknown-key", message).at(&entry.key);
                match nearest(key, known.iter().copied()) {
                    Some(near) => problem.help(format!("did you mean `{near}`?")),
                    None => problem.help(format!("it has {}", list(&known))),
                }
            })
            .collect()
    }

    /// What a list holds. A secret that is generated needs a name, and an item of a list has none.
    fn items(&self) -> Result<ParamType, Problems> {
        let of = self.inner()?;
        if !of.generates() {
            return Ok(of);
        }
        let message = "a secret in a list cannot be generated: it has no name of its own";
        let problem = Diagnostic::error("module/type", message).at(self.place);
        Err(vec![problem.help("use a map, whose keys are names")])
    }

    /// What a list or map holds: `of`, with `fields` beside it for tables.
    fn inner(&self) -> Result<ParamType, Problems> {
        let outer = self.table.get("fields");
        let Some(of) = self.table.get("of") else {
            return match outer {
                Some(_) => Ok(ParamType::Table(self.fields(outer)?)),
                None => Err(vec![
                    Diagnostic::error("module/type", "`of` or `fields` is missing")
                        .at(self.place)
                        .help("say what it holds: `of = { type = \"domain\" }`"),
                ]),
            };
        };
        if let Some(name) = of.node.as_str() {
            let named = Entry {
                key: of.key.clone(),
                node: Node { value: Toml::String(name.into()), place: of.node.place.clone() },
            };
            return self.held(&Table::from_iter([("type".to_owned(), named)]), of, outer);
        }
        let table = of.node.as_table().ok_or_else(|| {
            let message = format!("`of` is a type, not {}", of.node.value.type_name());
            let problem = Diagnostic::error("module/type", message).at(&of.node.place);
            vec![problem.help("write `of = { type = \"domain\" }`")]
        })?;
        self.held(table, of, outer)
    }

    fn held(
        &self,
        table: &Table,
        of: &Entry,
        fields: Option<&Entry>,
    ) -> Result<ParamType, Problems> {
        let mut table = table.clone();
        if let Some(fields) = fields {
            table.insert("fields".into(), fields.clone());
        }
        ParamType::from_manifest(&table, &of.key, &[])
    }

    fn fields(&self, entry: Option<&Entry>) -> Result<IndexMap<String, Field>, Problems> {
        let Some(table) = entry.and_then(|entry| entry.node.as_table()) else {
            let message = "`fields` is missing: a table says which keys it has";
            return Err(vec![
                Diagnostic::error("module/type", message)
                    .at(entry.map_or(self.place, |entry| &entry.node.place))
                    .help("write `fields = { name = { type = \"slug\", required = true } }`"),
            ]);
        };
        let mut problems = Problems::new();
        let mut fields = IndexMap::new();
        for (name, entry) in table {
            let declared = entry.node.as_table().ok_or_else(|| {
                let message = format!("the field `{name}` is a table with a `type`");
                vec![Diagnostic::error("module/type", message).at(&entry.node.place)]
            });
            match declared.and_then(|declared| Field::from_manifest(declared, &entry.key)) {
                Ok(field) => {
                    fields.insert(name.clone(), field);
                }
                Err(found) => problems.extend(found),
            }
        }
        if problems.is_empty() { Ok(fields) } else { Err(problems) }
    }

    fn words(&self) -> Result<Vec<String>, Problems> {
        let entry = self.table.get("values");
        let words: Option<Vec<String>> = entry.and_then(|entry| {
            let items = entry.node.as_array()?;
            items.iter().map(|item| item.as_str().map(str::to_owned)).collect()
        });
        words.filter(|words| !words.is_empty()).ok_or_else(|| {
            let place = entry.map_or(self.place, |entry| &entry.node.place);
            let problem = Diagnostic::error("module/type", "an enum lists its words in `values`");
            vec![problem.at(place).help("write `values = [\"closed\", \"open\"]`")]
        })
    }

    fn text_type(&self, name: &str) -> Result<Text, Problems> {
        let of = text_type::find(name).ok_or_else(|| vec![unknown_type(name, self.place)])?;
        let bound = |key: &str| -> Result<Option<Value>, Problems> {
            let Some(entry) = self.table.get(key) else { return Ok(None) };
            ParamType::Text(Text::plain(of)).read(&entry.node).map(Some)
        };
        let pattern = self.optional_text("pattern")?.map(|text| self.compile(text)).transpose()?;
        Ok(Text { of, min: bound("min")?, max: bound("max")?, pattern })
    }

    /// A pattern matches the whole string: `[a-z]+` does not let `a;b` pass.
    fn compile(&self, pattern: String) -> Result<Pattern, Problems> {
        match Regex::new(&format!("^(?:{pattern})$")) {
            Ok(whole) => Ok(Pattern { text: pattern, whole }),
            Err(error) => {
                let place = self.table.get("pattern").map_or(self.place, |entry| &entry.node.place);
                let message = format!("not a pattern: {error}");
                Err(vec![Diagnostic::error("module/type", message).at(place)])
            }
        }
    }

    fn whole(
        &self,
        name: &'static str,
        min: Option<i64>,
        max: Option<i64>,
    ) -> Result<Whole, Problems> {
        let bound = |key: &str, default| match self.table.get(key).map(|entry| &entry.node) {
            None => Ok(default),
            Some(Node { value: Toml::Integer(number), .. }) => Ok(Some(*number)),
            Some(node) => Err(not_a_bound(key, "a whole number", node)),
        };
        Ok(Whole { name, min: bound("min", min)?, max: bound("max", max)? })
    }

    fn number(
        &self,
        name: &'static str,
        min: Option<f64>,
        max: Option<f64>,
    ) -> Result<Number, Problems> {
        let bound = |key: &str, default| match self.table.get(key).map(|entry| &entry.node) {
            None => Ok(default),
            Some(Node { value: Toml::Integer(number), .. }) => Ok(Some(*number as f64)),
            Some(Node { value: Toml::Float(number), .. }) => Ok(Some(*number)),
            Some(node) => Err(not_a_bound(key, "a number", node)),
        };
        Ok(Number { name, min: bound("min", min)?, max: bound("max", max)? })
    }

    fn optional_text(&self, key: &str) -> Result<Option<String>, Problems> {
        self.table.get(key).map(|entry| text(entry, key).map(str::to_owned)).transpose()
    }
}

/// The keys that a type may have; none when there is no such type.
fn keys_of(name: &str) -> Option<Vec<&'static str>> {
    if let Some((_, keys)) = BUILT_IN.iter().find(|(built_in, _)| *built_in == name) {
        return Some(keys.to_vec());
    }
    let of = text_type::find(name)?;
    let measured = (of.parse)(of.example.trim_matches('`'))
        .is_ok_and(|value| Spelt::of(&value).and_then(Spelt::rank).is_some());
    Some(if measured { vec!["min", "max"] } else { vec!["pattern"] })
}

fn text<'a>(entry: &'a Entry, key: &str) -> Result<&'a str, Problems> {
    entry.node.as_str().ok_or_else(|| {
        let message = format!("`{key}` is a string, not {}", entry.node.value.type_name());
        vec![Diagnostic::error("module/type", message).at(&entry.node.place)]
    })
}

fn not_a_bound(key: &str, what: &str, node: &Node) -> Problems {
    let message = format!("`{key}` is {what}, not {}", node.value.type_name());
    vec![Diagnostic::error("module/type", message).at(&node.place)]
}

fn unknown_type(name: &str, place: &Place) -> Diagnostic {
    let problem = Diagnostic::error("module/type", format!("there is no type `{name}`")).at(place);
    match nearest(name, ParamType::names()) {
        Some(near) => problem.help(format!("did you mean `{near}`?")),
        None => {
            problem.help(format!("the types are {}", list(&ParamType::names().collect::<Vec<_>>())))
        }
    }
}

fn list(words: &[&str]) -> String {
    quoted(&words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>())
}
