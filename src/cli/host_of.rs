//! `plan HEAD --host-of BASE`: HEAD may come from anyone who can push a branch, but the plan uses a key to the host.
//! The address, the login, the host key, and the stores and variables that are opened must be those of BASE. They are
//! compared before anything is opened.

use super::parsed_spec::ParsedSpec;
use super::process_limits;
use super::spec_path::refuse_outside;
use crate::diagnostic::{Diagnostic, Place, Problems};
use crate::spec::node::{Entry, Node, Table};
use crate::spec::{Spec, Variables, named_variables};
use std::path::Path;

/// The most memory that planning such a spec may take (bytes).
const MAX_MEMORY: u64 = 4 << 30;

/// The sections that must be the same.
const SECTIONS: [&str; 2] = ["host", "secrets"];

const HELP: &str = "it comes from the main branch: change it there first, in a commit of its own";

/// Reads BASE, and checks that HEAD may be opened at all.
pub(super) fn base(
    base: &Path,
    head: &Path,
    variables: &Variables,
) -> Result<ParsedSpec, Problems> {
    process_limits::limit_memory(MAX_MEMORY);
    refuse_outside(head)?;
    let age = head.with_extension("secrets.age");
    if std::fs::symlink_metadata(&age).is_ok_and(|found| !found.is_file()) {
        let message = format!("{} is not read: it is not a regular file", age.display());
        return Err(vec![Diagnostic::error("plan/host-of", message)]);
    }
    let parsed = ParsedSpec::read_with(base, variables.clone())?;
    parsed.check()?;
    Ok(parsed)
}

/// Reports every difference that matters, with both places.
pub(super) fn compare(base: &Spec, head: &Spec) -> Result<(), Problems> {
    let mut problems = Problems::new();
    let (start_of_base, start) = (Place::new(&base.source, 0..0), Place::new(&head.source, 0..0));
    for section in SECTIONS {
        let (before, after) = (base.table.get(section), head.table.get(section));
        let keys = |entry: Option<&Entry>| -> Table {
            entry.and_then(|entry| entry.node.as_table()).cloned().unwrap_or_default()
        };
        let (was, is) = (keys(before), keys(after));
        let place = |entry: Option<&Entry>, start: &Place| {
            entry.map_or_else(|| start.clone(), |entry| entry.key.clone())
        };
        let (base_section, head_section) = (place(before, &start_of_base), place(after, &start));
        let gone = was.keys().filter(|key| !is.contains_key(*key));
        for key in is.keys().chain(gone) {
            let (from, to) = (was.get(key), is.get(key));
            if same(from.map(|entry| &entry.node), to.map(|entry| &entry.node)) {
                continue;
            }
            let at = to.map_or(&head_section, |entry| &entry.node.place);
            let before = from.map_or(&base_section, |entry| &entry.node.place);
            problems.push(differs(&format!("`[{section}] {key}`"), at, before));
        }
    }
    if base.id.text != head.id.text {
        let at = head.id.place.as_ref().unwrap_or(&start);
        problems.push(differs("`id`", at, base.id.place.as_ref().unwrap_or(&start_of_base)));
    }
    let known = named_variables(&base.table);
    for (name, place) in named_variables(&head.table) {
        if !known.contains_key(&name) {
            let message =
                format!("the environment variable `{name}` is not named in the base spec");
            problems.push(Diagnostic::error("plan/host-of", message).at(&place).help(HELP));
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}

fn same(one: Option<&Node>, two: Option<&Node>) -> bool {
    match (one, two) {
        (Some(one), Some(two)) => one.has_same_value(two),
        (one, two) => one.is_none() && two.is_none(),
    }
}

fn differs(what: &str, at: &Place, before: &Place) -> Diagnostic {
    let message = format!("{what} differs from the base spec");
    Diagnostic::error("plan/host-of", message).at(at).see(before, "the base spec").help(HELP)
}
