//! The output of a remote command, in order, and its exit status. The channel's own task always fills the queue,
//! because unread output of one channel stops the whole connection (russh 0.65, measured); so it is bounded by a limit
//! that ends the command, not by waiting.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use tokio::sync::{mpsc, oneshot};

use super::channel::Requests;
use crate::diagnostic::Diagnostic;

/// Unread output beyond this ends the command: 128 MiB.
pub(super) const CAP: usize = 128 << 20;

/// A piece of a command's output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Chunk {
    /// Bytes of its standard output.
    Stdout(Bytes),
    /// Bytes of its standard error.
    Stderr(Bytes),
    /// Its exit status; the last chunk, after all output.
    Exit(u32),
    /// The signal that ended it (`TERM`, `KILL`); the last chunk, after all output.
    Signal(String),
}

impl Chunk {
    fn size(&self) -> usize {
        match self {
            Chunk::Stdout(bytes) | Chunk::Stderr(bytes) => bytes.len(),
            Chunk::Exit(_) | Chunk::Signal(_) => 0,
        }
    }
}

/// The reading end of a running command. Dropping it closes the channel; that alone does not stop
/// the command on the host (see [`ExecOutput::terminate`]).
pub struct ExecOutput {
    pub(super) queue: mpsc::UnboundedReceiver<Chunk>,
    pub(super) load: Load,
    pub(super) lost: Arc<OnceLock<Diagnostic>>,
    pub(super) requests: Requests,
    /// Dropped with the output: signals the channel's task that there is no reader any more.
    pub(super) _reading: oneshot::Sender<()>,
}

/// The number of bytes in the queue.
#[derive(Clone, Default)]
pub(super) struct Load(Arc<AtomicUsize>);

impl Load {
    /// Adds a chunk; returns false if the queue exceeds its limit.
    pub(super) fn enter(&self, chunk: &Chunk) -> bool {
        self.0.fetch_add(chunk.size(), Ordering::Relaxed) + chunk.size() <= CAP
    }

    fn leave(&self, chunk: &Chunk) {
        self.0.fetch_sub(chunk.size(), Ordering::Relaxed);
    }
}

impl ExecOutput {
    /// Returns the next chunk. `Exit` or `Signal` is followed by `None`; `None` without either means that the command's
    /// end is unknown, and [`ExecOutput::lost`] tells why. Cancel-safe.
    pub async fn next(&mut self) -> Option<Chunk> {
        let chunk = self.queue.recv().await?;
        self.load.leave(&chunk);
        Some(chunk)
    }

    /// Returns why the output ended without an exit status; `None` if it has not.
    pub fn lost(&self) -> Option<Diagnostic> {
        self.lost.get().cloned()
    }

    /// Asks the host to end the command (SIGTERM to its process group); closing a channel or a connection does not stop
    /// it. OpenSSH 9.2 does not forward signals in sessions of root ("session signalling requires privilege
    /// separation"): there, only `kill` from another command helps.
    pub async fn terminate(&self) {
        self.requests.terminate().await;
    }

    /// Reads to the end: standard output, standard error, and the last chunk.
    ///
    /// # Errors
    ///
    /// The connection was lost before the command ended.
    pub async fn collect(mut self) -> Result<Collected, Diagnostic> {
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        while let Some(chunk) = self.next().await {
            match chunk {
                Chunk::Stdout(bytes) => stdout.extend_from_slice(&bytes),
                Chunk::Stderr(bytes) => stderr.extend_from_slice(&bytes),
                Chunk::Exit(status) => {
                    return Ok(Collected { stdout, stderr, status: Some(status) });
                }
                Chunk::Signal(_) => return Ok(Collected { stdout, stderr, status: None }),
            }
        }
        Err(self.lost().unwrap_or_else(no_reason))
    }
}

/// The complete output of a command.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Collected {
    /// Everything on standard output.
    pub stdout: Vec<u8>,
    /// Everything on standard error.
    pub stderr: Vec<u8>,
    /// The exit status; `None` if a signal ended the command.
    pub status: Option<u32>,
}

fn no_reason() -> Diagnostic {
    Diagnostic::bug("a channel ended without a status and without a reason")
}
