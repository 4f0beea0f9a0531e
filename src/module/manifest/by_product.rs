//! `[[by_product]]`: what packages and services leave on the host apart from the declared resources. The reference
//! lists it, and the audit of the lab's hosts treats every other change as a bug.

use crate::diagnostic::{Diagnostic, Place, Problems};
use crate::spec::keys::TableReader;
use crate::spec::node::Node;

/// The kinds of traces, which are their first words.
const WORDS: [&str; 11] = [
    "path", "gone", "package", "unit", "user", "group", "member", "role", "database", "grant",
    "setting",
];

/// Changes that accompany something else.
#[derive(Clone, Debug)]
pub struct ByProductForm {
    /// The address of the cause, such as `apt:nginx`, or `package:NAME` for a package installed as a dependency; `*`
    /// matches any characters. If unset, services may write the traces at any time.
    pub with: Option<String>,
    /// The traces, as in [`crate::resource::ByProductForm`].
    pub traces: Vec<String>,
    /// The reason, in one line.
    pub why: String,
    /// Where it is declared.
    pub place: Place,
}

impl ByProductForm {
    /// Reads a `[[by_product]]`.
    ///
    /// # Errors
    ///
    /// The node is not a table, a key is missing, unknown or of the wrong type, or a trace is not a known word
    /// followed by a name (`module/trace`).
    pub fn read(node: &Node) -> Result<ByProductForm, Problems> {
        let mut keys =
            TableReader::of_node("`[[by_product]]`", node).map_err(|problem| vec![problem])?;
        let with = keys.text("with").map(str::to_owned);
        let why = keys.required_text("why", "one line").unwrap_or_default().to_owned();
        let _ = keys.required("traces", "a list such as `[\"path /var/log/nginx/*\"]`");
        let traces = keys.texts("traces");
        for (trace, place) in &traces {
            if !trace.split_once(' ').is_some_and(|(word, name)| {
                WORDS.contains(&word) && !name.is_empty() && !name.contains('{')
            }) {
                let message = format!("`{trace}` is not a trace");
                let help = format!("write one of `{}`, and a name", WORDS.join("`, `"));
                keys.push(Diagnostic::error("module/trace", message).at(place).help(help));
            }
        }
        let traces = traces.into_iter().map(|(trace, _)| trace.to_owned()).collect();
        let problems = keys.finish();
        let place = node.place.clone();
        if problems.is_empty() {
            Ok(ByProductForm { with, traces, why, place })
        } else {
            Err(problems)
        }
    }
}
