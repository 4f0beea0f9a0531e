//! Values that would stop a service: its own checker refuses them before the live files are replaced (or these are
//! restored before anything reads them); it answers all the time.

use crate::whole::{Audit, Change, Host, SUITES, is_drawn, trial};
use libtest_mimic::Trial;
use std::path::Path;

/// An edit of the spec, and the checker's message.
struct Case {
    name: &'static str,
    from: &'static str,
    to: &'static str,
    says: &'static str,
    /// 1: refused before the switch; 4: after it, and rolled back.
    status: i32,
}

const STAGED: i32 = 1;
const PUT_BACK: i32 = 4;

const CASES: [Case; 6] = [
    Case {
        name: "nginx_line_of_an_own_module",
        from: "[lab]\n",
        to: "[lab]\nnginx = \"nonsense on;\"\n",
        says: "unknown directive \"nonsense\"",
        status: STAGED,
    },
    Case {
        name: "value_that_a_daemon_refuses",
        from: "[lab]\n",
        to: "[lab]\nanswer = \"many\"\n",
        says: "the answer must be a number",
        status: STAGED,
    },
    Case {
        name: "unknown_setting_of_postgres",
        from: "[postgres]\n",
        to: "[postgres]\nsettings = { no_such_setting = \"1\" }\n",
        says: "no_such_setting",
        status: STAGED,
    },
    Case {
        name: "bad_value_of_postgres",
        from: "[postgres]\n",
        to: "[postgres]\nsettings = { wal_buffers = \"plenty\" }\n",
        says: "wal_buffers",
        status: STAGED,
    },
    Case {
        name: "library_that_postgres_lacks",
        from: "[postgres]\n",
        to: "[postgres]\nsettings = { shared_preload_libraries = \"no_such_library\" }\n",
        says: "no_such_library",
        status: STAGED,
    },
    Case {
        name: "bad_value_of_synapse",
        from: "[lab]\n",
        to: "[[accept]]\nid = \"MF065\"\nreason = \"a trial\"\n\n[synapse.extra]\nmodules = [{ module = \"no.such.Module\" }]\n[lab]\n",
        says: "No module named",
        status: STAGED,
    },
];

/// The trials of this file.
pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = Vec::new();
    for suite in SUITES {
        for case in CASES.iter().filter(|case| is_drawn(suite, case.name)) {
            let name = format!("refused::{suite}::{}", case.name);
            trials.push(trial(name, suite, move |host| refused(host, case)));
        }
        // Each major version has its own wording.
        if suite != "noble-like" {
            let name = format!("refused::{suite}::unrepresentable_pg_hba_line");
            trials.push(trial(name, suite, bad_hba));
        }
    }
    trials
}

fn refused(host: &Host, case: &Case) {
    let spec = host.spec_with("bad.toml", case.from, case.to);
    is_refused(host, &spec, case.says, case.status);
    a_correct_change_applies(host);
}

/// A module's template that a user has copied and edited.
fn bad_hba(host: &Host) {
    let own = host.guest.home.path().join("modules/postgres");
    let built_in = Path::new(env!("CARGO_MANIFEST_DIR")).join("modules/postgres");
    copy(&built_in, &own);
    let template = own.join("templates/pg_hba.conf.j2");
    let text = std::fs::read_to_string(&template).expect("a template");
    std::fs::write(&template, text + "hostssl all all 256.0.0.0/8 scram-sha-256\n")
        .expect("a template");
    is_refused(host, &host.spec, "pg_hba.conf line", PUT_BACK);
    std::fs::remove_dir_all(&own).expect("removed");
    a_correct_change_applies(host);
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a directory");
    for entry in std::fs::read_dir(from).expect("a directory").flatten() {
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), to).expect("a copy");
        }
    }
}

/// Polls Synapse through nginx, and PostgreSQL, and records failures.
const POLL: &str = "rm -f /run/failures /run/asked
    systemd-run --quiet --collect --unit poll sh -c 'while :; do
        curl -skf --max-time 5 -o /dev/null --resolve matrix.example.org:443:127.0.0.1 \
            https://matrix.example.org/_matrix/client/versions || echo front >>/run/failures
        pg_isready -q || echo postgres >>/run/failures
        touch /run/asked; sleep 0.1; done'
    until [ -e /run/asked ]; do sleep 0.05; done";

fn is_refused(host: &Host, spec: &Path, says: &str, status: i32) {
    let before = Audit::of(&host.guest);
    host.guest.run(POLL);
    let ran = host.guest.on("apply", spec, &["--yes"]);
    let failures = host.guest.run(
        "rm /run/asked; until [ -e /run/asked ]; do sleep 0.05; done; systemctl stop poll; cat /run/failures 2>/dev/null; true",
    );
    assert_eq!(ran.status, status, "{ran}");
    assert!(ran.stderr.contains(says), "{says} is quoted\n{}", ran.stderr);
    assert_eq!(failures, "", "it did not answer\n{}", ran.stderr);
    let changes = before.until(&Audit::of(&host.guest));
    let stray: Vec<&Change> = changes
        .iter()
        .filter(|change| change.state && !change.what.starts_with("unit poll"))
        // The outcome is kept for the next run.
        .filter(|change| !change.what.ends_with(" /var/lib/matrixform/switch.ended"))
        .filter(|change| !change.is_note_of_the_run())
        .collect();
    assert!(stray.is_empty(), "something is left of it: {stray:#?}");
}

/// Asserts that a correct change still applies.
fn a_correct_change_applies(host: &Host) {
    host.guest.apply(&host.spec_with("good.toml", "[lab]\n", "[lab]\nanswer = \"43\"\n"));
    host.guest.apply(&host.spec);
    assert_eq!(host.planned(), Vec::<String>::new());
}
