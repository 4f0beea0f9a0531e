//! Secrets in YAML files that others wrote and a program on the host reads, such as the package's `homeserver.yaml`.
//! The spec's own files tell which key holds which secret; only those keys, and the files that they name, are read.

use super::import::FoundValue;
use crate::resource::{Answers, DeclaredValue, Questions, Wanted};
use crate::secret::{Content, Secret};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value as Json};
use std::collections::BTreeMap;
use zeroize::Zeroizing;

/// A larger file is not read, as in the kind `merged_yaml` (bytes).
const MAX_BYTES: &str = "262144";

/// The files that a program merges, from the resources of the kind `merged_yaml`.
#[derive(Default)]
pub(super) struct MergedYamlFiles {
    /// The files and directories to read, in this order.
    paths: Vec<String>,
    /// The spec's own files among them, joined by colons.
    own: String,
    /// Secrets, by the key that would hold each in clear.
    keys: BTreeMap<String, String>,
    /// Keys that name a file, by the key that they replace.
    files: BTreeMap<String, String>,
}

impl MergedYamlFiles {
    /// Collects the files that these resources name.
    pub(super) fn of(wanted: &[Wanted]) -> MergedYamlFiles {
        let mut all = MergedYamlFiles::default();
        let merged = |item: &&Wanted| item.address().is_merged();
        for item in wanted.iter().filter(merged) {
            let list = |name: &str| texts(item, name);
            let own = list("own");
            let paths = list("paths");
            let earlier = list("earlier").into_iter().filter(|path| !paths.contains(path));
            all.paths.extend(earlier.chain(paths.clone()));
            for pair in list("file_keys") {
                let pair =
                    pair.split_once('=').map(|(file, clear)| (clear.to_owned(), file.to_owned()));
                all.files.extend(pair);
            }
            for content in
                wanted.iter().filter(|one| own.contains(&one.address().name)).filter_map(content)
            {
                all.collect_keys(&content, wanted);
            }
            all.own = own.join(":");
        }
        all
    }

    /// Learns from one of the spec's own files which key holds which secret.
    fn collect_keys(&mut self, content: &Content, wanted: &[Wanted]) {
        let Some(text) = content.masked_text() else { return };
        let Ok(tree) = serde_saphyr::from_str::<Json>(&text) else { return };
        let mut leaves = Vec::new();
        walk(&tree, &mut String::new(), &mut leaves);
        for (key, value) in leaves {
            let marked = value.strip_prefix("[secret ").and_then(|rest| rest.strip_suffix(']'));
            if let Some(name) = marked {
                self.keys.insert(key, name.to_owned());
            } else if let Some(clear) = self.clear(&key)
                && let Some(name) = only_secret(wanted, &value)
            {
                self.keys.insert(clear, name);
            }
        }
    }

    /// Returns the key that holds the value in clear, given the one that names a file for it.
    fn clear(&self, file: &str) -> Option<String> {
        self.files.iter().find(|(_, one)| *one == file).map(|(clear, _)| clear.clone())
    }

    /// Adds the questions for the files.
    pub(super) fn ask(&self, questions: &mut Questions) {
        for path in &self.paths {
            questions.ask("merged_yaml_observe", &[path, &self.own, MAX_BYTES]);
        }
    }

    /// Returns these secrets as the files have them: values, and further files that hold one, by path. If two files
    /// set a key, the later one wins.
    pub(super) fn answer(
        &self,
        names: &[String],
        answers: &Answers,
    ) -> (Vec<FoundValue>, BTreeMap<String, String>) {
        let (tree, from) = self.merged(answers);
        let (mut found, mut further) = (Vec::new(), BTreeMap::new());
        for (key, name) in self.keys.iter().filter(|(_, name)| names.contains(name)) {
            let top = key.split('.').next().unwrap_or_default();
            let text = |key: &str| at(&tree, key).filter(|text| !text.is_empty());
            if let Some(value) = text(key) {
                let path = from.get(top).map_or("files", String::as_str);
                found.push((
                    Secret::new(name.as_str(), value),
                    format!("`{key}` in the host's {path}"),
                ));
            } else if let Some(path) = self.files.get(key).and_then(|key| text(key))
                && path.starts_with('/')
            {
                further.insert(path.to_owned(), name.clone());
            }
        }
        (found, further)
    }

