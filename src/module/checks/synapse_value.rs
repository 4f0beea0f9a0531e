//! Whether a value has a kind that an option takes, with messages in the terms of the parameter types.

use crate::diagnostic::{Diagnostic, Problems};
use crate::module::types::ParamType;
use crate::spec::node::{Node, Value as Toml};
use crate::synapse::Kind;

/// The problems of a value that is neither a table nor a list of such kinds.
pub(super) fn fits(name: &str, kinds: &[Kind], node: &Node, secret: bool) -> Problems {
    let mut refused = Problems::new();
    for kind in kinds {
        match fit(kind, node, secret) {
            Fit::Yes => return Problems::new(),
            Fit::Value(found) => refused.extend(found),
            Fit::Type => {}
        }
    }
    if refused.is_empty() { vec![wrong(name, kinds, node, secret)] } else { refused }
}

enum Fit {
    Yes,
    /// The type is right, the value is not.
    Value(Problems),
    /// No value of this type fits.
    Type,
}

fn fit(kind: &Kind, node: &Node, secret: bool) -> Fit {
    let yes = |yes: bool| if yes { Fit::Yes } else { Fit::Type };
    match (kind, &node.value) {
        // The name of a secret represents text.
        _ if secret => yes(matches!(kind, Kind::String | Kind::Path | Kind::Any)),
        (Kind::Any, _) => Fit::Yes,
        (Kind::Word(word), Toml::String(text)) if word == text => Fit::Yes,
        (Kind::Bool, Toml::Boolean(_)) | (Kind::String, Toml::String(_)) => Fit::Yes,
        (Kind::Int | Kind::Number, Toml::Integer(_)) => Fit::Yes,
        (Kind::Number, Toml::Float(number)) => yes(number.is_finite()),
        // Integers are milliseconds and bytes.
        (Kind::Duration | Kind::Size, Toml::Integer(number)) => yes(*number >= 0),
        (Kind::Duration, Toml::String(text)) if text.ends_with("ms") => {
            Fit::Value(vec![milliseconds(text, node)])
        }
        (Kind::Path, Toml::String(_)) => spelt("path", node),
        (Kind::Duration, Toml::String(_)) => spelt("duration", node),
        (Kind::Size, Toml::String(_)) => spelt("size", node),
        _ => Fit::Type,
    }
}

fn spelt(name: &str, node: &Node) -> Fit {
    match ParamType::text(name).map(|of| of.read(node)) {
        Some(Err(found)) => Fit::Value(found),
        _ => Fit::Yes,
    }
}

/// Synapse has no such unit: it reads a plain number as milliseconds.
fn milliseconds(text: &str, node: &Node) -> Diagnostic {
    let number = text.trim_end_matches("ms");
    Diagnostic::error("spec/value", "Synapse has no unit `ms`")
        .at(&node.place)
        .help(format!("write the milliseconds as a number: `{number}`"))
}

fn wrong(name: &str, kinds: &[Kind], node: &Node, secret: bool) -> Diagnostic {
    let found = if secret { "a secret" } else { node.value.type_name() };
    let words: Vec<&str> = kinds
        .iter()
        .filter_map(|kind| match kind {
            Kind::Word(word) => Some(word.as_str()),
            _ => None,
        })
        .collect();
    let takes = Kind::describe_all(kinds);
    let message = match &node.value {
        Toml::String(text) if !words.is_empty() => {
            format!("`{name}` takes {takes}, not `{}`", text.escape_debug())
        }
        _ => format!("`{name}` takes {takes}, not {found}"),
    };
    let problem = Diagnostic::error("spec/type", message).at(&node.place);
    match (&node.value, kinds) {
        (Toml::String(text), _) if kinds.contains(&Kind::Bool) => not_a_bool(problem, text),
        (_, [Kind::List(_), ..]) => problem.help("write it in brackets: `[…]`"),
        (Toml::String(text), _) => match crate::diagnostic::nearest(text, words) {
            Some(near) => problem.help(format!("did you mean `{near}`?")),
            None if kinds.iter().any(|kind| matches!(kind, Kind::Int | Kind::Number)) => {
                problem.help("write the number without quotes")
            }
            None => problem,
        },
        _ => problem,
    }
}

/// To Synapse any text is true, even `"false"`.
fn not_a_bool(problem: Diagnostic, text: &str) -> Diagnostic {
    match text {
        "true" | "false" => {
            problem.help(format!("write `{text}` without quotes: Synapse treats any text as true"))
        }
        _ => problem.help("write `true` or `false` without quotes"),
    }
}
