//! Requests as shell text. Arguments are quoted, so any byte but NUL is safe; secrets are never passed as
//! arguments.

use crate::diagnostic::quote;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::Write;

/// The line that ends a here-document; base64 never contains an underscore.
const HERE: &str = "MF_END";

/// The shell's exit status on a host that cannot unpack a request.
pub const CANNOT_UNPACK: u32 = 72;

/// Formats a call of a shell function.
pub fn call(function: &str, args: &[&str]) -> String {
    let mut text = function.to_owned();
    for arg in args {
        text.push(' ');
        text.push_str(&quote(arg));
    }
    text
}

/// Formats a command that passes `input` (encoded) to a call on its standard input. It runs completely or not at all:
/// in truncated text, the shell would run a shorter word, or a call with half of its input, but never an unclosed brace
/// group.
pub fn with_input(call: &str, input: Option<&[u8]>) -> String {
    match input {
        None => format!("{{ {call} </dev/null\n}}"),
        Some(bytes) => format!("{{ {call} <<'{HERE}'\n{}{HERE}\n}}", lines(bytes)),
    }
}

/// Formats a script as compressed shell code that sets `variable` to it and runs it.
pub fn packed(variable: &str, script: &str) -> String {
    format!("{}\neval \"${variable}\"\n", unpacking(variable, &pack(script)))
}

/// Compresses a script into one word that needs no quotes.
pub fn pack(script: &str) -> String {
    STANDARD.encode(gzip(script.as_bytes()))
}

/// Formats a command without quotes that sets `variable` to the unpacked script. A host that cannot unpack it ends the
/// shell, which would otherwise wait for more input while this side waits for an answer.
pub fn unpacking(variable: &str, packed: &str) -> String {
    format!("{variable}=$(printf %s {packed} | base64 -d | gzip -dc) || exit {CANNOT_UNPACK}")
}

/// Encodes in base64 lines: some shells read here-documents line by line.
fn lines(bytes: &[u8]) -> String {
    let encoded = STANDARD.encode(bytes);
    let mut text = String::with_capacity(encoded.len() + encoded.len() / 76 + 1);
    for line in encoded.as_bytes().chunks(1024) {
        text.push_str(&String::from_utf8_lossy(line));
        text.push('\n');
    }
    text
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    // Writing to a vector cannot fail.
    let _ = encoder.write_all(bytes);
    encoder.finish().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes() {
        assert_eq!(call("f", &["/etc/x", "", "it's", "a\nb"]), "f /etc/x '' 'it'\\''s' 'a\nb'");
    }

    /// Wherever the text of a step is truncated, the shells run nothing of it.
    #[test]
    fn a_truncated_request_does_not_run() {
        use std::process::{Command, Stdio};
        let text = with_input("cat - /dev/null", Some(&[b'x'; 3000])) + "\n";
        let bare = with_input("echo a\\ b.service", None) + "\n";
        for shell in [&["dash"][..], &["busybox", "sh"]] {
            for whole in [&text, &bare] {
                for until in (1..whole.len()).step_by(whole.len() / 40 + 1).chain([whole.len()]) {
                    let mut child = Command::new(shell[0])
                        .args(&shell[1..])
                        .stdin(Stdio::piped())
                        .stdout(Stdio::piped())
                        .stderr(Stdio::null())
                        .spawn()
                        .unwrap();
                    child.stdin.take().unwrap().write_all(&whole.as_bytes()[..until]).unwrap();
                    let stdout = child.wait_with_output().unwrap().stdout;
                    let runs = until >= whole.len() - 1;
                    assert_eq!(!stdout.is_empty(), runs, "{shell:?}: {until} of {}", whole.len());
                }
            }
        }
    }
}
