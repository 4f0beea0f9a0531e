//! Keys that are options, but not of the table that they are in. In TOML, everything after `[synapse.media]` belongs to
//! that table, which is easy to get wrong.

use super::Modules;
use super::manifest::Manifest;
use super::types::{Field, ParamType};
use crate::diagnostic::Place;
use crate::spec::node::{Node, Table};
use crate::spec::{OWN_KEYS, header_after};
use indexmap::IndexMap;

/// Keys of a spec that are not sections: they go before the first section.
const FIRST: [&str; 3] = ["format", "id", "include"];

/// The help for a key in a module's section that is an option of one of the enclosing tables.
pub(super) fn above(manifest: &Manifest, entry: &Node, place: &Place, key: &str) -> Option<String> {
    let mut levels = Vec::new();
    let table = entry.as_table()?;
    let params = |name: &str| manifest.params.get(name).map(|param| &param.field);
    TableLevel::descend(&manifest.name, entry, table, &params, place, &mut levels).then_some(())?;
    let (_, outer) = levels.split_first()?;
    let level = outer.iter().find(|level| level.keys.iter().any(|known| known == key))?;
    let section = &level.path;
    // Tables in braces or with dotted keys have no header to put a key under.
    let has_header = level.place.text().starts_with('[');
    let next = header_after(&level.place.source.text, level.place.span.start);
    match next.filter(|_| has_header) {
        Some(next) => {
            let next = Place::new(&level.place.source, next);
            let (line, header) = (next.line_column().0, next.text());
            Some(format!("`{key}` belongs to `[{section}]`: move it above line {line}, `{header}`"))
        }
        None => Some(format!("`{key}` belongs to `[{section}]`: write it under that header")),
    }
}

/// The help for a key that belongs before the first section.
pub(super) fn first(place: &Place, key: &str) -> Option<String> {
    if !FIRST.contains(&key) {
        return None;
    }
    let header = Place::new(&place.source, header_after(&place.source.text, 0)?);
    let line = header.line_column().0;
    Some(format!(
        "`{key}` is not an option of a section: move it above line {line}, the first `[…]`"
    ))
}

/// The sections that have an option with this name, if there are only a few.
pub(super) fn elsewhere(modules: &Modules, key: &str) -> Option<String> {
    let found: Vec<String> = found(modules, key).into_iter().map(|(section, _)| section).collect();
    match found.as_slice() {
        [] => None,
        sections if sections.len() > 3 => None,
        sections => Some(format!("`{key}` is an option of `[{}]`", sections.join("]` and of `["))),
    }
}

/// The help for `[email]` if `[synapse.email]` was meant: the name of a table directly below a section.
pub(super) fn below(modules: &Modules, name: &str) -> Option<String> {
    let found = found(modules, name).into_iter();
    let mut tables = found.filter(|(section, ty)| {
        !section.contains('.') && matches!(ty, ParamType::Table(_) | ParamType::Map(..))
    });
    let (section, _) = tables.next()?;
    tables.next().is_none().then(|| format!("write `[{section}.{name}]`"))
}

/// All sections that have an option with this name, with its type.
fn found<'m>(modules: &'m Modules, key: &str) -> Vec<(String, &'m ParamType)> {
    let mut found = Vec::new();
    for manifest in modules.iter() {
        for (name, param) in &manifest.params {
            search((&manifest.name, name), &param.field, key, &mut found);
        }
    }
    found.sort_by(|(one, _), (other, _)| one.cmp(other));
    found.dedup_by(|(one, _), (other, _)| one == other);
    found
}

fn search<'m>(
    (section, name): (&str, &str),
    field: &'m Field,
    key: &str,
    found: &mut Vec<(String, &'m ParamType)>,
) {
    if name == key && !OWN_KEYS.contains(&key) {
        found.push((section.to_owned(), &field.ty));
    }
    if let ParamType::Table(fields) = &field.ty {
        let below = format!("{section}.{name}");
        fields.iter().for_each(|(name, field)| search((&below, name), field, key, found));
    }
}

/// A table on the way to a key.
struct TableLevel {
    /// The dotted path.
    path: String,
    place: Place,
    /// The keys that the table may have but does not have yet.
    keys: Vec<String>,
}

impl TableLevel {
    /// Finds the table that contains the key at this place, and collects the tables from there outwards.
    fn descend<'a>(
        path: &str,
        node: &Node,
        table: &Table,
        fields: &dyn Fn(&str) -> Option<&'a Field>,
        place: &Place,
        levels: &mut Vec<TableLevel>,
    ) -> bool {
        let is_direct = table.values().any(|entry| entry.key == *place);
        let mut below = || {
            table.iter().any(|(name, entry)| {
                let Some(fields_below) = fields(name).and_then(|field| table_of(&field.ty)) else {
                    return false;
                };
                let nodes = entry.node.as_array().unwrap_or(std::slice::from_ref(&entry.node));
                let path = format!("{path}.{name}");
                nodes.iter().any(|node| {
                    let inner = |name: &str| fields_below.get(name);
                    node.as_table().is_some_and(|table| {
                        TableLevel::descend(&path, node, table, &inner, place, levels)
                    })
                })
            })
        };
        if !is_direct && !below() {
            return false;
        }
        let text = place.text().trim_matches(['"', '\'']);
        let keys = fields(text).filter(|_| !table.contains_key(text)).map(|_| text.to_owned());
        levels.push(TableLevel {
            path: path.to_owned(),
            place: node.place.clone(),
            keys: keys.into_iter().collect(),
        });
        true
    }
}

/// The fields of a table, or of the tables of a list.
fn table_of(ty: &ParamType) -> Option<&IndexMap<String, Field>> {
    match ty {
        ParamType::Table(fields) => Some(fields),
        ParamType::List(ty) => table_of(ty),
        _ => None,
    }
}
