//! The lint: what can be known of manifests and templates before anything runs.

use super::Modules;
use super::manifest::ResourceForm;
use crate::diagnostic::Problems;
use crate::resource::Kind;
use crate::spec::Spec;

/// All problems of all modules.
pub(super) fn lint(_modules: &Modules, _kinds: &[Kind]) -> Problems {
    Problems::new()
}

/// All problems of a spec's own resources.
pub(super) fn lint_spec(
    _spec: &Spec,
    _own: &[ResourceForm],
    _modules: &Modules,
    _kinds: &[Kind],
) -> Problems {
    Problems::new()
}
