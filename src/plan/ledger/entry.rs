//! The ledger's record of one resource.

use super::recorded_value::{self, RecordedValue};
use super::{Ledger, PIN};
use crate::plan::secret_names;
use crate::resource::{Address, DeclaredValue, OrphanPolicy, Wanted, kind};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// One resource.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LedgerEntry {
    /// `kind:name`.
    pub address: String,
    /// The paths that it wrote.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub paths: Vec<String>,
    /// Whether matrixform created it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub made: bool,
    /// Whether it is a file that contains only a secret: a key.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub key: bool,
    /// The names of the secrets that it holds.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub secrets: BTreeSet<String>,
    /// A digest of what the last apply that ended well asked of it; empty if there was none, or if an earlier version
    /// did not record it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub asked: String,
    /// The wanted values of its attributes then, where they say more than the digest (see `recorded`).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(in crate::plan) wanted: BTreeMap<String, RecordedValue>,
}

impl LedgerEntry {
    pub(super) fn of(item: &Wanted) -> LedgerEntry {
        let address = item.address().to_string();
        let writes = matches!(
            kind(&item.address().kind).map(|kind| kind.forget),
            Some(OrphanPolicy::Paths | OrphanPolicy::EmptyDirectory)
        );
        let provisions = item.resource.provides().into_iter().filter(|_| writes);
        let provisions = provisions.chain(pin(item));
        let paths =
            provisions.filter_map(|provision| provision.strip_prefix("path:").map(str::to_owned));
        let mut values = item.declared.attributes.values();
        let key = values.any(|one| match &one.value {
            DeclaredValue::Text(content) => content.is_only_secret(),
            _ => false,
        });
        LedgerEntry {
            address,
            paths: paths.collect(),
            made: false,
            key: key && writes,
            secrets: secret_names(std::slice::from_ref(item)),
            asked: recorded_value::asked(item),
            wanted: recorded_value::all(item),
        }
    }

    /// Keeps the earlier record: what was asked counts only once an apply has ended well. Until then, the resource may
    /// still hold the earlier secrets.
    pub(super) fn as_applied(&mut self, before: Option<&Ledger>) {
        let old = before.and_then(|ledger| ledger.entry(&self.address)).cloned();
        let LedgerEntry { asked, wanted, secrets, .. } = old.unwrap_or_default();
        (self.asked, self.wanted) = (asked, wanted);
        self.secrets.extend(secrets);
    }
}

/// Returns whether a part of each of its paths, or its unit, is named after matrixform.
pub(super) fn bears_our_name(entry: &LedgerEntry) -> bool {
    let is_ours = |path: &String| path.split('/').any(|part| part.contains("matrixform"));
    let address = Address::written(&entry.address);
    address.unit().is_some_and(|unit| unit.starts_with("matrixform-"))
        || !entry.paths.is_empty() && entry.paths.iter().all(is_ours)
}

/// Returns, for a package, the file that pins its version; everything else is the package's own.
fn pin(item: &Wanted) -> Option<String> {
    let is_pin = |provision: &String| provision.starts_with(PIN);
    item.resource.provides().into_iter().find(is_pin).filter(|_| item.address().is_package())
}
