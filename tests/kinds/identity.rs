//! The public half of the host's signing key, derived on the host.

use crate::machine::{Machine, SHELLS};

/// The key of the Matrix specification's appendix (signing JSON): its seed and its public half.
const SEED: &str = "YJDBA9Xnr2sVqXD9Vj7XVUnmFZcZrlw8Md7kMW+3XA1";
const PUBLIC: &str = "XGX0JRS2Af3be3knz2fBiRbApjm2Dh61gXDJA8kcJNI=";

/// The output for a file with this content; `@` is the file. All arguments of programs are traced on standard error.
fn observed(shell: Machine, prepare: &str) -> String {
    let directory = tempfile::tempdir().unwrap();
    let script = format!(
        "f='{}/key'; {}
        openssl() {{ [ \"${{*#*YJDB}}\" = \"$*\" ] || echo 'the seed is a word'; command openssl \"$@\"; }}
        identity_observe \"$f\" | tr '\\0' '\\n'",
        directory.path().display(),
        prepare.replace('@', "\"$f\"")
    );
    let (output, ended) = shell.run_all(&script);
    let output = String::from_utf8(output).unwrap();
    assert!(ended, "{output}");
    output.replace(directory.path().to_str().unwrap(), "")
}

#[test]
fn the_first_key_of_a_file_is_identified_by_its_public_half() {
    let known = format!("/key\nid=a_1\npublic={PUBLIC}\n\n");
    for shell in SHELLS.map(Machine) {
        for prepare in [
            format!("printf 'ed25519 a_1 {SEED}\\n' >@"),
            format!("printf 'ed25519 a_1 {SEED}' >@"),
            format!("printf '\\n  \\ned25519  a_1 {SEED}=\\r\\n' | tr -d '\\r' >@"),
            format!("printf 'ed25519 a_1 {SEED}\\ned25519 b x\\n' >@"),
            format!("printf 'ed25519 a_1 {SEED}\\n' >@.far; ln -s key.far @"),
        ] {
            assert_eq!(observed(shell, &prepare), known, "{prepare}");
        }
    }
}

#[test]
fn invalid_key_files_are_reported() {
    for shell in SHELLS.map(Machine) {
        for (prepare, why) in [
            ("mkdir @".to_owned(), "it is not a file"),
            ("mkfifo @".to_owned(), "it is not a file"),
            ("true".to_owned(), "it is not a file"),
            (": >@".to_owned(), "its first line is not \"ed25519 ID SEED\""),
            (format!("echo 'rsa a {SEED}' >@"), "its first line is not \"ed25519 ID SEED\""),
            (
                format!("echo 'ed25519 a {SEED} more' >@"),
                "its first line is not \"ed25519 ID SEED\"",
            ),
            ("echo 'ed25519 a short' >@".to_owned(), "its first line is not \"ed25519 ID SEED\""),
            (
                format!("echo 'ed25519 a {SEED}{SEED}' >@"),
                "its first line is not \"ed25519 ID SEED\"",
            ),
            (
                format!("echo 'ed25519 a {}' >@", SEED.replace('9', "*")),
                "openssl cannot read the key",
            ),
            (
                format!("echo 'ed25519 a {SEED}' >@; command() {{ false; }}"),
                "openssl is not installed on this host",
            ),
        ] {
            assert_eq!(observed(shell, &prepare), format!("/key\nunread={why}\n\n"), "{prepare}");
        }
    }
}
