//! What the operator's machine sees of hosts over the network, without SSH: names, ports, TLS, HTTP. Independent of
//! Matrix. Answers are untrusted, bounded in size, and share one deadline.

pub mod dns;
mod failure;
mod hello;
mod http;
mod tls;
mod url;

pub use failure::{NetFailure, RequestStage};
pub use hello::{HelloReply, OLD_VERSIONS, TLS_1_2, WEAK_SUITES, client_hello, old_suites, reply};
pub use http::{Request, Response, send};
pub use tls::{CertificateRefusal, TlsConnection, TlsTrust};
pub use url::{HttpUrl, bracketed, host_port};

use std::collections::{BTreeMap, HashMap};
use std::net::{IpAddr, SocketAddr, ToSocketAddrs as _};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::{OnceCell, Semaphore, oneshot};
use tokio::time::{Instant, timeout_at};

/// The limit of parallel connections: servers count connections from one address.
const AT_ONCE: usize = 32;

/// The time limit of one connection, handshake or answer.
const DNS_TIMEOUT: Duration = Duration::from_secs(5);

/// How long to wait for a port that should not answer: a lost packet is sent again after one second.
const QUICK_DNS_TIMEOUT: Duration = Duration::from_millis(1500);

/// The network, as seen by one command.
#[derive(Debug)]
pub struct Net {
    /// Names with given addresses, which are not looked up.
    pub fixed: BTreeMap<String, Vec<IpAddr>>,
    /// The single server to ask for all names, in place of the system's.
    pub server: Option<SocketAddr>,
    /// The trusted authorities.
    pub trust: TlsTrust,
    /// The deadline for everything.
    pub until: Instant,
    places: Semaphore,
    found: Mutex<HashMap<String, Arc<OnceCell<Vec<IpAddr>>>>>,
    dead: Mutex<HashMap<(String, u16), NetFailure>>,
}

impl Net {
    /// Returns a view whose deadline is this far ahead.
    pub fn new(
        fixed: BTreeMap<String, Vec<IpAddr>>,
        server: Option<SocketAddr>,
        trust: TlsTrust,
        time: Duration,
    ) -> Net {
        let (places, found, dead) = (Semaphore::new(AT_ONCE), Mutex::default(), Mutex::default());
        Net { fixed, server, trust, until: Instant::now() + time, places, found, dead }
    }

    /// Returns the DNS servers that this command asks.
    pub fn resolver(&self) -> dns::Resolver {
        match self.server {
            Some(server) => dns::Resolver::of(server, self.until),
            None => dns::Resolver::system(self.until),
        }
    }

    /// Whether a name's addresses are given.
    pub fn is_fixed(&self, name: &str) -> bool {
        self.fixed.contains_key(name) || name.parse::<IpAddr>().is_ok()
    }

    /// Returns the addresses of a name; none if there are none.
    pub async fn addresses(&self, name: &str) -> Vec<IpAddr> {
        if let Ok(address) = name.parse() {
            return vec![address];
        }
        if let Some(fixed) = self.fixed.get(name) {
            return fixed.clone();
        }
        let cell = {
            let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(found.entry(name.to_owned()).or_default())
        };
        cell.get_or_init(|| self.look_up(name)).await.clone()
    }

