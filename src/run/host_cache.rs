//! Remembered facts per host, so that facts and observation share one round trip. They are only a guess: the host's
//! answer always decides. An unreadable or unwritable file is treated as missing.

use super::cache_file;
use crate::facts::Facts;
use crate::spec::Spec;
use crate::time::now;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The remembered facts of one host, on this machine.
pub struct HostCache {
    file: Option<PathBuf>,
    /// Where an earlier version stored it: under the host's address.
    former: Option<PathBuf>,
}

/// The plan that was shown last, so that it need not be shown again.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct ShownPlan {
    id: String,
    /// Seconds since 1970, by this machine's clock.
    at: u64,
}

/// How long a shown plan is remembered.
const SHOWN_FOR: Duration = Duration::from_secs(60 * 60);

/// The remembered state of a host.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct CachedFacts {
    /// Its facts.
    pub facts: Facts,
    /// The stamp of apt's lists at the time of `facts.candidates`.
    pub offers: Option<String>,
}

/// The host of the last apply, in case it is lost.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppliedHost {
    /// `address` of the spec's `[host]`.
    pub address: String,
    /// `user` of `[host]`.
    pub user: Option<String>,
    /// `port` of `[host]`.
    pub port: Option<u16>,
    /// The fingerprint of its verified SSH host key.
    pub host_key: Option<String>,
    /// The addresses of its interfaces.
    pub addresses: Vec<String>,
}

impl AppliedHost {
    /// Whether it was reached at this address, or has it.
    pub fn is_at(&self, address: &str, port: Option<u16>) -> bool {
        let has = self.address == address || self.addresses.iter().any(|own| own == address);
        has && self.port.unwrap_or(22) == port.unwrap_or(22)
    }
}

impl HostCache {
    /// A memory that stores nothing.
    pub(super) fn none() -> HostCache {
        HostCache { file: None, former: None }
    }

    /// The memory for a spec's installation, in this cache directory.
    pub fn of_spec(cache: Option<&Path>, spec: &Spec) -> HostCache {
        let host = &spec.host;
        let port = host.port.map(|port| format!("_{port}")).unwrap_or_default();
        let file = HostCache::file(cache, &spec.id.text);
        let former = HostCache::file(cache, &format!("{}{port}", host.address));
        HostCache { former: former.filter(|former| Some(former) != file.as_ref()), file }
    }

    fn file(cache: Option<&Path>, name: &str) -> Option<PathBuf> {
        let safe = |c: char| if c.is_ascii_alphanumeric() || ".-_".contains(c) { c } else { '_' };
        let name: String = name.chars().map(safe).collect();
        Some(cache?.join("facts").join(format!("{name}.json")))
    }

