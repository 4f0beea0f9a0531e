//! One channel's own task: it takes everything the host sends as soon as it comes, and closes the
//! channel when nobody reads any more. It must never wait for anything but the host: russh stops the
//! whole session while one channel's messages are not taken, so requests are sent by tasks of their own.

use std::sync::{Arc, OnceLock};

use russh::client::Msg;
use russh::{ChannelMsg, ChannelReadHalf, ChannelWriteHalf, Sig};
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot, watch};

use super::ending::Ending;
use super::output::{CAP, Chunk, Load};
use crate::diagnostic::Diagnostic;

/// The way back to the host, shared by input, output and the task.
#[derive(Clone)]
pub(super) struct Requests(pub(super) Arc<ChannelWriteHalf<Msg>>);

impl Requests {
    /// A failure means the session is gone, and then there is nothing left to ask for.
    pub(super) async fn terminate(&self) {
        let _ = self.0.signal(Sig::TERM).await;
    }

    fn close_later(&self) {
        let write = Arc::clone(&self.0);
        tokio::spawn(async move { write.close().await });
    }
}

/// The state of the task.
pub(super) struct Drain {
    pub(super) queue: mpsc::UnboundedSender<Chunk>,
    pub(super) load: Load,
    pub(super) lost: Arc<OnceLock<Diagnostic>>,
    pub(super) requests: Requests,
    pub(super) ending: Ending,
    /// Becomes true when the command takes no more input.
    pub(super) ended: watch::Sender<bool>,
    /// Held until the host has closed its side: only then is its session slot free again.
    pub(super) _slot: OwnedSemaphorePermit,
}

impl Drain {
    /// Runs until the host has closed the channel or the session is gone.
    pub(super) async fn run(self, mut read: ChannelReadHalf, mut reader: oneshot::Receiver<()>) {
        let mut last = None;
        let mut wanted = true;
        loop {
            let message = tokio::select! {
                message = read.wait() => message,
                _ = &mut reader, if wanted => {
                    wanted = false;
                    self.requests.close_later();
                    continue;
                }
            };
            match message {
                Some(ChannelMsg::Close) => break self.finish(last),
                None => break self.fail(self.ending.lost("a command was running")),
                Some(message) => self.take(message, &mut last),
            }
        }
        self.ended.send_replace(true);
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
            ChannelMsg::Failure => {
                self.fail(refused());
                self.requests.close_later();
            }
            _ => {}
        }
    }

    fn end(&self, last: &mut Option<Chunk>, chunk: Chunk) {
        *last = Some(chunk);
        self.ended.send_replace(true);
    }

    fn push(&self, chunk: Chunk) {
        if self.lost.get().is_some() {
            return;
        }
        if self.load.enter(&chunk) {
            let _ = self.queue.send(chunk);
        } else {
            self.fail(too_much());
            self.requests.close_later();
        }
    }

    fn finish(&self, last: Option<Chunk>) {
        match last {
            Some(chunk) if self.lost.get().is_none() => {
                let _ = self.queue.send(chunk);
            }
            _ => self.fail(no_status()),
        }
    }

    fn fail(&self, reason: Diagnostic) {
        let _ = self.lost.set(reason);
    }
}

/// The signal's name without `SIG`, as RFC 4254 section 6.10 writes it.
fn signal(name: &Sig) -> String {
    match name {
        Sig::Custom(name) => name.clone(),
        known => format!("{known:?}"),
    }
}

fn refused() -> Diagnostic {
    Diagnostic::error("remote/exec-refused", "the host refused to run a command")
        .help("see that sshd forces no command or subsystem on this user (`ForceCommand`)")
}

fn too_much() -> Diagnostic {
    Diagnostic::error(
        "remote/output-too-large",
        format!("a command wrote more than {} MiB that nobody had read", CAP >> 20),
    )
    .help("this is a bug in matrixform or in a module: no answer should be as large")
}

fn no_status() -> Diagnostic {
    Diagnostic::error("remote/no-status", "the host ended a command without an exit status")
        .help("see the host's own log of sshd (`journalctl -u ssh`), then run the command again")
}
