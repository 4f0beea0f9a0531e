//! Reads a value of the spec by its type: reports all problems at once, each with its place, what is wrong and what is
//! accepted. Messages show text only if it cannot be a secret.

use super::param_type::quoted;
use super::read_parts::{read_any, read_list, read_map, read_table};
use super::read_secret::{hide_secrets, plain_secret, read_secret};
use super::text_type::RefusedText;
use super::{FileRef, ParamType, VariableRef};
use crate::diagnostic::{Diagnostic, Problems, nearest};
use crate::module::value::RESERVED;
use crate::spec::node::{Node, Value as Toml};
use crate::spec::{is_file_path, secret_path, variable};
use minijinja::Value;

impl ParamType {
    /// Reads a value of the spec.
    ///
    /// # Errors
    ///
    /// All problems of the value: parts of the wrong type or out of bounds, missing and unknown keys, and secrets in
    /// plain text.
    pub fn read(&self, node: &Node) -> Result<Value, Problems> {
        let value = match self {
            ParamType::Table(fields) => read_table(fields, node, self),
            ParamType::List(ty) => read_list(ty, node, self),
            ParamType::Map(ty, keys) => read_map((ty, keys.as_ref()), node, self),
            ParamType::Any => read_any(node),
            _ => self.read_scalar(node),
        };
        value.map_err(hide_secrets)
    }

    fn read_scalar(&self, node: &Node) -> Result<Value, Problems> {
        let refused = |why: RefusedText| vec![self.refused(node, why)];
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
            (ParamType::Text(bounded), Toml::String(text)) => {
                reserved(text).and_then(|()| bounded.read(text)).map_err(refused)
            }
            (ParamType::Text(bounded), Toml::Table(_)) if variable(node).is_some() => {
                let (name, place) = (variable(node).unwrap_or_default().to_owned(), &node.place);
                Ok(VariableRef { name, bounded: bounded.clone(), place: place.clone() }
                    .into_value())
            }
            (ParamType::Text(bounded), Toml::Integer(bytes)) if bounded.base.name == "size" => {
                bounded.read(&bytes.to_string()).map_err(refused)
            }
            (ParamType::Enum(words), Toml::String(word)) => read_word(words, word, node),
            (ParamType::Secret(generate), Toml::Table(table)) => {
                read_secret(table, generate.as_deref(), node)
            }
            (ParamType::Secret(_), Toml::String(text)) if is_file_path(text) => {
                Err(vec![secret_path(node)])
            }
            (ParamType::Secret(_), Toml::String(_)) => Err(vec![plain_secret(node)]),
            (ParamType::FileRef, Toml::String(path)) => reserved(path)
                .and_then(|()| super::path::beside_spec(path))
                .map(|path| FileRef { path, place: Some(node.place.clone()) }.into_value())
                .map_err(refused),
            _ => Err(vec![self.wrong(node)]),
        }
    }

    /// The problem of a value with the right TOML type that is not accepted.
    pub(super) fn refused(&self, node: &Node, refused: RefusedText) -> Diagnostic {
        let message = match self {
            ParamType::Any => "this value is not accepted".to_owned(),
            // Any text is a string: the problem is its content.
            ParamType::Text(bounded)
                if bounded.base.name == "string" && bounded.means.is_none() =>
            {
                "this text is not accepted".to_owned()
            }
            _ => format!("this is not {}", self.describe()),
        };
        let problem = Diagnostic::error("spec/value", message).labelled(&node.place, refused.why);
        match refused.help {
            Some(help) => problem.help(help),
            None => problem,
        }
    }

    /// The problem of a value with the wrong TOML type.
    pub(super) fn wrong(&self, node: &Node) -> Diagnostic {
        let found = node.value.type_name();
        let message = format!("expected {}, found {found}", self.describe());
        let problem = Diagnostic::error("spec/type", message).at(&node.place);
        match (self, &node.value) {
            _ if variable(node).is_some() => {
                problem.help("an environment variable is only allowed where free text is expected")
            }
            (ParamType::Text(bounded), Toml::Integer(_) | Toml::Float(_) | Toml::Datetime(_))
                if bounded.read(node.place.text()).is_ok() =>
            {
                problem.help(format!("write it in quotes: `\"{}\"`", node.place.text()))
            }
            (ParamType::Bool, Toml::String(_)) => problem.help("write it without quotes"),
            (ParamType::Whole(_) | ParamType::Number(_), Toml::String(_)) => {
                problem.help("write the number without quotes")
            }
            (ParamType::Text(bounded), Toml::Integer(_)) if bounded.base.name == "duration" => {
                problem.help("add a unit: `90s`, `12h`, `30d`")
            }
            _ => problem,
        }
    }
}

/// Refuses the characters that mark secrets in rendered text: a spec must not contain them.
pub(super) fn reserved(text: &str) -> Result<(), RefusedText> {
    match text.chars().find(|c| RESERVED.contains(c)) {
        None => Ok(()),
        Some(c) => Err(RefusedText::because(format!(
            "contains the reserved character {}",
            c.escape_unicode()
        ))),
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
