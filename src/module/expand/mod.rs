//! Expansion: a spec, modules, facts and secrets become resources. Pure: the same input gives the
//! same output, and nothing is touched. Secrets are fetched only when a resource holds them: a first
//! round with placeholders shows which, a second one has their values.

mod activations;
mod attribute;
mod contents;
mod explain;
mod findings;
mod order;
mod references;
mod resources;
mod rows;
mod run;
mod scope;
mod universe;

#[cfg(test)]
mod tests;

pub(super) use contents::beside_text;
pub use rows::Row;

use super::expansion::{Activation, Expansion};
use super::manifest::{Give, Manifest, ResourceForm};
use super::settings::{self, Settings};
use super::{Modules, lint};
use crate::diagnostic::{Diagnostic, Level, Place, Problems};
use crate::facts::Facts;
use crate::resource::{Declared, Value};
use crate::secret::{Secret, SecretSource};
use crate::spec::Spec;
use order::World;
use references::{Resolver, Wanted};
use resources::{Filler, merged};
use run::Runner;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use universe::Universe;

/// An expansion with the rows that the modules gave each other.
#[derive(Clone, Debug, Default)]
pub struct Expanded {
    /// The wanted state.
    pub expansion: Expansion,
    /// All rows, in the order in which they were computed.
    pub rows: Vec<Row>,
}

/// The wanted state of a host.
pub fn expand(
    spec: &Spec,
    modules: &Modules,
    facts: &Facts,
    secrets: &dyn SecretSource,
) -> Result<Expansion, Problems> {
    expand_with_rows(spec, modules, facts, secrets).map(|expanded| expanded.expansion)
}

/// The same, with the rows.
pub fn expand_with_rows(
    spec: &Spec,
    modules: &Modules,
    facts: &Facts,
    secrets: &dyn SecretSource,
) -> Result<Expanded, Problems> {
    let settings = settings::read(spec, modules)?;
    let own = own_resources(spec, modules)?;
    let round = Round { spec, modules, facts, settings: &settings, own: &own };
    let (first, wanted) = round.run(&BTreeMap::new())?;
    let used = used_secrets(&first.expansion.resources);
    if used.is_empty() {
        return Ok(first);
    }
    let known = fetch(&used, &wanted, secrets)?;
    Ok(round.run(&known)?.0)
}

/// The user's own `[[resource]]`, read and linted.
fn own_resources(spec: &Spec, modules: &Modules) -> Result<Vec<ResourceForm>, Problems> {
    let own: Vec<ResourceForm> = super::form::all(spec.resources.iter().map(ResourceForm::read))?;
    let problems = lint::lint_spec(spec, &own, modules, crate::resource::kinds());
    if problems.is_empty() { Ok(own) } else { Err(problems) }
}

fn used_secrets(resources: &[Declared]) -> BTreeSet<String> {
    let mut used = BTreeSet::new();
    for attribute in resources.iter().flat_map(|declared| declared.attributes.values()) {
        secrets_of(&attribute.value, &mut used);
    }
    used
}

fn secrets_of(value: &Value, used: &mut BTreeSet<String>) {
    match value {
        Value::Text(content) => {
            used.extend(content.secrets().iter().map(|secret| secret.name.clone()));
        }
        Value::List(items) => items.iter().for_each(|item| secrets_of(item, used)),
        Value::Table(table) => table.values().for_each(|item| secrets_of(item, used)),
        _ => {}
    }
}

fn fetch(
    used: &BTreeSet<String>,
    wanted: &BTreeMap<String, Wanted>,
    secrets: &dyn SecretSource,
) -> Result<BTreeMap<String, Secret>, Problems> {
    let found = used.iter().filter_map(|name| Some((name, wanted.get(name)?)));
    super::form::all(found.map(|(name, wanted)| {
        let secret = secrets.secret(name, wanted.generate.as_deref());
        let at = |problem: Diagnostic| match problem.place {
            None => vec![problem.at(&wanted.place)],
            Some(_) => vec![problem],
        };
        Ok((name.clone(), secret.map_err(at)?))
    }))
}

/// Everything that both rounds share.
struct Round<'a> {
    spec: &'a Spec,
    modules: &'a Modules,
    facts: &'a Facts,
    settings: &'a Settings,
    own: &'a [ResourceForm],
}

