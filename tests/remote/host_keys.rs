//! Trust in host keys: unknown, changed, hashed, pinned and revoked keys, and key types.

use std::process::Command;

use matrixform::for_tests::remote::Target;

use crate::sshd::{Key, Sshd};
use crate::{known, open, refusal};

fn fingerprint(sshd: &Sshd, kind: &str) -> String {
    let file = sshd.directory().join(format!("host_{kind}.pub"));
    let output = Command::new("ssh-keygen").arg("-lf").arg(file).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.split_whitespace().nth(1).unwrap().to_owned()
}

#[tokio::test]
async fn an_unknown_key_is_refused_with_the_way_to_accept_it() {
    let (sshd, key) = known();
    sshd.write_known_hosts("");
    let error = refusal(&sshd.target(&key), &sshd.environment()).await;
    assert_eq!(error.code, "remote/host-key-unknown");
    let text = error.render(false);
    assert!(text.contains(&format!("host_key = \"{}\"", fingerprint(&sshd, "ed25519"))), "{text}");
    assert!(text.contains(sshd.known_hosts_line("ed25519").trim()), "{text}");
    assert!(!sshd.log().contains("Accepted"), "{}", sshd.log());
}

#[tokio::test]
async fn a_changed_key_is_refused_with_the_old_line() {
    let (sshd, key) = known();
    let other = Key::new(sshd.directory(), "other", "ed25519").public();
    sshd.write_known_hosts(&format!("# before\n[127.0.0.1]:{} {other}", sshd.port));
    let error = refusal(&sshd.target(&key), &sshd.environment()).await;
    assert_eq!(error.code, "remote/host-key-changed");
    let place = error.place.as_ref().unwrap().0.to_string();
    assert!(place.ends_with("known_hosts:2:1"), "{place}");
}

#[tokio::test]
async fn a_hashed_entry_is_found() {
    let (sshd, key) = known();
    let file = sshd.directory().join("known_hosts");
    let hashed = Command::new("ssh-keygen").arg("-Hf").arg(&file).output().unwrap();
    assert!(hashed.status.success());
    assert!(std::fs::read_to_string(&file).unwrap().starts_with("|1|"));
    open(&sshd.target(&key), &sshd.environment(), &sshd).await.close().await;
}

#[tokio::test]
async fn a_pin_overrides_known_hosts() {
    let (sshd, key) = known();
    let pinned = |pin: String| Target { host_key: Some(pin), ..sshd.target(&key) };
    sshd.write_known_hosts("");
    for pin in [fingerprint(&sshd, "ed25519"), sshd.host_key("ed25519")] {
        let connection = open(&pinned(pin), &sshd.environment(), &sshd).await;
        assert_eq!(connection.host_key().fingerprint, fingerprint(&sshd, "ed25519"));
        connection.close().await;
    }
    sshd.write_known_hosts(&sshd.known_hosts_line("ed25519"));
    let wrong = pinned("SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU".to_owned());
    assert_eq!(refusal(&wrong, &sshd.environment()).await.code, "remote/host-key-pin");
}

#[tokio::test]
async fn a_revoked_key_is_refused_and_an_authority_gives_no_trust() {
    let (sshd, key) = known();
    let line = sshd.known_hosts_line("ed25519");
    sshd.write_known_hosts(&format!("{line}@revoked * {}\n", sshd.host_key("ed25519")));
    let revoked = refusal(&sshd.target(&key), &sshd.environment()).await;
    assert_eq!(revoked.code, "remote/host-key-revoked");
    sshd.write_known_hosts(&format!("@cert-authority {line}"));
    let authority = refusal(&sshd.target(&key), &sshd.environment()).await;
    assert_eq!(authority.code, "remote/host-key-unknown");
}

#[tokio::test]
async fn the_known_key_type_is_requested() {
    let sshd = Sshd::with("", &["ed25519", "ecdsa", "rsa"]);
    let key = Key::new(sshd.directory(), "key", "ed25519");
    sshd.authorize(&key);
    for kind in ["rsa", "ecdsa"] {
        sshd.write_known_hosts(&sshd.known_hosts_line(kind));
        let connection = open(&sshd.target(&key), &sshd.environment(), &sshd).await;
        assert_eq!(connection.host_key().line, sshd.host_key(kind));
        connection.close().await;
    }
}

#[tokio::test]
async fn a_recorded_key_of_another_type_is_mentioned() {
    let (sshd, key) = known();
    let rsa = Key::new(sshd.directory(), "rsa", "rsa").public();
    sshd.write_known_hosts(&format!("[127.0.0.1]:{} {rsa}", sshd.port));
    let error = refusal(&sshd.target(&key), &sshd.environment()).await;
    assert_eq!(error.code, "remote/host-key-unknown");
    assert_eq!(error.context.len(), 1);
}
