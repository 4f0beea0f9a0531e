//! Answers: frames as they arrive, until the requested one has ended.

use super::{BEAT, BODY_LIMIT, GRACE, Link, STDERR_LIMIT, Shell};
use crate::diagnostic::Diagnostic;
use crate::remote::frame::Frame;
use crate::remote::output::Chunk;
use bytes::Bytes;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

impl<L: Link> Shell<L> {
    /// Returns the whole body of the frame `id`, for which the host has `limit`; `line` receives the output as it
    /// arrives, and may get a line end twice: as soon as it arrives, and again when it is known not to belong to the
    /// frame.
    ///
    /// # Errors
    ///
    /// The host took longer, or the connection was lost.
    pub async fn body(
        &mut self,
        id: u32,
        limit: Duration,
        line: impl FnMut(&[u8]),
    ) -> Result<(Vec<u8>, u32), Diagnostic> {
        self.first_of(&[id], limit, line).await.map(|(_, body, status)| (body, status))
    }

    /// Like [`Shell::body`] for several frames; returns the first one to end, and its id.
    ///
    /// # Errors
    ///
    /// As [`Shell::body`].
    pub async fn first_of(
        &mut self,
        ids: &[u32],
        limit: Duration,
        mut line: impl FnMut(&[u8]),
    ) -> Result<(u32, Vec<u8>, u32), Diagnostic> {
        let mut body = Vec::new();
        self.due = Some((Instant::now() + limit + GRACE + self.patience, limit));
        loop {
            match self.next().await? {
                Frame::Begin(of) if ids.contains(&of) => body.clear(),
                Frame::Data(of, bytes) if ids.contains(&of) => {
                    self.due = Some((Instant::now() + limit + GRACE, limit));
                    line(&bytes);
                    if body.len() + bytes.len() > BODY_LIMIT {
                        let message = format!("the host answered more than {BODY_LIMIT} bytes");
                        return Err(Diagnostic::error("remote/too-much", message));
                    }
                    body.extend_from_slice(&bytes);
                    if self.ready.is_empty() && self.parser.is_at_line_end() {
                        line(b"\n");
                    }
                }
                Frame::End(of, status) if ids.contains(&of) => {
                    self.due = None;
                    return Ok((of, body, status));
                }
                _ => {}
            }
        }
    }

    /// Returns the next frame, or why there is none.
    ///
    /// # Errors
    ///
    /// The connection was lost, or the output is not a frame.
    pub async fn next(&mut self) -> Result<Frame, Diagnostic> {
        loop {
            if let Some(frame) = self.ready.pop_front() {
                return Ok(frame);
            }
            match self.chunk().await {
                Some(chunk) => self.take(chunk),
                None => return Err(self.broken()),
            }
        }
    }

    /// Returns the next piece of output; `None` also if the shell's nonce or the answer is overdue.
    pub(super) async fn chunk(&mut self) -> Option<Chunk> {
        let due = self.due.map(|(due, _)| due);
        let due = if self.parser.nonce().is_none() { self.deadline } else { due };
        match (due, self.beat) {
            (due, Some(beat)) => self.chunk_or_beat(beat, due).await,
            (Some(due), None) => timeout_at(due, self.link.next()).await.ok().flatten(),
            (None, None) => self.link.next().await,
        }
    }

    /// Returns the next piece of output; sends heartbeats until it arrives.
    async fn chunk_or_beat(&mut self, mut beat: Instant, due: Option<Instant>) -> Option<Chunk> {
        let chunk = loop {
            match timeout_at(due.map_or(beat, |due| due.min(beat)), self.link.next()).await {
                Ok(chunk) => break chunk,
                Err(_) if due.is_some_and(|due| due <= Instant::now()) => break None,
                // If the host takes no more, the reading side tells why.
                Err(_) => drop(self.link.send(Bytes::from_static(b"h\n")).await),
            }
            beat = Instant::now() + BEAT;
        };
        self.beat = Some(beat);
        chunk
    }

    /// Waits for another future while the host stays locked: sends heartbeats.
    pub async fn while_held<T>(&mut self, other: impl Future<Output = T>) -> T {
        let mut other = std::pin::pin!(other);
        loop {
            match timeout_at(Instant::now() + BEAT, &mut other).await {
                Ok(done) => return done,
                // If the host takes no more, the next request tells why.
                Err(_) if self.beat.is_some() => {
                    let _ = self.link.send(Bytes::from_static(b"h\n")).await;
                }
                Err(_) => {}
            }
        }
    }

    pub(super) fn take(&mut self, chunk: Chunk) {
        match chunk {
            Chunk::Stdout(bytes) => {
                self.traffic.received += bytes.len();
                self.ready.extend(self.parser.feed(&bytes));
            }
            Chunk::Stderr(bytes) => {
                let room = STDERR_LIMIT.saturating_sub(self.stderr.len());
                self.stderr.extend(bytes.iter().take(room));
            }
            Chunk::Exit(status) => self.ended = Some(format!("exit status {status}")),
            Chunk::Signal(name) => self.ended = Some(format!("signal {name}")),
        }
    }

    /// Returns the questions that the host could not end in time.
    pub fn overdue(&self) -> Vec<u32> {
        let stderr = String::from_utf8_lossy(&self.stderr);
        let ids = stderr.lines().filter_map(|line| line.strip_prefix("matrixform: overdue "));
        ids.filter_map(|id| id.parse().ok()).collect()
    }
}
