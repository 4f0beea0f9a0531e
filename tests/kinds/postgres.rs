//! `postgres_role` and `postgres_database` against recorded answers: what counts as equal, what is never changed, and
//! that no statement contains a password.

use crate::declaring::{Declaring, declaring, record};
use matrixform::for_tests::resource::{
    Action, Address, Answers, Comparison, Context, DeclaredValue, Observed, Resource, Step,
};
use matrixform::for_tests::secret::{Content, Secret};

/// The `SCRAM-SHA-256` verifier of `pencil` (RFC 7677).
const PENCIL: &str = "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==\
    $WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=";

const ROLE: [(&str, &str); 9] = [
    ("login", "true"),
    ("superuser", "false"),
    ("create_databases", "false"),
    ("create_roles", "false"),
    ("replication", "false"),
    ("bypass_rls", "false"),
    ("connections", "-1"),
    ("expires", "infinity"),
    ("verifier", PENCIL),
];
const DATABASE: [(&str, &str); 5] = [
    ("owner", "synapse_user"),
    ("encoding", "UTF8"),
    ("collate", "C"),
    ("ctype", "C"),
    ("provider", "c"),
];

fn role() -> Declaring {
    let password = Content::secret(&Secret::new("synapse/db", "pencil"));
    declaring("postgres_role", "synapse_user")
        .text("cluster", "16/main")
        .with("password", DeclaredValue::Text(password))
}

fn database() -> Declaring {
    let database = declaring("postgres_database", "synapse");
    database.text("cluster", "16/main").text("owner", "synapse_user")
}

/// The comparison when the server answers `fields`, with these changes, for `key`.
fn found(
    what: &dyn Resource,
    key: &str,
    fields: &[(&str, &str)],
    changes: &[(&str, &str)],
) -> Comparison {
    let fields: Vec<(&str, &str)> = fields.iter().chain(changes).copied().collect();
    let mut body = record(key, &fields);
    body.extend(record("cluster 16/main", &[("state", "up")]));
    compare(what, &body)
}

fn compare(what: &dyn Resource, body: &[u8]) -> Comparison {
    let mut answers = Answers::default();
    answers.add("postgres_observe", 0, body);
    what.compare(&Context::default(), &what.observe(&Context::default(), &answers))
}

fn role_found(what: &Declaring, changes: &[(&str, &str)]) -> Comparison {
    found(&*what.made(), "role 16/main synapse_user", &ROLE, changes)
}

fn database_found(changes: &[(&str, &str)]) -> Comparison {
    found(&*database().made(), "database 16/main synapse", &DATABASE, changes)
}

fn sql(steps: &[Step]) -> Content {
    assert_eq!(steps[0].call.args, ["16/main"]);
    steps[0].clone().with_salt().call.input.unwrap()
}

#[test]
fn every_right_is_compared() {
    assert_eq!(role_found(&role(), &[]), Comparison::unchanged());
    for (attribute, value) in [
        ("login", "false"),
        ("superuser", "true"),
        ("create_databases", "true"),
        ("create_roles", "true"),
        ("replication", "true"),
        ("bypass_rls", "true"),
        ("connections", "5"),
        ("expires", "2030-01-01 00:00:00+00"),
    ] {
        let found = role_found(&role(), &[(attribute, value)]);
        assert!(found.differs(attribute), "{attribute}");
        let statements = sql(&role().made().converge(&Context::default(), &found));
        assert!(!statements.has_secrets(), "a password that is right is not set again");
    }
}

#[test]
fn a_password_is_compared_and_never_shown() {
    for stored in
        ["", "md5a3556571e93b0d20722ba62be61e8c2d", "pencil", &PENCIL.replace("W22", "W33")]
    {
        let found = role_found(&role(), &[("verifier", stored)]);
        assert_eq!(found.differences.len(), 1, "{stored}");
        let shown = format!("{found:?}");
        assert!(!shown.contains("pencil") && !shown.contains("SCRAM"), "{shown}");
        let statements = sql(&role().made().converge(&Context::default(), &found));
        let all = String::from_utf8(statements.expose().to_vec()).unwrap();
        assert!(all.contains("PASSWORD 'SCRAM-SHA-256$4096:") && !all.contains("pencil"));
        assert!(!format!("{statements:?}").contains("SCRAM"), "the verifier is masked");
    }
    let without = declaring("postgres_role", "synapse_user").text("cluster", "16/main");
    assert!(role_found(&without, &[]).differs("password"));
    assert_eq!(role_found(&without, &[("verifier", "")]), Comparison::unchanged());
}

