//! All options by name: `synapse.media.max_upload`, `cron.schedule`. Fields of the rows of a list are named like those
//! of a table; the key of a map is left out.

use crate::diagnostic::Place;
use crate::module::manifest::ModuleShape;
use crate::module::types::{Field, ParamType};
use crate::module::{Manifest, Modules};
use crate::spec::Spec;
use crate::spec::node::{Entry, Node};
use indexmap::IndexMap;

/// One option.
#[derive(Clone, Debug)]
pub(super) struct OptionEntry<'m> {
    /// The module that has it.
    pub(super) manifest: &'m Manifest,
    /// The parameter and the path of fields below it.
    pub(super) path: Vec<String>,
    /// Its declaration.
    pub(super) field: &'m Field,
    /// Where it is declared.
    pub(super) place: Place,
}

impl OptionEntry<'_> {
    /// Its name.
    pub(super) fn name(&self) -> String {
        format!("{}.{}", self.manifest.name, self.path.join("."))
    }

    /// The name by which expressions read the option.
    pub(super) fn chain(&self) -> Vec<String> {
        let list = (self.manifest.shape == ModuleShape::List).then(|| "list".to_owned());
        let names = std::iter::once(self.manifest.name.clone()).chain(list);
        names.chain(self.path.iter().cloned()).collect()
    }

    /// The default that the spec selects through another parameter, as the manifest spells it.
    pub(super) fn followed_default(&self, spec: &Spec) -> Option<String> {
        let by = self.field.by.as_ref()?;
        let section = spec.sections.get(&by.module)?.node.as_table()?;
        let word = section.get(&by.param)?.node.as_str()?;
        Some(by.defaults.get(word)?.place.text().to_owned())
    }

    /// Every entry of a spec that sets the option: one for each entry of a list.
    pub(super) fn entries_in<'s>(&self, spec: &'s Spec) -> Vec<&'s Entry> {
        let Some(section) = spec.sections.get(&self.manifest.name) else { return Vec::new() };
        let mut found = Vec::new();
        let (Some(first), rest) = (self.path.first(), self.path.get(1..).unwrap_or_default())
        else {
            return found;
        };
        let tables = section.node.as_array().unwrap_or(std::slice::from_ref(&section.node));
        let entries = tables.iter().filter_map(|node| node.as_table()?.get(first));
        for entry in entries {
            match (self.manifest.params.get(first), rest) {
                (_, []) => found.push(entry),
                (Some(param), rest) => find(&entry.node, &param.field.ty, rest, &mut found),
                (None, _) => {}
            }
        }
        found
    }
}

/// The entries at a path, in every item of a list and under every key of a map.
fn find<'s>(node: &'s Node, ty: &ParamType, path: &[String], found: &mut Vec<&'s Entry>) {
    match ty {
        ParamType::List(ty) => {
            let items = node.as_array().unwrap_or_default();
            items.iter().for_each(|item| find(item, ty, path, found));
        }
        ParamType::Map(ty, _) => {
            let entries = node.as_table().into_iter().flatten();
            entries.for_each(|(_, entry)| find(&entry.node, ty, path, found));
        }
        ParamType::Table(fields) => {
            let Some((name, rest)) = path.split_first() else { return };
            let entry = node.as_table().and_then(|table| table.get(name));
            match (entry, fields.get(name)) {
                (Some(entry), _) if rest.is_empty() => found.push(entry),
                (Some(entry), Some(field)) => find(&entry.node, &field.ty, rest, found),
                _ => {}
            }
        }
        _ => {}
    }
}

/// All options of all modules.
pub(super) fn options(modules: &Modules) -> Vec<OptionEntry<'_>> {
    let mut found = Vec::new();
    for manifest in modules.iter() {
        for (name, param) in &manifest.params {
            add(manifest, vec![name.clone()], (&param.field, &param.place), &mut found);
        }
    }
    found
}

fn add<'m>(
    manifest: &'m Manifest,
    path: Vec<String>,
    (field, place): (&'m Field, &Place),
    found: &mut Vec<OptionEntry<'m>>,
) {
    found.push(OptionEntry { manifest, path: path.clone(), field, place: place.clone() });
    for (name, below) in fields(&field.ty).into_iter().flatten() {
        // Fields declared in Rust (`rate_limit`) get the place where they are used.
        let declared = below.declared.values().next().map_or(place, |entry| &entry.key);
        let path = [path.as_slice(), std::slice::from_ref(name)].concat();
        add(manifest, path, (below, declared), found);
    }
}

/// The fields below a type.
fn fields(ty: &ParamType) -> Option<&IndexMap<String, Field>> {
    match ty {
        ParamType::Table(fields) => Some(fields),
        ParamType::List(ty) | ParamType::Map(ty, _) => fields(ty),
        _ => None,
    }
}
