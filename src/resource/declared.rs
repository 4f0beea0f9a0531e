//! A resource as declared: what expansion hands to the kinds. Plain values, no templates left.

use super::Address;
use crate::diagnostic::Place;
use crate::secret::Content;
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

/// One resource of the wanted state, not yet checked by its kind.
#[derive(Clone, Debug)]
pub struct Declared {
    /// `kind:name`.
    pub address: Address,
    /// The kind's own attributes. One whose value is `none` is left out.
    pub attributes: IndexMap<String, Attribute>,
    /// What must come first, besides what the kind knows itself.
    pub needs: Vec<Need>,
    /// The activation that it takes effect with.
    pub activation: Option<String>,
    /// What its change asks of its activation's services, when that is not the activation's own.
    pub effect: Option<Effect>,
    /// Why it is there, in words for the plan.
    pub why: Option<String>,
    /// Where it was said.
    pub origin: Origin,
}

impl Declared {
    /// Whether both want the same of the host, wherever it was said.
    pub fn wants_the_same(&self, other: &Declared) -> bool {
        let values = |one: &Declared| -> Vec<(String, DeclaredValue)> {
            one.attributes.iter().map(|(name, one)| (name.clone(), one.value.clone())).collect()
        };
        self.address == other.address && values(self) == values(other)
    }
}

/// An attribute's value and where it was said.
#[derive(Clone, Debug)]
pub struct Attribute {
    /// The value.
    pub value: DeclaredValue,
    /// Where: in a manifest or in a spec.
    pub place: Place,
}

/// What an attribute may be.
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

/// What a change asks of a service.
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
    /// The spec line that asked for it, when one did.
    pub asked: Option<Place>,
}

impl Origin {
    /// The module of what the spec itself declares as `[[resource]]`; no module can have this name.
    pub const SPEC: &str = "spec";

    /// Whether the spec itself declares it.
    pub fn is_spec(&self) -> bool {
        self.module == Origin::SPEC
    }

    /// The line that a user can change: the spec's, else where it is declared.
    pub fn said(&self) -> &Place {
        self.asked.as_ref().unwrap_or(&self.declared)
    }
}
