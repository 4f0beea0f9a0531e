//! A value of the spec read by its type: all problems at once, each with its place, what was wrong
//! and what is accepted. Text is shown in a message only when it cannot be a secret.

use super::param_type::quoted;
use super::text_type::Refused;
use super::{Field, FileRef, ParamType, SecretRef};
use crate::diagnostic::{Diagnostic, Place, Problems, Source, nearest};
use crate::module::filter::RESERVED;
use crate::spec::node::{Node, Table, Value as Toml};
use indexmap::IndexMap;
use minijinja::Value;
use std::sync::Arc;

impl ParamType {
    /// Reads a value of the spec.
    pub fn read(&self, node: &Node) -> Result<Value, Problems> {
        let value = match self {
            ParamType::Table(fields) => read_table(fields, node, self),
            ParamType::List(of) => read_list(of, node, self),
            ParamType::Map(of) => read_map(of, node, self),
            ParamType::Any => read_any(node),
            _ => self.read_scalar(node),
        };
        value.map_err(hide_secrets)
    }

    fn read_scalar(&self, node: &Node) -> Result<Value, Problems> {
        let refused = |why: Refused| vec![self.refused(node, why)];
        match (self, &node.value) {
            (ParamType::Bool, Toml::Boolean(flag)) => Ok(Value::from(*flag)),
            (ParamType::Whole(whole), Toml::Integer(number)) => {
                whole.check(*number).map(Value::from).map_err(refused)
            }
            (ParamType::Number(number), Toml::Integer(given)) => {
                number.check(*given as f64).map(|_| Value::from(*given)).map_err(refused)
            }
            (ParamType::Number(number), Toml::Float(given)) => {
                number.check(*given).map(Value::from).map_err(refused)
            }
            (ParamType::Text(of), Toml::String(text)) => {
                reserved(text).and_then(|()| of.read(text)).map_err(refused)
            }
            (ParamType::Text(of), Toml::Integer(bytes)) if of.of.name == "size" => {
                of.read(&bytes.to_string()).map_err(refused)
            }
            (ParamType::Enum(words), Toml::String(word)) => read_word(words, word, node),
            (ParamType::Secret(generate), Toml::Table(table)) => {
                read_secret(table, generate.as_deref(), node)
            }
            (ParamType::Secret(_), Toml::String(_)) => Err(vec![plain_secret(node)]),
            (ParamType::FileRef, Toml::String(path)) => reserved(path)
                .and_then(|()| super::path::beside(path))
                .map(|path| FileRef { path }.to_value())
                .map_err(refused),
            _ => Err(vec![self.wrong(node)]),
        }
    }

    /// The right TOML type with a value that is not accepted.
    fn refused(&self, node: &Node, refused: Refused) -> Diagnostic {
        let message = match self {
            ParamType::Any => "this value is not accepted".to_owned(),
            _ => format!("this is not {}", self.describe()),
        };
        let problem = Diagnostic::error("spec/value", message).labelled(&node.place, refused.why);
        match refused.help {
            Some(help) => problem.help(help),
            None => problem,
        }
    }

    /// Another TOML type.
    fn wrong(&self, node: &Node) -> Diagnostic {
        let found = node.value.type_name();
        let message = format!("expected {}, found {found}", self.describe());
        let problem = Diagnostic::error("spec/type", message).at(&node.place);
        match (self, &node.value) {
            (ParamType::Bool, Toml::String(_)) => problem.help("write it without quotes"),
            (ParamType::Whole(_) | ParamType::Number(_), Toml::String(_)) => {
                problem.help("write the number without quotes")
            }
            (ParamType::Text(of), Toml::Integer(_)) if of.of.name == "duration" => {
                problem.help("add a unit: `90s`, `12h`, `30d`")
            }
            _ => problem,
        }
    }
}

/// Characters that mark secrets in rendered text never come from a spec.
fn reserved(text: &str) -> Result<(), Refused> {
    match text.chars().find(|c| RESERVED.contains(c)) {
        None => Ok(()),
        Some(c) => {
            Err(Refused::because(format!("holds the reserved character {}", c.escape_unicode())))
        }
    }
}

fn read_word(words: &[String], word: &str, node: &Node) -> Result<Value, Problems> {
    if words.iter().any(|known| known == word) {
        return Ok(Value::from(word));
    }
    let message = format!("`{word}` is not one of {}", quoted(words));
    let problem = Diagnostic::error("spec/value", message).at(&node.place);
    Err(vec![match nearest(word, words.iter().map(String::as_str)) {
        Some(near) => problem.help(format!("did you mean `{near}`?")),
        None => problem,
    }])
}

fn read_secret(table: &Table, generate: Option<&str>, node: &Node) -> Result<Value, Problems> {
    let only = table.len() == 1;
    let problem = match table.get("secret").and_then(|entry| entry.node.as_str()) {
        Some(name) if only && super::reference::is_name(name) => {
            return Ok(SecretRef::named(name, generate).to_value());
        }
        Some(_) if only => Diagnostic::error("spec/value", "this is not the name of a secret")
            .help("names are words with `/` between them: `synapse/pepper`"),
        _ => Diagnostic::error("spec/type", "a secret is given by its name alone")
            .help("write `{ secret = \"synapse/pepper\" }`"),
    };
    Err(vec![problem.at(&node.place)])
}

const PLAIN_SECRET: &str = "spec/plain-secret";

