//! The arrows between folders run one way: reads every `use crate::…` and compares it with the map of
//! ARCHITECTURE.md.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Folder, and what it may use.
const MAY_USE: &[(&str, &[&str])] = &[
    // Everybody's.
    ("bounded", &[]),
    ("diagnostic", &[]),
    ("facts", &[]),
    ("net", &[]),
    ("revision", &[]),
    ("x509", &[]),
    ("secret", &["diagnostic"]),
    ("spec", &["diagnostic"]),
    ("synapse", &["diagnostic", "spec"]),
    ("resource", &["diagnostic", "secret", "spec"]),
    ("module", &["diagnostic", "secret", "spec", "synapse", "resource", "facts", "x509"]),
    ("plan", &["diagnostic", "module", "resource", "secret", "synapse", "x509"]),
    ("remote", &["diagnostic", "secret"]),
    ("host", &["diagnostic", "facts", "resource", "secret", "remote"]),
    ("observe", &["diagnostic", "host", "remote", "resource"]),
    ("apply", &["diagnostic", "module", "plan", "remote", "resource", "secret"]),
    ("accounts", &["diagnostic", "module", "secret"]),
    (
        "run",
        &[
            "accounts",
            "apply",
            "diagnostic",
            "facts",
            "host",
            "module",
            "net",
            "observe",
            "plan",
            "remote",
            "resource",
            "revision",
            "secret",
            "spec",
        ],
    ),
    ("verify", &["diagnostic", "module", "net", "synapse", "x509"]),
    ("render", &["accounts", "apply", "diagnostic", "plan", "resource", "run", "secret", "verify"]),
    (
        "cli",
        &[
            "accounts",
            "apply",
            "diagnostic",
            "facts",
            "module",
            "net",
            "plan",
            "remote",
            "render",
            "resource",
            "revision",
            "run",
            "secret",
            "spec",
            "synapse",
            "verify",
        ],
    ),
];

#[test]
fn arrows_run_one_way() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut wrong = Vec::new();
    let mut seen = BTreeSet::new();
    for file in rust_files(&src) {
        let part = file.strip_prefix(&src).unwrap().components().next().unwrap();
        let name = Path::new(part.as_os_str()).file_stem().unwrap().to_str().unwrap().to_owned();
        if name == "main" || name == "lib" {
            continue;
        }
        seen.insert(name.clone());
        let Some((_, may)) = MAY_USE.iter().find(|(folder, _)| *folder == name) else {
            wrong.push(format!("{name} is not on the map"));
            continue;
        };
        let text = std::fs::read_to_string(&file).unwrap();
        let product = text.split("#[cfg(test)]").next().unwrap();
        for used in product.split("crate::").skip(1) {
            let used: String = used
                .chars()
                .take_while(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || *c == '_')
                .collect();
            if !used.is_empty()
                && used != name
                && used != "bounded"
                && !may.contains(&used.as_str())
            {
                wrong.push(format!("{} uses {used}", file.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(seen.len(), MAY_USE.len(), "the map names folders that are not there");
}

#[test]
fn a_run_knows_no_command_line_and_no_terminal() {
    let run = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/run");
    for file in rust_files(&run) {
        let text = std::fs::read_to_string(&file).unwrap();
        for word in ["clap", "console::", "process::exit", "std::env", "stdin", "stdout", "stderr"]
        {
            assert!(!text.contains(word), "{} uses {word}", file.display());
        }
    }
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(rust_files(&path));
        } else if path.extension().is_some_and(|end| end == "rs") {
            found.push(path);
        }
    }
    found
}
