//! One round of an expansion: values, findings, rows without a receiver, resources, activations. A value that cannot be
//! computed does not stop the rest, so that all problems are reported at once.

use super::Expanded;
use super::accepts::accepts;
use super::activations;
use super::findings::FindingResults;
use super::host_values::HostValues;
use super::order::NamedModules;
use super::outside;
use super::references::{ReferenceResolver, WantedSecret};
use super::resources::{Filler, merged};
use super::run::Runner;
use super::scope::KnownFacts;
use super::services;
use crate::diagnostic::{Diagnostic, Level, Place, Problems};
use crate::module::Modules;
use crate::module::expansion::Expansion;
use crate::module::manifest::{ActivationForm, Contribution, Manifest, ResourceForm};
use crate::module::outside::{Control, DnsRecord};
use crate::module::settings::Settings;
use crate::resource::{Activation, Declared, Members, add_sshd, join};
use crate::secret::Secret;
use crate::spec::Spec;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::PoisonError;

/// The input of an expansion.
pub(in crate::module) struct Round<'a> {
    pub(in crate::module) spec: &'a Spec,
    pub(in crate::module) modules: &'a Modules,
    /// The known facts; everything that needs others is left out silently.
    pub(in crate::module) facts: KnownFacts<'a>,
    pub(in crate::module) settings: &'a Settings,
    /// The spec's own resources.
    pub(in crate::module) own: &'a [ResourceForm],
    /// The spec's own activations; none if one of them is invalid.
    pub(in crate::module) own_activations: Option<&'a [ActivationForm]>,
    /// Whether to report advice as well.
    pub(in crate::module) advised: bool,
    /// Whether the settings are complete; anything that depends on missing ones is left out silently.
    pub(in crate::module) settings_complete: bool,
}

/// The result of a round.
#[derive(Default)]
pub(in crate::module) struct RoundOutcome {
    pub(in crate::module) expanded: Expanded,
    /// All secrets that values refer to.
    pub(in crate::module) wanted: BTreeMap<String, WantedSecret>,
    /// All problems.
    pub(in crate::module) problems: Problems,
    /// Whether anything is missing, reported or not.
    pub(in crate::module) failed: bool,
    /// Whether an error was reported that may cause others.
    reported: bool,
}

impl RoundOutcome {
    /// The expansion, if nothing is missing.
    pub(in crate::module) fn whole(self) -> Result<Expanded, Problems> {
        match (self.problems.is_empty(), self.failed) {
            (true, false) => Ok(self.expanded),
            (true, true) => Err(vec![Diagnostic::bug("an expansion failed without a message")]),
            (false, _) => Err(self.problems),
        }
    }

    /// Returns the value of a result, or records its problems and returns the default.
    fn value_or_record<T: Default>(&mut self, result: Result<T, Problems>) -> T {
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

    /// Like `value_or_record`, for a failure that may only follow from a reported error: if there is one, nothing more
    /// is reported.
    fn value_or_record_unless_reported<T: Default>(&mut self, result: Result<T, Problems>) -> T {
        match self.reported {
            true => self.value_or_record(result.map_err(|_| Problems::new())),
            false => self.value_or_record(result),
        }
    }
}

impl Round<'_> {
    /// Runs with the known secrets; fails only if nothing can be computed at all.
    pub(in crate::module) fn run(
        &self,
        known: &BTreeMap<String, Secret>,
    ) -> Result<RoundOutcome, Problems> {
        let runner = Runner::new(known);
        let resolver = ReferenceResolver { spec: self.spec, known, wanted: RefCell::default() };
        let named_modules = NamedModules { modules: self.modules.used(self.spec).collect() };
        let by = (self.modules, named_modules);
        let mut universe =
            HostValues::compute(&runner, by, self.settings, &resolver, (self.facts, self.own))?;
        for form in self.own {
            form.secrets(&mut |name, place| resolver.note(name, place));
        }
        let mut outcome =
            RoundOutcome { reported: !self.settings_complete, ..RoundOutcome::default() };
        let mut notes = self.modules.notes(self.spec);
        let results = self.findings(&runner, &universe, &mut outcome);
        notes.extend(results.problems);
        for found in std::mem::take(&mut universe.unread) {
            outcome.value_or_record::<()>(Err(vec![found]));
        }
        // An error of a finding explains more than the failures of the values that it is about.
        outcome.reported |= !outcome.problems.is_empty();
        for found in std::mem::take(&mut universe.problems) {
            outcome.value_or_record_unless_reported::<()>(Err(found));
        }
        if !outcome.reported {
            notes.extend(self.dropped(&runner, &universe, &mut outcome));
        }
        let mut resources = self.resources(&runner, &universe, &mut outcome);
        let mut activations = self.activations(&runner, &universe, &mut outcome);
        let (records, controls) = self.outside(&runner, &universe, &mut outcome);
        add_sshd(&mut resources, &mut activations);
        if !outcome.failed {
            let members = Members::of(&resources, &activations);
            let lost = join(&mut resources, &members, &activations);
            outcome.value_or_record(if lost.is_empty() { Ok(()) } else { Err(lost) });
        }
        let facts = universe.read.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let surveyed = results.surveyed;
        let accounts = services::accounts(&runner, &universe);
        let accounts = outcome.value_or_record_unless_reported(accounts);
        let backups = services::backups(&runner, &universe);
        let backups = outcome.value_or_record_unless_reported(backups);
        let expansion = Expansion {
            resources,
            activations,
            notes,
            surveyed,
            facts,
            records,
            controls,
            accounts,
            backups,
        };
        outcome.expanded = Expanded { expansion, rows: universe.rows, ..Expanded::default() };
        outcome.wanted = resolver.wanted.into_inner();
        Ok(outcome)
    }

