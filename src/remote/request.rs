//! Requests as shell text. Words are quoted, so any byte but NUL passes; secrets never are words.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::Write;

/// The line that ends a here-document; base64 never holds an underscore.
const HERE: &str = "MF_END";

/// How the shell ends on a host that cannot unpack what it is sent.
pub const CANNOT_UNPACK: u32 = 72;

/// A word of the shell.
pub fn quote(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-:=@,+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

/// A call of a shell function.
pub fn call(function: &str, words: &[&str]) -> String {
    let mut text = function.to_owned();
    for word in words {
        text.push(' ');
        text.push_str(&quote(word));
    }
    text
}

/// A command that gives `input` (encoded) to a call as its standard input. It runs whole or not at
/// all: of a text that was cut the shell would run a shorter word, or a call with half of its input,
/// but not braces that nothing closes.
pub fn with_input(call: &str, input: Option<&[u8]>) -> String {
    match input {
        None => format!("{{ {call} </dev/null\n}}"),
        Some(bytes) => format!("{{ {call} <<'{HERE}'\n{}{HERE}\n}}", lines(bytes)),
    }
}

/// A script as compressed shell that sets `variable` to it and runs it.
pub fn packed(variable: &str, script: &str) -> String {
    format!("{}\neval \"${variable}\"\n", unpacking(variable, &pack(script)))
}

/// A script, compressed, as one word that needs no quotes.
pub fn pack(script: &str) -> String {
    STANDARD.encode(gzip(script.as_bytes()))
}

/// A command that sets `variable` to what was packed; there is no quote in it. A host that cannot
/// unpack it ends the shell: it would wait for more, and this side for an answer.
pub fn unpacking(variable: &str, packed: &str) -> String {
    format!("{variable}=$(printf %s {packed} | base64 -d | gzip -dc) || exit {CANNOT_UNPACK}")
}

/// Base64 in lines: some shells read here-documents line by line.
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

    /// Wherever the text of a step is cut, the shells run nothing of it.
    #[test]
    fn what_is_cut_does_not_run() {
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
                    let said = child.wait_with_output().unwrap().stdout;
                    let runs = until >= whole.len() - 1;
                    assert_eq!(!said.is_empty(), runs, "{shell:?}: {until} of {}", whole.len());
                }
            }
        }
    }
}
