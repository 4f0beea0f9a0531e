//! Questions that fail or hang are errors, not differences; steps that hang are ended.

use crate::host::{Host, SHELLS};
use std::process::Command;
use std::time::{Duration, Instant};

const FILE: &str = "[[resource]]\nkind = \"file\"\nname = \"@/a\"\ncontent = \"x\"\n";

/// A function that replaces `stat`.
fn stat(does: &str) -> String {
    format!("stat() {{\n{does}\n}}\n")
}

#[tokio::test]
async fn a_failed_question_is_not_a_difference() {
    for shell in SHELLS {
        let limit = Duration::from_secs(90);
        let broken = stat("echo \"stat: cannot statx '/srv': Input/output error\" >&2; return 1");
        let problem = Host::with(shell, &broken, limit).look_fails(FILE).await;
        assert_eq!(problem.code, "observe/failed");
        assert!(problem.message.contains("paths_observe failed (exit status 1)"), "{problem:?}");
        assert!(
            problem.notes.iter().any(|note| note.contains("Input/output error")),
            "{problem:?}"
        );
        let gone = stat("echo 'sh: 1: systemctl: not found' >&2; return 127");
        let problem = Host::with(shell, &gone, limit).look_fails(FILE).await;
        assert_eq!(problem.message, "systemctl is not on this host");
    }
}

/// A sleep whose duration is unique on this machine, so that a search finds only its own process.
fn long_sleep(kind: u32) -> String {
    format!("sleep {}", 100_000_000 + std::process::id() * 10 + kind)
}

/// No process is left with these words.
fn assert_ended(sleep: &str) {
    let left = Command::new("pgrep").args(["-f", &format!("^{sleep}")]).output().unwrap();
    assert!(left.stdout.is_empty(), "{left:?}");
}

/// A hanging question is ended with all its children, and named; other questions are unaffected.
#[tokio::test]
async fn a_hanging_question_is_named_and_terminated() {
    for shell in SHELLS {
        let sleep = long_sleep(0);
        let mut host = Host::with(shell, &stat(&sleep), Duration::from_secs(1));
        let began = Instant::now();
        let problem = host.look_fails(FILE).await;
        assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
        assert_eq!(problem.code, "observe/hangs");
        assert!(problem.notes.iter().any(|note| note.contains("paths_observe /")), "{problem:?}");
        assert_ended(&sleep);
    }
}

/// The host answers four questions at a time. What would come after one that hangs is not asked, and not called a
/// failure.
#[tokio::test]
async fn no_question_is_asked_after_the_time_limit() {
    const HANG: [&str; 8] =
        ["hang0", "hang1", "hang2", "hang3", "hang4", "hang5", "hang6", "hang7"];
    let sleep = long_sleep(2);
    let functions: String = HANG.map(|name| format!("{name}() {{\n{sleep}\n}}\n")).concat();
    for shell in SHELLS {
        let began = Instant::now();
        let problem = Host::with(shell, &functions, Duration::from_secs(1)).ask_fails(&HANG).await;
        assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
        assert_eq!(problem.code, "observe/hangs");
        let notes = [
            "while reading: hang0",
            "hang1 failed too (exit status 143)",
            "hang2 failed too (exit status 143)",
            "hang3 failed too (exit status 143)",
        ];
        assert_eq!(problem.notes, notes);
        assert_ended(&sleep);
    }
}

/// Unless the facts are there, nothing says that the system is not supported.
#[tokio::test]
async fn facts_that_hang_are_named() {
    for shell in SHELLS {
        let record = format!("record() {{\n{}\n}}\n", long_sleep(3));
        let problem = Host::with(shell, &record, Duration::from_secs(1)).look_fails(FILE).await;
        assert_eq!(problem.code, "observe/hangs");
        assert_eq!(problem.notes, ["while reading: facts_observe"]);
    }
}

#[tokio::test]
async fn a_fifo_in_place_of_a_file_does_not_block_a_plan() {
    for shell in SHELLS {
        let mut host = Host::new(shell);
        assert!(Command::new("mkfifo").arg(host.path("a")).status().unwrap().success());
        let items = tokio::time::timeout(Duration::from_secs(60), host.plan(FILE)).await.unwrap();
        assert_eq!(items.len(), 1);
    }
}

#[tokio::test]
async fn a_hanging_step_is_terminated() {
    for shell in SHELLS {
        let sleep = long_sleep(1);
        let more = format!(
            "hangs() {{\necho begun\n{sleep}\necho ended\n}}\nworks() {{\necho works\n}}\n"
        );
        let mut host = Host::with(shell, &more, Duration::from_secs(90));
        assert!(host.plan(FILE).await.len() == 1);
        let second = Duration::from_secs(1);
        assert_eq!(host.step(second, "works").await, ("works\n".to_owned(), 0));
        assert_eq!(host.step(second, "hangs").await, ("begun\n".to_owned(), 124));
        assert_eq!(host.step(second, "works").await.1, 254, "nothing follows");
        assert_ended(&sleep);
    }
}
