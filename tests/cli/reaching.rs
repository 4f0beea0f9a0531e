//! Hosts that cannot be reached, have the wrong key, or refuse the login: one message with a fix, status 1, and no
//! change on the host.

use crate::assert_transcript;
use crate::host::{Host, Ran};
use crate::sshd::Key;

const SPEC: &str = "[[resource]]\nkind = \"file\"\nname = \"/srv/a\"\ncontent = \"x\"\n";

fn host() -> Host {
    let host = Host::new();
    host.spec(SPEC);
    host
}

/// `apply --yes` must end before any change.
fn refused(host: &Host) -> Ran {
    let before = host.machine.written();
    let ran = host.apply();
    assert_eq!((ran.status, ran.stdout.as_str()), (1, ""), "{ran}\n{}", host.sshd.log());
    assert_eq!(host.machine.written(), before);
    ran
}

fn with_host(host: &Host, lines: &str) {
    host.write("prod.toml", format!("[host]\n{lines}\n\n{SPEC}"));
}

#[test]
fn an_unreachable_host() {
    let host = host();
    // Bound but not listening, so no other process can take the port.
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let port = socket.local_addr().unwrap().port();
    with_host(&host, &format!("address = \"127.0.0.1\"\nport = {port}"));
    assert_transcript!("port_refused", refused(&host));
    // RFC 6761 reserves `.invalid` forever; resolvers report it differently.
    with_host(&host, "address = \"matrix.invalid\"\nconnect_timeout = 50");
    let ran = refused(&host).to_string();
    let (before, _) = ran.split_once("has no address: ").expect(&ran);
    assert!(before.ends_with("the name `matrix.invalid` "), "{ran}");
    assert!(ran.contains("= help: correct the address in the spec's [host]"), "{ran}");
}

#[tokio::test]
async fn a_host_that_does_not_answer() {
    let host = host();
    // A full queue of connections: the next SYN goes unanswered, as behind a firewall.
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(0).unwrap();
    let address = listener.local_addr().unwrap();
    let limit = std::time::Duration::from_millis(300);
    let mut waiting = Vec::new();
    while let Ok(stream) = std::net::TcpStream::connect_timeout(&address, limit) {
        waiting.push(stream);
    }
    with_host(
        &host,
        &format!("address = \"127.0.0.1\"\nport = {}\nconnect_timeout = 1", address.port()),
    );
    assert_transcript!("no_answer", refused(&host));
}

#[test]
fn a_host_that_refuses_the_login() {
    let host = host();
    std::fs::write(host.sshd.directory().join("authorized_keys"), "").unwrap();
    assert_transcript!("key_refused", refused(&host));
    std::fs::remove_file(host.home.path().join(".ssh/id_ed25519")).unwrap();
    std::fs::remove_file(host.home.path().join(".ssh/id_ed25519.pub")).unwrap();
    assert_transcript!("no_key", refused(&host));
    with_host(&host, "address = \"vps\"\nidentity_files = [\"~/.ssh/gone\"]");
    assert_transcript!("identity_file_gone", refused(&host));
}

#[test]
fn an_unknown_host() {
    let host = host();
    host.write(".ssh/known_hosts", "");
    assert_transcript!("unknown_host_key", refused(&host));
}

#[test]
fn a_host_whose_key_has_changed() {
    let host = host();
    let other = Key::new(host.home.path(), "other", "ed25519").public();
    let key: Vec<&str> = other.split(' ').take(2).collect();
    host.write(".ssh/known_hosts", format!("[127.0.0.1]:{} {}\n", host.sshd.port, key.join(" ")));
    assert_transcript!("changed_host_key", refused(&host));
}

#[test]
fn a_host_that_is_not_the_pinned_one() {
    let host = host();
    let pin = "SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    with_host(&host, &format!("address = \"vps\"\nhost_key = \"{pin}\""));
    assert_transcript!("not_pinned", refused(&host));
    with_host(&host, "address = \"vps\"\nhost_key = \"sha256:nonsense\"");
    assert_transcript!("bad_pin", refused(&host));
}