fn plain_secret(node: &Node) -> Diagnostic {
    Diagnostic::error(PLAIN_SECRET, "a secret must not stand in the spec")
        .labelled(&node.place, "anyone who reads the spec could read it")
        .help(
            "put it into a store with `matrixform secrets set`, and write `{ secret = \"name\" }`",
        )
}

/// Snippets show whole lines, so where a secret stands in the spec all problems get a text in which
/// stars stand in its place.
fn hide_secrets(mut problems: Problems) -> Problems {
    let plain = |problem: &Diagnostic| match &problem.place {
        Some((place, _)) if problem.code == PLAIN_SECRET => Some(place.clone()),
        _ => None,
    };
    for secret in problems.iter().filter_map(plain).collect::<Vec<_>>() {
        let hidden = stars(&secret);
        for (place, _) in problems.iter_mut().filter_map(|problem| problem.place.as_mut()) {
            if place.source.name == hidden.name {
                place.source = Arc::clone(&hidden);
            }
        }
    }
    problems
}

/// The text with every character of a place replaced, line ends apart; the bytes stay as many.
fn stars(place: &Place) -> Arc<Source> {
    let hide = |(at, c): (usize, char)| match c {
        _ if !place.span.contains(&at) || c == '\n' => c.to_string(),
        _ => "*".repeat(c.len_utf8()),
    };
    let text: String = place.source.text.char_indices().map(hide).collect();
    Source::new(place.source.name.clone(), text)
}

fn read_list(of: &ParamType, node: &Node, whole: &ParamType) -> Result<Value, Problems> {
    let Some(items) = node.as_array() else { return Err(vec![whole.wrong(node)]) };
    let mut problems = Problems::new();
    let mut values = Vec::new();
    for item in items {
        match of.read(item) {
            Ok(value) => values.push(value),
            Err(found) => problems.extend(found),
        }
    }
    if problems.is_empty() { Ok(Value::from(values)) } else { Err(problems) }
}

fn read_map(of: &ParamType, node: &Node, whole: &ParamType) -> Result<Value, Problems> {
    let Some(table) = node.as_table() else { return Err(vec![whole.wrong(node)]) };
    let mut problems = Problems::new();
    let mut pairs = Vec::new();
    for (key, entry) in table {
        match of.read(&entry.node) {
            Ok(value) => pairs.push((key.clone(), SecretRef::under(key, value))),
            Err(found) => problems.extend(found),
        }
        if let Err(refused) = reserved(key) {
            let problem = Diagnostic::error("spec/value", "this key is not accepted");
            problems.push(problem.labelled(&entry.key, refused.why));
        }
    }
    if problems.is_empty() { Ok(Value::from_pairs(pairs)) } else { Err(problems) }
}

fn read_table(
    fields: &IndexMap<String, Field>,
    node: &Node,
    whole: &ParamType,
) -> Result<Value, Problems> {
    let Some(table) = node.as_table() else { return Err(vec![whole.wrong(node)]) };
    let mut problems = unknown_keys(fields, table);
    let mut pairs = Vec::new();
    for (name, field) in fields {
        let value = match table.get(name) {
            Some(entry) => field.of.read(&entry.node).map(|value| SecretRef::under(name, value)),
            None if field.must_be_given() => Err(vec![missing(name, field, node)]),
            None => Ok(field.absent(name)),
        };
        match value {
            Ok(value) => pairs.push((name.clone(), value)),
            Err(found) => problems.extend(found),
        }
    }
    if problems.is_empty() { Ok(Value::from_pairs(pairs)) } else { Err(problems) }
}

fn unknown_keys(fields: &IndexMap<String, Field>, table: &Table) -> Problems {
    let unknown = table.iter().filter(|(key, _)| !fields.contains_key(*key));
    unknown
        .map(|(key, entry)| {
            let message = format!("unknown key `{key}`");
            let problem = Diagnostic::error("spec/unknown-key", message).at(&entry.key);
            match nearest(key, fields.keys().map(String::as_str)) {
                Some(near) => problem.help(format!("did you mean `{near}`?")),
                None => problem.help(format!("known here: {}", quoted(fields.keys()))),
            }
        })
        .collect()
}

fn missing(name: &str, field: &Field, node: &Node) -> Diagnostic {
    Diagnostic::error("spec/missing-key", format!("`{name}` is missing"))
        .at(&node.place)
        .help(format!("add `{name}`: {}", field.of.describe()))
}

/// Any TOML value. A table that is only `{ secret = "name" }` is a secret here too: the alternative
/// would be the secret itself in the spec.
fn read_any(node: &Node) -> Result<Value, Problems> {
    let any = ParamType::Any;
    let refused = |why: Refused| vec![any.refused(node, why)];
    match &node.value {
        Toml::Boolean(flag) => Ok(Value::from(*flag)),
        Toml::Integer(number) => Ok(Value::from(*number)),
        Toml::Float(number) if number.is_finite() => Ok(Value::from(*number)),
        Toml::Float(_) => Err(refused(Refused::because("not a finite number, or too large"))),
        Toml::String(text) | Toml::Datetime(text) => {
            reserved(text).map(|()| Value::from(text.as_str())).map_err(refused)
        }
        Toml::Array(_) => read_list(&any, node, &any),
        Toml::Table(table) => match table.get("secret").filter(|_| table.len() == 1) {
            Some(name) if name.node.as_str().is_some() => read_secret(table, None, node),
            _ => read_map(&any, node, &any),
        },
    }
}
