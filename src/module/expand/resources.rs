//! The resources of the modules and of the spec, with all templates rendered.

use super::attribute::attribute;
use super::contents::content;
use super::host_values::HostValues;
use super::run::{Runner, all_or_reported};
use super::scope::EvalFrame;
use crate::diagnostic::{Diagnostic, Place, Problems};
use crate::module::manifest::{Manifest, ResourceForm};
use crate::module::settings::Settings;
use crate::resource::{Address, Attribute, Declared, DeclaredValue, Need, Origin};
use crate::spec::{REPLACES, Spec};
use indexmap::IndexMap;

/// The context in which resources are rendered.
pub(super) struct Filler<'a> {
    pub(super) runner: &'a Runner,
    pub(super) universe: &'a HostValues<'a>,
    pub(super) spec: &'a Spec,
    pub(super) settings: &'a Settings,
}

impl Filler<'_> {
    /// All resources of one form; `manifest` is none for a form of the spec.
    pub(super) fn resources(
        &self,
        manifest: Option<&Manifest>,
        form: &ResourceForm,
    ) -> Result<Vec<Declared>, Problems> {
        let (for_each, when) = (form.for_each.as_ref(), form.when.as_ref());
        let frames = self.runner.frames(for_each, when, &self.universe.frame)?;
        let requested = |index| self.requested(manifest, form, index);
        all_or_reported(
            frames.iter().map(|(index, frame)| self.one(manifest, form, frame, requested(*index))),
        )
    }

    fn one(
        &self,
        manifest: Option<&Manifest>,
        form: &ResourceForm,
        frame: &EvalFrame,
        requested: Option<Place>,
    ) -> Result<Declared, Problems> {
        let name = self.runner.plain(&form.name, frame)?;
        if name.is_empty() || name.chars().any(char::is_control) {
            let message = format!("`{}` is not the name of a resource", name.escape_debug());
            return Err(vec![Diagnostic::error("module/name", message).at(&form.name.place)]);
        }
        let activation = self.optional(form.activation.as_ref(), frame)?;
        let why = self.optional(form.why.as_ref(), frame)?;
        let module = manifest.map_or(Origin::SPEC, |manifest| manifest.name.as_str()).to_owned();
        Ok(Declared {
            address: Address::new(form.kind.clone(), name),
            attributes: self.attributes(manifest, form, frame)?,
            needs: self.needs(form, frame)?,
            activation,
            effect: form.effect,
            why,
            origin: Origin { module, declared: form.place.clone(), requested },
        })
    }

    fn attributes(
        &self,
        manifest: Option<&Manifest>,
        form: &ResourceForm,
        frame: &EvalFrame,
    ) -> Result<IndexMap<String, Attribute>, Problems> {
        let filled = form.attributes.iter().map(|(name, (place, form))| {
            let value = attribute(self.runner, frame, name, form)?;
            Ok(value.map(|value| (name.clone(), Attribute { value, place: place.clone() })))
        });
        let filled: Vec<Option<(String, Attribute)>> = all_or_reported(filled)?;
        let mut attributes: IndexMap<String, Attribute> = filled.into_iter().flatten().collect();
        if let Some(body) = &form.body {
            let by = (self.runner, self.universe, self.spec);
            let value = DeclaredValue::Text(content(by, frame, manifest, body)?);
            attributes.insert("content".into(), Attribute { value, place: form.place.clone() });
        }
        Ok(attributes)
    }

    fn needs(&self, form: &ResourceForm, frame: &EvalFrame) -> Result<Vec<Need>, Problems> {
        let needs = form.needs.iter().map(|text| {
            let Some(need) = self.optional(Some(text), frame)? else { return Ok(None) };
            let (pattern, optional) = match need.strip_suffix('?') {
                Some(pattern) => (pattern.to_owned(), true),
                None => (need, false),
            };
            match pattern.split_once(':') {
                Some((kind, name)) if !kind.is_empty() && !name.is_empty() => {
                    Ok(Some(Need { pattern, optional }))
                }
                _ => {
                    let message = format!("`{pattern}` is not an address such as `apt:nginx`");
                    Err(vec![Diagnostic::error("module/needs", message).at(&text.place)])
                }
            }
        });
        let needs: Vec<Option<Need>> = all_or_reported(needs)?;
        Ok(needs.into_iter().flatten().collect())
    }

    /// A text that may evaluate to `none`.
    fn optional(
        &self,
        text: Option<&crate::module::text::Text>,
        frame: &EvalFrame,
    ) -> Result<Option<String>, Problems> {
        let Some(text) = text else { return Ok(None) };
        if self.runner.fill(text, frame)?.is_none() {
            return Ok(None);
        }
        self.runner.plain(text, frame).map(Some)
    }

    /// The line of the spec that requested a module's resource: the entry of a list module, or the section.
    fn requested(
        &self,
        manifest: Option<&Manifest>,
        form: &ResourceForm,
        index: usize,
    ) -> Option<Place> {
        let manifest = manifest?;
        let section = self.settings.get(&manifest.name)?;
        let list = format!("{}.list", manifest.name);
        let own_list = form.for_each.as_ref().is_some_and(|for_each| for_each.text == list);
        let entry = section.entries.get(index).filter(|_| own_list);
        Some(entry.map_or(&section.place, |entry| &entry.node.place).clone())
    }
}

/// Merges resources declared twice: allowed if both have the same values, an error otherwise.
pub(super) fn merged(resources: Vec<Declared>) -> Result<Vec<Declared>, Problems> {
    let mut by_address: IndexMap<Address, Declared> = IndexMap::new();
    let mut problems = Problems::new();
    for declared in resources {
        match by_address.get_mut(&declared.address) {
            None => drop(by_address.insert(declared.address.clone(), declared)),
            Some(first) if same(first, &declared) => {
                let new = declared.needs.into_iter().filter(|need| !first.needs.contains(need));
                first.needs.extend(new.collect::<Vec<_>>());
            }
            Some(first) => {
                let message =
                    format!("`{}` is declared twice, with different values", declared.address);
                let problem = Diagnostic::error("module/twice", message);
                let problem = problem.at(&declared.origin.declared);
                let problem = problem.see(&first.origin.declared, "also here");
                problems.push(match help(first, &declared) {
                    Some(help) => problem.help(help),
                    None => problem,
                });
            }
        }
    }
    if problems.is_empty() { Ok(by_address.into_values().collect()) } else { Err(problems) }
}

/// The help for a resource that is declared twice.
fn help(one: &Declared, other: &Declared) -> Option<String> {
    let own = |declared: &Declared| declared.origin.is_spec();
    let of_module = [one, other].into_iter().find(|declared| !own(declared));
    match of_module.filter(|_| own(one) || own(other)) {
        Some(declared) => {
            let module = &declared.origin.module;
            Some(format!(
                "the module `{module}` already declares it: configure it in `[{module}]`, or remove this `[[resource]]`"
            ))
        }
        None => (place(one).source.name != place(other).source.name).then(|| REPLACES.to_owned()),
    }
}

/// The line of the spec behind a resource, or else the line of the manifest.
fn place(declared: &Declared) -> &Place {
    declared.origin.place()
}

fn same(one: &Declared, other: &Declared) -> bool {
    let values = |declared: &Declared| -> IndexMap<String, DeclaredValue> {
        let attributes = declared.attributes.iter();
        attributes.map(|(name, attribute)| (name.clone(), attribute.value.clone())).collect()
    };
    values(one) == values(other) && one.activation == other.activation && one.effect == other.effect
}
