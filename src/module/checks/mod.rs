//! Checkers that a parameter names with `check`: what a type cannot say of a value, said by a table in
//! Rust. Pure, with places; what they find are errors of the spec like any other.

mod distinct_secrets;
mod synapse_options;
mod synapse_value;
mod written;

pub(in crate::module) use written::Written;

use super::manifest::Manifest;
use crate::diagnostic::{Diagnostic, Place, Problems, nearest};
use crate::spec::node::Node;

/// Looks at the value of a parameter; told what the module itself writes.
pub(in crate::module) type Checker = fn(&Node, &Written) -> Problems;

/// All checkers by name.
const ALL: &[(&str, Checker)] =
    &[("distinct_secrets", distinct_secrets::check), ("synapse_options", synapse_options::check)];

/// The checker of this name.
pub(in crate::module) fn named(name: &str, place: &Place) -> Result<Checker, Diagnostic> {
    let found = ALL.iter().find(|(known, _)| *known == name).map(|(_, checker)| *checker);
    found.ok_or_else(|| {
        let message = format!("there is no checker `{name}`");
        let problem = Diagnostic::error("module/check", message).at(place);
        let names = || ALL.iter().map(|(name, _)| *name);
        match nearest(name, names()) {
            Some(near) => problem.help(format!("did you mean `{near}`?")),
            None => {
                problem.help(format!("there is `{}`", names().collect::<Vec<_>>().join("`, `")))
            }
        }
    })
}

/// What the checkers of a module's parameters say to one entry of a spec.
pub(super) fn check(manifest: &Manifest, entry: &Node) -> Problems {
    let Some(table) = entry.as_table() else { return Problems::new() };
    let checked = manifest.params.iter().filter_map(|(name, param)| {
        let checker = param.check?;
        Some(checker(&table.get(name)?.node, &Written::by(manifest)))
    });
    super::types::hide_secrets(checked.flatten().collect())
}
