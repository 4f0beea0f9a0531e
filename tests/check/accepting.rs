//! `[[accept]]`: the findings it accepts, and errors in it.

use crate::workspace::{GOOD, Ran, Workspace};

fn accepting(id: &str, reason: &str, body: &str) -> Ran {
    let accept = format!("[[accept]]\nid = \"{id}\"\nreason = \"{reason}\"\n");
    let spec = GOOD.replace("[tls]", &format!("{body}\n[tls]"));
    Workspace::with(&(spec + &accept)).run(&["check", "prod.toml"])
}

const OPEN: &str = "registration.mode = \"open\"";

#[test]
fn open_registration_passes_only_when_accepted() {
    let refused = Workspace::with(&GOOD.replace("[tls]", &format!("{OPEN}\n[tls]")))
        .run(&["check", "prod.toml"]);
    assert_eq!(refused.status, 1);
    assert!(refused.stdout.contains("(MF001)"), "{refused}");
    let passed = accepting("MF001", "a workshop", OPEN);
    assert_eq!(passed.status, 0, "{passed}");
    assert!(passed.stdout.contains("(MF001): accepted, a workshop"), "{passed}");
}

#[test]
fn problems_of_an_accept_are_reported_at_its_place() {
    insta::assert_snapshot!("unknown", accepting("MF0001", "why not", ""));
    insta::assert_snapshot!("never", accepting("MF010", "why not", "federation.mode = \"allow\""));
    insta::assert_snapshot!("no_reason", accepting("MF001", " ", OPEN));
    insta::assert_snapshot!("unneeded", accepting("MF020", "why not", ""));
    insta::assert_snapshot!("twice", accepting("MF053", "again", ""));
    let bare =
        Workspace::with(&GOOD.replace("reason = \"a lab\"\n", "")).run(&["check", "prod.toml"]);
    insta::assert_snapshot!("reason_missing", bare);
}

/// Whether this acceptance is needed depends on a fact that is unknown offline.
#[test]
fn undecidable_acceptances_are_not_called_unneeded() {
    let ran = accepting("MF005", "a blank database", "");
    assert!(!ran.stdout.contains("no longer needed"), "{ran}");
}
