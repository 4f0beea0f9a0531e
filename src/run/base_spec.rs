//! A plan of an untrusted spec on the host of a trusted one (`plan --host-of`). Observing a host runs commands from
//! specs and modules: checks, inspections, surveys. For an untrusted spec, it only runs those that the trusted one has
//! too, and matrixform's own; and it only shows parts of the host that the trusted spec or an earlier apply declares.

use super::expanded_spec::ExpandedSpec;
use super::{Project, SecretValues};
use crate::diagnostic::{Diagnostic, Place, Problems, visible};
use crate::facts::Facts;
use crate::module::{Modules, expand_unread};
use crate::plan::{Ledger, Plan, is_text, secret_names};
use crate::resource::{
    Activation, Answers, AttributeValue, Attributes, Observed, Origin, Wanted, declare,
};
use crate::secret::{SecretSource, StandIns, Withheld};
use crate::spec::Spec;
use std::collections::BTreeSet;
use std::slice::from_ref;

const MASKED: &str = "not shown: the base spec does not say where it contains secrets";

/// A trusted spec.
pub struct Base {
    /// The spec.
    pub spec: Spec,
    /// Built-in and overriding modules beside it.
    pub modules: Modules,
}

/// The trusted spec's wanted state of a host with certain facts.
pub(super) struct TrustedState {
    side_effects: BTreeSet<Vec<String>>,
    wanted: Vec<Wanted>,
}

impl Project {
    /// Returns the trusted spec's wanted state of a host with these facts; `None` if the spec itself is trusted.
    pub(super) fn known(&self, facts: &Facts) -> Result<Option<TrustedState>, Problems> {
        let Some(Base { spec, modules }) = &self.base else { return Ok(None) };
        // Both know secrets only by name; only a value assumed to be unchanged matches whatever the host has.
        let names: &dyn SecretSource = match self.values {
            SecretValues::Withheld => &Withheld { in_use: None },
            _ => &StandIns { in_use: None },
        };
        let (mut expansion, _) = expand_unread(spec, modules, facts, names)?;
        let wanted = declare(std::mem::take(&mut expansion.resources))?;
        let side_effects = wanted.iter().filter_map(|item| item.resource.side_effects());
        let asked = expansion.activations.iter().flat_map(asked);
        Ok(Some(TrustedState { side_effects: side_effects.chain(asked).collect(), wanted }))
    }
}

impl TrustedState {
    /// Refuses commands that an observation would run for this spec alone.
    pub(super) fn admit(
        &self,
        project: &Project,
        expanded_spec: &ExpandedSpec,
    ) -> Result<(), Problems> {
        let own = CustomParts::of(project);
        let resources = expanded_spec.wanted.iter().filter(|item| own.has(item));
        let side_effects = resources.filter_map(|item| {
            Some((item.resource.side_effects()?, item.declared.origin.declared.clone()))
        });
        let activations = expanded_spec.expansion.activations.iter().filter_map(|one| {
            let place = own.place(&one.name)?;
            Some(asked(one).map(move |parts| (parts, place.clone())))
        });
        let new = side_effects
            .chain(activations.flatten())
            .filter(|(parts, _)| !self.side_effects.contains(parts));
        let problems: Problems = new.map(|(parts, place)| refused(&parts, &place)).collect();
        if problems.is_empty() { Ok(()) } else { Err(problems) }
    }

    /// Hides the observed state of resources that neither the trusted spec nor an earlier apply declares.
    pub(super) fn redact(
        &self,
        project: &Project,
        plan: &mut Plan,
        ledger: Option<&Ledger>,
        answers: &Answers,
    ) {
        if project.values == SecretValues::Withheld {
            self.mask(plan, answers);
        }
        let applied = ledger.map(|ledger| ledger.resources.as_slice()).unwrap_or_default();
        let applied: BTreeSet<&str> = applied.iter().map(|entry| entry.address.as_str()).collect();
        plan.redact_found(|address| {
            let is_wanted = self.wanted.iter().any(|item| item.address() == address);
            is_wanted || applied.contains(address.to_string().as_str())
        });
    }

    /// Without values to mask, only the trusted spec determines where a file contains secrets: the untrusted one could
    /// surround a secret with text that ends the mask too early, or omit it.
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
                    Some(AttributeValue::Body(body)) if body.content.is_some() => {
                        AttributeValue::Body(body.clone())
                    }
                    Some(AttributeValue::Word(word)) if is_plain => {
                        AttributeValue::Word(word.clone())
                    }
                    _ => AttributeValue::Unknown(MASKED.to_owned()),
                };
            }
        }
    }
}

/// The spec's own parts and those of modules beside it, which are not built in and not reviewed yet.
struct CustomParts<'a> {
    modules: BTreeSet<&'a str>,
    activations: Vec<(&'a str, &'a Place)>,
}

impl<'a> CustomParts<'a> {
    fn of(project: &'a Project) -> CustomParts<'a> {
        let (spec, modules) = (&project.spec, &project.modules);
        let of_spec = spec
            .activations
            .iter()
            .filter_map(|node| Some((node.as_table()?.get("name")?.node.as_str()?, &node.place)));
        let of_modules = modules.own().flat_map(|module| &module.activations);
        let of_modules = of_modules.map(|form| (form.name.as_str(), &form.place));
        let names = modules.own().map(|module| module.name.as_str());
        CustomParts {
            modules: names.chain([Origin::SPEC]).collect(),
            activations: of_spec.chain(of_modules).collect(),
        }
    }

    fn has(&self, item: &Wanted) -> bool {
        self.modules.contains(item.declared.origin.module.as_str())
    }

    /// Returns where an activation is declared, if it is not matrixform's own.
    fn place(&self, activation: &str) -> Option<&'a Place> {
        self.activations.iter().find(|(name, _)| *name == activation).map(|(_, place)| *place)
    }
}

/// Returns the commands that an observation runs for an activation, each with its user.
fn asked(one: &Activation) -> impl Iterator<Item = Vec<String>> {
    let user = format!("as {}", one.as_user.as_deref().unwrap_or("root"));
    let surveys = one.survey.iter().chain(&one.reports);
    let surveys = surveys.map(|command| vec![command.clone(), "as root".to_owned()]);
    one.inspect.iter().map(move |command| vec![command.clone(), user.clone()]).chain(surveys)
}

fn refused(parts: &[String], place: &Place) -> Diagnostic {
    let parts = parts.iter().map(|part| visible(part)).filter(|part| !part.is_empty());
    let message = format!(
        "this plan needs commands on the host that the base spec does not have: {}",
        parts.collect::<Vec<_>>().join(", ")
    );
    Diagnostic::error("plan/host-of", message)
        .at(place)
        .help("`matrixform diff BASE HEAD` shows the changes and runs nothing; after the merge, the plan of the main branch shows the rest")
}
