//! Secrets that stand in a spec itself, or in a file that it sends to the host: recognised by their form, or by the
//! key before them. A spec is committed, so each is an error; whoever shows the place puts stars there.

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

/// The code of the problem: where it points, a secret stands.
pub const PLAIN_SECRET: &str = "spec/plain-secret";

/// What was found of them.
#[derive(Clone, Debug, Default)]
pub struct Plain {
    /// A problem for each.
    pub reported: Problems,
    /// What may be one, and is refused for another reason: it is not shown either.
    pub hidden: Vec<Place>,
}

/// All secrets in the sections and resources of a spec, and in the files that its resources are made of.
/// `declared` says for a path whether a module has an option there that is no secret, whatever it is called:
/// the `access_token` of a session is a time. A resource's path begins with `resource` and its kind.
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
    // Whoever has the files reads it there all the same.
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
    // These were reported when the spec was read.
    plain.hidden.extend(plain_places(&own.reported));
    plain.hidden.extend(own.hidden);
    plain
}

/// The same of the keys that are no module's: `[host]` and its like.
pub(super) fn own_secrets<'a>(entries: impl Iterator<Item = (&'a str, &'a Node)>) -> Plain {
    let mut walk = SecretWalk::new(&|_| false);
    entries.for_each(|(name, node)| walk.node(&mut vec![name], node));
    walk.plain
}

/// The problem of a secret that stands in the spec.
pub fn plain_secret(node: &Node) -> Diagnostic {
    plain_secret_at(&node.place)
}

/// The same by its place.
pub fn plain_secret_at(place: &Place) -> Diagnostic {
    Diagnostic::error(PLAIN_SECRET, "a secret must not be in the spec")
        .labelled(place, "anyone who reads the spec could read it")
        .help(STORE)
}

/// What to do with it; whoever knows the place and the spec puts a name there (`SPEC name`).
const STORE: &str =
    "store it with `matrixform secrets set SPEC name`, and write `{ secret = \"name\" }`";

/// The problem of a path where a secret is named: the value itself is not shown, as it may be one after all.
pub fn secret_path(node: &Node) -> Diagnostic {
    Diagnostic::error(PLAIN_SECRET, "give the name of a secret, not the path of a file")
        .at(&node.place)
        .help("store the file with `matrixform secrets set SPEC name <FILE`, and write `{ secret = \"name\" }`")
}

/// Whether a text is the path of a file, and not something that begins like one.
pub fn is_file_path(text: &str) -> bool {
    let starts =
        ["/etc/", "/root/", "/home/", "/srv/", "/var/", "/opt/", "/run/", "~/", "./", "../"];
    let clean = |c: char| c.is_ascii_alphanumeric() || "/._-~@".contains(c);
    let file = [".pem", ".key", ".crt", ".txt"].iter().any(|end| text.ends_with(end));
    text.len() < 200
        && text.chars().all(clean)
        && (file || starts.iter().any(|start| text.starts_with(start)))
}

/// The beginning of a text, of so many bytes at most.
fn beginning(text: &str, bytes: usize) -> &str {
    let mut end = bytes.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or(text)
}

/// Where a secret is named and does not stand: `{ secret = "name" }`.
pub fn is_reference(node: &Node) -> bool {
    let table = node.as_table().filter(|table| table.len() == 1);
    let name = table.and_then(|table| table.get("secret"));
    name.is_some_and(|name| name.node.as_str().is_some())
}

/// Where the spec contains secrets, according to the problems.
pub fn plain_places(problems: &[Diagnostic]) -> Vec<Place> {
    let plain = problems.iter().filter(|problem| problem.code == PLAIN_SECRET);
    plain.filter_map(|problem| Some(problem.place.as_ref()?.0.clone())).collect()
}

/// The same as far as a comparison needs it. Texts may differ: in one of them there are stars.
pub fn plain_spots(problems: &[Diagnostic]) -> HashSet<Spot> {
    problems.iter().filter(|problem| problem.code == PLAIN_SECRET).filter_map(spot).collect()
}

/// A file, and the bytes of it.
pub type Spot = (String, usize, usize);

/// Where a problem points.
pub fn spot(problem: &Diagnostic) -> Option<Spot> {
    let (place, _) = problem.place.as_ref()?;
    Some((place.source.name.clone(), place.span.start, place.span.end))
}
