//! Secrets written in a spec itself, or in a file that it sends to the host: recognized by their form, or by the key
//! before them. A spec is committed, so each is an error; code that shows the place masks it with stars.

mod merge;
mod name;
mod shape;
mod text;
mod unread;
mod value;
mod walk;

use super::Spec;
use super::node::Node;
use crate::diagnostic::{Diagnostic, Place, Problems};
use crate::spec::OWN_KEYS;
use std::collections::HashSet;
use walk::SecretWalk;

pub use merge::merge_plain;
pub use name::names_a_secret;
pub(in crate::spec) use unread::suspected;

/// The code of the problem, which marks the place of a secret.
pub const PLAIN_SECRET: &str = "spec/plain-secret";

/// The secrets found.
#[derive(Clone, Debug, Default)]
pub struct Plain {
    /// One problem for each.
    pub reported: Problems,
    /// Possible secrets that are refused for another reason: they must not be shown either.
    pub hidden: Vec<Place>,
}

/// Returns all secrets in the sections and resources of a spec, and in the files from which its resources are built.
/// `declared` tells for a path whether a module has a non-secret option there, whatever its name: the `access_token` of
/// a session is a time. A resource's path begins with `resource` and its kind.
pub fn plain_secrets(spec: &Spec, declared: &dyn Fn(&[&str]) -> bool) -> Plain {
    let mut walk = SecretWalk::new(declared);
    for (name, entry) in &spec.sections {
        walk.node(&mut vec![name], &entry.node);
    }
    for node in &spec.resources {
        walk.resource(spec, node);
    }
    for node in &spec.activations {
        walk.node(&mut vec!["activation"], node);
    }
    // Replaced values can still be read in the files.
    for replaced in &spec.replaced {
        let mut above = replaced.above.iter().map(String::as_str).collect();
        walk.table(&mut above, &replaced.entry);
    }
    let mut plain = walk.plain;
    let own = spec.table.iter().filter(|(key, _)| OWN_KEYS.contains(&key.as_str()));
    let own = own_secrets(
        own.filter(|(key, _)| !matches!(key.as_str(), "resource" | "activation"))
            .map(|(key, entry)| (key.as_str(), &entry.node)),
    );
    // These were already reported when the spec was read.
    plain.hidden.extend(plain_places(&own.reported));
    plain.hidden.extend(own.hidden);
    plain
}

/// The same for the keys that are not modules': `[host]` and the like.
pub(super) fn own_secrets<'a>(entries: impl Iterator<Item = (&'a str, &'a Node)>) -> Plain {
    let mut walk = SecretWalk::new(&|_| false);
    entries.for_each(|(name, node)| walk.node(&mut vec![name], node));
    walk.plain
}

/// Returns the problem of a secret in the spec.
pub fn plain_secret(node: &Node) -> Diagnostic {
    plain_secret_at(&node.place)
}

/// Returns the problem by its place.
pub fn plain_secret_at(place: &Place) -> Diagnostic {
    Diagnostic::error(PLAIN_SECRET, "a secret must not be in the spec")
        .labelled(place, "anyone who reads the spec could read it")
        .help(STORE)
}

/// The advice; callers that know the place and the spec insert a name (`SPEC name`).
const STORE: &str =
    "store it with `matrixform secrets set SPEC name`, and write `{ secret = \"name\" }`";

/// Returns the problem of a path in place of a secret's name: the value is not shown, as it may still be a secret.
pub fn secret_path(node: &Node) -> Diagnostic {
    Diagnostic::error(PLAIN_SECRET, "give the name of a secret, not the path of a file")
        .at(&node.place)
        .help("store the file with `matrixform secrets set SPEC name <FILE`, and write `{ secret = \"name\" }`")
}

/// Whether a text is a file path, rather than something that begins like one.
pub fn is_file_path(text: &str) -> bool {
    let starts =
        ["/etc/", "/root/", "/home/", "/srv/", "/var/", "/opt/", "/run/", "~/", "./", "../"];
    let clean = |c: char| c.is_ascii_alphanumeric() || "/._-~@".contains(c);
    let file = [".pem", ".key", ".crt", ".txt"].iter().any(|end| text.ends_with(end));
    text.len() < 200
        && text.chars().all(clean)
        && (file || starts.iter().any(|start| text.starts_with(start)))
}

/// Returns the beginning of a text, up to this many bytes.
fn beginning(text: &str, bytes: usize) -> &str {
    let mut end = bytes.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or(text)
}

/// Whether this is a reference to a secret: `{ secret = "name" }`.
pub fn is_reference(node: &Node) -> bool {
    let table = node.as_table().filter(|table| table.len() == 1);
    let name = table.and_then(|table| table.get("secret"));
    name.is_some_and(|name| name.node.as_str().is_some())
}

/// Returns the places of secrets in the spec, according to the problems.
pub fn plain_places(problems: &[Diagnostic]) -> Vec<Place> {
    let plain = problems.iter().filter(|problem| problem.code == PLAIN_SECRET);
    plain.filter_map(|problem| Some(problem.place.as_ref()?.0.clone())).collect()
}

/// Returns the same as positions for comparison. The texts may differ: one of them may have stars.
pub fn plain_ranges(problems: &[Diagnostic]) -> HashSet<SourceRange> {
    problems
        .iter()
        .filter(|problem| problem.code == PLAIN_SECRET)
        .filter_map(source_range)
        .collect()
}

/// A file, and a byte range in it.
pub type SourceRange = (String, usize, usize);

/// Returns the position of a problem.
pub fn source_range(problem: &Diagnostic) -> Option<SourceRange> {
    let (place, _) = problem.place.as_ref()?;
    Some((place.source.name.clone(), place.span.start, place.span.end))
}
