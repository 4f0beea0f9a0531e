//! A shell on the host that runs a library of functions and answers requests in frames. Requests are
//! sent without waiting; answers are read as they come. The first flight starts the shell and asks
//! questions alone: it can go as a word of the command that starts it, a round trip before standard
//! input could. What follows goes to standard input, to a shell that knows nothing of the first.

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

/// Where a shell's bytes go and come from.
pub trait Link {
    /// Starts the shell with a packed script that it unpacks and runs before it reads its standard
    /// input; how many bytes were sent.
    fn start(&mut self, script: &str) -> impl Future<Output = usize>;
    /// Sends bytes to standard input; false when the other side takes no more.
    fn send(&mut self, bytes: Bytes) -> impl Future<Output = bool>;
    /// The next piece of output.
    fn next(&mut self) -> impl Future<Output = Option<Chunk>>;
    /// Why there is no more output.
    fn lost(&self) -> Option<Diagnostic>;
}

/// A running shell with its library.
pub struct Shell<L> {
    link: L,
    /// The first flight, until it is sent, and what is left of the library for it.
    first: Option<(String, Library)>,
    library: Library,
    /// Whether what runs on the host has received the nonce.
    announced: bool,
    /// How long the host may take to say the nonce, and until when that is.
    patience: Duration,
    deadline: Option<Instant>,
    /// How long questions may take on the host.
    answers_within: Duration,
    /// Until when the answer that is waited for must have come, and how long it may take.
    due: Option<(Instant, Duration)>,
    parser: Parser,
    ready: VecDeque<Frame>,
    stderr: Vec<u8>,
    ended: Option<String>,
    next_id: u32,
    outbox: String,
    traffic: Traffic,
    /// Behind a relay: when the next sign of life is due.
    beat: Option<Instant>,
}

/// What a shell has sent and received, in bytes. Both stay below about 14 kB for a look at a host,
/// which is what a fresh TCP connection carries before it waits for an acknowledgement.
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

/// A host that answers more than this in one frame is refused (bytes).
const BODY_LIMIT: usize = 256 << 20;

/// How often a sign of life is sent to a host that is held.
const BEAT: Duration = Duration::from_secs(3);

/// How long another run may be waited for.
pub const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// How long taking the lock may last: what an earlier run left at work is waited for.
const SILENT_LOCK: Duration = Duration::from_secs(70 * 60);

/// A host that is held and hears nothing for so long ends the run by itself (seconds).
const SILENCE: u64 = 20;

/// How long all questions of a flight may take together: the slowest of them has a minute of its own.
const ANSWERS_WITHIN: Duration = Duration::from_secs(90);

/// The host ends what takes too long. This is how much later this side gives up: some things on a host
/// cannot be ended.
const GRACE: Duration = Duration::from_secs(15);

/// How the shell ends on a host without /proc.
const NO_NONCE: u32 = 73;

/// Standard error beyond this is dropped: it is only for error messages.
const STDERR_LIMIT: usize = 8 * 1024;

impl<L: Link> Shell<L> {
    /// A shell on this link whose library is `library`. Nothing is sent before `flush`. A host on which
    /// something else runs instead of a shell shows no sign of it within `patience`, or ever.
    ///
    /// # Errors
    ///
    /// This machine gives no random numbers.
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

    /// The same shell, with another time for questions.
    pub fn answers_within(mut self, limit: Duration) -> Shell<L> {
        self.answers_within = limit;
        self
    }

    /// Sends what was asked for.
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
            let piece = rest.split_to(rest.len().min(64 * 1024));
            let head = self.beat.map(|_| Bytes::from(format!("d {}\n", piece.len())));
            for bytes in head.into_iter().chain([piece]) {
                if !self.link.send(bytes).await {
                    return;
                }
            }
        }
    }

    /// Tells the shell on standard input, which waits for a line, what the nonce is; false when the
    /// first flight did not get as far as to say it.
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

    /// The nonce, for reading frames inside a compressed one; empty before the first frame.
    pub fn nonce(&self) -> &str {
        self.parser.nonce().unwrap_or_default()
    }

    /// What went over the link so far.
    pub fn traffic(&self) -> Traffic {
        self.traffic
    }
}
