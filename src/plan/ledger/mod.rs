//! What the host remembers of what it was made to be: the resources that an apply which ended well wanted, by
//! installation. What is in it and no spec asks for any more is removed.

mod forgotten;
mod orphans;
#[cfg(test)]
mod tests;

pub use forgotten::Forgotten;
pub use orphans::orphans;

use super::secret_names;
use super::shown::Versions;
use crate::diagnostic::Diagnostic;
use crate::resource::{Action, Answers, Forget, LEDGER, Step, Value, Wanted, kind};
use crate::secret::Content;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The form of the file.
pub const FORMAT: u32 = 1;

/// The file on the host.
const PATH: &str = "/var/lib/matrixform/ledger.json";

/// How the file begins that keeps a package at its version, as what `apt` provides.
const PIN: &str = "path:/etc/apt/preferences.d/matrixform-";

/// A larger one is not read (bytes).
const LIMIT: usize = 4 << 20;

/// The ledger.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Ledger {
    /// [`FORMAT`].
    pub format: u32,
    /// Whose it is.
    pub installation: String,
    /// The version of matrixform that wrote it.
    pub tool: String,
    /// The last run that changed something and ended well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub applied: Option<Applied>,
    /// The version of each secret in use (an HMAC under the inventory's plan key), as far as an apply that had the key
    /// wrote it down.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub secrets: BTreeMap<String, String>,
    /// The resources, by address.
    pub resources: Vec<Entry>,
}

/// A run that ended well.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Applied {
    /// Its name in the history.
    pub run: String,
    /// When it began, UTC.
    pub time: String,
    /// Who began it.
    pub who: String,
    /// The commit that it was of; none where that is not known, or not all of it was committed.
    pub commit: Option<String>,
}

/// One resource.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// `kind:name`.
    pub address: String,
    /// What it wrote.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub paths: Vec<String>,
    /// It was not there before matrixform made it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub made: bool,
    /// A file that is nothing but a secret: a key.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub key: bool,
    /// The names of the secrets that it holds.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub secrets: BTreeSet<String>,
}

impl Ledger {
    /// What the host answered; none where there is no ledger, or it is damaged or another installation's. One of a
    /// newer version is an error: what it means is not known here.
    pub fn read(answers: &Answers, installation: &str) -> Result<Option<Ledger>, Diagnostic> {
        let Some(bytes) = answers.get(LEDGER, "ledger").and_then(|record| record.bytes("text"))
        else {
            return Ok(Ledger::of_marks(answers, installation));
        };
        let read = |bytes| serde_json::from_slice::<serde_json::Value>(bytes).ok();
        let Some(value) = Some(bytes).filter(|bytes| bytes.len() <= LIMIT).and_then(read) else {
            return Ok(None);
        };
        match value.get("format").and_then(serde_json::Value::as_u64) {
            Some(format) if format > u64::from(FORMAT) => return Err(newer(&value, format)),
            _ => {}
        }
        let ledger: Option<Ledger> = serde_json::from_value(value).ok();
        Ok(ledger.filter(|ledger| ledger.installation == installation))
    }

    /// Of a host that a version without ledgers made: the files below /etc that bear our mark.
    fn of_marks(answers: &Answers, installation: &str) -> Option<Ledger> {
        let answer = answers.answer(LEDGER)?;
        let paths = answer.records.keys().filter_map(|key| key.strip_prefix("mark:"));
        let mut paths: Vec<&str> = paths.collect();
        paths.sort_unstable();
        let entry = |path: &&str| Entry {
            address: format!("file:{path}"),
            paths: vec![(*path).to_owned()],
            made: true,
            ..Entry::default()
        };
        let resources: Vec<Entry> = paths.iter().map(entry).collect();
        let installation = installation.to_owned();
        (!resources.is_empty()).then(|| Ledger { installation, resources, ..Ledger::default() })
    }

