//! Replaces references to secrets, files next to the spec and environment variables by their values. The name of a
//! secret that the spec leaves to be generated begins with its module: `synapse/secrets/pepper`.

use super::scope::unknown;
use crate::diagnostic::{Diagnostic, Place, Problems};
use crate::module::filter::secret_value;
use crate::module::named_files::unreadable;
use crate::module::types::{VariableRef, resolve};
use crate::module::value::{FileRef, RESERVED, SecretRef};
use crate::secret::Secret;
use crate::spec::Spec;
use crate::spec::files::nearest_beside;
use crate::spec::node::{Node, Value as Toml};
use crate::x509::binary_form;
use minijinja::Value;
use std::cell::RefCell;
use std::collections::BTreeMap;

/// A secret that the spec names or leaves to be generated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::module) struct WantedSecret {
    /// How to generate it if no store has it yet.
    pub(in crate::module) generate: Option<String>,
    /// Where the spec names it, or else the section that needs it.
    pub(in crate::module) place: Place,
}

/// Resolves references, and records every secret by its name.
pub(super) struct ReferenceResolver<'a> {
    /// The spec.
    pub(super) spec: &'a Spec,
    /// The known secrets; all others get a placeholder.
    pub(super) known: &'a BTreeMap<String, Secret>,
    /// All secrets that values refer to.
    pub(super) wanted: RefCell<BTreeMap<String, WantedSecret>>,
}

impl ReferenceResolver<'_> {
    /// The value with its references resolved; `prefix` goes before the names of secrets that the spec does not name.
    pub(super) fn value(
        &self,
        value: &Value,
        node: &Node,
        prefix: &str,
        section: &Place,
    ) -> Result<Value, Problems> {
        let mut find = |found: &Value| {
            if let Some(secret) = SecretRef::of(found) {
                return Ok(self.secret(secret, node, prefix, section));
            }
            match (FileRef::of(found), VariableRef::of(found)) {
                (Some(file), _) => self.file(file, section),
                (_, Some(variable)) => self.variable(variable),
                _ => Ok(found.clone()),
            }
        };
        resolve(value, &mut find).map_err(|problem| vec![problem])
    }

    /// Records a secret that a resource of the spec names. If an option names it too, the option's entry takes
    /// precedence.
    pub(super) fn note(&self, name: &str, place: &Place) {
        let wanted = WantedSecret { generate: None, place: place.clone() };
        self.wanted.borrow_mut().entry(name.to_owned()).or_insert(wanted);
    }

    fn secret(&self, secret: &SecretRef, node: &Node, prefix: &str, section: &Place) -> Value {
        let name = match secret.unnamed {
            true => format!("{prefix}/{}", secret.name),
            false => secret.name.clone(),
        };
        let place = named(node, &name).unwrap_or(section).clone();
        let wanted = WantedSecret { generate: secret.generate.clone(), place };
        self.wanted.borrow_mut().entry(name.clone()).or_insert(wanted);
        let known = self.known.get(&name).cloned();
        secret_value(known.unwrap_or_else(|| Secret::pending(name)))
    }

    /// Unknown while the environment is not read: values that depend on it are then left out, like those that depend on
    /// unknown facts.
    fn variable(&self, variable: &VariableRef) -> Result<Value, Diagnostic> {
        match self.spec.variables.value(&variable.name, &variable.place)? {
            Some(text) => variable.read(&text),
            None => Ok(unknown()),
        }
    }

    fn file(&self, file: &FileRef, section: &Place) -> Result<Value, Diagnostic> {
        let (path, place) = (&file.path, file.place.as_ref().unwrap_or(section));
        let bytes = self.spec.file(path, place).map_err(|why| {
            let problem = unreadable(path, &why, place);
            match nearest_beside(self.spec.files.as_ref(), path) {
                Some(near) => problem.help(format!("did you mean `{near}`?")),
                None => problem,
            }
        })?;
        match String::from_utf8(bytes) {
            Ok(text) if !text.contains(RESERVED) => Ok(Value::from(text)),
            Ok(_) => Err(unreadable(path, "it is not text", place)),
            Err(error) => Err(match binary_form(error.as_bytes(), path) {
                Some(form) => unreadable(path, &form.why, place).help(form.fix),
                None => unreadable(path, "it is not text", place),
            }),
        }
    }
}

/// The place of a string in a tree.
fn named<'n>(node: &'n Node, text: &str) -> Option<&'n Place> {
    match &node.value {
        Toml::String(found) if found == text => Some(&node.place),
        Toml::Array(items) => items.iter().find_map(|item| named(item, text)),
        Toml::Table(table) => table.values().find_map(|entry| named(&entry.node, text)),
        _ => None,
    }
}
