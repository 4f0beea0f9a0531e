//! `NAME.facts.json` beside a spec: the facts about its host, written by `facts --save` and meant to be committed.
//! `diff` uses them. The file does not say where the host is or who looked, and holds nothing that changes without
//! cause.

use crate::atomic_file;
use crate::bounded;
use crate::diagnostic::{Diagnostic, visible};
use crate::facts::Facts;
use crate::plan::shown::canonical;
use crate::spec::stays_inside;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The version of the file's format.
const FORMAT: u64 = 1;

/// A larger file is not one of ours (bytes).
const MAX_BYTES: u64 = 1 << 20;

/// Facts that reveal where the host is or who looked, or that change from look to look.
const LEFT_OUT: [&str; 6] = ["addresses", "ssh_client", "user", "disk", "time", "reboot_required"];

/// Returns where the facts of a spec's host are kept.
pub(super) fn path(spec: &Path) -> PathBuf {
    spec.with_extension("facts.json")
}

/// Returns the file's text.
fn text(facts: &Facts) -> String {
    let mut facts = serde_json::to_value(facts).unwrap_or_default();
    if let Some(fields) = facts.as_object_mut() {
        fields.retain(|name, _| !LEFT_OUT.contains(&name.as_str()));
    }
    // In canonical order, so that two looks differ only where the facts do.
    let sorted: Value = serde_json::from_str(&canonical(&facts)).unwrap_or_default();
    let file = json!({ "format": FORMAT, "facts": sorted });
    serde_json::to_string_pretty(&file).unwrap_or_default() + "\n"
}

/// Writes the file and returns its path.
pub(super) fn write(spec: &Path, facts: &Facts) -> Result<PathBuf, Diagnostic> {
    let path = path(spec);
    atomic_file::replace(&path, text(facts).as_bytes(), None).map_err(|error| {
        let message = format!("{} cannot be written: {error}", path.display());
        Diagnostic::error("facts/unwritten", message)
    })?;
    Ok(path)
}

/// Returns the facts of a spec's host, if they were saved.
pub(super) fn read(spec: &Path) -> Result<Option<Facts>, Diagnostic> {
    let path = path(spec);
    if path.symlink_metadata().is_err() {
        return Ok(None);
    }
    let read = || -> Result<Facts, String> {
        stays_inside(&path)?;
        let text = bounded::read_text(&path, MAX_BYTES).map_err(|error| error.to_string())?;
        // serde's message may quote the text.
        let file: Value = serde_json::from_str(&text).map_err(|_| "it is not JSON".to_owned())?;
        match file.get("format").and_then(Value::as_u64) {
            Some(FORMAT) => {}
            Some(format) => {
                return Err(format!("it has format {format}; this version reads {FORMAT}"));
            }
            None => return Err("it has no `format`".to_owned()),
        }
        let facts = file.get("facts").cloned().unwrap_or_default();
        serde_json::from_value(facts).map_err(|_| "its facts are malformed".to_owned())
    };
    read().map(Some).map_err(|why| {
        let message = format!("{} cannot be read: {why}", visible(&path.display().to_string()));
        Diagnostic::error("facts/unreadable", message)
            .help("recreate it with `matrixform facts SPEC --save`")
    })
}

/// Returns a note if the saved facts differ from those read from the host.
pub(super) fn stale(spec: &Path, read_now: &BTreeMap<String, Value>) -> Option<Diagnostic> {
    let saved = read(spec).ok()??;
    let saved = serde_json::to_value(&saved).ok()?;
    let differs = |(path, now): &(&String, &Value)| {
        let (table, key) = path.split_once('.').unwrap_or((path, ""));
        let then = saved.get(table);
        let then = if key.is_empty() { then } else { then.and_then(|table| table.get(key)) };
        !LEFT_OUT.contains(&table) && then.unwrap_or(&Value::Null) != *now
    };
    let names: Vec<&str> = read_now.iter().filter(differs).map(|(path, _)| path.as_str()).collect();
    if names.is_empty() {
        return None;
    }
    let message = format!("{} is out of date: {}", path(spec).display(), names.join(", "));
    let help = "update it with `matrixform facts SPEC --save`";
    Some(Diagnostic::note("facts/stale", message).help(help))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts() -> Facts {
        Facts {
            arch: Some("amd64".to_owned()),
            addresses: vec!["192.0.2.1".to_owned()],
            user: Some("ops".to_owned()),
            time: Some(7),
            packages: [("nginx", Some("1.26")), ("curl", None)]
                .map(|(name, version)| (name.to_owned(), version.map(str::to_owned)))
                .into(),
            ..Facts::default()
        }
    }

    #[test]
    fn saved_facts_are_minimal_and_read_back() {
        let directory = tempfile::tempdir().unwrap();
        let spec = directory.path().join("prod.toml");
        assert_eq!(read(&spec).unwrap(), None);
        let file = write(&spec, &facts()).unwrap();
        let text = std::fs::read_to_string(&file).unwrap();
        for word in ["192.0.2.1", "ops", "\"time\"", "\"disk\"", "\"ssh_client\""] {
            assert!(!text.contains(word), "{word}: {text}");
        }
        assert!(text.starts_with("{\n  \"format\": 1,\n  \"facts\": {\n    \"arch\": \"amd64\""));
        assert!(text.find("\"curl\"") < text.find("\"nginx\""), "sorted: {text}");
        let known = read(&spec).unwrap().unwrap();
        let expected = Facts { addresses: vec![], user: None, time: None, ..facts() };
        assert_eq!(known, expected);
    }

    #[test]
    fn the_observation_shows_whether_a_plan_is_stale() {
        let directory = tempfile::tempdir().unwrap();
        let spec = directory.path().join("prod.toml");
        let now = |version: &str| {
            let read = [("packages.nginx", json!(version)), ("packages.curl", Value::Null)];
            let read = read.into_iter().chain([("addresses", json!(["198.51.100.1"]))]);
            stale(&spec, &read.map(|(path, value)| (path.to_owned(), value)).collect())
        };
        assert_eq!(now("1.26"), None, "nothing was saved");
        write(&spec, &facts()).unwrap();
        assert_eq!(now("1.26"), None);
        assert!(now("1.28").unwrap().message.ends_with("is out of date: packages.nginx"));
    }

    #[test]
    fn an_invalid_facts_file_is_refused_and_not_quoted() {
        let directory = tempfile::tempdir().unwrap();
        let spec = directory.path().join("prod.toml");
        for text in
            ["canary", "{}", "{\"format\":2}", "{\"format\":1,\"facts\":{\"os\":\"canary\"}}"]
        {
            std::fs::write(path(&spec), text).unwrap();
            let problem = read(&spec).unwrap_err();
            assert!(!problem.message.contains("canary"), "{problem:?}");
        }
    }
}
