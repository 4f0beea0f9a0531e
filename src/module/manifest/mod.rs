//! A manifest as read: `module.toml`, `params/*.toml`, `findings/*.toml` and the names of its templates. Reading checks
//! what one module says by itself; what needs the other modules or the kinds is the lint's.

mod activation;
mod by_product;
mod control;
mod finding;
mod param;
mod read;
mod record;
mod resource;
mod sets;
mod values;

#[cfg(test)]
mod tests;

pub use activation::{ActivationForm, HealthForm};
pub use by_product::ByProductForm;
pub use control::{ControlForm, ProbeFrom};
pub use finding::{Finding, FindingLevel};
pub use param::{Check, Param};
pub use record::RecordForm;
pub use resource::{BodyForm, CONTENT_KEYS, GENERAL_KEYS, ResourceForm, Structured};
pub use sets::Setting;
pub use values::{Collect, Constant, Derive, DeriveForm, Give, common};

use super::folder::Folder;
use super::form::Form;
use crate::diagnostic::{Place, Source};
use indexmap::IndexMap;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Names that every module has without declaring them.
pub const RESERVED: [&str; 5] = ["at", "here", "primary", "addresses", "list"];

/// One module.
#[derive(Clone, Debug)]
pub struct Manifest {
    /// Its name: the folder's.
    pub name: String,
    /// Its files.
    pub folder: Folder,
    /// The start of `module.toml`.
    pub place: Place,
    /// One line.
    pub summary: String,
    /// `[name]` or `[[name]]` in a spec.
    pub shape: ModuleShape,
    /// The role that it fills.
    pub role: Option<String>,
    /// Packages whose versions are wanted as facts.
    pub packages: Vec<String>,
    /// Fixed data.
    pub constants: IndexMap<String, Constant>,
    /// What a spec may say.
    pub params: IndexMap<String, Param>,
    /// Values computed from others.
    pub derives: IndexMap<String, Derive>,
    /// Lists that other modules fill.
    pub collects: IndexMap<String, Collect>,
    /// Rows for other modules.
    pub gives: Vec<Give>,
    /// What to say about a spec.
    pub findings: Vec<Finding>,
    /// What takes effect together.
    pub activations: Vec<ActivationForm>,
    /// The things on the host.
    pub resources: Vec<ResourceForm>,
    /// How the accounts of what this module runs are reached: the fields of an `AccountService`.
    pub accounts: Option<Form>,
    /// How the backups of this host are reached: the fields of a `BackupService`.
    pub backups: Option<Form>,
    /// Defences with their probes.
    pub controls: Vec<ControlForm>,
    /// What changes beside the resources.
    pub by_products: Vec<ByProductForm>,
    /// What it needs in the DNS.
    pub records: Vec<RecordForm>,
    /// `templates/*`, by name.
    pub templates: BTreeMap<String, Arc<Source>>,
    /// What to write instead of words that people take for options, or for values of them.
    pub hints: IndexMap<String, String>,
    /// Parameters that write a key of a structured file.
    pub settings: Vec<Setting>,
}

/// How a module stands in a spec.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModuleShape {
    /// `[name]`.
    Table,
    /// `[[name]]`: its entries are `NAME.list`.
    List,
}

impl Manifest {
    /// The template of this name.
    pub fn template(&self, name: &str) -> Option<&Arc<Source>> {
        self.templates.get(name)
    }

    /// How its section is written: `[name]` or `[[name]]`.
    pub fn header(&self) -> String {
        match self.shape {
            ModuleShape::Table => format!("[{}]", self.name),
            ModuleShape::List => format!("[[{}]]", self.name),
        }
    }

    /// All names that others read as `NAME.x`, with where they are declared.
    pub fn names(&self) -> impl Iterator<Item = (&str, &Place)> {
        let params = self.params.iter().map(|(name, param)| (name.as_str(), &param.place));
        let derives = self.derives.iter().map(|(name, derive)| (name.as_str(), &derive.place));
        let constants = self.constants.iter().map(|(name, one)| (name.as_str(), &one.place));
        let collects = self.collects.iter().map(|(name, collect)| (name.as_str(), &collect.place));
        params.chain(derives).chain(constants).chain(collects)
    }
}
