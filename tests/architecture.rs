//! Dependencies between directories run one way: reads every `use crate::…` and compares it with the map in
//! ARCHITECTURE.md.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Files that every directory may use without being listed.
const EVERYONES: &[&str] =
    &["atomic_file", "bounded", "host_path", "labelled", "side_by_side", "time"];

/// Each directory, with the directories it may use.
const MAY_USE: &[(&str, &[&str])] = &[
    // Usable from everywhere.
    ("atomic_file", &[]),
    ("bounded", &[]),
    ("diagnostic", &[]),
    ("facts", &[]),
    ("host_path", &[]),
    ("labelled", &[]),
    ("side_by_side", &[]),
    ("net", &[]),
    ("revision", &[]),
    ("time", &[]),
    ("x509", &[]),
    ("secret", &["diagnostic"]),
    ("spec", &["diagnostic"]),
    ("synapse", &["diagnostic", "spec"]),
    ("resource", &["diagnostic", "secret", "spec"]),
    ("module", &["diagnostic", "secret", "spec", "synapse", "resource", "facts", "x509"]),
    ("plan", &["diagnostic", "resource", "secret", "synapse", "x509"]),
    ("rebuild", &["diagnostic", "restic"]),
    ("remote", &["diagnostic", "secret"]),
    ("host", &["diagnostic", "facts", "resource", "secret", "remote"]),
    ("observe", &["diagnostic", "host", "remote", "resource"]),
    ("apply", &["diagnostic", "plan", "remote", "resource", "secret"]),
    ("accounts", &["diagnostic", "module", "secret"]),
    ("restic", &["diagnostic", "secret"]),
    ("backup", &["diagnostic", "module", "restic", "secret"]),
    (
        "run",
        &[
            "accounts",
            "apply",
            "backup",
            "diagnostic",
            "facts",
            "host",
            "module",
            "net",
            "observe",
            "plan",
            "rebuild",
            "remote",
            "resource",
            "restic",
            "revision",
            "secret",
            "spec",
        ],
    ),
    ("verify", &["diagnostic", "module", "net", "synapse", "x509"]),
    (
        "render",
        &[
            "accounts",
            "apply",
            "backup",
            "diagnostic",
            "plan",
            "rebuild",
            "resource",
            "restic",
            "run",
            "secret",
            "verify",
        ],
    ),
    (
        "cli",
        &[
            "accounts",
            "apply",
            "backup",
            "diagnostic",
            "facts",
            "module",
            "net",
            "plan",
            "rebuild",
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
fn dependencies_run_one_way() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut wrong = Vec::new();
    let mut seen = BTreeSet::new();
    for file in rust_files(&src) {
        let part = file.strip_prefix(&src).unwrap().components().next().unwrap();
        let name = Path::new(part.as_os_str()).file_stem().unwrap().to_str().unwrap().to_owned();
        if matches!(name.as_str(), "main" | "lib" | "for_tests") {
            continue;
        }
        seen.insert(name.clone());
        let Some((_, may)) = MAY_USE.iter().find(|(directory, _)| *directory == name) else {
            wrong.push(format!("{name} is not on the map"));
            continue;
        };
        let product = product(&file);
        for used in product.split("crate::").skip(1) {
            let used: String = used
                .chars()
                .take_while(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || *c == '_')
                .collect();
            if !used.is_empty()
                && used != name
                && !EVERYONES.contains(&used.as_str())
                && !may.contains(&used.as_str())
            {
                wrong.push(format!("{} uses {used}", file.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(seen.len(), MAY_USE.len(), "the map names directories that are not there");
}

/// `src/module` has many parts, each a file or a directory. They form layers: no part uses another that depends on it,
/// directly or through others.
#[test]
fn the_parts_of_module_form_no_cycle() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/module");
    let own = product(&directory.join("mod.rs"));
    let parts: BTreeSet<String> = declared(&own).collect();
    let reexported = reexported(&own);
    let mut uses: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for file in rust_files(&directory) {
        let inside = file.strip_prefix(&directory).unwrap().with_extension("");
        let steps: Vec<&str> = inside.iter().map(|step| step.to_str().unwrap()).collect();
        if steps == ["mod"] || steps.contains(&"tests") {
            continue;
        }
        // The number of `super::` that lead from a file at this depth to `module`.
        let up = steps.len() - usize::from(steps.last() == Some(&"mod"));
        let text = product(&file);
        let above = "super::".repeat(up);
        for start in ["crate::module::", above.as_str()] {
            for (at, _) in text.match_indices(start) {
                if text[..at].ends_with("super::") || text[..at].ends_with(char::is_alphanumeric) {
                    continue;
                }
                for name in names(&text[at + start.len()..]) {
                    let part = parts.get(&name).or_else(|| reexported.get(&name));
                    let Some(part) = part.filter(|part| *part != steps[0]) else { continue };
                    uses.entry(steps[0].to_owned()).or_default().insert(part.clone());
                }
            }
        }
    }
    assert!(uses.values().map(BTreeSet::len).sum::<usize>() > 60, "the arrows are read: {uses:#?}");
    // Repeatedly drops the parts that use none of the remaining ones, and those that none of the remaining ones use.
    loop {
        let used: BTreeSet<String> = uses.values().flatten().cloned().collect();
        let before = uses.len();
        let left: BTreeSet<String> = uses.keys().cloned().collect();
        uses.retain(|part, to| used.contains(part) && to.iter().any(|one| left.contains(one)));
        if uses.len() == before {
            break;
        }
    }
    assert!(uses.is_empty(), "these use each other: {uses:#?}");
}

/// The modules declared in a `mod.rs`.
fn declared(text: &str) -> impl Iterator<Item = String> {
    let lines = text.lines().filter_map(|line| line.rsplit_once("mod ")?.1.strip_suffix(';'));
    lines.map(str::to_owned)
}

/// The names a `mod.rs` re-exports, each with the module it comes from.
fn reexported(text: &str) -> BTreeMap<String, String> {
    let uses = text.split("pub use ").skip(1).filter_map(|one| one.split(';').next());
    uses.filter_map(|one| one.split_once("::"))
        .flat_map(|(part, rest)| names(rest).into_iter().map(|name| (name, part.to_owned())))
        .collect()
}

/// The first name of a path, or of each path of a list in braces.
fn names(text: &str) -> Vec<String> {
    let first = |text: &str| -> String {
        text.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
    };
    let Some(list) = text.strip_prefix('{') else { return vec![first(text)] };
    let (mut depth, mut found) = (1, vec![first(list)]);
    for (at, c) in list.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 1 => found.push(first(&list[at + 1..])),
            _ => {}
        }
        if depth == 0 {
            break;
        }
    }
    found
}

#[test]
fn lists_and_paths_are_read() {
    assert_eq!(names("Modules;"), ["Modules"]);
    assert_eq!(names("{Modules, lint::{self, lint}, settings};"), ["Modules", "lint", "settings"]);
    let text = "mod a;\npub mod b;\npub use a::{X, c::Y};\npub use b::Z;\n";
    assert_eq!(declared(text).collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(reexported(text)["X"], "a");
    assert_eq!(reexported(text)["Z"], "b");
}

#[test]
fn a_run_uses_no_command_line_and_no_terminal() {
    let run = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/run");
    for file in rust_files(&run) {
        let text = std::fs::read_to_string(&file).unwrap();
        for word in ["clap", "console::", "process::exit", "std::env", "stdin", "stdout", "stderr"]
        {
            assert!(!text.contains(word), "{} uses {word}", file.display());
        }
    }
}

/// The text of a file, without its tests.
fn product(file: &Path) -> String {
    let text = std::fs::read_to_string(file).unwrap();
    text.split("#[cfg(test)]\nmod tests {").next().unwrap().to_owned()
}

fn rust_files(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(rust_files(&path));
        } else if path.extension().is_some_and(|end| end == "rs") {
            found.push(path);
        }
    }
    found
}