    async fn look_up(&self, name: &str) -> Vec<IpAddr> {
        let mut found = match self.server {
            Some(_) => self.resolver().addresses(name).await,
            None => timeout_at(self.until, system(name.to_owned())).await.unwrap_or_default(),
        };
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Whether the port accepts connections. A firewall that drops packets means no; the time limit is shorter than
    /// usual.
    pub async fn is_open(&self, address: SocketAddr) -> bool {
        let _place = self.places.acquire().await;
        let deadline = (Instant::now() + QUICK_DNS_TIMEOUT).min(self.until);
        matches!(timeout_at(deadline, TcpStream::connect(address)).await, Ok(Ok(_)))
    }

    /// A connection to one address.
    async fn connect_to(&self, address: SocketAddr) -> Result<TcpStream, NetFailure> {
        match timeout_at(self.deadline(), TcpStream::connect(address)).await {
            Ok(Ok(stream)) => {
                // Requests are small, and each one waits for its answer.
                let _ = stream.set_nodelay(true);
                Ok(stream)
            }
            Ok(Err(error)) => Err(failure::connection(&error)),
            Err(_) => Err(RequestStage::Connection.failed("no answer")),
        }
    }

    /// A connection to the first address of a name that answers. If none does, the failure is remembered and not waited
    /// for again.
    async fn connect(&self, host: &str, port: u16) -> Result<TcpStream, NetFailure> {
        let key = (host.to_owned(), port);
        let known = self.dead.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        if let Some(failure) = known {
            return Err(failure);
        }
        let mut last = RequestStage::Name.failed(format!("{host} has no address"));
        for address in self.addresses(host).await {
            match self.connect_to(SocketAddr::new(address, port)).await {
                Ok(stream) => return Ok(stream),
                Err(NetFailure { stage, why }) => {
                    let at = bracketed(&address.to_string());
                    last = stage.failed(format!("{at} port {port}: {why}"));
                }
            }
        }
        let mut dead = self.dead.lock().unwrap_or_else(PoisonError::into_inner);
        dead.insert(key, last.clone());
        Err(last)
    }

    /// Connects to an address, and makes a handshake for a name.
    ///
    /// # Errors
    ///
    /// The address does not accept the connection, or the handshake fails or does not finish in time.
    pub async fn secured(
        &self,
        address: SocketAddr,
        name: &str,
    ) -> Result<TlsConnection, NetFailure> {
        let _place = self.places.acquire().await;
        let stream = self.connect_to(address).await?;
        self.handshake(stream, name).await
    }

    async fn handshake(&self, stream: TcpStream, name: &str) -> Result<TlsConnection, NetFailure> {
        let handshake = timeout_at(self.deadline(), self.trust.handshake(stream, name)).await;
        let handshake =
            handshake.unwrap_or_else(|_| Err("the handshake did not finish".to_owned()));
        handshake.map_err(|why| RequestStage::Handshake.failed(why))
    }

    /// Sends a request and returns the answer. Redirects are not followed.
    ///
    /// # Errors
    ///
    /// No address of the host accepts a connection, the handshake fails, or no readable answer arrives in time.
    pub async fn send(&self, request: &Request) -> Result<Response, NetFailure> {
        let _place = self.places.acquire().await;
        let to = &request.to;
        let stream = self.connect(&to.host, to.port).await?;
        let answered = if to.tls {
            let secured = self.handshake(stream, &to.host).await?;
            let distrusted = secured.verdict.err().map(|error| error.to_string());
            let answered = timeout_at(self.deadline(), http::send(secured.stream, request)).await;
            answered.map(|one| one.map(|response| Response { distrusted, ..response }))
        } else {
            timeout_at(self.deadline(), http::send(stream, request)).await
        };
        let answered = answered.unwrap_or_else(|_| Err("no answer in time".to_owned()));
        answered.map_err(|why| RequestStage::Answer.failed(why))
    }

    /// Returns a server's reply to a ClientHello.
    ///
    /// # Errors
    ///
    /// No address of the host accepts a connection, or the server neither replies nor closes the connection in time.
    pub async fn hello(
        &self,
        (host, port): (&str, u16),
        version: u16,
        suites: &[u16],
    ) -> Result<HelloReply, NetFailure> {
        let _place = self.places.acquire().await;
        let mut stream = self.connect(host, port).await?;
        let mut random = [0; 32];
        // These bytes need not be random for security.
        let _ = getrandom::fill(&mut random);
        let exchange = async {
            stream.write_all(&client_hello(version, suites, host, random)).await.ok()?;
            let mut bytes = Vec::new();
            while bytes.len() < 1 << 14 {
                if let Some(reply) = reply(&bytes) {
                    return Some(reply);
                }
                let read = stream.read_buf(&mut bytes).await.unwrap_or_default();
                if read == 0 {
                    break;
                }
            }
            None
        };
        let answered = timeout_at(self.deadline(), exchange).await;
        answered
            .map(|reply| reply.unwrap_or(HelloReply::Closed))
            .map_err(|_| RequestStage::Handshake.failed("no answer in time"))
    }

    fn deadline(&self) -> Instant {
        (Instant::now() + DNS_TIMEOUT).min(self.until)
    }
}

/// Returns the addresses of a name from this machine's resolver, which may block for any time, so it runs in a detached
/// thread.
pub async fn system(name: String) -> Vec<IpAddr> {
    let (sender, receiver) = oneshot::channel();
    std::thread::spawn(move || {
        let found = (name.as_str(), 0).to_socket_addrs();
        // The caller may have stopped waiting.
        let _ = sender.send(found.into_iter().flatten().map(|one| one.ip()).collect());
    });
    receiver.await.unwrap_or_default()
}
