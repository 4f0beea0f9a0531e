//! One round of an expansion: values, findings, rows without a taker, resources, activations. What
//! cannot be computed does not stop the rest, so that all problems are told at once.

use super::Expanded;
use super::accepts::accepts;
use super::accounts;
use super::activations;
use super::findings::Said;
use super::order::World;
use super::outside;
use super::references::{Resolver, Wanted};
use super::resources::{Filler, merged};
use super::run::Runner;
use super::scope::Known;
use super::sshd;
use super::universe::Universe;
use crate::diagnostic::{Diagnostic, Level, Place, Problems};
use crate::module::Modules;
use crate::module::expansion::{Activation, Expansion};
use crate::module::lint;
use crate::module::manifest::{ActivationForm, Give, Manifest, ResourceForm};
use crate::module::outside::{Control, Record};
use crate::module::settings::Settings;
use crate::resource::Declared;
use crate::secret::Secret;
use crate::spec::Spec;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::PoisonError;

/// What is expanded.
pub(super) struct Round<'a> {
    pub(super) spec: &'a Spec,
    pub(super) modules: &'a Modules,
    /// What needs other facts is left out without a word.
    pub(super) facts: Known<'a>,
    pub(super) settings: &'a Settings,
    pub(super) own: &'a [ResourceForm],
    /// Whether advice is told too.
    pub(super) advised: bool,
    /// Whether the settings are whole; what hangs on those that are not is left out without a word.
    pub(super) settled: bool,
}

/// What came of it.
#[derive(Default)]
pub(super) struct Outcome {
    pub(super) expanded: Expanded,
    /// All secrets that values refer to.
    pub(super) wanted: BTreeMap<String, Wanted>,
    /// Everything that went wrong.
    pub(super) problems: Problems,
    /// Whether something is missing, told or not.
    pub(super) failed: bool,
    /// Whether an error was told from which others may follow.
    told: bool,
}

impl Outcome {
    /// The expansion, when nothing is missing.
    pub(super) fn whole(self) -> Result<Expanded, Problems> {
        match (self.problems.is_empty(), self.failed) {
            (true, false) => Ok(self.expanded),
            (true, true) => Err(vec![Diagnostic::bug("an expansion failed without a message")]),
            (false, _) => Err(self.problems),
        }
    }

    /// The value of a result; its problems are kept.
    fn keep<T: Default>(&mut self, result: Result<T, Problems>) -> T {
        result.unwrap_or_else(|found| {
            self.failed = true;
            for problem in found {
                if !self.problems.contains(&problem) {
                    self.problems.push(problem);
                }
            }
            T::default()
        })
    }

    /// The same for what may only follow from what was told: then nothing is said.
    fn keep_unless_told<T: Default>(&mut self, result: Result<T, Problems>) -> T {
        match self.told {
            true => self.keep(result.map_err(|_| Problems::new())),
            false => self.keep(result),
        }
    }
}

