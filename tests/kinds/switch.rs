//! The journal of a switch, in real shells: everything replaced, created or purged is restored.

use crate::machine::{Machine, SHELLS};
use std::path::Path;

/// Runs a script with the whole library, starting in `root`, which has /var/lib/matrixform below it.
pub(crate) fn run(shell: Machine, root: &Path, script: &str) -> (String, bool) {
    let script = format!(
        "at='{0}'; cd \"$at\" && mkdir -p state run || exit 99\n{script}\n",
        root.display()
    );
    let (output, ok) = shell.run_with(library(root), &script);
    (String::from_utf8(output).unwrap(), ok)
}

/// The whole library, with its directories below `root`, on a host without systemd.
fn library(root: &Path) -> String {
    let below = |name: &str| root.join(name).display().to_string();
    let library = matrixform::for_tests::run::library();
    let library = library.replace("/var/lib/matrixform", &below("state"));
    library.replace("/run/matrixform", &below("run")).replace("/run/systemd/system", &below("none"))
}

/// The state that the trials change. `look` prints all of it that matters.
const BEFORE: &str = r#"
    printf 'old\n' >file; chmod 640 file; chown nobody file; printf 'x' >"a b"; ln -s file link; mkdir -m 0711 directory
    printf 'mine\n' >directory/kept.conf; printf 'stray\n' >directory/stray.conf
    look() { find file "a b" link directory new deep fresh 2>/dev/null | sort | while IFS= read -r it; do
        stat -c '%n %F %U %a' "$it"; [ ! -f "$it" ] || cat "$it"; [ ! -L "$it" ] || readlink "$it"; done; }
    keep() { switch_keep part one path "$at/file" path "$at/a b" path "$at/link" part two path "$at/directory" \
        path "$at/new" path "$at/fresh" path "$at/fresh/in"; }
    change() {
        (printf bmV3Cg== | file_write "$at/file" root root 0600) && (printf bmV3Cg== | file_write "$at/a b" root root 0600) &&
        (symlink_write "$at/link" /nowhere) && (directory_make "$at/directory" nobody nogroup 0750) &&
        (directory_purge "$at/directory" stray.conf) && (printf bmV3Cg== | file_write "$at/new" root root 0600) &&
        (directory_make "$at/fresh" root root 0755) && (printf bmV3Cg== | file_write "$at/fresh/in" root root 0600)
    }
    mf_in_switch=yes; look >before
"#;

#[test]
fn everything_is_restored_and_the_journal_removed() {
    for shell in SHELLS.map(Machine) {
        let directory = tempfile::tempdir().unwrap();
        let script = format!(
            "{BEFORE} keep && change && look >after && ! cmp -s before after || exit 1
            mf_stopped='writing it'; switch_end 7; look >again; cmp before again || exit 2; ls -A state/switch"
        );
        let (output, ok) = run(shell, directory.path(), &script);
        assert!(ok, "{output}");
        assert!(output.contains(" e 7 4\n"), "status 4: {output}");
        let ended = std::fs::read_to_string(directory.path().join("state/switch.ended")).unwrap();
        assert!(ended.starts_with("4\n") && ended.ends_with("\nwriting it\n"), "{ended}");
    }
}

