//! Verdicts on recorded files: every rule of trust.rs has its case.

use super::*;
use russh::keys::PublicKey;

const ONE: &str = "AAAAC3NzaC1lZDI1NTE5AAAAIJdD7y3aLq454yWBdwLWbieU1ebz9/cu7/QEXn9OIeZJ";
const TWO: &str = "AAAAC3NzaC1lZDI1NTE5AAAAIA6rWI3G1sz07DnfFlrouTcysQlj2P+jpNSOEWD9OJ3X";

fn key(base64: &str) -> HostKey {
    HostKey::of(&PublicKey::from_openssh(&format!("ssh-ed25519 {base64}")).unwrap()).unwrap()
}

fn verdict(text: &str, port: u16) -> Result<(), &'static str> {
    let mut known = KnownHosts::default();
    known.add("known_hosts", text.as_bytes());
    HostTrust::new("host.example", port, None, &known).check(&key(ONE)).map_err(|e| match e.code {
        std::borrow::Cow::Borrowed(code) => code,
        std::borrow::Cow::Owned(_) => "made while it runs",
    })
}

#[test]
fn a_known_key_is_trusted() {
    assert_eq!(verdict(&format!("host.example ssh-ed25519 {ONE}"), 22), Ok(()));
    assert_eq!(verdict(&format!("*.example,!db.example ssh-ed25519 {ONE}"), 22), Ok(()));
    assert_eq!(verdict(&format!("[host.example]:99 ssh-ed25519 {ONE}"), 99), Ok(()));
}

#[test]
fn a_line_without_a_port_may_accept_but_never_refuse() {
    assert_eq!(verdict(&format!("host.example ssh-ed25519 {ONE}"), 99), Ok(()));
    let other = format!("host.example ssh-ed25519 {TWO}");
    assert_eq!(verdict(&other, 99), Err("remote/host-key-unknown"));
}

#[test]
fn an_outdated_key_does_no_harm() {
    let rotated = format!("host.example ssh-ed25519 {TWO}\nhost.example ssh-ed25519 {ONE}");
    assert_eq!(verdict(&rotated, 22), Ok(()));
}

#[test]
fn a_new_key_of_a_known_type_is_a_change() {
    let two = format!("host.example ssh-ed25519 {TWO}");
    assert_eq!(verdict(&two, 22), Err("remote/host-key-changed"));
    let rsa = format!("host.example ssh-rsa {TWO}");
    assert_eq!(verdict(&rsa, 22), Err("remote/host-key-unknown"));
    assert_eq!(verdict("", 22), Err("remote/host-key-unknown"));
}

#[test]
fn revoked_beats_trusted() {
    let both = format!("host.example ssh-ed25519 {ONE}\n@revoked * ssh-ed25519 {ONE}");
    assert_eq!(verdict(&both, 22), Err("remote/host-key-revoked"));
    assert_eq!(verdict(&both, 99), Err("remote/host-key-revoked"));
}

#[test]
fn a_certificate_authority_is_not_a_key() {
    let authority = format!("@cert-authority host.example ssh-ed25519 {ONE}");
    assert_eq!(verdict(&authority, 22), Err("remote/host-key-unknown"));
}

#[test]
fn a_pin_overrides_known_hosts() {
    let mut known = KnownHosts::default();
    known.add("known_hosts", format!("host.example ssh-ed25519 {ONE}").as_bytes());
    let trust =
        |pin: &str| HostTrust::new("host.example", 22, Some(Pin::parse(pin).unwrap()), &known);
    assert_eq!(trust(&key(ONE).fingerprint).check(&key(ONE)), Ok(()));
    assert_eq!(trust(&format!("ssh-ed25519 {ONE} comment")).check(&key(ONE)), Ok(()));
    assert!(trust(&key(TWO).fingerprint).check(&key(ONE)).is_err());
    assert!(trust(&format!("ssh-ed25519 {TWO}")).check(&key(ONE)).is_err());
    assert!(Pin::parse("ssh-ed25519 nonsense").is_err());
}

#[test]
fn the_message_explains_how_to_verify_and_accept() {
    let trust = HostTrust::new("host.example", 22, None, &KnownHosts::default());
    let message = trust.check(&key(ONE)).unwrap_err().render(false);
    let fingerprint = key(ONE).fingerprint;
    assert!(message.contains("ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub"), "{message}");
    assert!(message.contains(&format!("host_key = \"{fingerprint}\"")), "{message}");
    assert!(message.contains(&format!("host.example ssh-ed25519 {ONE}")), "{message}");
}
