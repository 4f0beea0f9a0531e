//! Checks from the operator's machine whether names lead to the host: fetches a token that the host serves by each
//! name, over IPv4 and IPv6, from port 80 without TLS, as a certificate authority will.

use super::connect::{family, resolve};
use crate::net::{HttpUrl, Request, Response, send};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::timeout;

/// The limit for one name, including name resolution.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Returns the names that do not lead to the host, each with the reason.
pub(super) async fn misdirected(
    names: &[String],
    path: &str,
    token: &str,
) -> Vec<(String, String)> {
    let mut tries = JoinSet::new();
    for name in names.iter().cloned() {
        let (path, token) = (path.to_owned(), token.to_owned());
        tries.spawn(async move {
            let why = timeout(TIMEOUT, try_name(&name, &path, &token)).await;
            (name, why.unwrap_or_else(|_| Some("no answer in time".to_owned())))
        });
    }
    let mut found: Vec<(String, String)> = Vec::new();
    while let Some(done) = tries.join_next().await {
        if let Ok((name, Some(why))) = done {
            found.push((name, why));
        }
    }
    found.sort();
    found
}

async fn try_name(name: &str, path: &str, token: &str) -> Option<String> {
    let addresses = resolve(name.to_owned()).await;
    if addresses.is_empty() {
        return Some("it has no address".to_owned());
    }
    try_addresses(&addresses, 80, (name, path), token).await
}

/// Tries all addresses, since the authority may use any of them.
async fn try_addresses(
    addresses: &[IpAddr],
    port: u16,
    (name, path): (&str, &str),
    token: &str,
) -> Option<String> {
    let of = |address: IpAddr, why: &str| format!("{} [{address}]: {why}", family(address));
    let (mut answered, mut unroutable) = (false, None);
    for address in addresses.iter().copied() {
        let why = match TcpStream::connect(SocketAddr::new(address, port)).await {
            // This machine's own limits say nothing about the name, unless no address can be tried.
            Err(error) if is_ours(&error) => {
                unroutable = unroutable.or(Some((address, error)));
                continue;
            }
            Err(error) => error.to_string(),
            Ok(stream) => match fetch(stream, name, path).await {
                Ok(answer) if is_token(&answer, token) => {
                    answered = true;
                    continue;
                }
                Ok(answer) => unexpected(&answer),
                Err(why) => why,
            },
        };
        return Some(of(address, &why));
    }
    unroutable.filter(|_| !answered).map(|(address, error)| of(address, &error.to_string()))
}

fn is_ours(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{AddrNotAvailable, NetworkUnreachable, Unsupported};
    matches!(error.kind(), NetworkUnreachable | AddrNotAvailable | Unsupported)
}

async fn fetch(stream: TcpStream, name: &str, path: &str) -> Result<Response, String> {
    let to = HttpUrl { tls: false, host: name.to_owned(), port: 80, path: path.to_owned() };
    send(stream, &Request::get(to)).await
}

fn is_token(answer: &Response, token: &str) -> bool {
    answer.status == 200 && answer.text().trim() == token
}

/// Describes an answer, which may be anyone's, in a few words.
fn unexpected(answer: &Response) -> String {
    match answer.status {
        200 => "another server answers".to_owned(),
        status => format!("status {status}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    #[tokio::test]
    async fn the_challenge_is_fetched_by_name() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let served = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = [0; 512];
            let read = stream.read(&mut request).await.unwrap();
            let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nword\n";
            stream.write_all(answer).await.unwrap();
            String::from_utf8_lossy(&request[..read]).into_owned()
        });
        let stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        let answer = fetch(stream, "example.org", "/x").await.unwrap();
        assert!(is_token(&answer, "word") && !is_token(&answer, "wor"));
        assert!(served.await.unwrap().starts_with("GET /x HTTP/1.1\r\nHost: example.org\r\n"));
    }

    #[tokio::test]
    async fn every_address_of_a_name_is_tried() {
        let first = tokio::net::TcpListener::bind("127.0.53.7:0").await.unwrap();
        let port = first.local_addr().unwrap().port();
        let second = tokio::net::TcpListener::bind(("127.0.53.8", port)).await.unwrap();
        for (listener, body) in [(first, "word"), (second, "other")] {
            tokio::spawn(async move {
                while let Ok((mut stream, _)) = listener.accept().await {
                    let _ = stream.read(&mut [0; 512]).await;
                    let answer = format!("HTTP/1.1 200 OK\r\n\r\n{body}\n");
                    let _ = stream.write_all(answer.as_bytes()).await;
                }
            });
        }
        let addresses = ["127.0.53.7", "127.0.53.8"].map(|one| one.parse().unwrap());
        let tried =
            |count: usize| try_addresses(&addresses[..count], port, ("example.org", "/x"), "word");
        assert_eq!(tried(1).await, None);
        let why = tried(2).await.unwrap();
        assert!(why.contains("127.0.53.8") && why.contains("another server"), "{why}");
        // An address without a route says nothing, unless there is no other one.
        let nowhere: IpAddr = "ff00::1".parse().unwrap();
        let with = [addresses[0], nowhere];
        assert_eq!(try_addresses(&with, port, ("example.org", "/x"), "word").await, None);
        let alone = try_addresses(&[nowhere], port, ("example.org", "/x"), "word").await;
        assert!(alone.is_some_and(|why| why.starts_with("IPv6 [ff00::1]: ")));
    }

    #[test]
    fn unexpected_answers_are_described() {
        let answer = |text: &str| Response::read(text.as_bytes(), true).unwrap().unwrap();
        let describe = |text: &str| unexpected(&answer(text));
        assert_eq!(describe("HTTP/1.1 404 Not Found\r\n\r\n"), "status 404");
        assert_eq!(describe("HTTP/1.1 200 OK\r\n\r\nother"), "another server answers");
        assert!(!is_token(&answer("HTTP/1.1 301 Moved\r\n\r\nword"), "word"));
    }

    #[tokio::test]
    async fn a_name_without_an_address_is_reported() {
        let found = misdirected(&["name.invalid".to_owned()], "/x", "word").await;
        assert_eq!(found.len(), 1);
        assert!(found[0].1.contains("no address"), "{found:?}");
    }
}
