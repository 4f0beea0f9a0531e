//! A resource as declared, which expansion passes to the kinds: plain values, no templates left.

use super::Address;
use crate::diagnostic::Place;
use crate::secret::Content;
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

/// One declared resource, not yet checked by its kind.
#[derive(Clone, Debug)]
pub struct Declared {
    /// `kind:name`.
    pub address: Address,
    /// The kind's own attributes, without those whose value is `none`.
    pub attributes: IndexMap<String, Attribute>,
    /// What must come first, besides what the kind itself requires.
    pub needs: Vec<Need>,
    /// The activation with which it takes effect.
    pub activation: Option<String>,
    /// What a change requires of its activation's services, if it differs from the activation's own effect.
    pub effect: Option<Effect>,
    /// Why it exists, in words for the plan.
    pub why: Option<String>,
    /// Where it was declared.
    pub origin: Origin,
}

impl Declared {
    /// Whether both declare the same state, regardless of where.
    pub fn declares_the_same(&self, other: &Declared) -> bool {
        let values = |one: &Declared| -> Vec<(String, DeclaredValue)> {
            one.attributes.iter().map(|(name, one)| (name.clone(), one.value.clone())).collect()
        };
        self.address == other.address && values(self) == values(other)
    }
}

/// An attribute's value and where it was set.
#[derive(Clone, Debug)]
pub struct Attribute {
    /// The value.
    pub value: DeclaredValue,
    /// The place, in a manifest or in a spec.
    pub place: Place,
}

/// The possible values of an attribute.
#[derive(Clone, Debug, PartialEq)]
pub enum DeclaredValue {
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number.
    Float(f64),
    /// Text or bytes; the only value that may hold secrets.
    Text(Content),
    /// A list.
    List(Vec<DeclaredValue>),
    /// A table.
    Table(IndexMap<String, DeclaredValue>),
}

/// Another resource that must come first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Need {
    /// `kind:name`; the name may end in `*`.
    pub pattern: String,
    /// Whether it may be absent (a `?` at the end in the manifest).
    pub optional: bool,
}

/// What a change requires of a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Effect {
    /// Read the configuration again.
    Reload,
    /// Stop and start.
    Restart,
}

/// Where a resource comes from.
#[derive(Clone, Debug)]
pub struct Origin {
    /// The module, or `spec` for a `[[resource]]` of the user.
    pub module: String,
    /// The manifest's or the spec's `[[resource]]`.
    pub declared: Place,
    /// The spec line that requested it, when one did.
    pub requested: Option<Place>,
}

impl Origin {
    /// The module name of resources that the spec itself declares as `[[resource]]`; no module can have this name.
    pub const SPEC: &str = "spec";

    /// Whether the spec itself declares it.
    pub fn is_spec(&self) -> bool {
        self.module == Origin::SPEC
    }

    /// Returns the line that a user can change: the spec's, if any, otherwise the declaration.
    pub fn place(&self) -> &Place {
        self.requested.as_ref().unwrap_or(&self.declared)
    }
}
