//! The host's record of what it was made to be, by installation: the resources that the last apply that ended well
//! wanted. Any that no spec asks for any more are removed.

mod entry;
mod forgotten;
mod orphans;
pub(super) mod recorded_value;
mod restarts;
#[cfg(test)]
mod tests;

pub use entry::LedgerEntry;
pub use forgotten::Orphans;
pub(in crate::plan) use orphans::MODULE as LEFT;
pub use orphans::orphans;
pub use restarts::{Restarts, reloaded, restarted};

use super::Plan;
use super::shown::SecretVersions;
use crate::diagnostic::Diagnostic;
use crate::resource::{Action, Address, Answers, LEDGER, Step, Wanted};
use crate::secret::Content;
use entry::bears_our_name;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The version of the file's format.
pub const FORMAT: u32 = 1;

/// The file on the host.
const PATH: &str = "/var/lib/matrixform/ledger.json";

/// The prefix of the file that pins a package's version, as `apt` provides it.
const PIN: &str = "path:/etc/apt/preferences.d/matrixform-";

/// The largest file that is read (bytes).
const MAX_BYTES: usize = 4 << 20;

/// The ledger.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Ledger {
    /// [`FORMAT`].
    pub format: u32,
    /// The installation that it belongs to.
    pub installation: String,
    /// The version of matrixform that wrote it.
    pub tool: String,
    /// The last run that changed something and ended well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub applied: Option<Applied>,
    /// How long the last restart of each unit took here.
    #[serde(default, skip_serializing_if = "Restarts::is_empty")]
    pub restarts: Restarts,
    /// The version of each secret in use (an HMAC under the inventory's plan key), as far as an apply that had the key
    /// recorded it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub secrets: BTreeMap<String, String>,
    /// The resources, by address.
    pub resources: Vec<LedgerEntry>,
}

/// How far a run got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunCoverage<'a> {
    /// It may have stopped anywhere.
    Unknown,
    /// It ended well, but omitted the changes of these addresses.
    AllBut(&'a BTreeSet<String>),
    /// It ended well, and everything is as wanted.
    All,
}

impl RunCoverage<'_> {
    /// Returns whether this resource is as wanted now.
    fn covers(self, address: &str) -> bool {
        match self {
            RunCoverage::Unknown => false,
            RunCoverage::AllBut(left) => !left.contains(address),
            RunCoverage::All => true,
        }
    }
}

/// A run that ended well.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Applied {
    /// Its name in the history.
    pub run: String,
    /// When it started, UTC.
    pub time: String,
    /// Who started it.
    pub who: String,
    /// The commit that it applied; `None` if unknown, or if there were uncommitted changes.
    pub commit: Option<String>,
}

impl Ledger {
    /// Reads the host's answer; `None` if there is no ledger, or it is damaged or another installation's.
    ///
    /// # Errors
    ///
    /// The ledger has the format of a newer version, so its meaning is not known here (`host/ledger`).
    pub fn read(answers: &Answers, installation: &str) -> Result<Option<Ledger>, Diagnostic> {
        let Some(bytes) = answers.get(LEDGER, "ledger").and_then(|record| record.bytes("text"))
        else {
            return Ok(Ledger::of_marks(answers, installation));
        };
        let read = |bytes| serde_json::from_slice::<serde_json::Value>(bytes).ok();
        let Some(value) = Some(bytes).filter(|bytes| bytes.len() <= MAX_BYTES).and_then(read)
        else {
            return Ok(None);
        };
        match value.get("format").and_then(serde_json::Value::as_u64) {
            Some(format) if format > u64::from(FORMAT) => return Err(newer(&value, format)),
            _ => {}
        }
        let ledger: Option<Ledger> = serde_json::from_value(value).ok();
        Ok(ledger.filter(|ledger| ledger.installation == installation))
    }

    /// Creates one for a host set up by a version without ledgers, from the files below /etc that bear our mark.
    fn of_marks(answers: &Answers, installation: &str) -> Option<Ledger> {
        let answer = answers.answer(LEDGER)?;
        let paths = answer.records.keys().filter_map(|key| key.strip_prefix("mark:"));
        let mut paths: Vec<&str> = paths.collect();
        paths.sort_unstable();
        let entry = |path: &&str| LedgerEntry {
            address: Address::of_file(path).to_string(),
            paths: vec![(*path).to_owned()],
            made: true,
            ..LedgerEntry::default()
        };
        let resources: Vec<LedgerEntry> = paths.iter().map(entry).collect();
        let installation = installation.to_owned();
        (!resources.is_empty()).then(|| Ledger { installation, resources, ..Ledger::default() })
    }

