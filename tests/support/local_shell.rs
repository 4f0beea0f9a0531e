//! A link to a shell on this machine: the generated requests run under a real dash or busybox.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use bytes::Bytes;
use matrixform::for_tests::diagnostic::Diagnostic;
use matrixform::for_tests::remote::request::unpacking;
use matrixform::for_tests::remote::{Chunk, Link};
use std::process::Stdio;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::mpsc;

/// A running shell.
pub(crate) struct LocalShell {
    _child: Child,
    stdin: ChildStdin,
    output: mpsc::UnboundedReceiver<Chunk>,
}

impl LocalShell {
    /// Starts `program words…`; it must read a script from standard input.
    pub(crate) fn start(program: &[&str]) -> LocalShell {
        let mut child = Command::new(program[0])
            .args(&program[1..])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap_or_else(|error| {
                panic!("{} cannot be started ({error}): apt-get install dash busybox", program[0])
            });
        let stdin = child.stdin.take().unwrap();
        let (send, output) = mpsc::unbounded_channel();
        let (mut out, mut err) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
        let sender = send.clone();
        tokio::spawn(async move {
            let mut text = Vec::new();
            let _ = err.read_to_end(&mut text).await;
            let _ = sender.send(Chunk::Stderr(text.into()));
        });
        tokio::spawn(async move {
            let mut buffer = vec![0; 8192];
            while let Ok(size @ 1..) = out.read(&mut buffer).await {
                let _ = send.send(Chunk::Stdout(Bytes::copy_from_slice(&buffer[..size])));
            }
        });
        LocalShell { _child: child, stdin, output }
    }
}

impl Link for LocalShell {
    async fn start(&mut self, script: &str) -> usize {
        let script = unpacking("mf_flight", script) + "\neval \"$mf_flight\"\n";
        let length = script.len();
        self.send(script.into()).await;
        length
    }

    async fn send(&mut self, bytes: Bytes) -> bool {
        self.stdin.write_all(&bytes).await.is_ok() && self.stdin.flush().await.is_ok()
    }

    async fn next(&mut self) -> Option<Chunk> {
        self.output.recv().await
    }

    fn lost(&self) -> Option<Diagnostic> {
        None
    }
}
