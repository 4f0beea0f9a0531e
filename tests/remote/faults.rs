//! Faults before a login: each has its own message.

use std::io::Write;
use std::net::TcpListener;
use std::time::Duration;

use matrixform::for_tests::remote::{SshEnvironment, Target};

use crate::refusal;

fn target(port: u16) -> Target {
    let connect_timeout = Duration::from_millis(400);
    Target { port: Some(port), connect_timeout, ..Target::new("127.0.0.1") }
}

async fn code(target: Target) -> std::borrow::Cow<'static, str> {
    let environment = SshEnvironment { user: "root".to_owned(), ..SshEnvironment::default() };
    refusal(&target, &environment).await.code
}

#[tokio::test]
async fn a_refused_connection_is_reported() {
    // Bound but not listening, so no other process can take the port and connections are refused.
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let port = socket.local_addr().unwrap().port();
    assert_eq!(code(target(port)).await, "remote/port-refused");
}

#[tokio::test]
async fn an_unknown_host_name_is_reported() {
    // RFC 6761 reserves `.invalid` forever.
    let target = Target { connect_timeout: Duration::from_secs(30), ..Target::new("host.invalid") };
    assert_eq!(code(target).await, "remote/name-not-found");
}

#[tokio::test]
async fn a_server_that_is_not_ssh_is_reported() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").unwrap();
    });
    assert_eq!(code(target(port)).await, "remote/not-ssh");
}

#[tokio::test]
async fn a_silent_server_is_reported() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    assert_eq!(code(target(port)).await, "remote/handshake");
}

#[tokio::test]
async fn a_connection_timeout_is_reported() {
    // A full queue of connections: Linux lets the next SYN go unanswered, as a firewall would.
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(0).unwrap();
    let address = listener.local_addr().unwrap();
    let mut waiting = Vec::new();
    let limit = Duration::from_millis(300);
    while let Ok(stream) = std::net::TcpStream::connect_timeout(&address, limit) {
        waiting.push(stream);
    }
    assert_eq!(code(target(address.port())).await, "remote/unreachable");
}
