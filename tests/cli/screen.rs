//! A terminal for the program, provided by `script`.

use std::io::{Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// Starts matrixform with these arguments in a home, on a terminal that echoes input (`always`) or does not (`never`)
/// unless the program changes it.
pub(crate) fn on_a_terminal(home: &Path, args: &str, echo: &str) -> Child {
    // Ctrl-C ends the program, but not the shell that wraps it.
    let program = format!("trap : INT; {} {args}", env!("CARGO_BIN_EXE_matrixform"));
    Command::new("timeout")
        .args(["--foreground", "600", "script", "--quiet", "--return", "--echo", echo])
        .args(["--command", &program, "/dev/null"])
        .env_clear()
        .envs([("HOME", home.to_str().unwrap()), ("PATH", "/usr/bin:/bin"), ("TERM", "dumb")])
        .current_dir(home)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("script: apt-get install bsdutils")
}

/// Types each answer once its question is on the screen. The terminal echoes input (`always`) or does not (`never`)
/// unless the program changes it; `meanwhile` runs before each answer. Returns the screen and the exit status.
pub(crate) fn converse(
    home: &Path,
    args: &str,
    echo: &str,
    answers: &[(&str, &[u8])],
    meanwhile: &dyn Fn(),
) -> (String, i32) {
    let mut script = on_a_terminal(home, args, echo);
    let mut screen = script.stdout.take().unwrap();
    let (mut screen_text, mut byte) = (Vec::new(), [0]);
    for (question, bytes) in answers {
        let begun = screen_text.len();
        while !String::from_utf8_lossy(&screen_text[begun..]).contains(question) {
            assert_eq!(
                screen.read(&mut byte).unwrap(),
                1,
                "{}",
                String::from_utf8_lossy(&screen_text)
            );
            screen_text.push(byte[0]);
        }
        meanwhile();
        script.stdin.as_mut().unwrap().write_all(bytes).unwrap();
    }
    screen.read_to_end(&mut screen_text).unwrap();
    let status = script.wait().unwrap().code().unwrap();
    (String::from_utf8(screen_text).unwrap().replace('\r', ""), status)
}
