//! A spec's own `[[resource]]` and `[[activation]]`, read and linted like those of a module.

use super::expand::{KnownFacts, Round};
use super::lint::{lint_activations, lint_spec};
use super::manifest::{ActivationForm, ResourceForm};
use super::modules::Modules;
use super::settings::Settings;
use crate::diagnostic::Problems;
use crate::resource::kinds;
use crate::spec::Spec;

/// The declarations of a spec itself.
#[derive(Default)]
pub(super) struct SpecDeclarations {
    /// Its resources.
    pub(super) resources: Vec<ResourceForm>,
    /// Its activations; none if one of them is invalid.
    pub(super) activations: Option<Vec<ActivationForm>>,
}

impl SpecDeclarations {
    /// Returns all declarations, or all problems with them.
    pub(super) fn read(spec: &Spec, modules: &Modules) -> Result<SpecDeclarations, Problems> {
        let mut problems = Problems::new();
        let own = SpecDeclarations::read_lenient(spec, modules, &mut problems);
        if problems.is_empty() { Ok(own) } else { Err(problems) }
    }

    /// Returns the declarations that can be read and pass the lint.
    pub(super) fn read_lenient(
        spec: &Spec,
        modules: &Modules,
        problems: &mut Problems,
    ) -> SpecDeclarations {
        let read: Vec<ResourceForm> =
            readable(spec.resources.iter().map(ResourceForm::of_spec), problems);
        let linted = read.into_iter().map(|form| {
            let found = lint_spec(spec, std::slice::from_ref(&form), modules, kinds());
            if found.is_empty() { Ok(form) } else { Err(found) }
        });
        let resources = readable(linted, problems);
        let activations = readable(spec.activations.iter().map(ActivationForm::read), problems);
        let wrong = lint_activations(&activations, modules);
        let activations = wrong.is_empty().then_some(activations);
        problems.extend(wrong);
        SpecDeclarations { resources, activations }
    }

    /// A round with all declarations and with advice, for complete settings.
    pub(super) fn round<'a>(
        &'a self,
        spec: &'a Spec,
        modules: &'a Modules,
        settings: &'a Settings,
        facts: KnownFacts<'a>,
    ) -> Round<'a> {
        Round {
            spec,
            modules,
            facts,
            settings,
            own: &self.resources,
            own_activations: self.activations.as_deref(),
            advised: true,
            settings_complete: true,
        }
    }
}

fn readable<T>(
    results: impl Iterator<Item = Result<T, Problems>>,
    problems: &mut Problems,
) -> Vec<T> {
    results.filter_map(|result| result.map_err(|found| problems.extend(found)).ok()).collect()
}
