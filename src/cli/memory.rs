//! Facts remembered per host, so that facts and observation share one flight. Only a guess: the
//! host's answer always decides. A file that cannot be read or written is as good as none.

use crate::bounded;
use crate::facts::Facts;
use crate::spec::host::Host;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// What is larger is not a memory of ours (bytes).
const LIMIT: u64 = 1024 * 1024;

/// Facts of one host, remembered on this machine.
pub(super) struct Memory {
    file: Option<PathBuf>,
}

/// What is remembered of a host.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Remembered {
    /// What it was.
    pub(super) facts: Facts,
    /// The stamp under which apt offered `facts.candidates`.
    pub(super) offers: Option<String>,
}

impl Memory {
    /// The memory of a spec's host, in this cache folder.
    pub(super) fn of_host(cache: Option<&Path>, host: &Host) -> Memory {
        let port = host.port.map(|port| format!("_{port}")).unwrap_or_default();
        Memory::of(cache, &format!("{}{port}", host.address))
    }

    fn of(cache: Option<&Path>, host: &str) -> Memory {
        let safe = |c: char| if c.is_ascii_alphanumeric() || ".-_".contains(c) { c } else { '_' };
        let name: String = host.chars().map(safe).collect();
        Memory { file: cache.map(|cache| cache.join("facts").join(format!("{name}.json"))) }
    }

    /// Where it is remembered.
    pub(super) fn path(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    /// What is remembered.
    pub(super) fn recall(&self) -> Option<Remembered> {
        let text = bounded::read_regular(self.file.as_ref()?, LIMIT).ok()?;
        serde_json::from_slice(&text).ok()
    }

    /// Remembers.
    pub(super) fn keep(&self, remembered: &Remembered) {
        let Some(file) = &self.file else { return };
        let Ok(text) = serde_json::to_vec_pretty(remembered) else { return };
        if bounded::read_regular(file, LIMIT).is_ok_and(|old| old == text) {
            return;
        }
        let Some(folder) = file.parent() else { return };
        let new = file.with_extension(format!("{}.new", std::process::id()));
        let written = std::fs::create_dir_all(folder).and_then(|()| std::fs::write(&new, text));
        if written.and_then(|()| std::fs::rename(&new, file)).is_err() {
            let _ = std::fs::remove_file(&new);
        }
    }
}
