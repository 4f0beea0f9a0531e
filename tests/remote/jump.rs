//! Jump hosts: every hop's key is checked, and errors name the right hop.

use matrixform::for_tests::remote::{Connection, Target};

use crate::sshd::{Key, Sshd};
use crate::{known, open, refusal};

/// Two servers that share a key and a known_hosts file, and the inner one as a target.
pub(crate) fn pair() -> (Sshd, Sshd, Key, Target) {
    let (outer, key) = known();
    let inner = Sshd::start();
    inner.authorize(&key);
    let both = outer.known_hosts_line("ed25519") + &inner.known_hosts_line("ed25519");
    outer.write_known_hosts(&both);
    let jump = Some(format!("root@127.0.0.1:{}", outer.port));
    let target = Target { jump, ..inner.target(&key) };
    (outer, inner, key, target)
}

#[tokio::test]
async fn a_command_runs_behind_a_jump_host() {
    let (outer, inner, _key, target) = pair();
    let connection = open(&target, &outer.environment(), &inner).await;
    let answer =
        connection.exec("echo $SSH_CONNECTION; exit 3").await.unwrap().output.collect().await;
    let answer = answer.unwrap();
    let stdout = String::from_utf8(answer.stdout).unwrap();
    assert!(
        stdout.trim().ends_with(&format!(" {}", inner.port)) || stdout.contains("UNKNOWN"),
        "{stdout}"
    );
    assert_eq!(answer.status, Some(3));
    assert_eq!(connection.round_trips().total(), 14, "{}", connection.round_trips());
    connection.close().await;
}

#[tokio::test]
async fn two_jump_hosts_and_much_data() {
    let (outer, inner, key, target) = pair();
    let middle = Sshd::start();
    middle.authorize(&key);
    let lines = [&outer, &middle, &inner].map(|sshd| sshd.known_hosts_line("ed25519"));
    outer.write_known_hosts(&lines.concat());
    let jump = format!("root@127.0.0.1:{},root@127.0.0.1:{}", outer.port, middle.port);
    let target = Target { jump: Some(jump), ..target };
    let connection = open(&target, &outer.environment(), &inner).await;
    let exec = connection.exec("head -c 5000000 /dev/zero").await.unwrap();
    assert_eq!(exec.output.collect().await.unwrap().stdout.len(), 5_000_000);
}

#[tokio::test]
async fn the_inner_host_s_key_is_checked_too() {
    let (outer, inner, _key, target) = pair();
    outer.write_known_hosts(&outer.known_hosts_line("ed25519"));
    let error = refusal(&target, &outer.environment()).await;
    assert_eq!(error.code, "remote/host-key-unknown");
    assert!(error.render(false).contains(&inner.known_hosts_line("ed25519").trim().to_owned()));
}

#[tokio::test]
async fn a_failing_jump_host_is_named() {
    let (outer, inner, _key, mut target) = pair();
    target.port = Some(1);
    assert_eq!(refusal(&target, &outer.environment()).await.code, "remote/tunnel");
    drop(inner);
}

#[tokio::test]
async fn proxy_jump_of_the_configuration() {
    let (outer, inner, key, target) = pair();
    let config = format!(
        "Host inner\n  HostName 127.0.0.1\n  Port {}\n  ProxyJump outer\nHost outer\n  \
         HostName 127.0.0.1\n  Port {}\nHost *\n  User root\n  IdentityFile {}\n",
        inner.port,
        outer.port,
        key.path.display()
    );
    std::fs::write(outer.directory().join("ssh_config"), config).unwrap();
    let alias = Target { ..Target::new("inner") };
    let connection = Connection::open(&alias, &outer.environment()).await.unwrap();
    assert_eq!(connection.round_trips().total(), 12);
    drop(target);
}
