//! `unset = ["synapse.media.path"]`: keys removed from included files. TOML has no value for "not set", so the
//! including file lists the keys to remove.

use super::merge::Replaced;
use super::node::{self, Node, Table};
use crate::diagnostic::{Diagnostic, Place, Problems, Source, nearest};

/// A key that a file removes from those it includes.
#[derive(Clone, Debug)]
pub struct UnsetKey {
    /// The key, part by part.
    pub path: Vec<String>,
    /// Where `unset` lists it.
    pub place: Place,
    /// Where an included file sets it.
    pub was: Place,
}

/// Reads the keys of a list, with the places of its items.
pub(super) fn keys(list: &Node) -> Result<Vec<(Vec<String>, Place)>, Problems> {
    let wrong = |node: &Node| {
        let problem = super::keys::wrong("`unset`", "a list of keys", node);
        vec![problem.help("write `unset = [\"synapse.media.path\"]`")]
    };
    let items = list.as_array().ok_or_else(|| wrong(list))?.iter();
    items
        .map(|item| {
            let text = item.as_str().ok_or_else(|| wrong(item))?;
            let path = parts(text).ok_or_else(|| {
                let message = format!("`{}` is not a key", text.escape_debug());
                let problem = Diagnostic::error("spec/unset", message).at(&item.place);
                vec![problem.help("write the full key: `synapse.media.path`")]
            })?;
            Ok((path, item.place.clone()))
        })
        .collect()
}

/// Splits a key with dots and quotes like TOML.
fn parts(text: &str) -> Option<Vec<String>> {
    if text.contains(['\n', '\r', '=', '#']) {
        return None;
    }
    let root = node::parse(&Source::new("unset", format!("{text} = 0"))).ok()?;
    let (mut path, mut node) = (Vec::new(), &root);
    while let Some(table) = node.as_table() {
        let (key, entry) = table.first()?;
        path.push(key.clone());
        node = &entry.node;
    }
    Some(path)
}

/// Removes a key from the included files.
pub(super) fn take(
    below: &mut Table,
    path: Vec<String>,
    place: Place,
    replaced: &mut Vec<Replaced>,
) -> Result<UnsetKey, Diagnostic> {
    let missing = |known: &Table, depth: usize| {
        let key = path.get(..=depth).unwrap_or_default().join(".");
        let message = format!("no included file sets `{key}`");
        let problem = Diagnostic::error("spec/unset", message).at(&place);
        let near = path.get(depth).and_then(|key| nearest(key, known.keys().map(String::as_str)));
        match near {
            Some(near) => {
                let above = path.get(..depth).unwrap_or_default().iter().map(String::as_str);
                let near: Vec<&str> = above.chain([near]).collect();
                problem.help(format!("did you mean `{}`?", near.join(".")))
            }
            None => problem.help("remove it from the list: no included file sets it"),
        }
    };
    let mut table = below;
    let last = path.len().saturating_sub(1);
    for (depth, key) in path.iter().enumerate() {
        if depth == last {
            let Some(entry) = table.shift_remove(key) else { return Err(missing(table, depth)) };
            let was = entry.key.clone();
            let above = path.get(..last).unwrap_or_default().to_vec();
            replaced.push(Replaced { above, entry: Table::from_iter([(key.clone(), entry)]) });
            return Ok(UnsetKey { path, place, was });
        }
        if table.get(key).is_none_or(|entry| entry.node.as_table().is_none()) {
            return Err(missing(table, depth));
        }
        table = match table.get_mut(key).map(|entry| &mut entry.node.value) {
            Some(node::Value::Table(table)) => table,
            _ => return Err(missing(&Table::new(), depth)),
        };
    }
    Err(missing(&Table::new(), 0))
}
