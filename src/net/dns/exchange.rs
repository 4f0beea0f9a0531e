//! One question to one server: over UDP, and over TCP where the answer does not fit.

use super::Unanswered;
use super::message::{Message, Type, answer, question};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpStream, UdpSocket};
use tokio::time::{Instant, timeout_at};

/// A datagram may be lost: after so long it is sent again.
const AGAIN: Duration = Duration::from_millis(1500);
const TRIES: usize = 2;

/// Asks.
pub(super) async fn exchange(
    server: SocketAddr,
    (name, of, recurse): (&str, Type, bool),
    until: Instant,
) -> Result<Message, Unanswered> {
    let mut id = [0; 2];
    // Without chance an answer is still compared with its question.
    let _ = getrandom::fill(&mut id);
    let id = u16::from_be_bytes(id);
    let asked = question(id, name, of, recurse).ok_or(Unanswered::NoName)?;
    for _ in 0..TRIES {
        let soon = (Instant::now() + AGAIN).min(until);
        match timeout_at(soon, datagram(server, &asked, (id, name, of))).await {
            Ok(Some(message)) if message.truncated => {
                let whole = timeout_at(until, stream(server, &asked, (id, name, of))).await;
                return whole.ok().flatten().ok_or(Unanswered::Silent);
            }
            Ok(Some(message)) => return Ok(message),
            // The server is not there, or this machine has no way to it.
            Ok(None) => return Err(Unanswered::Silent),
            Err(_) => {}
        }
    }
    Err(Unanswered::Silent)
}

async fn datagram(
    server: SocketAddr,
    asked: &[u8],
    (id, name, of): (u16, &str, Type),
) -> Option<Message> {
    // A new port for each question, as chosen by the kernel; and nobody else's answers are taken.
    let any: SocketAddr = match server.is_ipv6() {
        true => (Ipv6Addr::UNSPECIFIED, 0).into(),
        false => (Ipv4Addr::UNSPECIFIED, 0).into(),
    };
    let socket = UdpSocket::bind(any).await.ok()?;
    socket.connect(server).await.ok()?;
    socket.send(asked).await.ok()?;
    let mut buffer = [0; 4096];
    loop {
        let length = socket.recv(&mut buffer).await.ok()?;
        let message = answer(buffer.get(..length)?, id, name, of);
        if message.is_some() {
            return message;
        }
    }
}

async fn stream(
    server: SocketAddr,
    asked: &[u8],
    (id, name, of): (u16, &str, Type),
) -> Option<Message> {
    let mut stream = TcpStream::connect(server).await.ok()?;
    stream.write_all(&u16::try_from(asked.len()).ok()?.to_be_bytes()).await.ok()?;
    stream.write_all(asked).await.ok()?;
    let length = stream.read_u16().await.ok()?;
    let mut bytes = vec![0; length.into()];
    stream.read_exact(&mut bytes).await.ok()?;
    answer(&bytes, id, name, of)
}