/// A second run may fail as well: the state before the first one is restored.
#[test]
fn an_interrupted_run_and_its_successor_roll_back_together() {
    for shell in SHELLS.map(Machine) {
        let directory = tempfile::tempdir().unwrap();
        let script = format!(
            "{BEFORE} keep && change || exit 1
            keep && (printf bmV4dAo= | file_write \"$at/file\" root root 0600) || exit 2
            mf_stopped=x; switch_end 7 >/dev/null; look >again; cmp before again && ls -A state/switch"
        );
        let (output, ok) = run(shell, directory.path(), &script);
        assert!(ok && output.trim().is_empty(), "{output}");
    }
}

#[test]
fn unchanged_switches_exit_1_and_accepted_ones_are_dropped() {
    for shell in SHELLS.map(Machine) {
        let directory = tempfile::tempdir().unwrap();
        let script =
            format!("{BEFORE} keep || exit 1; mf_stopped=x; switch_end 7; ls -A state/switch");
        let (output, ok) = run(shell, directory.path(), &script);
        assert!(ok && output.contains(" e 7 1\n"), "{output}");
        let directory = tempfile::tempdir().unwrap();
        let script = format!(
            "{BEFORE} keep && change && switch_learn one 'health of one' && switch_end 7
            ls -A state/switch; cat state/health/one; cat file"
        );
        let (output, ok) = run(shell, directory.path(), &script);
        assert!(
            ok && output.contains(" e 7 0\n") && output.ends_with("health of one\nnew\n"),
            "{output}"
        );
    }
}

/// If the journal cannot be written, the switch does not begin and leaves nothing behind.
#[test]
fn a_failed_journal_leaves_nothing_behind() {
    for shell in SHELLS.map(Machine) {
        let directory = tempfile::tempdir().unwrap();
        let script = format!("{BEFORE} cp() {{ return 1; }}; ! keep || exit 1; ls -A state/switch");
        let (output, ok) = run(shell, directory.path(), &script);
        assert!(ok && output.trim() == "could not back up what would be replaced", "{output}");
    }
}

/// A file that cannot be restored is reported with what is there instead, and its copy is kept.
#[test]
fn copies_of_unrestorable_files_are_kept() {
    for shell in SHELLS.map(Machine) {
        let directory = tempfile::tempdir().unwrap();
        let script = format!(
            "{BEFORE} keep && change && rm file && mkdir file || exit 1
            mf_stopped=x; switch_end 7; cat state/switch/0001/part-001/001.old"
        );
        let (output, ok) = run(shell, directory.path(), &script);
        assert!(ok && output.contains(" e 7 3\n") && output.ends_with("old\n"), "{output}");
        assert!(output.contains("could not restore"), "{output}");
    }
}

/// A dead unit reports nothing any more, so the guard that rolls its switch back records that for the next run.
#[test]
fn rollbacks_of_the_guard_are_recorded_for_the_next_run() {
    for shell in SHELLS.map(Machine) {
        let directory = tempfile::tempdir().unwrap();
        let script = format!(
            "{BEFORE} keep && change || exit 1; mf_lost=run/lost
            switch_start() {{ echo killed; return 137; }}; unit_at_work() {{ false; }}
            printf 'dHJ1ZQ==' | guard 7; look >again; cmp before again; ls -A state/switch"
        );
        let (output, ok) = run(shell, directory.path(), &script);
        assert!(ok && output.contains("did not run to its end\nkilled\n"), "{output}");
        assert!(output.ends_with(" e 7 4\n"), "{output}");
        let ended = std::fs::read_to_string(directory.path().join("state/switch.ended")).unwrap();
        assert!(ended.starts_with("4\n") && ended.contains("did not run to its end"), "{ended}");
    }
}

/// Runs `guard` for a script of one step and its end, after `given`.
fn guarded(shell: Machine, root: &Path, given: &str) -> (String, bool) {
    let script = format!(
        r#"{BEFORE} mf_lost=run/lost mf_library=$(cat library)
        mf_script="at='$at'; cd '$at'
            switch_step 6 'writing it' - 60 file_write '$at/file' root root 0600 <<'END'
bmV3Cg==
END
            switch_end 7"
        keep || exit 1
        {given}
        printf %s "$mf_script" | base64 | guard 7; cat file; ls -A state/switch"#
    );
    std::fs::write(root.join("library"), library(root)).unwrap();
    run(shell, root, &script)
}

#[test]
fn an_accepted_switch_stays_if_its_outcome_cannot_be_written() {
    for shell in SHELLS.map(Machine) {
        let directory = tempfile::tempdir().unwrap();
        let given = r#"mf_library="$mf_library
switch_note() { :; }""#;
        let (output, ok) = guarded(shell, directory.path(), given);
        assert!(ok && output.ends_with(" e 7 0\nnew\n"), "{output}");
    }
}

/// The program that waits for the unit may end first, such as when systemd's bus is restarted: the unit goes on.
#[test]
fn a_unit_outlives_the_program_that_waits_for_it() {
    for shell in SHELLS.map(Machine) {
        let directory = tempfile::tempdir().unwrap();
        let given = r#"unit_at_work() { [ ! -s "$mf_switch_file.status" ]; }
            switch_start() {
                text=$(switch_text)
                (sleep 1; eval "$text" >>"$mf_switch_file.log" 2>&1) </dev/null >/dev/null 2>&1 &
                return 1
            }"#;
        let (output, ok) = guarded(shell, directory.path(), given);
        assert!(
            ok && output.ends_with(" e 7 0\nnew\n") && !output.contains("to its end"),
            "{output}"
        );
    }
}

/// The next run tests what is in use, and removes the copies.
#[test]
fn a_switch_that_cannot_be_accepted_keeps_its_journal() {
    for shell in SHELLS.map(Machine) {
        let directory = tempfile::tempdir().unwrap();
        let given = r#"mf_library="$mf_library
switch_discard() { echo the disk is read-only; return 1; }""#;
        let (output, ok) = guarded(shell, directory.path(), given);
        assert!(ok && output.ends_with(" e 7 9\nnew\n0001\n"), "{output}");
        assert!(output.contains("the disk is read-only"), "{output}");
        assert!(!directory.path().join("state/switch.ended").exists(), "no step failed");
    }
}

/// The program of a health check may be missing: that is reported at once, and not mistaken for an unhealthy service.
#[test]
fn a_missing_program_causes_no_wait() {
    for shell in SHELLS.map(Machine) {
        let directory = tempfile::tempdir().unwrap();
        let began = std::time::Instant::now();
        let script = "printf 'no_such_program /x' | base64 | health_await one 60";
        let (output, ok) = run(shell, directory.path(), script);
        assert!(!ok && began.elapsed().as_secs() < 20, "{output}");
        assert!(output.contains("no_such_program: not found"), "{output}");
        assert!(output.contains("cannot tell whether one is healthy"), "{output}");
    }
}

/// A hanging attempt does not use up the wait: the next one may succeed. Its output so far is shown.
#[test]
fn a_hanging_attempt_is_retried() {
    for shell in SHELLS.map(Machine) {
        let directory = tempfile::tempdir().unwrap();
        let began = std::time::Instant::now();
        let await_it = |conditions: &str| {
            let script = format!(
                "printf %s \"{conditions}\" | base64 | health_await one 12; echo \"status $?\""
            );
            run(shell, directory.path(), &script).0
        };
        let hangs = "echo why; sleep 300";
        let once =
            await_it(&format!("echo >>asked; [ \\$(wc -l <asked) -gt 1 ] || {{ {hangs}; }}"));
        assert_eq!(once, "status 0\n");
        assert!(began.elapsed().as_secs() < 30, "{:?}", began.elapsed());
        let always = await_it(hangs);
        assert_eq!(always, "not healthy after 12 s\nwhy\nno answer within 6 s\nstatus 1\n");
        assert!(began.elapsed().as_secs() < 60, "{:?}", began.elapsed());
    }
}

/// A condition that was begun runs once, and what it says is shown; if it failed, it is asked again. Without one that this run
/// began, it runs on the spot: what another run left, or what was begun before a rollback, proves nothing.
#[test]
fn a_condition_already_started_is_awaited() {
    for shell in SHELLS.map(Machine) {
        let directory = tempfile::tempdir().unwrap();
        let asked = |begin: &str, command: &str| {
            let script = format!(
                r"rm -f asked free; mkfifo free
                {begin} || exit 1
                printf %s 'health_early '\''{command}'\''' | base64 | health_await one 12; echo status $?
                tr -d '\n' <asked; find run/early -type f 2>/dev/null"
            );
            run(shell, directory.path(), &script).0
        };
        let begin = |command: &str| format!("health_begin '{command}'");
        // It is still at work when its result is needed.
        let slow = "echo x >>asked; read -r word <free";
        let freed = format!("{{ {}; {{ sleep 0.5; echo go >free; }} & }}", begin(slow));
        assert_eq!(asked(&freed, slow), "status 0\nx");
        let twice = "echo x >>asked; [ $(wc -l <asked) -gt 1 ]";
        assert_eq!(asked(&begin(twice), twice), "status 0\nxx");
        let once = "echo x >>asked";
        assert_eq!(asked(":", once), "status 0\nx");
        // Ended in the middle.
        let held = "echo x >>asked; [ -e now ] || exec sleep 300";
        let killed = format!(
            "{{ {}; until [ -s asked ]; do sleep 0.1; done; kill -s KILL $(family \"$!\"); : >now; }}",
            begin(held)
        );
        assert_eq!(asked(&killed, held), "status 0\nxx");
        // What it began before it took the lock is that of another run.
        let other = format!("{{ {}; wait; rm -rf -- \"$mf_early\"; }}", begin(once));
        assert_eq!(asked(&other, once), "status 0\nxx");
        let undone = format!("{{ {}; wait; (switch_undo); [ $? = 1 ]; }}", begin(once));
        assert_eq!(asked(&undone, once), "status 0\nxx");
    }
}

/// All hanging processes are ended, however slowly: a remaining one would keep the output open.
#[test]
fn a_hanging_attempt_is_terminated_with_all_children() {
    const SLOW: &str = r#"kill() {
        case "$1 $2" in
            '-s KILL') shift 2; for one do command kill -s KILL "$one"; sleep 0.3; done ;;
            *) command kill "$@" ;;
        esac
    }"#;
    for shell in SHELLS.map(Machine) {
        let directory = tempfile::tempdir().unwrap();
        let began = std::time::Instant::now();
        let script = format!("{SLOW}; health_ask 1 'echo why; sleep 120; :' | cat; echo ended");
        assert_eq!(run(shell, directory.path(), &script).0, "why\nno answer within 1 s\nended\n");
        assert!(began.elapsed().as_secs() < 60, "{:?}", began.elapsed());
    }
}

