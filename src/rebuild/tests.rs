//! Who executes what while a dump is restored, with PostgreSQL replaced by a record of its callers.

use super::SHELL;
use std::process::Command;

const SPOOL: &str = "/var/spool/matrixform-rebuild";

/// Calls of the superuser with its statements, and of the login.
const RECORD: &str = r#"
rebuild_value() { case $1 in cluster) echo 17/main ;; user) echo matrix-synapse ;; owner) echo "$owner" ;; esac; }
rebuild_reached() { echo "reached $1"; }
postgres_psql() { { echo "superuser: psql $*${PGOPTIONS+, $PGOPTIONS}"; sed 's/^/    /'; } >&3; }
rebuild_as() (
    echo "login: $*" >&3
    case $2 in
        -l) printf '%s\n' '; Archive' '2; 3079 16385 EXTENSION - pg_buffercache ' '9; 0 0 COMMENT - EXTENSION pg_buffercache ' \
            '11; 6104 16400 PUBLICATION - upgrade postgres' '12; 6106 16401 PUBLICATION TABLE public upgrade users postgres' \
            '13; 3466 16402 EVENT TRIGGER - remember postgres' '14; 0 0 COMMENT public TABLE EXTENSION synapse' \
            '220; 1259 16390 TABLE public users synapse' '230; 1259 16395 VIEW public alike synapse' '231; 0 0 COMMENT public VIEW alike synapse' \
            '232; 1255 16396 FUNCTION public tell() synapse' '233; 1259 16397 INDEX public users_name synapse' \
            '234; 3256 16398 POLICY public users own synapse' '235; 2606 16399 CONSTRAINT public users users_pkey synapse' \
            '236; 0 16390 TABLE DATA public users synapse' ;;
        --verbose) part "$*" ;;
    esac
    [ "$1" != "$broken" ]
)
# As pg_restore reports the entries of `failing`.
part() {
    case $1 in *pre-data*) sed 's/^/    /' "$SPOOL/list" >&3 ;; *) return 0 ;; esac
    [ -n "$failing" ] || return 0
    broken=pg_restore
    sed '/^;/d' "$SPOOL/list" | while IFS= read -r entry; do
        case " $failing " in *" ${entry%%;*} "*) ;; *) continue ;; esac
        printf '%s\n' 'pg_restore: while PROCESSING TOC:' "pg_restore: from TOC entry $entry" \
            "pg_restore: error: could not execute query: ERROR:  $why" 'Command was: CREATE …' >&2
    done
    echo "pg_restore: warning: errors ignored on restore: 1" >&2
}
rebuild_apart() { sed 's/^/-- /' "$SPOOL/indexes"; echo "$statement"; }
fail() { echo "failed: $*"; return 1; }
unwritten() { fail "unwritten $*"; }
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
    ran_with(stage, owner, broken, ["", "", ""]).0
}

const WHY: &str = "function similarity(text, text) does not exist";

/// What was called, and what was noted, if these entries of the dump cannot be created; the statement of the last index.
fn failing(entries: &str, statement: &str, why: &str) -> (String, String) {
    ran_with("load", "synapse", "none", [entries, statement, why])
}

fn ran_with(
    stage: &str,
    owner: &str,
    broken: &str,
    [failing, statement, why]: [&str; 3],
) -> (String, String) {
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
    let script = format!(
        "set -eu\nowner={owner} broken={broken} failing='{failing}' statement='{statement}' why='{why}' SPOOL={spool}\n{shell}\n{RECORD}"
    )
    .replace("rebuild_STAGE", &format!("rebuild_{stage}"));
    let ran = Command::new("sh").args(["-c", &script]).output().unwrap();
    assert!(ran.stderr.is_empty(), "{}", String::from_utf8_lossy(&ran.stderr));
    let notes = std::fs::read_to_string(directory.path().join("notes-database"));
    (String::from_utf8(ran.stdout).unwrap().replace(spool, SPOOL), notes.unwrap_or_default())
}

/// The databases that the superuser connects to, besides its own, with the statements.
fn inside(output: &str) -> Vec<&str> {
    let calls = output.split("superuser: psql 17/main").skip(1);
    calls.filter(|call| call.starts_with(" -d ")).collect()
}