impl Round<'_> {
    /// Runs with the secrets that are known; an error where nothing can be computed at all.
    pub(super) fn run(&self, known: &BTreeMap<String, Secret>) -> Result<Outcome, Problems> {
        let runner = Runner::new(known);
        let resolver = Resolver { spec: self.spec, known, wanted: RefCell::default() };
        let world = World { modules: self.modules.used(self.spec).collect() };
        let by = (self.modules, world);
        let mut universe = Universe::compute(&runner, by, self.settings, &resolver, self.facts)?;
        for form in self.own {
            form.secrets(&mut |name, place| resolver.note(name, place));
        }
        let mut outcome = Outcome { told: !self.settled, ..Outcome::default() };
        let mut notes = self.modules.notes(self.spec);
        let said = self.findings(&runner, &universe, &mut outcome);
        notes.extend(said.problems);
        for found in std::mem::take(&mut universe.unread) {
            outcome.keep::<()>(Err(vec![found]));
        }
        // An error of a finding says more than the failures of the values that it is about.
        outcome.told |= !outcome.problems.is_empty();
        for found in std::mem::take(&mut universe.problems) {
            outcome.keep_unless_told::<()>(Err(found));
        }
        if !outcome.told {
            notes.extend(self.dropped(&runner, &universe, &mut outcome));
        }
        let mut resources = self.resources(&runner, &universe, &mut outcome);
        let mut activations = self.activations(&runner, &universe, &mut outcome);
        let (records, controls) = self.outside(&runner, &universe, &mut outcome);
        sshd::add(&mut resources, &mut activations);
        if !outcome.failed {
            let lost = activations::join(&mut resources, &activations);
            outcome.keep(if lost.is_empty() { Ok(()) } else { Err(lost) });
        }
        let facts = universe.read.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let surveyed = said.surveyed;
        let accounts = accounts::service(&runner, &universe);
        let accounts = outcome.keep_unless_told(accounts);
        let expansion = Expansion {
            resources,
            activations,
            notes,
            surveyed,
            facts,
            records,
            controls,
            accounts,
        };
        outcome.expanded = Expanded { expansion, rows: universe.rows, ..Expanded::default() };
        outcome.wanted = resolver.wanted.into_inner();
        Ok(outcome)
    }

    /// Warnings and notes; errors are problems.
    fn findings(&self, runner: &Runner, universe: &Universe<'_>, outcome: &mut Outcome) -> Said {
        let mut said = Said::default();
        let mut failures = Vec::new();
        for manifest in &universe.world.modules {
            let Some(section) = self.settings.get(&manifest.name) else {
                said.unknown.extend(manifest.findings.iter().map(|finding| finding.id.clone()));
                continue;
            };
            for finding in &manifest.findings {
                let (by, about) = ((runner, &universe.frame), (*manifest, section, finding));
                failures.extend(said.judge(by, self.spec, about, self.advised).err());
            }
        }
        said.problems.extend(accepts(self.spec, self.modules, &said));
        let (errors, others): (Problems, Problems) =
            said.problems.drain(..).partition(|one| one.level == Level::Error);
        if !errors.is_empty() {
            outcome.keep::<()>(Err(errors));
        }
        // What a finding would need to know of the host is missing in nothing but that finding.
        let unknown = |found: &Problems| found.is_empty() && !matches!(self.facts, Known::Host(_));
        for found in failures.into_iter().filter(|found| !unknown(found)) {
            outcome.keep_unless_told::<()>(Err(found));
        }
        said.problems = others;
        said
    }

    /// Notes on rows that nobody takes; of a give that is not optional they are a problem.
    fn dropped(&self, runner: &Runner, universe: &Universe<'_>, outcome: &mut Outcome) -> Problems {
        let mut notes = Problems::new();
        for manifest in &universe.world.modules {
            let gone = manifest.gives.iter();
            for give in gone.filter(|give| universe.world.find(&give.to.module).is_none()) {
                let (for_each, when) = (give.for_each.as_ref(), give.when.as_ref());
                let rows = runner.frames(for_each, when, &universe.frame);
                if outcome.keep(rows.map(|rows| rows.len())) == 0 {
                    continue;
                }
                let place = self.place(manifest);
                match give.to.optional {
                    true => notes.push(falls_away(manifest, give, &place)),
                    false => {
                        let problem = self.nobody_takes(manifest, give, &place);
                        outcome.keep::<()>(Err(vec![problem]));
                    }
                }
            }
        }
        notes
    }

    fn nobody_takes(&self, manifest: &Manifest, give: &Give, place: &Place) -> Diagnostic {
        let (name, to) = (&manifest.name, &give.to.module);
        let message = format!("`{name}` needs `{to}`, which is not in this spec");
        let fillers: Vec<String> =
            self.modules.fillers(to).map(|filler| format!("`[{}]`", filler.name)).collect();
        let help = match fillers.as_slice() {
            [] => format!("add `[{to}]`"),
            [one] => format!("add {one}"),
            several => format!("add one of {}", several.join(", ")),
        };
        Diagnostic::error("spec/needs-module", message).at(place).help(help)
    }

    fn place(&self, manifest: &Manifest) -> Place {
        let place = self.spec.section(&manifest.name).cloned();
        place.unwrap_or_else(|| Place::new(&self.spec.source, 0..0))
    }

    fn resources(
        &self,
        runner: &Runner,
        universe: &Universe<'_>,
        outcome: &mut Outcome,
    ) -> Vec<Declared> {
        let filler = Filler { runner, universe, spec: self.spec, settings: self.settings };
        let forms = universe.world.modules.iter().flat_map(|manifest| {
            manifest.resources.iter().map(move |form| (Some(*manifest), form))
        });
        let forms = forms.chain(self.own.iter().map(|form| (None, form)));
        let all = forms
            .flat_map(|(manifest, form)| match (filler.resources(manifest, form), manifest) {
                (filled, None) => outcome.keep(filled),
                (filled, Some(_)) => outcome.keep_unless_told(filled),
            })
            .collect();
        outcome.keep_unless_told(merged(all))
    }

    /// What is to be seen from outside.
    fn outside(
        &self,
        runner: &Runner,
        universe: &Universe<'_>,
        outcome: &mut Outcome,
    ) -> (Vec<Record>, Vec<Control>) {
        let (mut records, mut controls) = (Vec::new(), Vec::new());
        for manifest in &universe.world.modules {
            for form in &manifest.records {
                let found = outside::records(runner, &universe.frame, (&manifest.name, form));
                records.extend(outcome.keep_unless_told(found));
            }
            for form in &manifest.controls {
                let found = outside::controls(runner, &universe.frame, (&manifest.name, form));
                controls.extend(outcome.keep_unless_told(found));
            }
        }
        (records, controls)
    }

    fn activations(
        &self,
        runner: &Runner,
        universe: &Universe<'_>,
        outcome: &mut Outcome,
    ) -> Vec<Activation> {
        let modules = universe.world.modules.iter();
        let read = self.spec.activations.iter().map(ActivationForm::read);
        let own: Vec<ActivationForm> =
            read.filter_map(|read| outcome.keep(read.map(Some))).collect();
        let wrong = lint::lint_activations(&own, self.modules);
        if !wrong.is_empty() {
            outcome.keep::<()>(Err(wrong));
            return Vec::new();
        }
        let forms = modules.flat_map(|manifest| &manifest.activations);
        let forms: Vec<&ActivationForm> = forms.chain(&own).collect();
        let twice = activations::twice(&forms);
        outcome.keep(if twice.is_empty() { Ok(()) } else { Err(twice) });
        let all = forms.iter().filter_map(|form| {
            outcome.keep_unless_told(activations::activation(runner, &universe.frame, form))
        });
        all.collect()
    }
}

fn falls_away(manifest: &Manifest, give: &Give, place: &Place) -> Diagnostic {
    let (name, to) = (&manifest.name, &give.to);
    let list = format!("{}.{}", to.module, to.collect);
    let message = format!("what `{name}` gives to `{list}` is dropped: that is not in this spec");
    Diagnostic::note("module/give", message).at(place)
}