/// The basis of a rollback: `asked` counts the checks, and the unit's record is printed at the end. The limits are
/// those of a host, shortened.
const JUDGED: &str = r#"
    mkdir -p state/services state/health; echo 'invocation digest' >state/services/x.service; mf_told=' x.service'
    service_settled() { [ ! -f down ]; }; mf_health_seconds=6 mf_ill_seconds=2
    judge() { began=$(date +%s); switch_check_health "$1" "$at/ill"; echo "status $? after $(($(date +%s) - began)) s"; cat state/services/x.service; }
"#;

fn judged(shell: Machine, script: &str) -> String {
    let directory = tempfile::tempdir().unwrap();
    let (output, ok) = run(shell, directory.path(), &format!("{JUDGED}{script}"));
    assert!(ok, "{output}");
    output
}

/// Having been unhealthy before is the last excuse to be used, and the next plan reports it.
#[test]
fn earlier_failures_excuse_a_rollback_only_at_the_end() {
    for shell in SHELLS.map(Machine) {
        let output = judged(shell, "echo why >ill; judge 'echo why; false'");
        let expected = "not healthy before either: x.service\nstatus 0 after ";
        assert!(output.contains(expected) && !output.contains("after 0 s"), "{output}");
        assert!(output.ends_with("invocation unhealthy\n"), "{output}");
        let heals = "echo why >ill; judge 'echo why; echo >>asked; [ $(wc -l <asked) -gt 3 ]'";
        let output = judged(shell, heals);
        assert!(output.starts_with("healthy on the old files: x.service\nstatus 0 "), "{output}");
        assert!(output.ends_with("invocation digest\n"), "{output}");
        for script in ["echo why >ill; judge false", "echo >ill; judge 'echo why; false'"] {
            let output = judged(shell, script);
            assert!(
                output.contains("not healthy on the old files: x.service\nstatus 1 "),
                "{output}"
            );
            assert!(output.ends_with("invocation unhealthy\n"), "{output}");
        }
    }
}

