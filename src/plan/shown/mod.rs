//! A plan as it is shown, saved and compared: one document, with contents masked. Text, Markdown and JSON are
//! renderings of it, so that what a reviewer reads is what is compared later. It contains neither digest nor size of
//! content that holds a secret: a short secret could be guessed from them.

mod canonical;
mod certificates;
mod counts;
mod differ;
mod item;
mod label;
mod of;
mod saved;
mod secrets;
mod value;

pub use canonical::{canonical, sha256, sha256_of_all};
pub use counts::Counts;
pub(in crate::plan) use differ::one_sided;
pub use item::{ShownAction, ShownDifference, ShownItem, ShownOrigin, ShownRefusal};
pub use label::Label;
pub use saved::MAX_BYTES;
pub use secrets::{KnownVersions, SecretVersions, Secrets};
pub use value::ShownValue;

use crate::plan::Scoped;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The version of the document's format. A document in another one is refused, not guessed at.
pub const FORMAT: u32 = 1;

/// A plan as shown.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanDocument {
    /// [`FORMAT`].
    pub format: u32,
    /// SHA-256 (64 hexadecimal digits) of the canonical document without `id`, `remarks` and volatile values.
    pub id: String,
    /// The host as the spec names it.
    pub host: String,
    /// What the plan was made from.
    pub bound: PlanInputs,
    /// What was allowed by name when it was made, such as `destroy:file:/etc/x`; sorted.
    pub allow: Vec<String>,
    /// The part of the spec that it is about, if not all of it (`--only`, `--skip`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<Scoped>,
    /// Its labels; the most severe last.
    pub labels: Vec<Label>,
    /// The counts.
    pub counts: Counts,
    /// What a reader must see first, in whole sentences.
    pub risks: Vec<String>,
    /// Why none of it may be applied, given what else runs on the host.
    pub refusals: Vec<Note>,
    /// The secrets that change, or were assumed unchanged; omitted if there are none to report.
    #[serde(default, skip_serializing_if = "Secrets::is_empty")]
    pub secrets: Secrets,
    /// What changes, in the order of apply.
    pub items: Vec<ShownItem>,
    /// The addresses of all resources that are as wanted, in the order of apply.
    pub unchanged: Vec<String>,
    /// Findings and notes about the spec and the host.
    pub notes: Vec<Note>,
    /// Measurements that may differ at the next look, in whole sentences: never compared.
    pub remarks: Vec<String>,
}

/// What a plan was made from: it is valid for nothing else.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanInputs {
    /// The version of matrixform.
    pub tool: String,
    /// The name of the installation.
    pub installation: String,
    /// SHA-256 over the spec's files (the text of the spec, then of what it includes).
    pub spec: String,
    /// The host's key, as `ssh-keygen -l` prints its fingerprint.
    pub host_key: Option<String>,
    /// SHA-256 over a fixed word and the host's machine-id, which itself must not be shown.
    pub machine: Option<String>,
    /// The facts about the host that were read for the plan, by path (`packages.nginx`).
    pub facts: BTreeMap<String, serde_json::Value>,
}

/// A finding or note.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Note {
    /// `note`, `warning` or `error`.
    pub level: String,
    /// Its id.
    pub code: String,
    /// What it says.
    pub message: String,
    /// `FILE:LINE`.
    pub place: Option<String>,
    /// What was found, one line each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub found: Vec<String>,
    /// What to do.
    pub help: Option<String>,
}

impl PlanDocument {
    /// Returns the id that follows from its content.
    pub fn computed_id(&self) -> String {
        id_of(serde_json::to_value(self).unwrap_or_default())
    }

    /// Returns it with every text passed through `mask`, and with the resulting id.
    pub fn masked(self, mask: &dyn Fn(&str) -> String) -> PlanDocument {
        let mut value = serde_json::to_value(&self).unwrap_or_default();
        mask_texts(&mut value, mask);
        let shown = serde_json::from_value(value.clone()).unwrap_or_default();
        PlanDocument { id: id_of(value), ..shown }
    }

    /// Sets the id that follows from its content.
    pub fn sealed(mut self) -> PlanDocument {
        self.id = self.computed_id();
        self
    }
}

/// Returns the SHA-256 of everything in a document that counts.
fn id_of(mut value: serde_json::Value) -> String {
    if let Some(fields) = value.as_object_mut() {
        fields.shift_remove("id");
        fields.shift_remove("remarks");
    }
    canonical::strip_volatile(&mut value);
    sha256(canonical(&value).as_bytes())
}

fn mask_texts(value: &mut serde_json::Value, mask: &dyn Fn(&str) -> String) {
    match value {
        serde_json::Value::String(text) => *text = mask(text),
        serde_json::Value::Array(values) => values.iter_mut().for_each(|one| mask_texts(one, mask)),
        serde_json::Value::Object(fields) => {
            fields.values_mut().for_each(|one| mask_texts(one, mask));
        }
        _ => {}
    }
}
