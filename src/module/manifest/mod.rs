//! A manifest in parsed form: `module.toml`, `params/*.toml`, `findings/*.toml` and the names of its templates. Reading
//! checks what one module can get wrong alone; the lint checks everything that needs other modules or the kinds.

mod activation;
mod by_product;
mod control;
mod finding;
mod hint;
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
pub use control::ControlForm;
pub use finding::{Finding, FindingLevel};
pub use hint::Hint;
pub use param::{Check, Param};
pub use record::RecordForm;
pub use resource::{BodyForm, CONTENT_KEYS, GENERAL_KEYS, ResourceForm, Structured};
pub use sets::Setting;
pub use values::{Collect, Constant, Contribution, Derive, DeriveForm, common};

use super::directory::ModuleDirectory;
use super::form::Form;
use crate::diagnostic::{Place, Source};
use indexmap::IndexMap;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Names that every module has without declaring them.
pub const RESERVED: [&str; 6] = ["at", "here", "primary", "addresses", "provided", "list"];

/// One module.
#[derive(Clone, Debug)]
pub struct Manifest {
    /// The module's name, which is that of its directory.
    pub name: String,
    /// Its files.
    pub directory: ModuleDirectory,
    /// The start of `module.toml`.
    pub place: Place,
    /// A summary in one line.
    pub summary: String,
    /// Whether a spec uses `[name]` or `[[name]]`.
    pub shape: ModuleShape,
    /// The role that it fills.
    pub role: Option<String>,
    /// Packages whose versions it needs as facts.
    pub packages: Vec<String>,
    /// Constants.
    pub constants: IndexMap<String, Constant>,
    /// The parameters that a spec may set.
    pub params: IndexMap<String, Param>,
    /// Values computed from other values.
    pub derives: IndexMap<String, Derive>,
    /// Lists that other modules fill.
    pub collects: IndexMap<String, Collect>,
    /// Rows for other modules.
    pub contributions: Vec<Contribution>,
    /// Its findings about a spec.
    pub findings: Vec<Finding>,
    /// Resources that take effect together.
    pub activations: Vec<ActivationForm>,
    /// Its resources on the host.
    pub resources: Vec<ResourceForm>,
    /// How to reach the accounts of the program that this module runs: the fields of an `AccountService`.
    pub accounts: Option<Form>,
    /// How to reach the backups of this host: the fields of a `BackupService`.
    pub backups: Option<Form>,
    /// Defences with their probes.
    pub controls: Vec<ControlForm>,
    /// Changes on the host apart from the resources.
    pub by_products: Vec<ByProductForm>,
    /// The DNS records that it needs.
    pub records: Vec<RecordForm>,
    /// `templates/*`, by name.
    pub templates: BTreeMap<String, Arc<Source>>,
    /// Help for what people write in place of its options, their values, or its section.
    pub hints: Vec<Hint>,
    /// Parameters that write a key of a structured file.
    pub settings: Vec<Setting>,
}

/// The form of a module's section in a spec.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModuleShape {
    /// `[name]`.
    Table,
    /// `[[name]]`: its entries are in `NAME.list`.
    List,
}

impl Manifest {
    /// The template of this name.
    pub fn template(&self, name: &str) -> Option<&Arc<Source>> {
        self.templates.get(name)
    }

    /// Returns the header of its section: `[name]` or `[[name]]`.
    pub fn header(&self) -> String {
        match self.shape {
            ModuleShape::Table => format!("[{}]", self.name),
            ModuleShape::List => format!("[[{}]]", self.name),
        }
    }

    /// Returns the help for a word in place of an option or a value anywhere in its section.
    pub fn hint(&self, word: &str) -> Option<&str> {
        self.hint_in(word, |hint| &hint.words)
    }

    /// Returns the help for a name in place of an option directly under its header.
    pub fn hint_for_key(&self, name: &str) -> Option<&str> {
        self.hint_in(name, |hint| &hint.keys)
    }

    /// Returns the help for a name in place of its section's.
    pub fn hint_for_section(&self, name: &str) -> Option<&str> {
        self.hint_in(name, |hint| &hint.sections)
    }

    fn hint_in(&self, word: &str, list: impl Fn(&Hint) -> &Vec<String>) -> Option<&str> {
        let hint = self.hints.iter().find(|hint| list(hint).iter().any(|known| known == word))?;
        Some(&hint.help)
    }

    /// Returns all names that other modules read as `NAME.x`, with their places.
    pub fn names(&self) -> impl Iterator<Item = (&str, &Place)> {
        let params = self.params.iter().map(|(name, param)| (name.as_str(), &param.place));
        let derives = self.derives.iter().map(|(name, derive)| (name.as_str(), &derive.place));
        let constants = self.constants.iter().map(|(name, one)| (name.as_str(), &one.place));
        let collects = self.collects.iter().map(|(name, collect)| (name.as_str(), &collect.place));
        params.chain(derives).chain(constants).chain(collects)
    }
}