#[test]
fn unchecked_services_are_checked_by_the_next_plan() {
    for shell in SHELLS.map(Machine) {
        let output = judged(shell, "judge '/bin/sh -c \"no_such_program /x\"'");
        let expected = "not checked because no_such_program is missing: x.service\nstatus 0 after ";
        assert!(output.contains(expected) && !output.contains("healthy"), "{output}");
        assert!(output.ends_with("invocation digest pending\n"), "{output}");
        let output = judged(shell, "touch down; judge 'no_such_program /x'");
        assert!(output.contains("down: x.service\nstatus 1 after "), "{output}");
        // A condition may exit like this, too.
        let output = judged(shell, "judge 'echo sh: ls: not found; exit 127'");
        assert!(output.contains("not healthy on the old files: x.service\nstatus 1 "), "{output}");
    }
}

/// One failed check before a switch does not excuse a failed rollback, nor does one without output.
#[test]
fn only_repeated_failures_count_as_earlier_ones() {
    for shell in SHELLS.map(Machine) {
        let look = |conditions: &str| {
            let script = format!(
                "printf '%s\\n' '{conditions}' >state/health/one
                mkdir -p run/ill; echo of an earlier run >run/ill/one; switch_look one; cat run/ill/one 2>/dev/null; wc -l <asked"
            );
            judged(shell, &script)
        };
        assert_eq!(look("echo >>asked; echo why; false"), "why\n3\n");
        assert_eq!(look("echo >>asked; echo why; [ $(wc -l <asked) -gt 1 ]"), "2\n");
        assert_eq!(look("echo >>asked; false"), "3\n");
        assert_eq!(look("echo >>asked; no_such_program"), "1\n");
    }
}

