//! Values that can never change, such as one that goes into every password hash: a plan that would give a program a
//! different one is refused. Pure.

use super::secrets::needed_database;
use crate::diagnostic::{Diagnostic, Problems};
use crate::resource::{Answers, DeclaredValue, FOREVER, Observed, Record, Wanted};
use crate::secret::{Content, SecretState};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value as Json;
use std::collections::BTreeMap;
use zeroize::Zeroizing;

#[cfg(test)]
mod tests;

type Bytes = Zeroizing<Vec<u8>>;

/// The files that a program merges, by path.
type MergedFiles = BTreeMap<String, Bytes>;

/// Reports all such values that apply would change.
pub(super) fn changed_permanent_values(wanted: &[Wanted], answers: &Answers) -> Problems {
    let merged = wanted.iter().filter(|item| item.address().is_merged());
    merged.flat_map(|item| changed(item, wanted, answers)).collect()
}

fn changed(item: &Wanted, wanted: &[Wanted], answers: &Answers) -> Problems {
    let forever = texts(item, FOREVER);
    if forever.is_empty() || is_empty(item, wanted, answers) {
        return Vec::new();
    }
    let (own, paths) = (texts(item, "own"), texts(item, "paths"));
    let earlier = texts(item, "earlier").into_iter().filter(|path| !paths.contains(path));
    let before: Vec<String> = earlier.chain(paths.clone()).collect();
    let others = others(answers, &before, &own);
    let (mut current, mut coming) = (others.clone(), others);
    // A secret that no store has is refused elsewhere, or still to be generated; one whose value is not known here
    // cannot be compared.
    let mut is_known = true;
    for file in wanted.iter().filter(|one| own.contains(&one.address().name)) {
        let Some(content) = content(file) else { continue };
        is_known &= content.state() == SecretState::Known;
        let content = Zeroizing::new(content.expose().to_vec());
        let path = file.address().name.clone();
        if let Some(bytes) = seen(answers, &path, &content) {
            current.insert(path.clone(), bytes);
        }
        coming.insert(path, content);
    }
    let pairs = forever.iter().filter_map(|one| one.split_once('='));
    let found = pairs.filter_map(|(key, why)| {
        let has = effective(&current, &before, key);
        let gets = effective(&coming, &paths, key);
        let problem = match (has, gets) {
            (_, Some(_)) if !is_known => return None,
            (Some((has, file)), Some((gets, _))) if has != gets => other(key, why, &file, &own),
            (Some((_, file)), None) => dropped(key, why, &file, &own),
            // Without the file, a missing value looks like a host that is not set up yet.
            (None, Some((_, file))) if current.contains_key(&file) => added(key, why, &file),
            _ => return None,
        };
        Some(problem.at(item.declared.origin.place()).note_line("nothing was changed"))
    });
    found.collect()
}

/// Returns whether nothing depends on any value yet: the module's database does not exist on this host.
fn is_empty(item: &Wanted, wanted: &[Wanted], answers: &Answers) -> bool {
    let database = needed_database(item, wanted);
    database.is_some_and(|one| one.resource.observe(&one.context, answers) == Observed::Absent)
}

/// Returns those of these files, or files in these directories, that others wrote.
fn others(answers: &Answers, paths: &[String], own: &[String]) -> MergedFiles {
    let Some(answer) = answers.answer("merged_yaml_observe") else { return MergedFiles::new() };
    let among = |path: &String| {
        let directory = path.rsplit_once('/').map_or("", |(directory, _)| directory);
        !own.contains(path) && paths.iter().any(|one| one == path || one == directory)
    };
    let files = answer.records.iter().filter(|(path, _)| among(path));
    files.filter_map(|(path, record)| Some((path.clone(), decoded(record)?))).collect()
}

fn decoded(record: &Record) -> Option<Bytes> {
    STANDARD.decode(record.bytes("content")?).ok().map(Zeroizing::new)
}

