//! Clients that wait for news: each has its own TLS connection and a pending `/sync` to Synapse. The trial of a
//! community and the benchmark (benches/waiting.rs) count them. They only wait and observe: nothing is timed.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use matrixform::for_tests::net::{TlsConnection, TlsTrust};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until, timeout};

/// How many may be opening a connection at once, and the interval between them: a community connects within a minute,
/// not all at once.
const OPENING: usize = 32;
const APART: Duration = Duration::from_millis(20);

/// Time limit for opening a connection, on a slow shared machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A client's identity, and the position up to which it knows everything.
#[derive(Clone, Debug)]
pub struct Session {
    pub token: String,
    pub since: String,
}

/// The state of the clients so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Clients with a pending request.
    pub waiting: usize,
    /// Answers with news; the client then asks again.
    pub answered: usize,
    /// Other outcomes, by description.
    pub refused: BTreeMap<String, usize>,
}

impl Counts {
    /// How many clients were not served.
    pub fn refused(&self) -> usize {
        self.refused.values().sum()
    }
}

impl std::fmt::Display for Counts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "waiting {} answered {} refused {}",
            self.waiting,
            self.answered,
            self.refused()
        )?;
        self.refused.iter().try_for_each(|(why, count)| write!(f, "; {count}: {why}"))
    }
}

/// A set of clients; dropping it closes their connections.
pub struct Clients {
    counts: Arc<Mutex<Counts>>,
    opening: Arc<Semaphore>,
    server: Arc<Server>,
    tasks: JoinSet<()>,
    /// When the next client connects.
    next: Instant,
}

struct Server {
    address: SocketAddr,
    name: String,
    trust: TlsTrust,
}

impl Clients {
    /// No clients yet, for the server of this name at this address, with a certificate signed by these authorities.
    pub fn of(address: SocketAddr, name: &str, trust: TlsTrust) -> Clients {
        let server = Arc::new(Server { address, name: name.to_owned(), trust });
        let opening = Arc::new(Semaphore::new(OPENING));
        Clients {
            counts: Arc::default(),
            opening,
            server,
            tasks: JoinSet::new(),
            next: Instant::now(),
        }
    }

    /// Adds this number of clients in this session.
    pub fn join(&mut self, session: &Session, count: usize) {
        for _ in 0..count {
            let (counts, server) = (Arc::clone(&self.counts), Arc::clone(&self.server));
            let (opening, session) = (Arc::clone(&self.opening), session.clone());
            // Synapse answers identical requests once; a distinct timeout keeps clients apart.
            let time = 280_000 + self.tasks.len();
            let turn = self.next.max(Instant::now());
            self.next = turn + APART;
            self.tasks.spawn(async move {
                sleep_until(turn).await;
                if let Err(why) = wait(&server, &opening, session, time, &counts).await {
                    *counts.lock().unwrap().refused.entry(why).or_default() += 1;
                }
            });
        }
    }

    /// The counts so far.
    pub fn counts(&self) -> Counts {
        self.counts.lock().unwrap().clone()
    }
}

/// Asks, waits, and asks again, until the response is no proper answer.
async fn wait(
    server: &Server,
    opening: &Semaphore,
    mut session: Session,
    time: usize,
    counts: &Mutex<Counts>,
) -> Result<(), String> {
    let permit = opening.acquire().await.unwrap();
    let opened = timeout(PATIENCE, open(server)).await;
    let mut stream = opened.map_err(|_| "no connection in a minute".to_owned())??.stream;
    let mut permit = Some(permit);
    loop {
        let request = format!(
            "GET /_matrix/client/v3/sync?set_presence=offline&timeout={time}&since={} HTTP/1.1\r\nHost: {}\r\n\
             Authorization: Bearer {}\r\n\r\n",
            session.since, server.name, session.token
        );
        let gone = |error: std::io::Error| format!("the connection ended: {}", error.kind());
        stream.write_all(request.as_bytes()).await.map_err(gone)?;
        stream.flush().await.map_err(gone)?;
        drop(permit.take());
        counts.lock().unwrap().waiting += 1;
        let answer = answer(&mut stream).await;
        let mut counts = counts.lock().unwrap();
        counts.waiting -= 1;
        let body = answer?;
        counts.answered += 1;
        session.since = next_batch(&body).ok_or("an answer without `next_batch`")?;
    }
}

async fn open(server: &Server) -> Result<TlsConnection, String> {
    let refused = |error: std::io::Error| format!("no connection: {}", error.kind());
    let stream = TcpStream::connect(server.address).await.map_err(refused)?;
    let secured = server.trust.handshake(stream, &server.name).await?;
    secured.verdict.clone().map_err(|why| why.to_string())?;
    Ok(secured)
}

/// The body of an answer with status 200, framed by its length or in chunks.
async fn answer(stream: &mut (impl AsyncReadExt + Unpin)) -> Result<String, String> {
    let (mut bytes, mut piece) = (Vec::new(), [0; 16 * 1024]);
    loop {
        match stream.read(&mut piece).await {
            Ok(0) => return Err("the connection ended without an answer".to_owned()),
            Ok(count) => bytes.extend_from_slice(&piece[..count]),
            Err(error) => return Err(format!("the connection ended: {}", error.kind())),
        }
        let text = String::from_utf8_lossy(&bytes);
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let status = head.split(' ').nth(1).unwrap_or_default();
        if status != "200" {
            return Err(format!("status {status}"));
        }
        let head = head.to_ascii_lowercase();
        let length = head.split("\r\n").find_map(|line| line.strip_prefix("content-length: "));
        let is_whole = match length.and_then(|length| length.parse::<usize>().ok()) {
            Some(length) => body.len() >= length,
            None => body.ends_with("0\r\n\r\n"),
        };
        if is_whole {
            return Ok(body.to_owned());
        }
    }
}

/// The position from which to continue after this answer.
pub fn next_batch(body: &str) -> Option<String> {
    let (_, rest) = body.split_once("\"next_batch\":\"")?;
    Some(rest.split_once('"')?.0.to_owned())
}
