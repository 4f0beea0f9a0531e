//! PostgreSQL's survey of a pg_hba.conf reports none of our lines and every foreign one.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "support/any_secret.rs"]
mod any_secret;

use any_secret::Any;
use matrixform::for_tests::diagnostic::Source;
use matrixform::for_tests::module::{Modules, expand, golden};
use matrixform::for_tests::resource::DeclaredValue;
use matrixform::for_tests::spec::{Spec, files::InMemory};
use std::process::Command;
use std::sync::Arc;

const SPEC: &str = r#"
format = 1
[host]
address = "a"
[postgres]
access = [
    { database = "Stats.1", role = "reader", from = "192.0.2.0/24" },
    { database = "synapse", role = "bridge" },
]
[synapse]
server_name = "example.org"
public_baseurl = "https://matrix.example.org/"
"#;

/// Our pg_hba.conf and the survey.
fn ours() -> (String, String) {
    let source = Source::new("prod.toml", SPEC);
    let spec = Spec::read(&source, Arc::new(InMemory::default())).unwrap();
    let modules = Modules::built_in(&[]).unwrap();
    let facts = golden::facts("debian-13").unwrap();
    let expansion = expand(&spec, &modules, &facts, &Any).unwrap();
    let is_hba = |name: &str| name.ends_with("/pg_hba.conf");
    let file = expansion.resources.iter().find(|one| is_hba(&one.address.name)).unwrap();
    let DeclaredValue::Text(content) = &file.attributes["content"].value else { panic!("no text") };
    let hba = content.as_plain_text().unwrap().to_owned();
    let postgres = expansion.activations.iter().find(|one| one.name == "postgres").unwrap();
    (hba, postgres.survey.clone().unwrap())
}

#[test]
fn only_removed_foreign_lines_are_reported() {
    let (hba, survey) = ours();
    assert!(hba.contains("hostssl \"Stats.1\" \"reader\" 192.0.2.0/24"), "{hba}");
    let directory = tempfile::tempdir().unwrap();
    let conf = directory.path().to_str().unwrap();
    let survey = survey.replace("/etc/postgresql/17/main", conf);
    let findings = |text: &str| {
        std::fs::write(directory.path().join("pg_hba.conf"), text).unwrap();
        let ran = Command::new("sh").args(["-c", &survey]).output().unwrap();
        assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
        String::from_utf8(ran.stdout).unwrap()
    };
    assert_eq!(findings(&hba), "");
    let theirs = "host  wiki  wiki\t127.0.0.1/32 scram-sha-256 # the wiki\n";
    let line = hba.lines().count() + 1;
    let expected =
        format!("MF126 {conf}/pg_hba.conf:{line}: host wiki wiki 127.0.0.1/32 scram-sha-256\n");
    assert_eq!(findings(&format!("{hba}{theirs}")), expected);
}
