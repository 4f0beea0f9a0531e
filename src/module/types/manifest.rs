//! A type as declared by a manifest: `type` and the keys that go with it. A key that a type does not have is an error,
//! so that `vaules = [..]` cannot pass for an enum without values.

use super::declared_limits::text;
use super::param_type::quoted;
use super::text_type;
use super::{Literal, ParamType};
use crate::diagnostic::{Diagnostic, Place, Problems, nearest};
use crate::spec::node::Table;

/// Keys of a parameter or field that do not belong to its type.
pub const FIELD_KEYS: &[&str] = &[
    "doc",
    "default",
    "default_by",
    "required",
    "hardens",
    "sets",
    "generate",
    "check",
    "destructive",
];

/// Types other than text types, with the keys that each may have.
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
    ("map", &["of", "fields", "keys"]),
    ("table", &["fields"]),
    ("rate_limit", &[]),
    ("any", &[]),
];

impl ParamType {
    /// Reads a declaration. Keys in `ignore` belong to the holder of the type; `place` is the place of the
    /// declaration's key.
    ///
    /// # Errors
    ///
    /// `type` is missing or unknown (`module/type`), or a key does not belong to the type (`module/unknown-key`) or has
    /// an invalid value.
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
        BUILT_IN
            .iter()
            .map(|(name, _)| *name)
            .chain(text_type::ALL.iter().map(|text_type| text_type.name))
    }
}

/// A declaration being read; the parts of types are read by the sibling files.
pub(super) struct Declaration<'a> {
    pub(super) table: &'a Table,
    pub(super) place: &'a Place,
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
            Ok(ty) if problems.is_empty() => Ok(ty),
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
            "map" => ParamType::Map(Box::new(self.inner()?), self.pattern("keys")?),
            "table" => ParamType::Table(self.fields(self.table.get("fields"))?),
            "rate_limit" => super::rate::limit(),
            "any" => ParamType::Any,
            _ => ParamType::Text(self.text_type(name)?),
        })
    }

    fn unknown_keys(&self, name: &str, keys: &[&str]) -> Problems {
        // `generate` belongs to a secret's type, even if it is to be ignored for others.
        let ignored = self.ignore.iter().filter(|key| **key != "generate");
        let known: Vec<&str> = ["type"].iter().chain(keys).chain(ignored).copied().collect();
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
}

/// The keys that a type may have; none if there is no such type.
fn keys_of(name: &str) -> Option<Vec<&'static str>> {
    if let Some((_, keys)) = BUILT_IN.iter().find(|(built_in, _)| *built_in == name) {
        return Some(keys.to_vec());
    }
    let text_type = text_type::find(name)?;
    let measured = (text_type.parse)(text_type.example.trim_matches('`'))
        .is_ok_and(|value| Literal::of(&value).and_then(Literal::rank).is_some());
    Some(if measured { vec!["min", "max"] } else { vec!["pattern", "means"] })
}

pub(super) fn unknown_type(name: &str, place: &Place) -> Diagnostic {
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