impl<'a> Round<'a> {
    fn run(
        &self,
        known: &BTreeMap<String, Secret>,
    ) -> Result<(Expanded, BTreeMap<String, Wanted>), Problems> {
        let runner = Runner::new();
        let wanted = RefCell::default();
        let resolver = Resolver { spec: self.spec, known, wanted };
        let world = World { modules: self.modules.used(self.spec).collect() };
        let mut universe = Universe::compute(
            &runner,
            (self.modules, world),
            self.settings,
            &resolver,
            self.facts,
        )?;
        let mut notes = self.modules.notes(self.spec);
        notes.extend(self.findings(&runner, &universe)?);
        notes.extend(self.dropped(&runner, &universe)?);
        let problems = std::mem::take(&mut universe.problems);
        let mut problems: Problems = problems.into_iter().flat_map(|(_, found)| found).collect();
        let resources = self.resources(&runner, &universe);
        let activations = self.activations(&runner, &universe);
        let mut resources = resources.unwrap_or_else(|found| {
            problems.extend(found);
            Vec::new()
        });
        let activations = activations.unwrap_or_else(|found| {
            problems.extend(found);
            Vec::new()
        });
        if problems.is_empty() {
            problems.extend(activations::join(&mut resources, &activations));
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        let expansion = Expansion { resources, activations, notes };
        Ok((Expanded { expansion, rows: universe.rows }, resolver.wanted.into_inner()))
    }

    /// Notes on rows that nobody takes; of a give that is not optional they are an error.
    fn dropped(&self, runner: &Runner, universe: &Universe<'_>) -> Result<Problems, Problems> {
        let mut notes = Problems::new();
        let mut problems = Problems::new();
        for manifest in &universe.world.modules {
            let gone = manifest.gives.iter();
            for give in gone.filter(|give| universe.world.find(&give.to.module).is_none()) {
                let (for_each, when) = (give.for_each.as_ref(), give.when.as_ref());
                let place = self.place(manifest);
                match runner.frames(for_each, when, &universe.frame) {
                    Ok(rows) if rows.is_empty() => {}
                    Ok(_) if give.to.optional => notes.push(dropped(manifest, give, &place)),
                    Ok(_) => problems.push(self.nobody_takes(manifest, give, &place)),
                    Err(found) => problems.extend(found),
                }
            }
        }
        if problems.is_empty() { Ok(notes) } else { Err(problems) }
    }

    fn nobody_takes(&self, manifest: &Manifest, give: &Give, place: &Place) -> Diagnostic {
        let (name, to) = (&manifest.name, &give.to.module);
        let message = format!("`{name}` needs `{to}`, which is not in this spec");
        let fillers: Vec<String> =
            self.modules.fillers(to).map(|filler| format!("`[{}]`", filler.name)).collect();
        let help = match fillers.is_empty() {
            true => format!("add `[{to}]`"),
            false => format!("add one of {}", fillers.join(", ")),
        };
        Diagnostic::error("spec/needs-module", message).at(place).help(help)
    }

    fn place(&self, manifest: &Manifest) -> Place {
        let place = self.spec.section(&manifest.name).cloned();
        place.unwrap_or_else(|| Place::new(&self.spec.source, 0..0))
    }

    /// Warnings and notes, or all errors. An error of a finding says more than the failures of the
    /// values that it is about, so those are not told with it.
    fn findings(&self, runner: &Runner, universe: &Universe<'_>) -> Result<Problems, Problems> {
        let mut found = Problems::new();
        let mut failures = Problems::new();
        for manifest in &universe.world.modules {
            let Some(section) = self.settings.get(&manifest.name) else { continue };
            match findings::findings(runner, &universe.frame, self.spec, manifest, section) {
                Ok(said) => found.extend(said),
                Err(problems) => failures.extend(problems),
            }
        }
        if found.iter().any(|one| one.level == Level::Error) {
            return Err(found.into_iter().filter(|one| one.level == Level::Error).collect());
        }
        if failures.is_empty() { Ok(found) } else { Err(failures) }
    }

    fn resources(
        &self,
        runner: &Runner,
        universe: &Universe<'_>,
    ) -> Result<Vec<Declared>, Problems> {
        let filler = Filler { runner, universe, spec: self.spec, settings: self.settings };
        let forms = universe.world.modules.iter().flat_map(|manifest| {
            manifest.resources.iter().map(move |form| (Some(*manifest), form))
        });
        let forms = forms.chain(self.own.iter().map(|form| (None, form)));
        let all = forms.map(|(manifest, form)| filler.resources(manifest, form));
        let all: Vec<Vec<Declared>> = super::form::all(all)?;
        merged(all.into_iter().flatten().collect())
    }

    fn activations(
        &self,
        runner: &Runner,
        universe: &Universe<'_>,
    ) -> Result<Vec<Activation>, Problems> {
        let forms: Vec<_> =
            universe.world.modules.iter().flat_map(|manifest| &manifest.activations).collect();
        let twice = activations::twice(&forms);
        if !twice.is_empty() {
            return Err(twice);
        }
        let all = forms.iter().map(|form| activations::activation(runner, &universe.frame, form));
        let all: Vec<Option<Activation>> = super::form::all(all)?;
        Ok(all.into_iter().flatten().collect())
    }
}

fn dropped(manifest: &Manifest, give: &Give, place: &Place) -> Diagnostic {
    let (name, to) = (&manifest.name, &give.to);
    let list = format!("{}.{}", to.module, to.collect);
    let message = format!("what `{name}` gives to `{list}` falls away: that is not in this spec");
    Diagnostic::note("module/give", message).at(place)
}
