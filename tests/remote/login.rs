//! Logins: keys from files and from an agent, and the messages when none is accepted.

use std::os::unix::fs::PermissionsExt;

use matrixform::for_tests::remote::Target;

use crate::agent::Agent;
use crate::sshd::{Key, Sshd};
use crate::{known, open, refusal};

async fn with_a_file(kind: &str) {
    let (sshd, _) = known();
    let key = Key::new(sshd.directory(), kind, kind);
    sshd.authorize(&key);
    let connection = open(&sshd.target(&key), &sshd.environment(), &sshd).await;
    let exec = connection.exec("echo out; echo err >&2; exit 7").await.unwrap();
    let answer = exec.output.collect().await.unwrap();
    assert_eq!((answer.stdout, answer.stderr), (b"out\n".to_vec(), b"err\n".to_vec()));
    assert_eq!(answer.status, Some(7));
    connection.close().await;
}

#[tokio::test]
async fn an_ed25519_key() {
    with_a_file("ed25519").await;
}

#[tokio::test]
async fn an_ecdsa_key() {
    with_a_file("ecdsa").await;
}

#[tokio::test]
async fn an_rsa_key() {
    with_a_file("rsa").await;
}

#[tokio::test]
async fn a_key_of_the_configuration_and_a_default_key() {
    let (sshd, key) = known();
    let bare = Target { identity_files: Vec::new(), ..sshd.target(&key) };
    assert_eq!(refusal(&bare, &sshd.environment()).await.code, "remote/login-refused");

    let config = format!("Host 127.0.0.*\n  IdentityFile {}\n", key.path.display());
    std::fs::write(sshd.directory().join("ssh_config"), config).unwrap();
    open(&bare, &sshd.environment(), &sshd).await.close().await;

    std::fs::remove_file(sshd.directory().join("ssh_config")).unwrap();
    let home = sshd.directory().join("home/.ssh");
    std::fs::create_dir(&home).unwrap();
    std::fs::copy(&key.path, home.join("id_ed25519")).unwrap();
    open(&bare, &sshd.environment(), &sshd).await.close().await;
}

async fn with_the_agent(kind: &str) {
    let (sshd, _) = known();
    let key = Key::new(sshd.directory(), kind, kind);
    sshd.authorize(&key);
    let agent = Agent::start(sshd.directory());
    agent.add(&key.path, "");
    let mut environment = sshd.environment();
    environment.agent_socket = Some(agent.socket.clone());
    let target = Target { identity_files: Vec::new(), ..sshd.target(&key) };
    let connection = open(&target, &environment, &sshd).await;
    let answer = connection.exec("echo hi").await.unwrap().output.collect().await.unwrap();
    assert_eq!(answer.stdout, b"hi\n");
}

#[tokio::test]
async fn an_ed25519_key_of_the_agent() {
    with_the_agent("ed25519").await;
}

#[tokio::test]
async fn an_rsa_key_of_the_agent() {
    with_the_agent("rsa").await;
}

/// A forwarded socket with a dead connection: it accepts and sends nothing.
#[tokio::test]
async fn an_unresponsive_agent_is_skipped() {
    let (sshd, key) = known();
    let mut environment = sshd.environment();
    let socket = sshd.directory().join("silent");
    let _silent = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    environment.agent_socket = Some(socket);
    open(&sshd.target(&key), &environment, &sshd).await.close().await;
    let bare = Target { identity_files: Vec::new(), ..sshd.target(&key) };
    let refused = refusal(&bare, &environment).await.render(false);
    assert!(refused.contains("does not answer: no answer for 5 s"), "{refused}");
}

#[tokio::test]
async fn an_encrypted_key_needs_the_agent() {
    let (sshd, _) = known();
    let key = Key::with_passphrase(sshd.directory(), "locked", "ed25519", "sesame");
    sshd.authorize(&key);
    let mut environment = sshd.environment();
    let error = refusal(&sshd.target(&key), &environment).await;
    assert_eq!(error.code, "remote/identity-encrypted");
    assert!(error.help.unwrap().contains("ssh-add"));

    let agent = Agent::start(sshd.directory());
    agent.add(&key.path, "sesame");
    environment.agent_socket = Some(agent.socket.clone());
    open(&sshd.target(&key), &environment, &sshd).await.close().await;
}

