//! A resource that changes, as shown.

use super::value::ShownValue;
use crate::resource::Effect;
use serde::{Deserialize, Serialize};

/// A resource that changes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShownItem {
    /// `kind:name`.
    pub address: String,
    /// What happens to it.
    pub action: ShownAction,
    /// Why that cannot be undone, if it must be allowed by name (`--allow destroy:ADDRESS`).
    pub destroys: Option<String>,
    /// What differs.
    pub differences: Vec<ShownDifference>,
    /// Why it cannot be changed in place.
    pub refused: Option<ShownRefusal>,
    /// The items because of which it changes, if nothing of it differs by itself.
    pub because: Vec<String>,
    /// The pending items that it waits for.
    pub after: Vec<String>,
    /// The activation that it takes effect with.
    pub activation: Option<String>,
    /// Its effect on a running service.
    pub effect: Option<Effect>,
    /// Whether it is done before a switch of this plan ends, and stays if that fails.
    pub one_way: bool,
    /// The secrets that apply generates for it.
    pub generates: Vec<String>,
    /// Further notes.
    pub notes: Vec<String>,
    /// The module's explanation of why it exists.
    pub why: Option<String>,
    /// Where it was declared.
    pub origin: ShownOrigin,
}

/// What happens to a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ShownAction {
    /// It is created.
    Create,
    /// It is changed, or affected by another change.
    Update,
    /// It is removed.
    Remove,
    /// It cannot be changed in place.
    Refuse,
}

impl ShownAction {
    /// Returns its name in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            ShownAction::Create => "create",
            ShownAction::Update => "update",
            ShownAction::Remove => "remove",
            ShownAction::Refuse => "refuse",
        }
    }
}

/// Why a resource cannot be changed in place.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShownRefusal {
    /// Why.
    pub why: String,
    /// What to do.
    pub help: String,
}

/// One attribute that differs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShownDifference {
    /// Its name.
    pub attribute: String,
    /// The current value.
    pub from: ShownValue,
    /// The wanted state.
    pub to: ShownValue,
    /// The names of the secrets that differ in it, as far as they are visible.
    pub secrets: Vec<String>,
    /// Whether the current value may differ at the next look, and is not compared.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub volatile: bool,
}

/// Where a resource comes from. Places are `FILE:LINE`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShownOrigin {
    /// The module, or `spec` for a `[[resource]]` of the user.
    pub module: String,
    /// The manifest's or the spec's `[[resource]]`.
    pub declared: String,
    /// The line of the spec that asked for it.
    pub requested: Option<String>,
}

impl ShownItem {
    /// Returns whether another look found the same, apart from volatile values.
    pub fn is_unchanged_since(&self, before: &ShownItem) -> bool {
        let counted = |item: &ShownItem| {
            let mut value = serde_json::to_value(item).unwrap_or_default();
            super::canonical::strip_volatile(&mut value);
            value
        };
        counted(self) == counted(before)
    }
}
