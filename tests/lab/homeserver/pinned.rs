//! Third-party programs used in trials: pinned by hashes, and installed below target/ once per set of pins.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};

/// A directory below target/, rebuilt when it was made from other pins than `wanted`. Safe for concurrent trials.
pub(super) fn directory(name: &str, wanted: &str, make: impl FnOnce(&Path)) -> PathBuf {
    static ONE: Mutex<()> = Mutex::new(());
    let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let whole = directory.join("whole");
    if !std::fs::read_to_string(&whole).is_ok_and(|whole| whole == wanted) {
        let _ = std::fs::remove_dir_all(&directory);
        make(&directory);
        // Written last: an interrupted installation is repeated.
        std::fs::write(&whole, wanted).expect("a file below target/");
    }
    directory
}

/// A Python environment in this directory with the pinned requirements; without PyPI the trial fails.
pub(super) fn python(directory: &Path, requirements: &str) -> PathBuf {
    succeeds(Command::new("python3").args(["-m", "venv"]).arg(directory), "");
    let python = directory.join("bin/python");
    let mut pip = Command::new(&python);
    pip.args(["-m", "pip", "-q", "--disable-pip-version-check", "install", "--retries", "5"]);
    pip.args(["--require-hashes", "--only-binary", ":all:", "-r"]);
    succeeds(pip.arg(repository(requirements)), "");
    python
}

/// The path of a file in the repository.
pub(super) fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Runs a program, which must succeed; returns its output.
pub(super) fn succeeds(command: &mut Command, input: &str) -> String {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("python3 with venv: apt-get install python3-venv");
    child.stdin.take().expect("a pipe").write_all(input.as_bytes()).expect("it reads");
    let ran = crate::guest::Ran::of(child.wait_with_output().expect("it ends"));
    assert_eq!(ran.status, 0, "{command:?}: {ran}");
    ran.stdout
}
