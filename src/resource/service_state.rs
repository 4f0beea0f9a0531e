//! Turns systemd's properties of a unit into words that compare. The rule for files: the host remembers the digest that
//! a run of the unit (InvocationID) has read. Of any other run only the start time is known, and a file that changed
//! after it has not been read.

use super::service_files::ServiceFiles;
use super::{AttributeValue, Effect, Record};

/// A running configuration or program that matches the files on disk.
pub(super) const ON_DISK: &str = "current";
/// A unit file that systemd has loaded as it is on disk.
pub(super) const LOADED: &str = "loaded";

/// A running configuration that was read from other files.
pub(super) const BEFORE: &str = "older than its files";

/// The word that `service_unhealthy` remembers instead of a digest.
const UNHEALTHY: &str = "unhealthy";

/// A configuration that is running, or would be after a boot, but has not passed its activation's tests.
const NOT_TESTED: &str = "not tested with its current files";

/// Follows the digest until the unit has passed its activation's tests.
const PENDING: &str = " pending";

/// Describes how a change takes effect, in the plan's words.
pub(super) fn effect_in_words(effect: Effect) -> &'static str {
    match effect {
        Effect::Reload => "current, after a reload",
        Effect::Restart => "current, after a restart",
    }
}

/// Returns `yes`, `no`, or a state in between. A failed unit is not running: correct if it must not run.
pub(super) fn running(record: &Record, wanted: bool) -> AttributeValue {
    let text = |field| record.text(field).unwrap_or_default();
    match text("ActiveState").as_str() {
        "active" | "reloading" | "refreshing" => AttributeValue::flag(true),
        "inactive" => AttributeValue::flag(false),
        "failed" if !wanted => AttributeValue::flag(false),
        "failed" => AttributeValue::word(format!("failed ({})", text("Result"))),
        "" => AttributeValue::Unknown("systemd did not say whether it is running".to_owned()),
        // Only the state, without any detail: for a unit that fails repeatedly, the detail would change with every
        // observation.
        other => AttributeValue::word(other),
    }
}

/// Returns `yes`, `no`, or `masked`. A unit that cannot be enabled or is generated at boot counts as correct; so does a
/// template's instance that a generator enables (PostgreSQL's clusters).
pub(super) fn enabled(record: &Record, unit: &str, wanted: bool) -> AttributeValue {
    let state = record.text("UnitFileState").unwrap_or_default();
    match state.as_str() {
        "enabled" => AttributeValue::flag(true),
        "enabled-runtime" if unit.contains('@') => AttributeValue::flag(true),
        "disabled" | "linked" | "linked-runtime" => AttributeValue::flag(false),
        "masked" | "masked-runtime" if !wanted => AttributeValue::flag(false),
        "static" | "generated" | "alias" | "indirect" | "transient" => AttributeValue::flag(wanted),
        "" => AttributeValue::Unknown("systemd did not say whether it is enabled".to_owned()),
        other => AttributeValue::word(other),
    }
}

/// Whether systemd has loaded the unit file as it is on disk.
pub(super) fn unit_file(record: &Record) -> AttributeValue {
    match (record.text("LoadState").as_deref(), record.text("NeedDaemonReload").as_deref()) {
        (Some("loaded" | "masked"), Some("no")) => AttributeValue::word(LOADED),
        (Some("loaded" | "masked"), _) => {
            AttributeValue::word("changed on disk since systemd loaded it")
        }
        (other, _) => AttributeValue::word(other.unwrap_or("unknown")),
    }
}

/// Whether the running program is the one on disk, and none of these files changed since.
pub(super) fn program(record: &Record, files: ServiceFiles<'_>) -> AttributeValue {
    if !is_up(record) {
        return AttributeValue::word(ON_DISK);
    }
    if record.text("exe").is_some_and(|exe| exe.ends_with(" (deleted)")) {
        return AttributeValue::word("replaced since it was started");
    }
    if files.paths.is_empty() {
        return AttributeValue::word(ON_DISK);
    }
    since_start(record, files)
}

/// Whether it has read its activation's files as they are on disk.
pub(super) fn configuration(record: &Record, files: ServiceFiles<'_>) -> AttributeValue {
    if files.paths.is_empty() || !is_up(record) {
        return AttributeValue::word(ON_DISK); // it reads them when it starts
    }
    if !files.were_seen() {
        return not_seen();
    }
    let digest = files.digest();
    if is_pending(record, &digest) {
        return AttributeValue::word(NOT_TESTED);
    }
    match remembered(record) {
        Some(read) if read == digest => AttributeValue::word(ON_DISK),
        Some(read) if read == UNHEALTHY => {
            AttributeValue::word("not healthy with its current files")
        }
        Some(_) => AttributeValue::word(BEFORE),
        None => since_start(record, files),
    }
}

fn not_seen() -> AttributeValue {
    AttributeValue::Unknown("its files were not read".to_owned())
}

/// Whether it was started after the last change of these files.
fn since_start(record: &Record, files: ServiceFiles<'_>) -> AttributeValue {
    if !files.were_seen() {
        return not_seen();
    }
    let newest = files.newest().unwrap_or_default();
    let mut parts = newest.splitn(4, ' ');
    let (Some(date), Some(time), Some(_), Some(path)) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return AttributeValue::word(ON_DISK); // none of the files is there
    };
    match started(record) {
        None => AttributeValue::Unknown("systemd did not say when it was started".to_owned()),
        Some(start) if start > format!("{date} {time}") => AttributeValue::word(ON_DISK),
        Some(_) => AttributeValue::word(format!("older than {path}")),
    }
}

/// Returns when its program was started, as `2026-11-22 07:40:13.591196` in UTC: such texts compare. A program may
/// replace itself while running (nginx), so its own start takes precedence over the unit's.
fn started(record: &Record) -> Option<String> {
    ["ExecMainStartTimestamp", "ActiveEnterTimestamp"].into_iter().find_map(|field| {
        let text = record.text(field)?;
        let mut parts = text.split(' ').skip(1);
        Some(format!("{} {}", parts.next()?, parts.next()?))
    })
}

/// Whether these very files took effect but were not tested, in any run of the unit: a boot may have started a new one.
fn is_pending(record: &Record, digest: &str) -> bool {
    let line = record.text("remembered").unwrap_or_default();
    let read = line.split_once(' ').map(|(_, read)| read);
    read.and_then(|read| read.strip_suffix(PENDING)) == Some(digest)
}

/// Returns the digest that this run of the unit is known to have read.
fn remembered(record: &Record) -> Option<String> {
    let line = record.text("remembered")?;
    let (invocation, digest) = line.split_once(' ')?;
    let same = !invocation.is_empty() && record.text("InvocationID")? == invocation;
    same.then(|| digest.to_owned())
}

fn is_up(record: &Record) -> bool {
    matches!(
        record.text("ActiveState").as_deref(),
        Some("active" | "reloading" | "refreshing" | "activating")
    )
}