    /// What the host will be: what is wanted, and, until a run has ended well, all that was there before. `before` and
    /// the actions of a plan tell what came with us.
    pub fn of(
        installation: &str,
        wanted: &[Wanted],
        before: Option<&Ledger>,
        actions: &BTreeMap<String, Action>,
        ended_well: bool,
    ) -> Ledger {
        let was = |entry: &Entry| {
            let mut known = before.iter().flat_map(|ledger| &ledger.resources);
            let has_paths = |old: &Entry| {
                !entry.paths.is_empty() && entry.paths.iter().all(|path| old.paths.contains(path))
            };
            known.any(|old| old.made && (old.address == entry.address || has_paths(old)))
        };
        let brought = brought(wanted);
        // Without a ledger names are all there is to go by.
        let is_first = before.is_none_or(|ledger| ledger.format == 0);
        let is_named =
            |entry: &Entry| is_first && !is_package(&entry.address) && bears_our_name(entry);
        let ours = wanted.iter().filter(|item| item.declared.origin.module != orphans::MODULE);
        let mut resources: Vec<Entry> = ours
            .map(|item| {
                let mut entry = Entry::of(item);
                let is_new = actions.get(&entry.address) == Some(&Action::Create);
                let is_brought = entry.paths.iter().any(|path| brought.contains(path));
                entry.made = (is_new || was(&entry) || is_named(&entry)) && !is_brought;
                entry
            })
            .collect();
        let known: BTreeSet<String> = resources.iter().map(|entry| entry.address.clone()).collect();
        // A package that stays may still be asked to go.
        let stays = |entry: &&Entry| !ended_well || entry.made && is_package(&entry.address);
        let known_before = before.iter().flat_map(|ledger| &ledger.resources);
        resources.extend(
            known_before.filter(|entry| !known.contains(&entry.address)).filter(stays).cloned(),
        );
        resources.sort_by(|a, b| a.address.cmp(&b.address));
        Ledger {
            format: FORMAT,
            installation: installation.to_owned(),
            tool: env!("CARGO_PKG_VERSION").to_owned(),
            applied: before.and_then(|ledger| ledger.applied.clone()),
            secrets: before.map(|ledger| ledger.secrets.clone()).unwrap_or_default(),
            resources,
        }
    }

    /// The same with the versions of secrets: those of a run that ended well and had the plan key (`now`), else those from
    /// before, of secrets that the run does not change. A run that is cut may have changed them, or not.
    pub fn with_secrets(mut self, now: Option<&Versions>, changing: &BTreeSet<String>) -> Ledger {
        match now {
            Some(now) => self.secrets.clone_from(now),
            None => self.secrets.retain(|name, _| !changing.contains(name)),
        }
        self
    }

    /// Its text: JSON, a line for each resource.
    pub fn text(&self) -> String {
        let rows: Vec<String> = self.resources.iter().map(json).collect();
        let secrets = match self.secrets.is_empty() {
            true => String::new(),
            false => format!("\"secrets\":{},", json(&self.secrets)),
        };
        format!(
            "{{\"format\":{},\"installation\":{},\"tool\":{},\"applied\":{},{secrets}\"resources\":[\n{}\n]}}\n",
            self.format,
            json(&self.installation),
            json(&self.tool),
            json(&self.applied),
            rows.join(",\n")
        )
    }

    /// The step that writes it down.
    pub fn step(&self) -> Step {
        Step::new("writing down what this host is made of", "ledger_write", &[])
            .input(Content::plain(self.text()))
    }
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

impl Entry {
    fn of(item: &Wanted) -> Entry {
        let address = item.address().to_string();
        let writes = matches!(
            kind(&item.address().kind).map(|kind| kind.forget),
            Some(Forget::Paths | Forget::EmptyDirectory)
        );
        let words = item.resource.provides().into_iter().filter(|_| writes);
        let words = words.chain(pin(item));
        let paths = words.filter_map(|word| word.strip_prefix("path:").map(str::to_owned));
        let mut values = item.declared.attributes.values();
        let key = values.any(|one| match &one.value {
            Value::Text(content) => content.is_only_secret(),
            _ => false,
        });
        let secrets = secret_names(std::slice::from_ref(item));
        Entry { address, paths: paths.collect(), made: false, key: key && writes, secrets }
    }
}

/// Whether a part of all its paths, or its unit, is named after us.
fn bears_our_name(entry: &Entry) -> bool {
    let is_ours = |path: &String| path.split('/').any(|part| part.contains("matrixform"));
    let unit = entry.address.strip_prefix("service:");
    unit.is_some_and(|unit| unit.starts_with("matrixform-"))
        || !entry.paths.is_empty() && entry.paths.iter().all(is_ours)
}

/// The paths that come with packages: what writes them replaces them.
fn brought(wanted: &[Wanted]) -> BTreeSet<String> {
    let packages = wanted.iter().filter(|item| item.address().kind == "apt");
    let words = packages.flat_map(|item| item.resource.provides());
    let words = words.filter(|word| !word.starts_with(PIN));
    words.filter_map(|word| word.strip_prefix("path:").map(str::to_owned)).collect()
}

/// Of a package what keeps it at its version; the rest is the package's own.
fn pin(item: &Wanted) -> Option<String> {
    let is_pin = |word: &String| word.starts_with(PIN);
    item.resource.provides().into_iter().find(is_pin).filter(|_| item.address().kind == "apt")
}

fn is_package(address: &str) -> bool {
    address.starts_with("apt:")
}

fn newer(value: &serde_json::Value, format: u64) -> Diagnostic {
    let tool = value.get("tool").and_then(serde_json::Value::as_str).unwrap_or("unknown");
    let message = format!(
        "this host's {PATH} has format {format} (matrixform {}); this version reads {FORMAT}",
        tool.escape_debug()
    );
    Diagnostic::error("host/ledger", message)
        .note_line("nothing was changed")
        .help("use that version of matrixform, or a newer one")
}