#[test]
fn a_dump_is_executed_by_a_login_of_its_own() {
    let output = loaded("synapse", "none");
    insta::assert_snapshot!(output);
    // The superuser is in the database once, when nobody else can be, and gives everything away.
    let inside = inside(&output);
    assert_eq!(inside.len(), 1, "{output}");
    for line in inside[0].lines().filter_map(|line| line.strip_prefix("    ")) {
        let known = ["BEGIN;", "REASSIGN OWNED ", "DROP OWNED ", "DROP ROLE ", "COMMIT;"];
        assert!(known.iter().any(|begin| line.starts_with(begin)), "{line}");
    }
}

#[test]
fn nothing_stays_of_a_dump_that_is_refused() {
    for program in ["pg_restore", "psql"] {
        let output = loaded("synapse", program);
        assert!(!output.contains("reached") && output.ends_with("status 1\n"), "{output}");
        assert!(inside(&output).is_empty(), "{output}");
        let last = output.rfind("superuser: ").unwrap();
        let output = output.split_at(last).1;
        assert!(
            output.contains("DROP DATABASE IF EXISTS") && output.contains("DROP ROLE"),
            "{output}"
        );
    }
}

#[test]
fn what_holds_no_data_is_left_out_and_noted() {
    let (output, notes) = failing("230 231 232 233 234", "CREATE INDEX users_name ON users", WHY);
    assert!(
        output.ends_with("reached loaded\nrm -rf -- /var/spool/matrixform-rebuild\n"),
        "{output}"
    );
    assert!(output.contains("--section=data"), "{output}");
    for left in ["VIEW public alike", "FUNCTION public tell()", "INDEX public users_name"] {
        let line = format!("left {left}: {WHY}\n");
        assert!(notes.contains(&line), "{left}: {notes}");
    }
    assert!(notes.contains("left POLICY public users own: "), "{notes}");
    // What only the superuser may create is left out before that.
    assert!(notes.contains("left EXTENSION pg_buffercache\n"), "{notes}");
    assert!(!notes.contains("COMMENT"), "{notes}");
}

#[test]
fn without_its_data_nothing_is_restored() {
    let unique = "CREATE UNIQUE INDEX users_name ON users";
    for (entries, statement, named) in [
        ("230 220", "", "TABLE public users: function similarity(text, text) does not exist"),
        ("235", "", "CONSTRAINT public users users_pkey: "),
        ("236", "", "TABLE DATA public users: "),
        ("233 230", unique, unique),
    ] {
        let (output, _) = failing(entries, statement, WHY);
        assert!(output.contains(named) && output.ends_with("status 1\n"), "{named}: {output}");
        assert!(!output.contains("--section=data") && !output.contains("reached"), "{output}");
    }
    // What may be over at the next attempt is no reason to leave anything out.
    for why in [
        "could not extend file \"base/1\": No space left on device",
        "temporary file size exceeds \"temp_file_limit\" (1000kB)",
        "deadlock detected",
        "konnte Datei »base/1« nicht erweitern",
    ] {
        let (output, _) = failing("233", "", why);
        let is_failed = output.contains(why) && output.ends_with("status 1\n");
        assert!(is_failed && !output.contains("reached"), "{output}");
    }
}

/// A spec may give the database's owner the name of Synapse's system user.
#[test]
fn the_owner_is_neither_created_nor_dropped() {
    let output = loaded("matrix-synapse", "none");
    insta::assert_snapshot!(output);
    assert!(inside(&output).is_empty(), "{output}");
}

#[test]
fn a_login_that_is_shut_out_is_known_before_the_fetch() {
    let good = ran("try", "synapse", "none");
    assert!(good.contains("login: psql") && !good.contains("status"), "{good}");
    let bad = ran("try", "synapse", "psql");
    assert!(bad.contains("failed: the role matrix-synapse cannot log in"), "{bad}");
    for output in [good, bad] {
        let after = output.split_once("login: psql").unwrap().1;
        assert!(
            after.contains("DROP DATABASE IF EXISTS") && after.contains("DROP ROLE"),
            "{output}"
        );
    }
}
