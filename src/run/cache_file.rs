//! Files that this machine remembers something in, as JSON. All is best effort: a file that cannot be read is treated
//! as missing.

use crate::{atomic_file, bounded};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::path::Path;

/// Larger files are not ours (bytes).
const MAX_BYTES: u64 = 4 << 20;

/// Returns what was stored.
pub(super) fn load<T: DeserializeOwned>(file: &Path) -> Option<T> {
    serde_json::from_slice(&bounded::read_regular(file, MAX_BYTES).ok()?).ok()
}

/// Stores a value, unless the file contains it already; creates the directory if necessary. Returns whether the file
/// contains it now.
pub(super) fn store<T: Serialize>(file: &Path, value: &T) -> bool {
    let Ok(text) = serde_json::to_vec_pretty(value) else { return false };
    let is_stored = || bounded::read_regular(file, MAX_BYTES).is_ok_and(|old| old == text);
    let write = || {
        std::fs::create_dir_all(atomic_file::parent(file))?;
        atomic_file::replace(file, &text, None)
    };
    is_stored() || write().is_ok()
}
