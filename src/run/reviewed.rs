//! A plan of a spec that is not trusted yet, on the host of one that is (`plan --host-of`). A look at a host runs what
//! specs and modules say: the checks of commands, inspections, surveys. It runs for such a spec what the trusted one has
//! as well, and what matrixform itself brings; and of the host it shows what the trusted one or an earlier apply names.

use super::want::Want;
use super::{Project, Values};
use crate::diagnostic::{Diagnostic, Place, Problems, visible};
use crate::facts::Facts;
use crate::module::{Activation, Modules, expand_unread};
use crate::plan::{Ledger, Plan, is_text, secret_names};
use crate::resource::{Answers, Attributes, Observed, Origin, Seen, Wanted, declare};
use crate::secret::{SecretSource, StandIns, Withheld};
use crate::spec::Spec;
use std::collections::BTreeSet;
use std::slice::from_ref;

const MASKED: &str = "not shown, as the base spec does not say where in it secrets are";

/// A spec that is trusted.
pub struct Base {
    /// The spec.
    pub spec: Spec,
    /// Built-in and overriding modules beside it.
    pub modules: Modules,
}

/// What the trusted spec wants of a host with certain facts.
pub(super) struct Known {
    acts: BTreeSet<Vec<String>>,
    wanted: Vec<Wanted>,
}

impl Project {
    /// What the trusted spec wants of a host with these facts; none where the spec itself is trusted.
    pub(super) fn known(&self, facts: &Facts) -> Result<Option<Known>, Problems> {
        let Some(Base { spec, modules }) = &self.base else { return Ok(None) };
        // Both name secrets alone; only what is taken as unchanged is found on the host whatever it is.
        let names: &dyn SecretSource = match self.values {
            Values::Withheld => &Withheld { in_use: None },
            _ => &StandIns { in_use: None },
        };
        let (mut expansion, _) = expand_unread(spec, modules, facts, names)?;
        let wanted = declare(std::mem::take(&mut expansion.resources))?;
        let acts = wanted.iter().filter_map(|item| item.resource.acts());
        let asked = expansion.activations.iter().flat_map(asked);
        Ok(Some(Known { acts: acts.chain(asked).collect(), wanted }))
    }
}

impl Known {
    /// Refuses what a look at the host would run for this spec alone.
    pub(super) fn admit(&self, project: &Project, want: &Want) -> Result<(), Problems> {
        let own = Own::of(project);
        let resources = want.wanted.iter().filter(|item| own.has(item));
        let acts = resources.filter_map(|item| {
            Some((item.resource.acts()?, item.declared.origin.declared.clone()))
        });
        let activations = want.expansion.activations.iter().filter_map(|one| {
            let place = own.place(&one.name)?;
            Some(asked(one).map(move |words| (words, place.clone())))
        });
        let new = acts.chain(activations.flatten()).filter(|(words, _)| !self.acts.contains(words));
        let problems: Problems = new.map(|(words, place)| refused(&words, &place)).collect();
        if problems.is_empty() { Ok(()) } else { Err(problems) }
    }

    /// Does not show what is on the host of what neither the trusted spec nor an earlier apply names.
    pub(super) fn conceal(
        &self,
        project: &Project,
        plan: &mut Plan,
        ledger: Option<&Ledger>,
        answers: &Answers,
    ) {
        if project.values == Values::Withheld {
            self.mask(plan, answers);
        }
        let applied = ledger.map(|ledger| ledger.resources.as_slice()).unwrap_or_default();
        let applied: BTreeSet<&str> = applied.iter().map(|entry| entry.address.as_str()).collect();
        plan.conceal_found(|address| {
            let is_wanted = self.wanted.iter().any(|item| item.address() == address);
            is_wanted || applied.contains(address.to_string().as_str())
        });
    }

    /// Where no value is known that could be masked, the trusted spec alone says where in a file the secrets are: a head
    /// could write text around a secret that ends it too early, or leave it out.
    fn mask(&self, plan: &mut Plan, answers: &Answers) {
        for item in &mut plan.items {
            let base = self.wanted.iter().find(|base| *base.address() == item.address);
            let seen = match base.map(|base| base.resource.observe(&base.context, answers)) {
                Some(Observed::Present(seen)) => seen,
                _ => Attributes::new(),
            };
            let is_plain = base.is_some_and(|base| secret_names(from_ref(base)).is_empty());
            for one in item.change.differences.iter_mut().filter(|one| is_text(one)) {
                one.from = match seen.get(one.attribute) {
                    Some(Seen::Body(body)) if body.content.is_some() => Seen::Body(body.clone()),
                    Some(Seen::Word(word)) if is_plain => Seen::Word(word.clone()),
                    _ => Seen::Unknown(MASKED.to_owned()),
                };
            }
        }
    }
}

/// What is neither matrixform's nor looked at by anybody yet: of the spec itself, and of modules beside it.
struct Own<'a> {
    modules: BTreeSet<&'a str>,
    activations: Vec<(&'a str, &'a Place)>,
}

impl<'a> Own<'a> {
    fn of(project: &'a Project) -> Own<'a> {
        let (spec, modules) = (&project.spec, &project.modules);
        let of_spec = spec
            .activations
            .iter()
            .filter_map(|node| Some((node.as_table()?.get("name")?.node.as_str()?, &node.place)));
        let of_modules = modules.own().flat_map(|module| &module.activations);
        let of_modules = of_modules.map(|form| (form.name.as_str(), &form.place));
        let names = modules.own().map(|module| module.name.as_str());
        Own {
            modules: names.chain([Origin::SPEC]).collect(),
            activations: of_spec.chain(of_modules).collect(),
        }
    }

    fn has(&self, item: &Wanted) -> bool {
        self.modules.contains(item.declared.origin.module.as_str())
    }

    /// Where an activation is declared, if it is not matrixform's.
    fn place(&self, activation: &str) -> Option<&'a Place> {
        self.activations.iter().find(|(name, _)| *name == activation).map(|(_, place)| *place)
    }
}

/// The commands that a look runs for an activation, each with its user.
fn asked(one: &Activation) -> impl Iterator<Item = Vec<String>> {
    let user = format!("as {}", one.as_user.as_deref().unwrap_or("root"));
    let surveys = one.survey.iter().map(|command| vec![command.clone(), "as root".to_owned()]);
    one.inspect.iter().map(move |command| vec![command.clone(), user.clone()]).chain(surveys)
}

fn refused(words: &[String], place: &Place) -> Diagnostic {
    let words = words.iter().map(|word| visible(word)).filter(|word| !word.is_empty());
    let message = format!(
        "to make this plan the host would have to run what the base spec does not have: {}",
        words.collect::<Vec<_>>().join(", ")
    );
    Diagnostic::error("plan/host-of", message)
        .at(place)
        .help("`matrixform diff BASE HEAD` shows what it changes and runs nothing; once it is merged, the plan of the main branch shows the rest")
}
