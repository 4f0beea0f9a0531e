//! Secrets in a spec: read by name, refused as plain text, and hidden from every message.

use super::SecretRef;
use crate::diagnostic::{Diagnostic, Problems, redact};
use crate::secret::PLAN_KEY;
pub(super) use crate::spec::names_a_secret;
use crate::spec::node::{Node, Table};
use crate::spec::plain_places;
pub(in crate::module) use crate::spec::plain_secret;
use minijinja::Value;

/// The help for a place that takes a secret; code that knows the place substitutes the secret's name.
pub(in crate::module) const SLOT: &str = "{ secret = \"name\" }";

/// Reads a secret by name.
pub(super) fn read_secret(
    table: &Table,
    generate: Option<&str>,
    node: &Node,
) -> Result<Value, Problems> {
    let only = table.len() == 1;
    match table.get("secret").and_then(|entry| Some((entry, entry.node.as_str()?))) {
        Some((_, name)) if only && is_secret_name(name) => {
            Ok(SecretRef::named(name, generate).into_value())
        }
        Some((entry, _)) if only => Err(vec![no_secret_name(&entry.node)]),
        _ => {
            let problem = Diagnostic::error("spec/type", "a secret must be given by name");
            Err(vec![problem.at(&node.place).help(format!("write `{SLOT}`"))])
        }
    }
}

/// Whether stores can keep a secret with this name.
pub(in crate::module) fn is_secret_name(name: &str) -> bool {
    super::reference::is_name(name) && crate::secret::check_name(name).is_ok() && name != PLAN_KEY
}

/// The problem of a text that cannot be the name of a secret.
pub(in crate::module) fn no_secret_name(node: &Node) -> Diagnostic {
    if node.as_str() == Some(PLAN_KEY) {
        let message = format!("`{PLAN_KEY}` is only for plans, and is never sent to a host");
        return Diagnostic::error("spec/value", message).at(&node.place).help("use another name");
    }
    Diagnostic::error("spec/value", "this is not the name of a secret").at(&node.place).help(
        "store the secret with `matrixform secrets set SPEC area/name` and write that name here: names look like `area/name`, use letters, digits, `_`, `-` and `.`, and do not end in `.previous`",
    )
}

/// The problems, with stars in place of any secret that they would show.
pub(in crate::module) fn hide_secrets(mut problems: Problems) -> Problems {
    let secrets = plain_places(&problems);
    redact(&mut problems, &secrets);
    problems
}
