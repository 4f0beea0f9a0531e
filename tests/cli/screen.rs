//! A terminal for the program: `script` gives it one.

use std::path::Path;
use std::process::{Child, Command, Stdio};

/// matrixform with these words, from a home, on a terminal that shows what is typed (`always`) or does not
/// (`never`) as long as the program does not say otherwise.
pub(crate) fn on_a_terminal(home: &Path, words: &str, echo: &str) -> Child {
    // Ctrl-C ends the program, and not what comes behind it.
    let program = format!("trap : INT; {} {words}", env!("CARGO_BIN_EXE_matrixform"));
    Command::new("timeout")
        .args(["--foreground", "120", "script", "--quiet", "--return", "--echo", echo])
        .args(["--command", &program, "/dev/null"])
        .env_clear()
        .envs([("HOME", home.to_str().unwrap()), ("PATH", "/usr/bin:/bin"), ("TERM", "dumb")])
        .current_dir(home)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("script: apt-get install bsdutils")
}