    /// Returns the path of the file.
    pub fn path(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    /// Returns the remembered state.
    pub fn load(&self) -> Option<CachedFacts> {
        let load = |file: &PathBuf| cache_file::load(file);
        self.file.as_ref().and_then(load).or_else(|| load(self.former.as_ref()?))
    }

    /// Stores the state.
    pub fn store(&self, remembered: &CachedFacts) {
        if self.file.as_ref().is_some_and(|file| cache_file::store(file, remembered)) {
            // Best effort: a leftover file is never read again.
            let _ = self.former.as_ref().map(std::fs::remove_file);
        }
    }

    /// Stores the host of the last apply; observing another host does not change it.
    pub fn store_applied(&self, host: &AppliedHost) {
        let _ = self.beside("applied").map(|file| cache_file::store(&file, host));
    }

    /// Returns the host of the last apply.
    pub fn applied(&self) -> Option<AppliedHost> {
        cache_file::load(&self.beside("applied")?)
    }

    /// Stores that a plan with this id was shown in full.
    pub fn store_shown(&self, id: &str) {
        let shown = ShownPlan { id: id.to_owned(), at: now() };
        let _ = self.beside("shown").map(|file| cache_file::store(&file, &shown));
    }

    /// Returns how long ago the plan with this id was shown in full, if it was the last one and is still remembered.
    pub fn shown_ago(&self, id: &str) -> Option<Duration> {
        let shown: ShownPlan = cache_file::load(&self.beside("shown")?)?;
        let at = UNIX_EPOCH.checked_add(Duration::from_secs(shown.at))?;
        let ago = SystemTime::now().duration_since(at).ok()?;
        (shown.id == id && ago < SHOWN_FOR).then_some(ago)
    }

    /// Returns the path of the same name in another directory.
    fn beside(&self, directory: &str) -> Option<PathBuf> {
        let file = self.file.as_ref()?;
        Some(file.parent()?.with_file_name(directory).join(file.file_name()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Source;
    use crate::spec::files::InMemory;
    use std::sync::Arc;

    #[test]
    fn a_shown_plan_is_remembered_for_an_hour() {
        let cache = tempfile::tempdir().unwrap();
        let host_cache =
            HostCache { file: HostCache::file(Some(cache.path()), "prod"), former: None };
        assert_eq!(host_cache.shown_ago("one"), None);
        host_cache.store_shown("one");
        assert!(host_cache.shown_ago("one").unwrap() < Duration::from_secs(60));
        assert_eq!(host_cache.shown_ago("two"), None, "that is another plan");
        let file = cache.path().join("shown/prod.json");
        let now = now();
        for (at, counts) in [(now - 3500, true), (now - 3700, false), (now + 999, false)] {
            std::fs::write(&file, format!("{{\"id\":\"one\",\"at\":{at}}}")).unwrap();
            assert_eq!(host_cache.shown_ago("one").is_some(), counts);
        }
        for odd in ["", "{}", "{\"id\":\"one\",\"at\":18446744073709551615}"] {
            std::fs::write(&file, odd).unwrap();
            assert_eq!(host_cache.shown_ago("one"), None, "{odd}");
        }
    }

    #[test]
    fn the_last_applied_host_is_remembered() {
        let cache = tempfile::tempdir().unwrap();
        let host_cache =
            HostCache { file: HostCache::file(Some(cache.path()), "prod"), former: None };
        assert_eq!(host_cache.applied(), None);
        let host = AppliedHost {
            address: "matrix.example.org".to_owned(),
            port: Some(2222),
            addresses: vec!["192.0.2.1".to_owned()],
            ..AppliedHost::default()
        };
        host_cache.store_applied(&host);
        host_cache.store(&CachedFacts::default());
        assert_eq!(host_cache.applied().as_ref(), Some(&host));
        assert!(host.is_at("192.0.2.1", Some(2222)) && host.is_at(&host.address, Some(2222)));
        assert!(!host.is_at("192.0.2.1", None) && !host.is_at("192.0.2.2", Some(2222)));
        HostCache::none().store_applied(&host);
        std::fs::write(cache.path().join("applied/prod.json"), "{").unwrap();
        assert_eq!(host_cache.applied(), None);
    }

    #[test]
    fn memory_moves_from_the_address_to_the_id() {
        let cache = tempfile::tempdir().unwrap();
        let text = "id = \"prod\"\n[host]\naddress = \"192.0.2.1\"\nport = 22\n";
        let source = Source::new("prod.toml", text);
        let spec = Spec::read(&source, Arc::new(InMemory::default())).unwrap();
        let host_cache = HostCache::of_spec(Some(cache.path()), &spec);
        let former = cache.path().join("facts/192.0.2.1_22.json");
        let known = CachedFacts { offers: Some("stamp".to_owned()), ..CachedFacts::default() };
        std::fs::create_dir(cache.path().join("facts")).unwrap();
        std::fs::write(&former, serde_json::to_vec_pretty(&known).unwrap()).unwrap();
        assert_eq!(host_cache.load().unwrap().offers.as_deref(), Some("stamp"));
        host_cache.store(&known);
        assert!(!former.exists() && cache.path().join("facts/prod.json").exists());
        assert_eq!(host_cache.load().unwrap().offers.as_deref(), Some("stamp"));
    }
}
