//! All modules that a spec can name: the embedded ones, and the user's own, which replace or extend them. Also decides
//! which of them a spec uses, and in which order.

use super::directory::ModuleDirectory;
use super::manifest::Manifest;
use crate::diagnostic::{Diagnostic, Place, Problems, all};
use crate::side_by_side::side_by_side;
use crate::spec::Spec;
use indexmap::IndexMap;

/// All modules by name.
#[derive(Clone, Debug, Default)]
pub struct Modules {
    manifests: IndexMap<String, Manifest>,
    replaced: Vec<String>,
}

impl Modules {
    /// Reads modules, without linting them.
    pub(super) fn read(
        embedded: &[ModuleDirectory],
        own: &[ModuleDirectory],
    ) -> Result<Modules, Problems> {
        let replaced = |name: &str| own.iter().any(|directory| directory.name == name);
        let embedded = embedded.iter().filter(|directory| !replaced(&directory.name));
        let directories: Vec<&ModuleDirectory> = embedded.chain(own).collect();
        let manifests: Vec<Manifest> = all(side_by_side(directories, Manifest::read).into_iter())?;
        let manifests = manifests.into_iter().map(|one| (one.name.clone(), one)).collect();
        let replaced = own.iter().map(|directory| directory.name.clone()).collect();
        Ok(Modules { manifests, replaced })
    }

    /// Returns the module with this name.
    pub fn get(&self, name: &str) -> Option<&Manifest> {
        self.manifests.get(name)
    }

    /// All modules.
    pub fn iter(&self) -> impl Iterator<Item = &Manifest> {
        self.manifests.values()
    }

    /// The user's own.
    pub fn own(&self) -> impl Iterator<Item = &Manifest> {
        self.iter().filter(|manifest| self.replaced.contains(&manifest.name))
    }

    /// The modules that fill a role.
    pub fn fillers<'a>(&'a self, role: &'a str) -> impl Iterator<Item = &'a Manifest> {
        self.iter().filter(move |manifest| manifest.role.as_deref() == Some(role))
    }

    /// Returns the modules that a spec names: base first, then in the order of the spec.
    pub fn used<'a>(&'a self, spec: &'a Spec) -> impl Iterator<Item = &'a Manifest> {
        let base = spec.sections.keys().filter(|name| *name == "base");
        let others = spec.sections.keys().filter(|name| *name != "base");
        base.chain(others).filter_map(|name| self.manifests.get(name))
    }

    /// Returns the packages whose versions the used modules need.
    pub fn fact_packages(&self, spec: &Spec) -> Vec<String> {
        let mut packages: Vec<String> =
            self.used(spec).flat_map(|manifest| manifest.packages.iter().cloned()).collect();
        packages.sort();
        packages.dedup();
        packages
    }

    /// Returns a note for each of the user's own modules that a spec uses, shown in every plan.
    pub fn notes(&self, spec: &Spec) -> Problems {
        let own = self.used(spec).filter(|manifest| self.replaced.contains(&manifest.name));
        own.map(|manifest| {
            let (name, shown) = (&manifest.name, &manifest.directory.shown);
            let message = format!("module `{name}` comes from {shown}, not from matrixform");
            let place = spec.section(name).cloned();
            let place = place.unwrap_or_else(|| Place::new(&spec.source, 0..0));
            Diagnostic::note("module/own", message).at(&place)
        })
        .collect()
    }
}
