//! The options from two guides: every line of `guides.toml` that does not work is reported, with its replacement.

use crate::workspace::{command, run};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;

const GUIDES: &str = include_str!("guides.toml");

fn directory() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/check")
}

#[test]
fn the_whole_output() {
    let ran = run(&mut command(&directory(), &["check", "guides.toml"]));
    assert_eq!(ran.status, 1);
    insta::assert_snapshot!("guides", ran);
}

/// The lines that are correct as they are; all others in the spec must be reported.
const RIGHT: [&str; 12] = [
    "format",
    "address",
    "server_name",
    "public_baseurl",
    "provider",
    "key = ",
    "contacts",
    "name",
    "schedule",
    "chain",
    "id = \"MF333\"",
    "reason",
];

#[test]
fn each_wrong_line_is_reported_with_advice() {
    let ran = run(&mut command(&directory(), &["check", "guides.toml", "--format", "json"]));
    let found: Value = serde_json::from_str(&ran.stdout).unwrap();
    let problems = found["problems"].as_array().unwrap();
    let reported: BTreeSet<u64> = problems
        .iter()
        .filter(|problem| {
            let names_the_words = problem["message"].as_str().unwrap().contains("is not one of");
            problem["help"].is_string() || names_the_words
        })
        .filter_map(|problem| problem["line"].as_u64())
        .collect();
    let is_right = |line: &str| {
        line.is_empty()
            || line.starts_with(['[', '#'])
            || RIGHT.iter().any(|right| line.starts_with(right))
    };
    let silent: Vec<&str> = GUIDES
        .lines()
        .zip(1_u64..)
        .filter(|(line, number)| !is_right(line) && !reported.contains(number))
        .map(|(line, _)| line)
        .collect();
    assert!(silent.is_empty(), "no finding for:\n{}", silent.join("\n"));
}

#[test]
fn a_secret_of_the_spec_is_never_shown() {
    for format in ["text", "json", "github", "gitlab"] {
        let ran = run(&mut command(&directory(), &["check", "guides.toml", "--format", format]));
        assert!(!ran.to_string().contains("6LcAAAA"), "{ran}");
        assert!(ran.stdout.contains("a secret must not be in the spec"), "{ran}");
    }
}
