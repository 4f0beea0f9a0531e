//! Who gets in: keys from files and from an agent, and the messages when none is accepted.

use matrixform::remote::Connection;

use crate::sshd::{Key, Sshd};

async fn logs_in(kind: &str) {
    let sshd = Sshd::start();
    let key = Key::new(sshd.folder(), "key", kind);
    sshd.authorize(&key);
    sshd.write_known_hosts(&sshd.known_hosts_line("ed25519"));
    let open = Connection::open(&sshd.target(&key), &sshd.environment()).await;
    let connection = open.unwrap_or_else(|e| panic!("{}\n{}", e.render(false), sshd.log()));
    let exec = connection.exec("echo out; echo err >&2; exit 7").await.unwrap();
    let answer = exec.output.collect().await.unwrap();
    assert_eq!((answer.stdout, answer.stderr), (b"out\n".to_vec(), b"err\n".to_vec()));
    assert_eq!(answer.status, Some(7));
    assert_eq!(connection.round_trips().total(), 8, "{}", connection.round_trips());
    connection.close().await;
}

#[tokio::test]
async fn with_an_ed25519_key() {
    logs_in("ed25519").await;
}

#[tokio::test]
async fn with_an_ecdsa_key() {
    logs_in("ecdsa").await;
}

#[tokio::test]
async fn with_an_rsa_key() {
    logs_in("rsa").await;
}
