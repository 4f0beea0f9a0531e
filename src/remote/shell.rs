//! A shell on the host that runs a library of functions and answers requests in frames. Requests are sent without
//! waiting; answers are read as they arrive. The first request starts the shell and only asks questions: it can be a
//! word of the command that starts the shell, one round trip earlier than standard input. Later requests go to standard
//! input, to a shell that does not know the first.

mod answers;
mod broken;
mod requests;

pub use requests::{GuardedStep, PendingAnswer};

use super::frame::{Frame, Parser};
use super::library::Library;
use super::output::Chunk;
use super::request::pack;
use crate::diagnostic::Diagnostic;
use crate::secret::hex;
use bytes::Bytes;
use std::collections::VecDeque;
use std::future::Future;
use std::time::Duration;
use tokio::time::Instant;

/// The transport for a shell's bytes.
pub trait Link {
    /// Starts the shell with a packed script that it unpacks and runs before it reads its standard input; returns the
    /// number of bytes sent.
    fn start(&mut self, script: &str) -> impl Future<Output = usize>;
    /// Sends bytes to standard input; returns false if the other side takes no more.
    fn send(&mut self, bytes: Bytes) -> impl Future<Output = bool>;
    /// Returns the next piece of output.
    fn next(&mut self) -> impl Future<Output = Option<Chunk>>;
    /// Returns why there is no more output.
    fn lost(&self) -> Option<Diagnostic>;
}

/// A running shell with its library.
pub struct Shell<L> {
    link: L,
    /// The first request, until it is sent, and the rest of the library for it.
    first: Option<(String, Library)>,
    library: Library,
    /// Whether the shell on standard input knows the nonce.
    announced: bool,
    /// How long the host may take to announce the nonce, followed by the deadline for it.
    patience: Duration,
    deadline: Option<Instant>,
    /// The limit for questions on the host.
    answers_within: Duration,
    /// The deadline for the current answer, and its time limit.
    due: Option<(Instant, Duration)>,
    parser: Parser,
    ready: VecDeque<Frame>,
    stderr: Vec<u8>,
    ended: Option<String>,
    next_id: u32,
    outbox: String,
    traffic: Traffic,
    /// With a relay: when to send the next heartbeat.
    beat: Option<Instant>,
}

/// The bytes that a shell has sent and received. Observing a host takes less than about 14 kB each way, which is what a
/// fresh TCP connection carries before it waits for an acknowledgement.
#[derive(Clone, Copy, Debug, Default)]
pub struct Traffic {
    /// To the host: the library and all requests.
    pub sent: usize,
    /// From the host: all answers.
    pub received: usize,
}

impl std::fmt::Display for Traffic {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let kilobytes = |bytes: usize| bytes as f64 / 1000.0;
        let (sent, received) = (kilobytes(self.sent), kilobytes(self.received));
        write!(f, "{sent:.1} kB sent, {received:.1} kB received")
    }
}

/// A host that answers more in one frame is refused (bytes).
const BODY_LIMIT: usize = 256 << 20;

/// The interval between heartbeats to a locked host.
const BEAT: Duration = Duration::from_secs(3);

/// The limit for waiting for another run.
pub const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// The limit for taking the lock, including work left running by an earlier run.
const SILENT_LOCK: Duration = Duration::from_secs(70 * 60);

/// A locked host without a heartbeat for this long ends the run on its own (seconds).
const SILENCE: u64 = 20;

/// The largest piece in which data is sent during a run (bytes). Each counts as a heartbeat once all of it has arrived, so
/// within [`SILENCE`] it must pass even a link of 1 kB/s.
const PIECE: usize = 16 * 1024;

/// The limit for all questions of a request together: the slowest one has its own limit of a minute.
const ANSWERS_WITHIN: Duration = Duration::from_secs(90);

/// The host kills anything that takes too long. This side waits this much longer before it gives up: some processes
/// cannot be killed.
const GRACE: Duration = Duration::from_secs(15);

/// The shell's exit status on a host without /proc.
const NO_NONCE: u32 = 73;

/// Standard error is cut off at this length: it is only for error messages.
const STDERR_LIMIT: usize = 8 * 1024;

impl<L: Link> Shell<L> {
    /// Creates a shell on this link with this library. Nothing is sent before `flush`. If the host does not run a
    /// shell, it announces no nonce within `patience`.
    ///
    /// # Errors
    ///
    /// This machine has no random number generator.
    pub fn new(link: L, library: &str, patience: Duration) -> Result<Shell<L>, Diagnostic> {
        let mut random = [0u8; 16];
        getrandom::fill(&mut random)
            .map_err(|error| Diagnostic::bug(format!("no random number generator: {error}")))?;
        let mark = hex(&random);
        let begin = format!(
            "read -r mf_nonce </proc/sys/kernel/random/uuid || exit {NO_NONCE}\n\
             printf '\\n%s %s\\n' {mark} \"$mf_nonce\"\n"
        );
        let library = Library::new(library);
        Ok(Shell {
            link,
            first: Some((begin, library.clone())),
            library,
            announced: false,
            patience,
            deadline: None,
            answers_within: ANSWERS_WITHIN,
            due: None,
            parser: Parser::announced(&mark),
            ready: VecDeque::new(),
            stderr: Vec::new(),
            ended: None,
            next_id: 1,
            outbox: String::new(),
            traffic: Traffic::default(),
            beat: None,
        })
    }

    /// Sets the limit for questions.
    pub fn answers_within(mut self, limit: Duration) -> Shell<L> {
        self.answers_within = limit;
        self
    }

    /// Sends pending requests.
    pub async fn flush(&mut self) {
        if let Some((first, _)) = self.first.take() {
            self.deadline = Some(Instant::now() + self.patience);
            self.traffic.sent += self.link.start(&pack(&first)).await;
        }
        if self.outbox.is_empty() || !(self.announced || self.announce_nonce().await) {
            return; // the reading side says why
        }
        let mut rest = Bytes::from(std::mem::take(&mut self.outbox).into_bytes());
        self.traffic.sent += rest.len();
        while !rest.is_empty() {
            let piece = rest.split_to(rest.len().min(PIECE));
            let head = self.beat.map(|_| Bytes::from(format!("d {}\n", piece.len())));
            for bytes in head.into_iter().chain([piece]) {
                if !self.link.send(bytes).await {
                    return;
                }
            }
        }
    }

    /// Sends the nonce to the shell on standard input, which waits for a line; returns false if the first request did
    /// not announce one.
    async fn announce_nonce(&mut self) -> bool {
        while self.parser.nonce().is_none() && self.ended.is_none() {
            let Some(chunk) = self.chunk().await else { return false };
            self.take(chunk);
        }
        let Some(nonce) = self.parser.nonce() else { return false };
        self.outbox.insert_str(0, &format!("\nmf_nonce={nonce}\nmf_library=\n"));
        self.announced = true;
        true
    }

    /// Returns the nonce, for reading frames inside a compressed one; empty before the first frame.
    pub fn nonce(&self) -> &str {
        self.parser.nonce().unwrap_or_default()
    }

    /// Returns the traffic so far.
    pub fn traffic(&self) -> Traffic {
        self.traffic
    }
}