/// A health check may hang, with a child that holds the output open and ignores signals.
#[test]
fn a_hanging_health_check_is_terminated() {
    for shell in SHELLS.map(Machine) {
        let began = std::time::Instant::now();
        let script = "output=$(health_ask 1 \"trap '' TERM; /bin/sh -c 'sleep 300; :'; :\"); echo \"$? $output\"";
        let output = judged(shell, script);
        assert_eq!(output, "124 no answer within 1 s\n");
        assert!(began.elapsed().as_secs() < 60);
        let quick = "output=$(health_ask 300 'echo fine; exit 3'); echo \"$? $output\"";
        assert_eq!(judged(shell, quick), "3 fine\n");
        assert!(began.elapsed().as_secs() < 90);
    }
}

/// A shell with a truncated script succeeds, and so does a stopped unit: neither means that the check passed.
#[test]
fn an_interrupted_check_has_not_passed() {
    const INSIDE: &str = "unshare() { shift 2; \"$@\"; }; mf_stage=$at mf_unit_paths=''
        all=\"mf_stage='$at'; stage_each() { :; }\"; word() { mf_all=$1; shift; stage_inside \"$@\"; echo $?; }";
    let cut = "the check was stopped before it had passed\n";
    for shell in SHELLS.map(Machine) {
        let stage = |main: &str| {
            let script = format!(
                "{INSIDE}\nmf_library=\"mf_checked='$at/run/checked'; stage_main() {{ {main}; }}\"
                printf : | base64 | activation_stage; echo $?; ls run"
            );
            judged(shell, &script)
        };
        assert_eq!(stage("exit 0"), format!("{cut}1\n"));
        assert_eq!(stage("echo no; exit 3"), "no\n3\n");
        assert_eq!(stage(r": >\$mf_checked; exit"), "0\n");
        let script = format!(
            "{INSIDE}\nword \"$all\" echo it; word \"$all; exit 0\" echo it; word \"$all\" sh -c 'exit 7'"
        );
        assert_eq!(judged(shell, &script), format!("it\n0\n{cut}125\n7\n"));
    }
}
