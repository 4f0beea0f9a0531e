//! Everything that can be said of a spec without a host and without secrets. A problem in one part
//! takes that part away and nothing else: the rest is judged with what is known.

use super::round::Round;
use super::used_secrets;
use crate::diagnostic::{Level, Place, Problems, conceal};
use crate::module::expansion::Expansion;
use crate::module::manifest::ResourceForm;
use crate::module::types::plain_places;
use crate::module::{Modules, lint, settings};
use crate::resource::{Declared, kinds};
use crate::spec::{Spec, plain_secrets};
use std::collections::BTreeMap;

/// What was found.
#[derive(Clone, Debug, Default)]
pub struct Review {
    /// Errors, warnings, notes and advice.
    pub problems: Problems,
    /// The wanted state as far as it is known: what needs a fact, or hangs on an error, is left out.
    pub expansion: Expansion,
    /// Whether nothing was left out.
    pub whole: bool,
    /// Where secrets stand in the spec: whoever adds a problem conceals them.
    pub secrets: Vec<Place>,
    /// All secrets that the spec names or leaves to be generated, by name.
    pub named: Vec<NamedSecret>,
}

/// A secret that a spec names, or leaves to be generated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedSecret {
    /// Its name.
    pub name: String,
    /// How it is made when nothing has it; `None` when somebody must bring it.
    pub generate: Option<String>,
    /// The line of the spec that names it, or the section that needs it.
    pub place: Place,
    /// Whether a resource holds it; one that needs a fact of the host may hold it too.
    pub used: bool,
}

impl Review {
    /// Whether there is an error.
    pub fn is_refused(&self) -> bool {
        self.problems.iter().any(|problem| problem.level == Level::Error)
    }

    /// The resources that kinds can judge: all of them, or those of the spec itself where an error of
    /// something else may be what is wrong with a module's.
    pub fn take_resources(&mut self) -> Vec<Declared> {
        let all = std::mem::take(&mut self.expansion.resources).into_iter();
        let refused = self.is_refused();
        all.filter(|declared| !refused || declared.origin.module == "spec").collect()
    }
}

/// Reviews a spec; all problems at once.
pub fn check(spec: &Spec, modules: &Modules) -> Review {
    let (settings, mut problems) = settings::judge(spec, modules);
    let settled = problems.is_empty();
    let own = own_resources(spec, modules, &mut problems);
    let (settings, own) = (&settings, own.as_slice());
    let round = Round { spec, modules, facts: None, settings, own, advised: true, settled };
    let mut outcome = match round.run(&BTreeMap::new()) {
        Ok(outcome) => outcome,
        Err(found) => {
            problems.extend(found);
            return Review { problems, ..Review::default() };
        }
    };
    let whole = problems.is_empty() && !outcome.failed;
    let mut expansion = std::mem::take(&mut outcome.expanded.expansion);
    problems.append(&mut outcome.problems);
    problems.append(&mut expansion.notes);
    problems.extend(plain_secrets(spec));
    let secrets = plain_places(&problems);
    conceal(&mut problems, &secrets);
    let used = used_secrets(&expansion.resources);
    let named = outcome.wanted.into_iter().map(|(name, wanted)| {
        let used = used.contains(&name);
        NamedSecret { name, generate: wanted.generate, place: wanted.place, used }
    });
    let named = named.collect();
    Review { problems, expansion, whole, secrets, named }
}

/// The user's own `[[resource]]`, those that can be read and pass the lint.
fn own_resources(spec: &Spec, modules: &Modules, problems: &mut Problems) -> Vec<ResourceForm> {
    let mut keep = |result: Result<ResourceForm, Problems>| {
        result.map_err(|found| problems.extend(found)).ok()
    };
    let read = spec.resources.iter().filter_map(|node| keep(ResourceForm::read(node)));
    let own: Vec<ResourceForm> = read.collect();
    let linted = |form: ResourceForm| {
        let found = lint::lint_spec(spec, std::slice::from_ref(&form), modules, kinds());
        if found.is_empty() { Ok(form) } else { Err(found) }
    };
    own.into_iter().filter_map(|form| keep(linted(form))).collect()
}