    fn merged(&self, answers: &Answers) -> (Json, BTreeMap<String, String>) {
        let (mut tree, mut from) = (Map::new(), BTreeMap::new());
        for (path, bytes) in self.read(answers) {
            let text = std::str::from_utf8(&bytes).unwrap_or_default();
            let policy = serde_saphyr::options::DuplicateKeyPolicy::LastWins;
            let options = serde_saphyr::options! { duplicate_keys: policy };
            if let Ok(Json::Object(parsed)) = serde_saphyr::from_str_with_options(text, options) {
                from.extend(parsed.keys().map(|key| (key.clone(), path.clone())));
                tree.extend(parsed);
            }
        }
        (Json::Object(tree), from)
    }

    fn read(&self, answers: &Answers) -> Vec<(String, Zeroizing<Vec<u8>>)> {
        let Some(answer) = answers.answer("merged_yaml_observe") else { return Vec::new() };
        let order = |file: &str| {
            let (directory, name) = file.rsplit_once('/')?;
            let at = self.paths.iter().position(|path| path == file || path == directory)?;
            Some((at, name.to_owned()))
        };
        let mut files: Vec<_> = answer
            .records
            .iter()
            .filter_map(|(path, record)| {
                let bytes = STANDARD.decode(record.bytes("content")?).ok()?;
                Some((order(path)?, path.clone(), Zeroizing::new(bytes)))
            })
            .collect();
        files.sort_by(|one, other| one.0.cmp(&other.0));
        files.into_iter().map(|(_, path, bytes)| (path, bytes)).collect()
    }

    /// Returns a key that holds this secret, for finding it by hand.
    pub(super) fn key_of(&self, name: &str) -> Option<&str> {
        self.keys.iter().find(|(_, one)| *one == name).map(|(key, _)| key.as_str())
    }
}

/// Returns the only line of a file that holds a single secret.
pub(super) fn only_line(bytes: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(bytes).ok()?.trim_end_matches(['\n', '\r']);
    (!text.is_empty() && !text.contains(['\n', '\r'])).then_some(text)
}

fn texts(item: &Wanted, name: &str) -> Vec<String> {
    let Some(attribute) = item.declared.attributes.get(name) else { return Vec::new() };
    let DeclaredValue::List(values) = &attribute.value else { return Vec::new() };
    let text = |value: &DeclaredValue| match value {
        DeclaredValue::Text(content) => content.masked_text(),
        _ => None,
    };
    values.iter().filter_map(text).collect()
}

fn content(item: &Wanted) -> Option<Content> {
    match &item.declared.attributes.get("content")?.value {
        DeclaredValue::Text(content) => Some(content.clone()),
        _ => None,
    }
}

/// Returns the secret of a wanted file that has exactly one.
fn only_secret(wanted: &[Wanted], path: &str) -> Option<String> {
    let file = wanted.iter().find(|item| item.address().file() == Some(path))?;
    match content(file)?.secrets() {
        [only] => Some(only.name.clone()),
        _ => None,
    }
}

/// Collects the texts in a tree with their keys, joined by dots. A masked secret without quotes parses as a list of
/// one text.
fn walk(tree: &Json, key: &mut String, leaves: &mut Vec<(String, String)>) {
    match tree {
        Json::Object(table) => {
            for (name, value) in table {
                let before = key.len();
                if before > 0 {
                    key.push('.');
                }
                key.push_str(name);
                walk(value, key, leaves);
                key.truncate(before);
            }
        }
        Json::String(text) => leaves.push((key.clone(), text.clone())),
        Json::Array(items) => {
            if let [Json::String(text)] = items.as_slice() {
                leaves.push((key.clone(), format!("[{text}]")));
            }
        }
        _ => {}
    }
}

fn at<'a>(tree: &'a Json, key: &str) -> Option<&'a str> {
    key.split('.').try_fold(tree, |tree, part| tree.get(part))?.as_str()
}
