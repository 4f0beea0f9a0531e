//! What changes while a switch runs: directories and files that others put in the place of its own, the clock, and the
//! end of a connection in the middle of its script.

use crate::machine::{Machine, SHELLS};
use crate::switch::run;

/// A backup comes from the directory that was entered, so nothing of another one is put back in its place.
#[test]
fn a_swapped_directory_is_not_backed_up() {
    for shell in SHELLS.map(Machine) {
        let directory = tempfile::tempdir().unwrap();
        let script = r#"mkdir d s; echo mine >d/f; echo theirs >s/f
            cp() { command mv "$at/d" "$at/gone"; ln -s "$at/s" "$at/d"; command cp "$@"; }
            switch_keep part one path "$at/d/f"; cat state/switch/0001/part-001/001.old"#;
        assert_eq!(run(shell, directory.path(), script), ("mine\n".to_owned(), true));
    }
}

/// A FIFO in place of a file does not keep the rollback waiting.
#[test]
fn a_fifo_does_not_stop_a_rollback() {
    for shell in SHELLS.map(Machine) {
        let directory = tempfile::tempdir().unwrap();
        let script = r#"echo old >f; switch_keep part one path "$at/f" || exit 1
            stat() {
                command stat "$@"
                case "$*" in *"%Y -- ./f" | *"%Y -- $at/f") rm -f "$at/f"; mkfifo "$at/f" ;; esac
            }
            mf_stopped=why; switch_end 7; command stat -c %F f; cat f"#;
        let began = std::time::Instant::now();
        let (output, _) =
            run(shell, directory.path(), &format!("( {script} ) & ended=$!; {WITHIN}"));
        assert!(output.ends_with("regular file\nold\n"), "{output}");
        assert!(began.elapsed().as_secs() < 15, "{:?}", began.elapsed());
    }
}

/// Ends what takes longer than 20 s.
const WITHIN: &str =
    "{ sleep 20; kill -KILL \"$ended\"; } >/dev/null & late=$!; wait \"$ended\"; kill \"$late\"";

/// A script that arrives incomplete does nothing at all: not its first steps either.
#[test]
fn a_truncated_script_does_nothing() {
    for shell in SHELLS.map(Machine) {
        let directory = tempfile::tempdir().unwrap();
        let script = r#"mf_library='one() { echo one; }'; mf_nonce=x
            mf_script='switch_step 1 one - 5 one
switch_step 2 one - 5 one'
            switch_text >whole; size=$(wc -c <whole); seen=0
            for less in 2 5 12 15 30; do
                (eval "$(head -c "$((size - less))" whole)") 2>/dev/null | grep -c "^x b" >count
                seen=$((seen + $(cat count)))
            done
            echo "$seen"; eval "$(cat whole)" | grep -c "^one$""#;
        assert_eq!(run(shell, directory.path(), script).0, "0\n2\n");
    }
}

/// The environment that a rollback would return to is kept until the switch has ended, whatever is built meanwhile.
#[test]
fn an_unfinished_switch_keeps_its_environment() {
    for shell in SHELLS.map(Machine) {
        let directory = tempfile::tempdir().unwrap();
        let script = r#"mkdir -p v.versions/old v.versions/cut v.versions/new v.versions/ancient; ln -s "$at/v.versions/old" v
            switch_keep part one path "$at/v" && ln -sfT "$at/v.versions/cut" v || exit 1
            venv_forget "$at/v.versions/new" "$at/v.versions/cut"; ls v.versions | tr '\n' ' '
            switch_discard; venv_forget "$at/v.versions/new" "$at/v.versions/cut"; ls v.versions | tr '\n' ' '"#;
        assert_eq!(run(shell, directory.path(), script).0, "cut new old cut new ");
    }
}

/// A clock that is set forward leaves as much time as before.
#[test]
fn time_limits_do_not_depend_on_the_clock() {
    for shell in SHELLS.map(Machine) {
        let directory = tempfile::tempdir().unwrap();
        let script = r"echo 0 >now
            date() { read -r now <now; echo $((now + 86400)) >now; echo $((now + 86400)); }
            printf '%s' '[ -e later ] || { : >later; false; }' | base64 | health_await one 20; echo $?
            rm later; mf_told=; switch_check_health '[ -e later ] || { : >later; false; }' none; echo $?";
        let (output, _) = run(shell, directory.path(), script);
        assert_eq!(output, "0\nhealthy on the old files:\n0\n");
    }
}
