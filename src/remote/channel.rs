//! A task per channel: it takes everything the host sends as soon as it arrives, and closes the channel when nobody
//! reads any more. It must never wait for anything but the host: russh stops the whole session while one channel's
//! messages are not taken, so separate tasks send the requests.

use std::sync::{Arc, OnceLock};

use russh::client::Msg;
use russh::{ChannelMsg, ChannelReadHalf, ChannelWriteHalf, Sig};
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot, watch};

use super::close_reason::CloseReason;
use super::output::{CAP, Chunk, Load};
use crate::diagnostic::Diagnostic;

/// Sends requests to the host; shared by input, output and the task.
#[derive(Clone)]
pub(super) struct Requests(pub(super) Arc<ChannelWriteHalf<Msg>>);

impl Requests {
    /// A failure means that the session is gone, which makes the request unnecessary.
    pub(super) async fn terminate(&self) {
        let _ = self.0.signal(Sig::TERM).await;
    }

    async fn close(&self) {
        let _ = self.0.close().await;
    }
}

/// The state of the task.
pub(super) struct Drain {
    pub(super) queue: mpsc::UnboundedSender<Chunk>,
    pub(super) load: Load,
    pub(super) lost: Arc<OnceLock<Diagnostic>>,
    pub(super) requests: Requests,
    pub(super) close_reason: CloseReason,
    /// Becomes true when the command takes no more input; dropped with the task.
    pub(super) ended: watch::Sender<bool>,
    /// Freed when this side is done; the host's own session may end a little later.
    pub(super) _slot: OwnedSemaphorePermit,
}

impl Drain {
    /// Runs until the host has closed the channel, the session is gone, or the reader is dropped.
    pub(super) async fn run(self, mut read: ChannelReadHalf, mut reader: oneshot::Receiver<()>) {
        let mut last = None;
        loop {
            let message = tokio::select! {
                message = read.wait() => message,
                _ = &mut reader => break,
            };
            match message {
                Some(ChannelMsg::Close) => return self.finish(last),
                None => return self.fail(self.close_reason.lost("a command was running")),
                Some(message) => self.take(message, &mut last),
            }
            if self.lost.get().is_some() {
                break;
            }
        }
        // Close only after dropping the reader: otherwise russh could wait for this task while it waits for russh.
        // russh does not report the host's close after ours, so this is the end.
        drop(read);
        self.requests.close().await;
    }

    fn take(&self, message: ChannelMsg, last: &mut Option<Chunk>) {
        match message {
            ChannelMsg::Data { data } => self.push(Chunk::Stdout(data)),
            ChannelMsg::ExtendedData { data, ext: 1 } => self.push(Chunk::Stderr(data)),
            // The status may come before the last output (RFC 4254 section 6.10 sets no order), so
            // it is kept until the host closes the channel.
            ChannelMsg::ExitStatus { exit_status } => self.end(last, Chunk::Exit(exit_status)),
            ChannelMsg::ExitSignal { signal_name, .. } => {
                self.end(last, Chunk::Signal(signal(&signal_name)));
            }
            ChannelMsg::Failure => self.fail(refused()),
            _ => {}
        }
    }

    fn end(&self, last: &mut Option<Chunk>, chunk: Chunk) {
        *last = Some(chunk);
        self.ended.send_replace(true);
    }

    fn push(&self, chunk: Chunk) {
        if self.load.enter(&chunk) {
            let _ = self.queue.send(chunk);
        } else {
            self.fail(too_much());
        }
    }

    fn finish(&self, last: Option<Chunk>) {
        match last {
            Some(chunk) => {
                let _ = self.queue.send(chunk);
            }
            None => self.fail(no_status()),
        }
    }

    fn fail(&self, reason: Diagnostic) {
        let _ = self.lost.set(reason);
    }
}

/// Returns the signal's name without `SIG`, as RFC 4254 section 6.10 writes it.
fn signal(name: &Sig) -> String {
    match name {
        Sig::Custom(name) => name.clone(),
        known => format!("{known:?}"),
    }
}

fn refused() -> Diagnostic {
    Diagnostic::error("remote/exec-refused", "the host refused to run a command")
        .help("make sure that sshd does not force a command on this user (`ForceCommand`)")
}

fn too_much() -> Diagnostic {
    Diagnostic::error(
        "remote/output-too-large",
        format!("a command wrote more than {} MiB of unread output", CAP >> 20),
    )
    .help("this is a bug in matrixform or in a module: no output should be this large")
}

fn no_status() -> Diagnostic {
    Diagnostic::error("remote/no-status", "the host ended a command without an exit status")
        .help("check the host's sshd log (`journalctl -u ssh`), then run the command again")
}
