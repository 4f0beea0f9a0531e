//! Who executes what while a dump is restored, with PostgreSQL replaced by a record of its callers.

use super::SHELL;
use std::process::Command;

const SPOOL: &str = "/var/spool/matrixform-rebuild";

/// Calls of the superuser with its statements, and of the login.
const RECORD: &str = r#"
rebuild_value() { case $1 in cluster) echo 17/main ;; user) echo matrix-synapse ;; owner) echo "$owner" ;; esac; }
rebuild_reached() { echo "reached $1"; }
postgres_psql() { { echo "superuser: psql $*${PGOPTIONS+, $PGOPTIONS}"; sed 's/^/    /'; } >&3; }
rebuild_as() {
    echo "login: $*" >&3
    case $2 in
        -l) printf '%s\n' '; Archive' '2; 3079 16385 EXTENSION - pg_buffercache ' '9; 0 0 COMMENT - EXTENSION pg_buffercache ' \
            '11; 6104 16400 PUBLICATION - upgrade postgres' '12; 6106 16401 PUBLICATION TABLE public upgrade users postgres' \
            '13; 3466 16402 EVENT TRIGGER - remember postgres' '14; 0 0 COMMENT public TABLE EXTENSION synapse' \
            '220; 1259 16390 TABLE public users synapse' ;;
        --no-owner) sed 's/^/    /' "$SPOOL/list" >&3 ;;
    esac
    [ "$1" != "$broken" ]
}
fail() { echo "failed: $*"; return 1; }
chmod() { :; }
chown() { :; }
rm() { echo "rm $*"; }
nproc() { echo 2; }
exec 3>&1
rebuild_STAGE || echo "status $?"
"#;

fn loaded(owner: &str, broken: &str) -> String {
    ran("load", owner, broken)
}

fn ran(stage: &str, owner: &str, broken: &str) -> String {
    let directory = tempfile::tempdir().unwrap();
    for name in ["check.sql", "raise.sql"] {
        std::fs::write(directory.path().join(name), "").unwrap();
    }
    let kept = directory.path().to_str().unwrap();
    let spool = directory.path().join("spool");
    std::fs::create_dir(&spool).unwrap();
    let spool = spool.to_str().unwrap();
    let shell = SHELL.concat().replace("/var/lib/matrixform/rebuild", kept);
    let shell = shell.replace(SPOOL, spool);
    let script = format!("set -eu\nowner={owner} broken={broken} SPOOL={spool}\n{shell}\n{RECORD}")
        .replace("rebuild_STAGE", &format!("rebuild_{stage}"));
    let ran = Command::new("sh").args(["-c", &script]).output().unwrap();
    assert!(ran.stderr.is_empty(), "{}", String::from_utf8_lossy(&ran.stderr));
    String::from_utf8(ran.stdout).unwrap().replace(spool, SPOOL)
}

/// The databases that the superuser connects to, besides its own, with the statements.
fn inside(said: &str) -> Vec<&str> {
    let calls = said.split("superuser: psql 17/main").skip(1);
    calls.filter(|call| call.starts_with(" -d ")).collect()
}

#[test]
fn a_dump_is_executed_by_a_login_of_its_own() {
    let said = loaded("synapse", "none");
    insta::assert_snapshot!(said);
    // The superuser is in the database once, when nobody else can be, and gives everything away.
    let inside = inside(&said);
    assert_eq!(inside.len(), 1, "{said}");
    for line in inside[0].lines().filter_map(|line| line.strip_prefix("    ")) {
        let known = ["BEGIN;", "REASSIGN OWNED ", "DROP OWNED ", "DROP ROLE ", "COMMIT;"];
        assert!(known.iter().any(|begin| line.starts_with(begin)), "{line}");
    }
}

#[test]
fn nothing_stays_of_a_dump_that_is_refused() {
    for program in ["pg_restore", "psql"] {
        let said = loaded("synapse", program);
        assert!(!said.contains("reached") && said.ends_with("status 1\n"), "{said}");
        assert!(inside(&said).is_empty(), "{said}");
        let last = said.rfind("superuser: ").unwrap();
        let said = said.split_at(last).1;
        assert!(said.contains("DROP DATABASE IF EXISTS") && said.contains("DROP ROLE"), "{said}");
    }
}

/// A spec may give the database's owner the name of Synapse's system user.
#[test]
fn the_owner_is_neither_created_nor_dropped() {
    let said = loaded("matrix-synapse", "none");
    insta::assert_snapshot!(said);
    assert!(inside(&said).is_empty(), "{said}");
}

#[test]
fn a_login_that_is_shut_out_is_known_before_the_fetch() {
    let good = ran("try", "synapse", "none");
    assert!(good.contains("login: psql") && !good.contains("status"), "{good}");
    let bad = ran("try", "synapse", "psql");
    assert!(bad.contains("failed: the role matrix-synapse cannot log in"), "{bad}");
    for said in [good, bad] {
        let after = said.split_once("login: psql").unwrap().1;
        assert!(after.contains("DROP DATABASE IF EXISTS") && after.contains("DROP ROLE"), "{said}");
    }
}
