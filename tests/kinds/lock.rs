//! The host's lock, between two runs in process groups of their own.

use crate::await_that::await_that;
use crate::machine::SHELLS;
use std::io::Write as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// A run that asks for the lock and waits for it; its output is in the file `name`.
fn waiting_for_the_lock(shell: &[&str], root: &Path, name: &str) -> Child {
    let script = format!(". ./library; mf_nonce={name}; lock_hold 1 yes 20 {name}");
    let output = std::fs::File::create(root.join(name)).unwrap();
    Command::new("setsid")
        .arg("-w")
        .args(shell)
        .args(["-c", &script])
        .current_dir(root)
        .stdin(Stdio::piped())
        .stdout(output)
        .spawn()
        .unwrap()
}

fn send(run: &mut Child, script: &str) {
    let text = format!("d {}\n{script}", script.len());
    run.stdin.as_mut().unwrap().write_all(text.as_bytes()).unwrap();
}

/// Somebody kills the run that holds the host, as the message about it says; another one waits for it. The step that was
/// running ends before the other run does anything.
#[test]
fn a_killed_run_ends_before_the_next_one_begins() {
    for shell in SHELLS {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path();
        let below = |name: &str| root.join(name).display().to_string();
        let library = matrixform::for_tests::run::library();
        let library = library.replace("/var/lib/matrixform", &below("state"));
        let library = library.replace("/run/matrixform", &below("run"));
        std::fs::write(root.join("library"), library).unwrap();
        let contents = |name: &str| std::fs::read_to_string(root.join(name)).unwrap_or_default();

        let mut first = waiting_for_the_lock(shell, root, "first");
        await_that("the first run holds the host", || contents("first").contains("first e 1 0"));
        send(&mut first, "slow() { echo x >begun; sleep 60; }\nstep 2 90 slow\n");
        await_that("its step runs", || root.join("begun").exists());
        let holder = contents("run/holder");
        let mut words = holder.split(' ');
        let (process, group) = (words.next().unwrap(), words.next().unwrap());
        let mut second = waiting_for_the_lock(shell, root, "second");
        await_that("the second run waits", || contents("second").contains("waiting for second"));

        assert!(Command::new("kill").args(["-KILL", process]).status().unwrap().success());
        await_that("the second run holds the host", || {
            let _ = first.try_wait();
            contents("second").contains("second e 1 0")
        });
        let left = Command::new("pgrep").args(["-g", group]).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&left.stdout), "", "of the first run");
        send(&mut second, "step 2 10 echo done\n");
        await_that("the second run works", || contents("second").contains("second e 2 0"));
        drop(second.stdin.take());
        second.wait().unwrap();
        first.wait().unwrap();
    }
}

/// A check may leave a process in the background, such as one that an account other than root began: it does not hold the
/// host.
#[test]
fn what_a_question_leaves_behind_does_not_hold_the_host() {
    for shell in SHELLS {
        let directory = tempfile::tempdir().unwrap();
        let library = matrixform::for_tests::run::library();
        std::fs::write(directory.path().join("library"), library).unwrap();
        let script = r#". ./library; mf_nonce=x; exec 9>>lock; flock -n 9 || exit 1
            questions() { ask 1 left; }; left() { (exec sleep 60 >/dev/null 2>&1 & echo "$!" >left); }
            ask 2 left >/dev/null; first=$(cat left)
            pack 3 questions 20 >/dev/null; kill -0 "$first" "$(cat left)" || exit 2
            exec 9>&-; flock -n lock true; echo "free $?"; kill "$first" "$(cat left)""#;
        let ran = Command::new(shell[0])
            .args(&shell[1..])
            .args(["-c", script])
            .current_dir(directory.path())
            .stderr(Stdio::inherit())
            .output()
            .unwrap();
        assert_eq!(String::from_utf8_lossy(&ran.stdout), "free 0\n", "{shell:?}");
    }
}