/// Returns the content of one of our files on the host, which does not send content that is as wanted.
fn seen(answers: &Answers, path: &str, wanted: &[u8]) -> Option<Bytes> {
    let record = answers.get("file_observe", path)?;
    record.text("sha256")?;
    let bytes = match record.bytes("content") {
        Some(_) => decoded(record)?,
        None => Zeroizing::new(wanted.to_vec()),
    };
    // Content that was too large to send whole, or is not YAML, says nothing.
    parse(&bytes)?.is_object().then_some(bytes)
}

/// Returns a value as read by a program that merges these files by their top-level keys, and the file that sets it. An
/// empty value counts as none.
fn effective(files: &MergedFiles, paths: &[String], key: &str) -> Option<(Json, String)> {
    let (top, rest) = key.split_once('.').unwrap_or((key, ""));
    // In each directory by file name, which is the map's order.
    let in_order = paths.iter().flat_map(|path| {
        let below = format!("{path}/");
        files.iter().filter(move |(file, _)| *file == path || file.starts_with(&below))
    });
    let mut setting = in_order.filter_map(|(file, bytes)| {
        let mut tree = parse(bytes)?;
        Some((tree.get_mut(top)?.take(), file.clone()))
    });
    let (mut value, file) = setting.next_back()?;
    for part in rest.split('.').filter(|part| !part.is_empty()) {
        value = value.get_mut(part)?.take();
    }
    let is_none = value.is_null() || value.as_str() == Some("");
    (!is_none).then_some((value, file))
}

fn parse(bytes: &[u8]) -> Option<Json> {
    let text = std::str::from_utf8(bytes).ok()?;
    let policy = serde_saphyr::options::DuplicateKeyPolicy::LastWins;
    let options = serde_saphyr::options! { duplicate_keys: policy };
    serde_saphyr::from_str_with_options(text, options).ok()
}

fn content(item: &Wanted) -> Option<&Content> {
    match &item.declared.attributes.get("content")?.value {
        DeclaredValue::Text(content) => Some(content),
        _ => None,
    }
}

fn texts(item: &Wanted, name: &str) -> Vec<String> {
    let Some(DeclaredValue::List(items)) = item.declared.attributes.get(name).map(|one| &one.value)
    else {
        return Vec::new();
    };
    let text = |value: &DeclaredValue| match value {
        DeclaredValue::Text(content) => content.as_plain_text().map(str::to_owned),
        _ => None,
    };
    items.iter().filter_map(text).collect()
}

fn refuse(key: &str, why: &str, how: &str) -> Diagnostic {
    Diagnostic::error("plan/for-ever", format!("{how} `{key}`, and then {why}"))
}

/// Returns the instructions for a host on which nothing depends on the value yet.
fn by_hand(key: &str, file: &str, own: &[String]) -> String {
    let ours = own.iter().any(|path| path == file);
    let what = match ours {
        true => format!("remove {file} on the host by hand"),
        false => format!("remove `{key}` from {file} on the host by hand"),
    };
    format!("if nothing depends on it yet, {what}, and apply")
}

fn other(key: &str, why: &str, file: &str, own: &[String]) -> Diagnostic {
    let problem = refuse(key, why, "this plan would change the value of");
    problem.note_line(format!("the host has its own in {file}")).help(format!(
        "import the host's value into your store (`matrixform secrets import SPEC --from-host --replace NAME`); {}",
        by_hand(key, file, own)
    ))
}

fn dropped(key: &str, why: &str, file: &str, own: &[String]) -> Diagnostic {
    let problem = refuse(key, why, "this plan would remove");
    problem.note_line(format!("the host has it in {file}")).help(format!(
        "keep it in the spec, with the host's value (`matrixform secrets import SPEC --from-host`); {}",
        by_hand(key, file, own)
    ))
}

fn added(key: &str, why: &str, file: &str) -> Diagnostic {
    let own = [file.to_owned()];
    let problem = refuse(key, why, "the host runs without one, and this plan would set");
    problem.help(format!("leave it out of the spec as well; {}", by_hand(key, file, &own)))
}
