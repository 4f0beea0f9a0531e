//! Tests pairs made by openssl, in every form in which people store a key.

use super::*;
use crate::diagnostic::{Place, Source};
use crate::resource::{Address, Attribute, Declared, Origin, declare};
use crate::secret::Secret;
use indexmap::IndexMap;
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;
use tempfile::TempDir;

/// Makes two pairs for each algorithm, and other forms of the first.
const MAKE: &str = r#"
set -eu
pair() {
    name=$1
    shift
    openssl genpkey "$@" -out "$name.key"
    openssl req -x509 -key "$name.key" -subj /CN=example.org -days 90 -out "$name.crt"
}
for n in 1 2; do
    pair "rsa$n" -algorithm RSA -pkeyopt rsa_keygen_bits:2048
    pair "p256$n" -algorithm EC -pkeyopt ec_paramgen_curve:P-256
    pair "p384$n" -algorithm EC -pkeyopt ec_paramgen_curve:P-384
    pair "p521$n" -algorithm EC -pkeyopt ec_paramgen_curve:P-521
    pair "ed25519$n" -algorithm ED25519
    pair "ed448$n" -algorithm ED448
done
openssl pkey -in rsa1.key -traditional -out rsa1.pkcs1
openssl pkey -in p2561.key -traditional -out p2561.sec1
{ openssl ecparam -name prime256v1; cat p2561.sec1; } >p2561.parameters
openssl ec -in p3841.key -no_public -out p3841.no_public
sed 's/$/\r/' p2561.key >p2561.crlf
cat p2561.crt p2561.key >p2561.with_certificate
openssl pkcs8 -topk8 -in p2561.key -passout pass:x -out encrypted
openssl rsa -in rsa1.key -traditional -aes128 -passout pass:x -out encrypted_old
openssl pkey -in p2561.key -pubout -out public
openssl pkey -in p2561.key -outform DER -out der
sed 's/^/ /' p2561.key >indented
head -n 2 p2561.key >cut
"#;

fn pairs() -> &'static Path {
    static MADE: OnceLock<TempDir> = OnceLock::new();
    let made = MADE.get_or_init(|| {
        let directory = tempfile::tempdir().unwrap();
        let made = Command::new("sh").args(["-c", MAKE]).current_dir(directory.path()).output();
        let made = made.unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        directory
    });
    made.path()
}

fn file(name: &str, attributes: Vec<(&str, Content)>) -> Declared {
    let place = Place::new(&Source::new("test.toml", ""), 0..0);
    let attribute =
        |content| Attribute { value: DeclaredValue::Text(content), place: place.clone() };
    let attributes = attributes.into_iter().map(|(key, content)| (key.into(), attribute(content)));
    Declared {
        address: Address::new("file", name),
        attributes: attributes.collect::<IndexMap<_, _>>(),
        needs: vec![],
        activation: None,
        effect: None,
        why: None,
        origin: Origin { module: "tls".into(), declared: place.clone(), requested: None },
    }
}

/// Returns the finding about a key and a certificate, which are files in the directory.
fn mismatch(key: &str, certificate: &str) -> Option<Diagnostic> {
    let read = |name: &str| std::fs::read(pairs().join(name)).unwrap();
    let key = Content::secret(&Secret::new("tls/front", read(key)));
    mismatch_with(key, String::from_utf8(read(certificate)).unwrap())
}

fn mismatch_with(key: Content, certificate: String) -> Option<Diagnostic> {
    let key = file("/x.key", vec![("content", key), (KEY_OF, Content::plain("/x.crt"))]);
    let certificate = file("/x.crt", vec![("content", Content::plain(certificate))]);
    let mut found = unfit_keys(&declare(vec![certificate, key]).unwrap());
    assert!(found.len() < 2, "{found:?}");
    found.pop()
}

