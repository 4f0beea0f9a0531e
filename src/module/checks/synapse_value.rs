//! Whether a value has a kind that an option takes, with messages in the terms of the parameter types.

use crate::diagnostic::{Diagnostic, Problems};
use crate::module::types::ParamType;
use crate::spec::node::{Node, Value as Toml};
use crate::synapse::OptionKind;

/// The problems of a value that is neither a table nor a list of such kinds.
pub(super) fn fits(name: &str, kinds: &[OptionKind], node: &Node, secret: bool) -> Problems {
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

fn fit(kind: &OptionKind, node: &Node, secret: bool) -> Fit {
    let yes = |yes: bool| if yes { Fit::Yes } else { Fit::Type };
    match (kind, &node.value) {
        // The name of a secret represents text.
        _ if secret => yes(matches!(kind, OptionKind::String | OptionKind::Path | OptionKind::Any)),
        (OptionKind::Any, _) => Fit::Yes,
        (OptionKind::Word(word), Toml::String(text)) if word == text => Fit::Yes,
        (OptionKind::Bool, Toml::Boolean(_)) | (OptionKind::String, Toml::String(_)) => Fit::Yes,
        (OptionKind::Int | OptionKind::Number, Toml::Integer(_)) => Fit::Yes,
        (OptionKind::Number, Toml::Float(number)) => yes(number.is_finite()),
        // Integers are milliseconds and bytes.
        (OptionKind::Duration | OptionKind::Size, Toml::Integer(number)) => yes(*number >= 0),
        (OptionKind::Duration, Toml::String(text)) if text.ends_with("ms") => {
            Fit::Value(vec![milliseconds(text, node)])
        }
        (OptionKind::Path, Toml::String(_)) => spelt("path", node),
        (OptionKind::Duration, Toml::String(_)) => spelt("duration", node),
        (OptionKind::Size, Toml::String(_)) => spelt("size", node),
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

fn wrong(name: &str, kinds: &[OptionKind], node: &Node, secret: bool) -> Diagnostic {
    let found = if secret { "a secret" } else { node.value.type_name() };
    let words: Vec<&str> = kinds
        .iter()
        .filter_map(|kind| match kind {
            OptionKind::Word(word) => Some(word.as_str()),
            _ => None,
        })
        .collect();
    let takes = OptionKind::describe_all(kinds);
    let message = match &node.value {
        Toml::String(text) if !words.is_empty() => {
            format!("`{name}` takes {takes}, not `{}`", text.escape_debug())
        }
        _ => format!("`{name}` takes {takes}, not {found}"),
    };
    let problem = Diagnostic::error("spec/type", message).at(&node.place);
    match (&node.value, kinds) {
        (Toml::String(text), _) if kinds.contains(&OptionKind::Bool) => not_a_bool(problem, text),
        (_, [OptionKind::List(_), ..]) => problem.help("write it in brackets: `[…]`"),
        (Toml::String(text), _) => match crate::diagnostic::nearest(text, words) {
            Some(near) => problem.help(format!("did you mean `{near}`?")),
            None if kinds
                .iter()
                .any(|kind| matches!(kind, OptionKind::Int | OptionKind::Number)) =>
            {
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
