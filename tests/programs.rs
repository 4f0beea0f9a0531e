//! The programs of the repository that people run: they print their usage, and a typo starts nothing that takes minutes.

#![allow(clippy::expect_used)]

use std::path::Path;
use std::process::{Command, Output};

/// Each program, and arguments that it refuses.
const PROGRAMS: [(&str, &[&[&str]]); 7] = [
    ("benches/run", &[&["typo"], &["--typo"]]),
    ("dist/build", &[&["--typo"], &["out", "more"]]),
    ("dist/check", &[&["--typo"]]),
    ("examples/lab/demo", &[&["--typo"], &["trixi"]]),
    ("examples/lab/lab", &[&[], &["--typo"]]),
    ("tests/full", &[&[], &["--typo"], &["typo"], &["drift", "--agian"], &["repeat", "fast"]]),
    ("tests/run", &[&["--typo"], &["typo"]]),
];

fn run(program: &str, args: &[&str]) -> Output {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(program);
    Command::new(path).args(args).output().expect("it can be run")
}

#[test]
fn each_prints_its_usage() {
    for (program, _) in PROGRAMS {
        let ran = run(program, &["--help"]);
        let stdout = String::from_utf8_lossy(&ran.stdout);
        assert!(ran.status.success() && stdout.contains("usage:"), "{program}: {ran:?}");
        assert!(ran.stderr.is_empty(), "{program}: {ran:?}");
    }
}

#[test]
fn each_refuses_other_arguments() {
    for (program, refused) in PROGRAMS {
        for args in refused {
            let ran = run(program, args);
            assert!(
                [Some(2), Some(64)].contains(&ran.status.code()),
                "{program} {args:?}: {ran:?}"
            );
            assert!(ran.stdout.is_empty() && !ran.stderr.is_empty(), "{program} {args:?}: {ran:?}");
        }
    }
}