#[test]
fn two_declarations_have_two_salts() {
    let statements = || {
        let role = role().made();
        let found = compare(&*role, &record("cluster 16/main", &[("state", "up")]));
        sql(&role.converge(&Context::default(), &found)).expose().to_vec()
    };
    assert_ne!(statements(), statements());
}

#[test]
fn a_pending_password_is_named() {
    let pending = Content::secret(&Secret::pending("synapse/db"));
    let role = role().with("password", DeclaredValue::Text(pending)).made();
    assert_eq!(role.pending_secrets(), ["synapse/db"]);
}

#[test]
fn a_wrong_collation_is_refused_and_an_owner_corrected() {
    assert_eq!(database_found(&[]), Comparison::unchanged());
    assert_eq!(database_found(&[("owner", "postgres")]).action, Action::Update);
    for wrong in [
        ("collate", "en_US.UTF-8"),
        ("ctype", "C.UTF-8"),
        ("encoding", "LATIN1"),
        ("provider", "i"),
    ] {
        let Action::Refuse { why, help } = database_found(&[wrong]).action else {
            panic!("{wrong:?} is not refused")
        };
        assert!(why.contains("cannot be fixed in place") && help.contains("pg_dump"));
    }
}

#[test]
fn absent_unknown_and_down_are_distinguished() {
    let what = database().made();
    let observed = |body: &[u8]| {
        let mut answers = Answers::default();
        answers.add("postgres_observe", 0, body);
        what.observe(&Context::default(), &answers)
    };
    let cluster = |fields: &[(&str, &str)]| record("cluster 16/main", fields);
    assert_eq!(observed(&cluster(&[("state", "absent")])), Observed::Absent);
    assert_eq!(observed(&cluster(&[("state", "up")])), Observed::Absent);
    let down = observed(&cluster(&[("state", "down"), ("reason", "psql: refused\nmore")]));
    assert_eq!(down, Observed::Unknown("PostgreSQL 16/main says: psql: refused".into()));
    assert!(matches!(observed(b""), Observed::Unknown(_)));
}

#[test]
fn a_plan_on_a_blank_host_names_its_prerequisite() {
    let apt = Address::new("apt", "postgresql-16");
    let context =
        Context { coming: vec![("package:postgresql-16".into(), apt)], ..Context::default() };
    let mut answers = Answers::default();
    answers.add("postgres_observe", 0, &record("cluster 16/main", &[("state", "absent")]));
    let what = database().made();
    let found = what.compare(&context, &what.observe(&context, &answers));
    assert_eq!(
        (found.action, found.notes),
        (Action::Create, vec!["after apt:postgresql-16".into()])
    );
}

#[test]
fn refuses_names_and_passwords_that_sql_or_scram_would_change() {
    for name in ["", "a'b", "a\"b", "a\\b", "a b", "pg_x", "é", &"x".repeat(64)] {
        let role = declaring("postgres_role", name).text("cluster", "16/main");
        assert!(!role.refused().is_empty(), "{name}");
        let other = declaring("postgres_database", "x").text("cluster", "16/main");
        assert!(!other.text("owner", name).refused().is_empty(), "{name}");
    }
    for name in ["postgres", "public", "none"] {
        let role = declaring("postgres_role", name).text("cluster", "16/main");
        assert!(role.refused()[0].message.contains("reserved"), "{name}");
    }
    for cluster in ["main", "16", "16/", "x/main", "16/ma in", "16/../x", "16/'"] {
        assert!(!database().text("cluster", cluster).refused().is_empty(), "{cluster}");
    }
    for password in ["", "pässword", "a\nb"] {
        let content = Content::secret(&Secret::new("x", password));
        let refused = role().with("password", DeclaredValue::Text(content)).refused();
        assert!(refused[0].message.contains("printable ASCII"));
    }
}