    /// Returns the host's next ledger: what is wanted and, until a run about all of it has ended well, everything
    /// recorded before. `before` and the actions of a plan tell what matrixform created.
    pub fn of(
        installation: &str,
        wanted: &[Wanted],
        before: Option<&Ledger>,
        actions: &BTreeMap<String, Action>,
        reached: RunCoverage<'_>,
    ) -> Ledger {
        let was = |entry: &LedgerEntry| {
            let mut known = before.iter().flat_map(|ledger| &ledger.resources);
            let has_paths = |old: &LedgerEntry| {
                !entry.paths.is_empty() && entry.paths.iter().all(|path| old.paths.contains(path))
            };
            known.any(|old| old.made && (old.address == entry.address || has_paths(old)))
        };
        let brought = brought(wanted);
        // Without a ledger, names are all there is to go by.
        let is_first = before.is_none_or(|ledger| ledger.format == 0);
        let is_named =
            |entry: &LedgerEntry| is_first && !is_package(&entry.address) && bears_our_name(entry);
        let ours = wanted.iter().filter(|item| item.declared.origin.module != orphans::MODULE);
        let mut resources: Vec<LedgerEntry> = ours
            .map(|item| {
                let mut entry = LedgerEntry::of(item);
                let is_new = actions.get(&entry.address) == Some(&Action::Create);
                let is_brought = entry.paths.iter().any(|path| brought.contains(path));
                entry.made = (is_new || was(&entry) || is_named(&entry)) && !is_brought;
                if !reached.covers(&entry.address) {
                    entry.as_applied(before);
                }
                entry
            })
            .collect();
        let known: BTreeSet<String> = resources.iter().map(|entry| entry.address.clone()).collect();
        // A package that stays may still be removed later.
        let stays = |entry: &&LedgerEntry| {
            reached != RunCoverage::All || entry.made && is_package(&entry.address)
        };
        let known_before = before.iter().flat_map(|ledger| &ledger.resources);
        resources.extend(
            known_before.filter(|entry| !known.contains(&entry.address)).filter(stays).cloned(),
        );
        resources.sort_by(|a, b| a.address.cmp(&b.address));
        let is_known = |address: &str| resources.iter().any(|entry| entry.address == address);
        let restarts = before.map(|ledger| ledger.restarts.of(is_known)).unwrap_or_default();
        Ledger {
            format: FORMAT,
            installation: installation.to_owned(),
            tool: env!("CARGO_PKG_VERSION").to_owned(),
            applied: before.and_then(|ledger| ledger.applied.clone()),
            restarts,
            secrets: before.map(|ledger| ledger.secrets.clone()).unwrap_or_default(),
            resources,
        }
    }

    /// Returns the record of this resource.
    pub fn entry(&self, address: &str) -> Option<&LedgerEntry> {
        self.resources.iter().find(|entry| entry.address == address)
    }

    /// Returns what is known about the restarts in a plan, in whole sentences.
    pub fn remarks(&self, plan: &Plan) -> Vec<String> {
        self.restarts.remarks(plan)
    }

    /// Returns the ledger with the versions of secrets. `at_hand` are the versions of the values here, if the plan key
    /// is available; `changing` are the secrets that the run changes. A secret that a run may or may not have changed
    /// has no known version.
    pub fn with_secrets(
        mut self,
        at_hand: Option<&SecretVersions>,
        changing: &BTreeSet<String>,
        reached: RunCoverage<'_>,
    ) -> Ledger {
        match (at_hand, reached) {
            (Some(now), RunCoverage::All) => self.secrets.clone_from(now),
            (Some(now), RunCoverage::AllBut(_)) => {
                self.secrets.retain(|name, _| !changing.contains(name));
                let known = now.iter().filter(|(name, _)| changing.contains(*name));
                self.secrets.extend(known.map(|(name, version)| (name.clone(), version.clone())));
            }
            _ => self.secrets.retain(|name, _| !changing.contains(name)),
        }
        self
    }

    /// Returns its text: JSON, one line per resource.
    pub fn text(&self) -> String {
        let rows: Vec<String> = self.resources.iter().map(json).collect();
        let secrets = match self.secrets.is_empty() {
            true => String::new(),
            false => format!("\"secrets\":{},", json(&self.secrets)),
        };
        format!(
            "{{\"format\":{},\"installation\":{},\"tool\":{},\"applied\":{},\"restarts\":{},{secrets}\"resources\":[\n{}\n]}}\n",
            self.format,
            json(&self.installation),
            json(&self.tool),
            json(&self.applied),
            json(&self.restarts),
            rows.join(",\n")
        )
    }

    /// Returns the step that writes it to the host.
    pub fn step(&self) -> Step {
        Step::new("recording what matrixform manages on this host", "ledger_write", &[])
            .input(Content::plain(self.text()))
    }
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// Returns the paths that packages provide, and that are replaced by whatever writes them.
fn brought(wanted: &[Wanted]) -> BTreeSet<String> {
    let packages = wanted.iter().filter(|item| item.address().is_package());
    let provisions = packages.flat_map(|item| item.resource.provides());
    let provisions = provisions.filter(|provision| !provision.starts_with(PIN));
    provisions.filter_map(|provision| provision.strip_prefix("path:").map(str::to_owned)).collect()
}

fn is_package(address: &str) -> bool {
    Address::written(address).is_package()
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