#[tokio::test]
async fn identities_only_restricts_the_agent_keys() {
    let (sshd, key) = known();
    let agent = Agent::start(sshd.directory());
    agent.add(&key.path, "");
    let other = Key::new(sshd.directory(), "other", "ed25519");
    let config = format!("IdentitiesOnly yes\nIdentityFile {}\n", other.path.display());
    std::fs::write(sshd.directory().join("ssh_config"), config).unwrap();
    let mut environment = sshd.environment();
    environment.agent_socket = Some(agent.socket.clone());
    let target = Target { identity_files: Vec::new(), ..sshd.target(&key) };
    assert_eq!(refusal(&target, &environment).await.code, "remote/login-refused");

    // A public key file is enough to name a key in the agent.
    let public = format!("IdentitiesOnly yes\nIdentityFile {}.pub\n", key.path.display());
    std::fs::write(sshd.directory().join("ssh_config"), public).unwrap();
    open(&target, &environment, &sshd).await.close().await;
}

#[tokio::test]
async fn refused_keys_are_listed() {
    let (sshd, _) = known();
    let (one, two) =
        (Key::new(sshd.directory(), "one", "ed25519"), Key::new(sshd.directory(), "two", "ecdsa"));
    let mut target = sshd.target(&one);
    target.identity_files.push(two.path.clone());
    let error = refusal(&target, &sshd.environment()).await;
    assert_eq!(error.code, "remote/login-refused");
    assert!(error.message.contains("all 2 keys"), "{}", error.message);
    assert!(error.notes[0].contains("/one SHA256:"), "{:?}", error.notes);
    assert!(error.notes[1].contains("/two SHA256:"), "{:?}", error.notes);
}

#[tokio::test]
async fn at_most_five_keys_are_tried() {
    let sshd = Sshd::with("MaxAuthTries 6", &["ed25519"]);
    sshd.write_known_hosts(&sshd.known_hosts_line("ed25519"));
    let keys: Vec<_> =
        (0..7).map(|n| Key::new(sshd.directory(), &format!("key{n}"), "ed25519").path).collect();
    let target =
        Target { identity_files: keys, ..sshd.target(&Key::new(sshd.directory(), "k", "ed25519")) };
    let error = refusal(&target, &sshd.environment()).await;
    assert!(error.message.contains("all 5 keys"), "{}", error.message);
}

#[tokio::test]
async fn a_key_others_can_read_is_refused() {
    let (sshd, key) = known();
    std::fs::set_permissions(&key.path, std::fs::Permissions::from_mode(0o644)).unwrap();
    let error = refusal(&sshd.target(&key), &sshd.environment()).await;
    assert_eq!(error.code, "remote/identity-file");
    assert!(error.message.contains("mode 0644"), "{}", error.message);
}

#[tokio::test]
async fn a_required_second_factor_is_reported() {
    let sshd = Sshd::with(
        "AuthenticationMethods publickey,password\nPasswordAuthentication yes\n",
        &["ed25519"],
    );
    let key = Key::new(sshd.directory(), "key", "ed25519");
    sshd.authorize(&key);
    sshd.write_known_hosts(&sshd.known_hosts_line("ed25519"));
    let error = refusal(&sshd.target(&key), &sshd.environment()).await;
    assert_eq!(error.code, "remote/login-refused");
}

/// sshd's messages before a login (a banner, or that logins are disabled) are shown when the login fails, without
/// terminal escapes.
#[tokio::test]
async fn messages_before_a_login_are_shown() {
    let directory = tempfile::tempdir().unwrap();
    let banner = directory.path().join("banner");
    let text = format!("System is going down.\n\u{1b}[2J\u{202e}odd\n{}\n", "x".repeat(5000));
    std::fs::write(&banner, text).unwrap();
    let sshd = Sshd::with(&format!("Banner {}\nDenyUsers root", banner.display()), &["ed25519"]);
    let key = Key::new(sshd.directory(), "key", "ed25519");
    sshd.authorize(&key);
    sshd.write_known_hosts(&sshd.known_hosts_line("ed25519"));
    let problem = refusal(&sshd.target(&key), &sshd.environment()).await;
    let reported = problem.render(false);
    assert!(reported.contains("the host said: System is going down."), "{reported}");
    assert!(!reported.contains(['\u{1b}', '\u{202e}']) && reported.len() < 4000, "{reported}");
}