#[test]
fn a_key_fits_its_certificate_in_every_form() {
    for (key, certificate) in [
        ("rsa1.key", "rsa1.crt"),
        ("rsa1.pkcs1", "rsa1.crt"),
        ("p2561.key", "p2561.crt"),
        ("p2561.sec1", "p2561.crt"),
        ("p2561.parameters", "p2561.crt"),
        ("p2561.crlf", "p2561.crt"),
        ("p2561.with_certificate", "p2561.crt"),
        ("p3841.key", "p3841.crt"),
        ("p3841.no_public", "p3841.crt"),
        ("p5211.key", "p5211.crt"),
        ("ed255191.key", "ed255191.crt"),
        ("ed4481.key", "ed4481.crt"),
    ] {
        assert_eq!(mismatch(key, certificate), None, "{key}");
    }
}

#[test]
fn a_key_of_another_certificate_is_refused() {
    for algorithm in ["rsa", "p256", "p384", "p521", "ed25519"] {
        let found = mismatch(&format!("{algorithm}1.key"), &format!("{algorithm}2.crt")).unwrap();
        assert!(found.message.starts_with("the secret `tls/front` is not the private key of"));
        assert!(found.message.contains("`example.org`"), "{found:?}");
        assert!(found.notes[0].contains("do not belong together"), "{algorithm}: {found:?}");
    }
    for (key, certificate, notes) in [
        ("rsa1.key", "p2561.crt", "the key is RSA 2048, the certificate's is ECDSA P-256"),
        ("p2561.sec1", "p3841.crt", "the key is ECDSA P-256, the certificate's is ECDSA P-384"),
        ("ed255191.key", "rsa1.crt", "the key is Ed25519, the certificate's is RSA 2048"),
        ("p3841.no_public", "p3842.crt", "both are ECDSA P-384"),
    ] {
        let found = mismatch(key, certificate).unwrap();
        assert!(found.notes[0].contains(notes), "{key}: {found:?}");
        assert_eq!(found.code, "certificate/key");
    }
}

#[test]
fn invalid_keys_are_reported_with_a_fix() {
    for (key, expected, help) in [
        ("encrypted", "is encrypted with a passphrase", "openssl pkey -in"),
        ("encrypted_old", "is encrypted with a passphrase", "openssl pkey -in"),
        ("public", "is a public key", "privkey.pem"),
        ("p2561.crt", "is a certificate, not a private key", "privkey.pem"),
        ("der", "is not text", "-inform DER"),
        ("indented", "line 1 is indented", "remove the spaces"),
        ("cut", "has no `-----END PRIVATE KEY-----`", "copy the whole file"),
    ] {
        let found = mismatch(key, "p2561.crt").unwrap_or_else(|| panic!("{key}"));
        assert!(found.message.starts_with("the secret `tls/front` "), "{found:?}");
        assert!(found.message.contains(expected), "{key}: {found:?}");
        assert!(found.help.as_ref().unwrap().contains(help), "{key}: {found:?}");
    }
}

/// No part of the key may appear in a message.
#[test]
fn no_part_of_a_key_is_shown() {
    for key in ["rsa1.key", "encrypted", "indented", "cut"] {
        let text = std::fs::read_to_string(pairs().join(key)).unwrap();
        let shown = format!("{:?}", mismatch(key, "p2562.crt").unwrap());
        let lines = text.lines().filter(|line| line.len() > 40);
        for line in lines {
            assert!(!shown.contains(line.trim()), "{key}: {shown}");
        }
    }
}

#[test]
fn undecidable_pairs_are_left_to_other_checks() {
    let pending = Content::secret(&Secret::pending("tls/front"));
    let certificate = std::fs::read_to_string(pairs().join("p2561.crt")).unwrap();
    assert_eq!(mismatch_with(pending, certificate), None);
    assert_eq!(mismatch_with(Content::plain("x"), "no certificate".to_owned()), None);
    // A key that is not a secret is named by its file.
    let certificate = std::fs::read_to_string(pairs().join("p2561.crt")).unwrap();
    let found = mismatch_with(Content::plain(""), certificate).unwrap();
    assert!(found.message.starts_with("/x.key is empty"), "{found:?}");
}
