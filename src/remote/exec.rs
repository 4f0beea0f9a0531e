//! A running remote command: its input and output. The end of input is only sent explicitly: dropping [`Input`] does
//! not send it, so that half a script is never taken for a whole one.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use russh::Channel;
use russh::client::Msg;
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot, watch};

use super::channel::{Drain, Requests};
use super::close_reason::CloseReason;
use super::output::{Collected, ExecOutput, Load};
use crate::diagnostic::Diagnostic;

/// A running command.
pub struct Exec {
    /// Its standard input.
    pub input: Input,
    /// Its output and exit status.
    pub output: ExecOutput,
}

impl Exec {
    /// Sends all of the input and its end while reading the output to the end. A command that ends before it has read
    /// everything is not an error: its status tells the result.
    ///
    /// # Errors
    ///
    /// The connection was lost before the command ended.
    pub async fn answer(self, input: impl Into<Bytes>) -> Result<Collected, Diagnostic> {
        let Exec { input: mut stdin, output } = self;
        let send = async move {
            stdin.send(input).await?;
            stdin.eof().await
        };
        tokio::join!(send, output.collect()).1
    }
}

/// The command's standard input.
pub struct Input {
    requests: Requests,
    ended: watch::Receiver<bool>,
}

/// The command takes no more input: it has ended or the connection is gone. [`ExecOutput`] tells which.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CommandEnded;

impl Input {
    /// Sends bytes, and waits while the host takes no more. Returns as soon as the command has ended, even if the host
    /// never takes the rest. A cancelled call may have sent a part.
    ///
    /// # Errors
    ///
    /// The command has ended, or the connection is gone.
    pub async fn send(&mut self, bytes: impl Into<Bytes>) -> Result<(), CommandEnded> {
        let Input { requests, ended } = self;
        tokio::select! {
            biased;
            _ = ended.wait_for(|ended| *ended) => Err(CommandEnded),
            sent = requests.0.data_bytes(bytes.into()) => sent.map_err(|_| CommandEnded),
        }
    }

    /// Ends the input.
    ///
    /// # Errors
    ///
    /// The command has ended, or the connection is gone.
    pub async fn eof(mut self) -> Result<(), CommandEnded> {
        let Input { requests, ended } = &mut self;
        tokio::select! {
            biased;
            _ = ended.wait_for(|ended| *ended) => Err(CommandEnded),
            sent = requests.0.eof() => sent.map_err(|_| CommandEnded),
        }
    }
}

/// Starts the task for an open channel on which a command was requested.
pub(super) fn start(
    channel: Channel<Msg>,
    close_reason: CloseReason,
    slot: OwnedSemaphorePermit,
) -> Exec {
    let (read, write) = channel.split();
    let requests = Requests(Arc::new(write));
    let (queue, received) = mpsc::unbounded_channel();
    let (ended, watched) = watch::channel(false);
    let (reading, reader) = oneshot::channel();
    let (load, lost) = (Load::default(), Arc::new(OnceLock::new()));
    let output = ExecOutput {
        queue: received,
        load: load.clone(),
        lost: Arc::clone(&lost),
        requests: requests.clone(),
        _reading: reading,
    };
    let input = Input { requests: requests.clone(), ended: watched };
    let drain = Drain { queue, load, lost, requests, close_reason, ended, _slot: slot };
    tokio::spawn(drain.run(read, reader));
    Exec { input, output }
}