    /// Returns warnings and notes; errors become problems.
    fn findings(
        &self,
        runner: &Runner,
        universe: &HostValues<'_>,
        outcome: &mut RoundOutcome,
    ) -> FindingResults {
        let mut results = FindingResults::default();
        let mut failures = Vec::new();
        for manifest in &universe.named_modules.modules {
            let Some(section) = self.settings.get(&manifest.name) else {
                results.unknown.extend(manifest.findings.iter().map(|finding| finding.id.clone()));
                continue;
            };
            for finding in &manifest.findings {
                let (by, about) = ((runner, &universe.frame), (*manifest, section, finding));
                failures.extend(results.evaluate(by, self.spec, about, self.advised).err());
            }
        }
        results.problems.extend(accepts(self.spec, self.modules, &results));
        let (errors, others): (Problems, Problems) =
            results.problems.drain(..).partition(|one| one.level == Level::Error);
        if !errors.is_empty() {
            outcome.value_or_record::<()>(Err(errors));
        }
        // A finding that needs to know more of the host affects only itself.
        let unknown =
            |found: &Problems| found.is_empty() && !matches!(self.facts, KnownFacts::Host(_));
        for found in failures.into_iter().filter(|found| !unknown(found)) {
            outcome.value_or_record_unless_reported::<()>(Err(found));
        }
        results.problems = others;
        results
    }

    /// Notes on rows that no module receives; for a contribution that is not optional they are problems.
    fn dropped(
        &self,
        runner: &Runner,
        universe: &HostValues<'_>,
        outcome: &mut RoundOutcome,
    ) -> Problems {
        let mut notes = Problems::new();
        for manifest in &universe.named_modules.modules {
            let gone = manifest.contributions.iter();
            for contribution in gone.filter(|contribution| {
                universe.named_modules.find(&contribution.to.module).is_none()
            }) {
                let (for_each, when) = (contribution.for_each.as_ref(), contribution.when.as_ref());
                let rows = runner.frames(for_each, when, &universe.frame);
                if outcome.value_or_record(rows.map(|rows| rows.len())) == 0 {
                    continue;
                }
                let place = self.place(manifest);
                match contribution.to.optional {
                    true => notes.push(dropped_note(manifest, contribution, &place)),
                    false => {
                        let problem = self.unreceived(manifest, contribution, &place);
                        outcome.value_or_record::<()>(Err(vec![problem]));
                    }
                }
            }
        }
        notes
    }

    fn unreceived(
        &self,
        manifest: &Manifest,
        contribution: &Contribution,
        place: &Place,
    ) -> Diagnostic {
        let (name, to) = (&manifest.name, &contribution.to.module);
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
        universe: &HostValues<'_>,
        outcome: &mut RoundOutcome,
    ) -> Vec<Declared> {
        let filler = Filler { runner, universe, spec: self.spec, settings: self.settings };
        let forms = universe.named_modules.modules.iter().flat_map(|manifest| {
            manifest.resources.iter().map(move |form| (Some(*manifest), form))
        });
        let forms = forms.chain(self.own.iter().map(|form| (None, form)));
        let all = forms
            .flat_map(|(manifest, form)| match (filler.resources(manifest, form), manifest) {
                (filled, None) => outcome.value_or_record(filled),
                (filled, Some(_)) => outcome.value_or_record_unless_reported(filled),
            })
            .collect();
        outcome.value_or_record_unless_reported(merged(all))
    }

    /// The records and controls expected to be visible from outside.
    fn outside(
        &self,
        runner: &Runner,
        universe: &HostValues<'_>,
        outcome: &mut RoundOutcome,
    ) -> (Vec<DnsRecord>, Vec<Control>) {
        let (mut records, mut controls) = (Vec::new(), Vec::new());
        for manifest in &universe.named_modules.modules {
            for form in &manifest.records {
                let found = outside::records(runner, &universe.frame, (&manifest.name, form));
                records.extend(outcome.value_or_record_unless_reported(found));
            }
            for form in &manifest.controls {
                let found = outside::controls(runner, &universe.frame, (&manifest.name, form));
                controls.extend(outcome.value_or_record_unless_reported(found));
            }
        }
        (records, controls)
    }

    fn activations(
        &self,
        runner: &Runner,
        universe: &HostValues<'_>,
        outcome: &mut RoundOutcome,
    ) -> Vec<Activation> {
        let modules = universe.named_modules.modules.iter();
        let Some(own) = self.own_activations else {
            outcome.failed = true;
            return Vec::new();
        };
        let forms = modules.flat_map(|manifest| &manifest.activations);
        let forms: Vec<&ActivationForm> = forms.chain(own).collect();
        let duplicates = activations::duplicates(&forms);
        outcome.value_or_record(if duplicates.is_empty() { Ok(()) } else { Err(duplicates) });
        let all = forms.iter().filter_map(|form| {
            outcome.value_or_record_unless_reported(activations::activation(
                runner,
                &universe.frame,
                form,
            ))
        });
        all.collect()
    }
}

fn dropped_note(manifest: &Manifest, contribution: &Contribution, place: &Place) -> Diagnostic {
    let (name, to) = (&manifest.name, &contribution.to);
    let list = format!("{}.{}", to.module, to.collect);
    let message = format!("what `{name}` adds to `{list}` is dropped: it is not in this spec");
    Diagnostic::note("module/contribute", message).at(place)
}
