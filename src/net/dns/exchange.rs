//! One question to one server: over UDP, and over TCP if the answer does not fit.

use super::DnsFailure;
use super::message::{Message, Type, answer, question};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpStream, UdpSocket};
use tokio::time::{Instant, timeout_at};

/// The time after which a datagram counts as lost, and is sent again.
const RESEND_AFTER: Duration = Duration::from_millis(1500);
const TRIES: usize = 2;

/// The time limit of an answer over TCP, including the connection: a slow server leaves time to ask the next one.
const OVER_TCP: Duration = Duration::from_secs(5);

/// Sends a question and returns the answer.
pub(super) async fn exchange(
    server: SocketAddr,
    (name, record_type, recurse): (&str, Type, bool),
    until: Instant,
) -> Result<Message, DnsFailure> {
    let mut id = [0; 2];
    // Even without randomness, an answer is still compared with its question.
    let _ = getrandom::fill(&mut id);
    let id = u16::from_be_bytes(id);
    let asked = question(id, name, record_type, recurse).ok_or(DnsFailure::NoName)?;
    for _ in 0..TRIES {
        let soon = (Instant::now() + RESEND_AFTER).min(until);
        match timeout_at(soon, datagram(server, &asked, (id, name, record_type))).await {
            Ok(Some(message)) if message.truncated => {
                let soon = (Instant::now() + OVER_TCP).min(until);
                let whole = timeout_at(soon, stream(server, &asked, (id, name, record_type))).await;
                return whole.ok().flatten().ok_or(DnsFailure::Silent);
            }
            Ok(Some(message)) => return Ok(message),
            // The server does not exist, or is unreachable from this machine.
            Ok(None) => return Err(DnsFailure::Silent),
            Err(_) => {}
        }
    }
    Err(DnsFailure::Silent)
}

async fn datagram(
    server: SocketAddr,
    asked: &[u8],
    (id, name, record_type): (u16, &str, Type),
) -> Option<Message> {
    // The kernel picks a new port for each question, and a connected socket accepts no answers from others.
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
        let message = answer(buffer.get(..length)?, id, name, record_type);
        if message.is_some() {
            return message;
        }
    }
}

async fn stream(
    server: SocketAddr,
    asked: &[u8],
    (id, name, record_type): (u16, &str, Type),
) -> Option<Message> {
    let mut stream = TcpStream::connect(server).await.ok()?;
    stream.write_all(&u16::try_from(asked.len()).ok()?.to_be_bytes()).await.ok()?;
    stream.write_all(asked).await.ok()?;
    let length = stream.read_u16().await.ok()?;
    let mut bytes = vec![0; length.into()];
    stream.read_exact(&mut bytes).await.ok()?;
    answer(&bytes, id, name, record_type)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A server whose answer does not fit into a datagram, and that then stays silent over TCP.
    #[tokio::test]
    async fn a_silent_stream_does_not_use_up_all_the_time() {
        let stream = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = stream.local_addr().unwrap();
        let datagrams = UdpSocket::bind(server).await.unwrap();
        tokio::spawn(async move {
            let mut question = [0; 512];
            let (length, from) = datagrams.recv_from(&mut question).await.unwrap();
            let answer = &mut question[..length];
            answer[2] |= 0x82; // an answer, truncated (RFC 1035, 4.1.1)
            datagrams.send_to(answer, from).await.unwrap();
        });
        let began = Instant::now();
        let until = began + Duration::from_secs(60);
        let result = exchange(server, ("example.org", Type::A, true), until).await;
        assert!(matches!(result, Err(DnsFailure::Silent)), "{result:?}");
        let took = began.elapsed();
        assert!(took >= OVER_TCP && took < OVER_TCP * 3, "{took:?}");
    }
}
