//! The key of an apt source: given in the spec and checked locally, or fetched and checked on the host. Either way a
//! key with another fingerprint is refused before it is installed.

use super::apt_source::is_url;
use super::managed_file::ManagedFile;
use super::openpgp;
use super::reader::AttributeReader;
use super::stat::{path_attributes, path_record};
use super::*;
use crate::secret::Content;

/// A pinned key and its path.
#[derive(Debug)]
pub(super) struct AptKey {
    pub(super) path: String,
    fingerprint: String,
    from: KeySource,
}

/// The source of the key.
#[derive(Debug)]
enum KeySource {
    Given(ManagedFile),
    Url(String),
}

impl AptKey {
    /// Reads `fingerprint` and either of `key` and `key_url`.
    pub(super) fn read(reader: &mut AttributeReader, name: &str) -> AptKey {
        let path = format!("/etc/apt/keyrings/{name}.gpg");
        let given = reader.text("fingerprint").unwrap_or_default();
        let fingerprint = given.replace(' ', "").to_ascii_uppercase();
        let is_hex = fingerprint.chars().all(|c| c.is_ascii_hexdigit());
        if reader.has("fingerprint") && !(is_hex && [40, 64].contains(&fingerprint.len())) {
            reader.refuse("fingerprint", "`fingerprint` takes all 40 (or 64) hexadecimal digits");
        }
        let from = match (reader.content("key"), reader.text("key_url")) {
            (Some(key), None) => KeySource::Given(given_key(reader, &path, &key, &fingerprint)),
            (None, Some(url)) => {
                if !is_url(&url) {
                    reader.refuse("key_url", "`key_url` takes a URL");
                }
                KeySource::Url(url)
            }
            _ => {
                if reader.has("key") == reader.has("key_url") {
                    reader.refuse("key", "it needs a `key`, or a `key_url` to fetch it from");
                }
                KeySource::Url(String::new())
            }
        };
        AptKey { path, fingerprint, from }
    }

    /// Whether fetching the key requires the host's CA certificates.
    pub(super) fn is_fetched_over_tls(&self) -> bool {
        matches!(&self.from, KeySource::Url(url) if url.starts_with("https://"))
    }

    /// Asks for a digest if the bytes are known locally, otherwise for fingerprints.
    pub(super) fn ask(&self, questions: &mut Questions) {
        match &self.from {
            KeySource::Given(file) => {
                questions.ask("paths_observe", &[&self.path]);
                questions.ask("file_observe", &[&self.path, &file.content.digest_to_ask(), "0"]);
            }
            KeySource::Url(_) => {
                questions.ask("paths_observe", &[&self.path]);
                questions.ask("apt_source_keys", &[&self.path]);
            }
        }
    }

    /// Returns the fingerprints on the host, and whether others could change the file.
    pub(super) fn observe(&self, answers: &Answers) -> AttributeValue {
        let record = match path_record(answers, &self.path) {
            Ok(Some(record)) => record,
            Ok(None) => return AttributeValue::Nothing,
            Err(reason) => return AttributeValue::Unknown(reason),
        };
        let access = path_attributes(record);
        let is = |name: &str, word: &str| access.get(name) == Some(&AttributeValue::word(word));
        if !(is("owner", "root") && is("group", "root") && is("mode", "0644")) {
            return AttributeValue::word("a file with a different owner or mode");
        }
        match &self.from {
            KeySource::Given(file) => {
                let seen = answers.get("file_observe", &self.path);
                let digest = seen.and_then(|record| record.text("sha256"));
                let same = digest.is_some_and(|digest| digest == file.content.digest());
                if same { self.wanted() } else { AttributeValue::word("a different key") }
            }
            KeySource::Url(_) => {
                let seen = answers.get("apt_source_keys", &self.path);
                let found = seen.and_then(|record| record.text("fingerprints")).unwrap_or_default();
                AttributeValue::word(if found.is_empty() { "no key".to_owned() } else { found })
            }
        }
    }

    /// Returns the pinned fingerprint.
    pub(super) fn wanted(&self) -> AttributeValue {
        AttributeValue::word(&self.fingerprint)
    }

    /// Returns the steps that install the key.
    pub(super) fn place(&self) -> Vec<Step> {
        match &self.from {
            KeySource::Given(file) => {
                let args = [self.path.as_str()];
                let label = format!("placing {}", self.path);
                vec![Step::new(label, "apt_source_place", &args).input(file.content.clone())]
            }
            KeySource::Url(url) => {
                let args = [url.as_str(), &self.fingerprint, &self.path];
                vec![Step::new(format!("fetching {url}"), "apt_source_fetch", &args)]
            }
        }
    }
}

/// Extracts the pinned key from the given key file.
fn given_key(
    reader: &mut AttributeReader,
    path: &str,
    key: &Content,
    fingerprint: &str,
) -> ManagedFile {
    let bytes = openpgp::pinned(key.expose(), fingerprint).unwrap_or_else(|why| {
        reader.refuse("key", format!("this key is refused: {why}"));
        Vec::new()
    });
    ManagedFile::public(path, Content::plain(bytes))
}
