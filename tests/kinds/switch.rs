//! The journal of a switch, under real shells: whatever was replaced, made or purged is as it was.

use crate::machine::{Machine, SHELLS};
use std::path::Path;

/// Runs a script of the whole library in which /var/lib/matrixform lies in `root`, where it starts.
fn run(shell: Machine, root: &Path, script: &str) -> (String, bool) {
    let state = format!("{}/state", root.display());
    let library = matrixform::run::library().replace("/var/lib/matrixform", &state);
    let library = library.replace("/run/matrixform", &format!("{}/run", root.display()));
    let script = format!(
        "at='{0}'; cd \"$at\" && mkdir -p state run || exit 99\n{script}\n",
        root.display()
    );
    let (said, well) = shell.run_with(library, &script);
    (String::from_utf8(said).unwrap(), well)
}

/// What the trials change. `look` says all that counts of it.
const BEFORE: &str = r#"
    printf 'old\n' >file; chmod 640 file; chown nobody file; printf 'x' >"a b"; ln -s file link; mkdir -m 0711 folder
    printf 'mine\n' >folder/kept.conf; printf 'stray\n' >folder/stray.conf
    look() { find file "a b" link folder new deep fresh 2>/dev/null | sort | while IFS= read -r it; do
        stat -c '%n %F %U %a' "$it"; [ ! -f "$it" ] || cat "$it"; [ ! -L "$it" ] || readlink "$it"; done; }
    keep() { switch_keep part one path "$at/file" path "$at/a b" path "$at/link" part two path "$at/folder" \
        path "$at/new" path "$at/fresh" path "$at/fresh/in"; }
    change() {
        (printf bmV3Cg== | file_write "$at/file" root root 0600) && (printf bmV3Cg== | file_write "$at/a b" root root 0600) &&
        (symlink_write "$at/link" /nowhere) && (directory_make "$at/folder" nobody nogroup 0750) &&
        (directory_purge "$at/folder" stray.conf) && (printf bmV3Cg== | file_write "$at/new" root root 0600) &&
        (directory_make "$at/fresh" root root 0755) && (printf bmV3Cg== | file_write "$at/fresh/in" root root 0600)
    }
    mf_in_switch=yes; look >before
"#;

#[test]
fn everything_is_put_back_and_the_journal_goes() {
    for shell in SHELLS.map(Machine) {
        let folder = tempfile::tempdir().unwrap();
        let script = format!(
            "{BEFORE} keep && change && look >after && ! cmp -s before after || exit 1
            mf_stopped='writing it'; switch_end 7; look >again; cmp before again || exit 2; ls -A state/switch"
        );
        let (said, well) = run(shell, folder.path(), &script);
        assert!(well, "{said}");
        assert!(said.contains(" e 7 4\n"), "status 4: {said}");
        let ended = std::fs::read_to_string(folder.path().join("state/switch.ended")).unwrap();
        assert!(ended.starts_with("4\n") && ended.ends_with("\nwriting it\n"), "{ended}");
    }
}

/// A second run may fail as well: what counts is what stood there before the first.
#[test]
fn a_run_that_was_cut_and_the_one_after_it_go_back_together() {
    for shell in SHELLS.map(Machine) {
        let folder = tempfile::tempdir().unwrap();
        let script = format!(
            "{BEFORE} keep && change || exit 1
            keep && (printf bmV4dAo= | file_write \"$at/file\" root root 0600) || exit 2
            mf_stopped=x; switch_end 7 >/dev/null; look >again; cmp before again && ls -A state/switch"
        );
        let (said, well) = run(shell, folder.path(), &script);
        assert!(well && said.trim().is_empty(), "{said}");
    }
}

#[test]
fn what_was_not_changed_ends_with_status_1_and_what_was_accepted_is_not_kept() {
    for shell in SHELLS.map(Machine) {
        let folder = tempfile::tempdir().unwrap();
        let script =
            format!("{BEFORE} keep || exit 1; mf_stopped=x; switch_end 7; ls -A state/switch");
        let (said, well) = run(shell, folder.path(), &script);
        assert!(well && said.contains(" e 7 1\n"), "{said}");
        let folder = tempfile::tempdir().unwrap();
        let script = format!(
            "{BEFORE} keep && change && switch_learn one 'health of one' && switch_end 7
            ls -A state/switch; cat state/health/one; cat file"
        );
        let (said, well) = run(shell, folder.path(), &script);
        assert!(
            well && said.contains(" e 7 0\n") && said.ends_with("health of one\nnew\n"),
            "{said}"
        );
    }
}

/// What cannot be kept is not begun with, and nothing is left of it.
#[test]
fn a_journal_that_cannot_be_written_is_none() {
    for shell in SHELLS.map(Machine) {
        let folder = tempfile::tempdir().unwrap();
        let script = format!("{BEFORE} cp() {{ return 1; }}; ! keep || exit 1; ls -A state/switch");
        let (said, well) = run(shell, folder.path(), &script);
        assert!(well && said.trim() == "could not keep what would be replaced", "{said}");
    }
}

/// What is in the place of a file that cannot be put back is said, and its copy stays.
#[test]
fn what_cannot_be_put_back_is_kept() {
    for shell in SHELLS.map(Machine) {
        let folder = tempfile::tempdir().unwrap();
        let script = format!(
            "{BEFORE} keep && change && rm file && mkdir file || exit 1
            mf_stopped=x; switch_end 7; cat state/switch/0001/part-001/001.old"
        );
        let (said, well) = run(shell, folder.path(), &script);
        assert!(well && said.contains(" e 7 3\n") && said.ends_with("old\n"), "{said}");
        assert!(said.contains("could not put"), "{said}");
    }
}

/// A unit that died says nothing any more: who takes its switch back keeps that for the next run.
#[test]
fn what_the_guard_takes_back_is_kept_for_the_next_run() {
    for shell in SHELLS.map(Machine) {
        let folder = tempfile::tempdir().unwrap();
        let script = format!(
            "{BEFORE} keep && change || exit 1; mf_lost=run/lost
            switch_start() {{ echo killed; return 137; }}; lock_at_work() {{ false; }}
            printf 'dHJ1ZQ==' | guard 7; look >again; cmp before again; ls -A state/switch"
        );
        let (said, well) = run(shell, folder.path(), &script);
        assert!(well && said.contains("did not run to its end\nkilled\n"), "{said}");
        assert!(said.ends_with(" e 7 4\n"), "{said}");
        let ended = std::fs::read_to_string(folder.path().join("state/switch.ended")).unwrap();
        assert!(ended.starts_with("4\n") && ended.contains("did not run to its end"), "{ended}");
    }
}

/// What asks for health may be missing itself: that is said at once, and not taken for a service that is not healthy.
#[test]
fn a_program_that_is_missing_is_not_waited_for() {
    for shell in SHELLS.map(Machine) {
        let folder = tempfile::tempdir().unwrap();
        let began = std::time::Instant::now();
        let script = "printf 'no_such_program /x' | base64 | health_await one 60";
        let (said, well) = run(shell, folder.path(), script);
        assert!(!well && began.elapsed().as_secs() < 20, "{said}");
        assert!(said.contains("no_such_program: not found"), "{said}");
        assert!(said.contains("nobody can tell whether one is healthy"), "{said}");
    }
}
