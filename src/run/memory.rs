//! Facts remembered per host, so that facts and observation share one flight. Only a guess: the
//! host's answer always decides. A file that cannot be read or written is as good as none.

use crate::bounded;
use crate::facts::Facts;
use crate::spec::Spec;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// What is larger is not a memory of ours (bytes).
const LIMIT: u64 = 1024 * 1024;

/// Facts of one host, remembered on this machine.
pub struct Memory {
    file: Option<PathBuf>,
    /// Where an earlier version kept it: under the host's address.
    former: Option<PathBuf>,
}

/// What is remembered of a host.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Remembered {
    /// What it was.
    pub facts: Facts,
    /// The stamp under which apt offered `facts.candidates`.
    pub offers: Option<String>,
}

impl Memory {
    /// The memory of a spec's installation, in this cache folder.
    pub fn of_spec(cache: Option<&Path>, spec: &Spec) -> Memory {
        let host = &spec.host;
        let port = host.port.map(|port| format!("_{port}")).unwrap_or_default();
        let file = Memory::file(cache, &spec.id.text);
        let former = Memory::file(cache, &format!("{}{port}", host.address));
        Memory { former: former.filter(|former| Some(former) != file.as_ref()), file }
    }

    fn file(cache: Option<&Path>, name: &str) -> Option<PathBuf> {
        let safe = |c: char| if c.is_ascii_alphanumeric() || ".-_".contains(c) { c } else { '_' };
        let name: String = name.chars().map(safe).collect();
        Some(cache?.join("facts").join(format!("{name}.json")))
    }

    /// Where it is remembered.
    pub fn path(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    /// What is remembered.
    pub fn recall(&self) -> Option<Remembered> {
        let read = |file: &PathBuf| bounded::read_regular(file, LIMIT).ok();
        let text = self.file.as_ref().and_then(read).or_else(|| read(self.former.as_ref()?))?;
        serde_json::from_slice(&text).ok()
    }

    /// Remembers.
    pub fn keep(&self, remembered: &Remembered) {
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
            return;
        }
        // Best effort: what is left is read no more.
        let _ = self.former.as_ref().map(std::fs::remove_file);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Source;
    use crate::spec::files::InMemory;
    use std::sync::Arc;

    #[test]
    fn what_is_remembered_under_the_address_moves_under_the_id() {
        let cache = tempfile::tempdir().unwrap();
        let text = "id = \"prod\"\n[host]\naddress = \"192.0.2.1\"\nport = 22\n";
        let source = Source::new("prod.toml", text);
        let spec = Spec::read(&source, Arc::new(InMemory::default())).unwrap();
        let memory = Memory::of_spec(Some(cache.path()), &spec);
        let former = cache.path().join("facts/192.0.2.1_22.json");
        let known = Remembered { offers: Some("stamp".to_owned()), ..Remembered::default() };
        std::fs::create_dir(cache.path().join("facts")).unwrap();
        std::fs::write(&former, serde_json::to_vec_pretty(&known).unwrap()).unwrap();
        assert_eq!(memory.recall().unwrap().offers.as_deref(), Some("stamp"));
        memory.keep(&known);
        assert!(!former.exists() && cache.path().join("facts/prod.json").exists());
        assert_eq!(memory.recall().unwrap().offers.as_deref(), Some("stamp"));
    }
}
