//! A link to a shell that is started by its first request.

use super::connection::Starter;
use super::exec::Exec;
use super::output::Chunk;
use super::request::unpacking;
use super::shell::Link;
use crate::diagnostic::Diagnostic;
use crate::secret::Secret;
use bytes::Bytes;

/// How to start a shell; the login user's shell runs one of these commands.
#[derive(Clone, Debug)]
pub struct Opening {
    /// A shell on standard input.
    pub plain: String,
    /// A line that must be sent first, for a program that reads it before that shell.
    pub line: Option<Secret>,
    /// A command that runs a first script, which replaces the word [`SCRIPT`] in it, then waits for a line of input,
    /// and continues like `plain`. `None` if `line` must come before the script.
    pub with_script: Option<String>,
}

/// The placeholder for the first script in a command: shell code that sets `mf_flight` to it, without quotes.
pub const SCRIPT: &str = "MATRIXFORM_SCRIPT";

/// A longer script goes to standard input: Linux allows 128 KiB for one word (bytes).
const WORD: usize = 64 * 1024;

/// The link to a shell, before and after its start.
pub struct SshLink {
    starter: Starter,
    opening: Opening,
    exec: Option<Exec>,
    failed: Option<Diagnostic>,
}

impl SshLink {
    /// Creates a link without a running command.
    pub fn new(starter: Starter, opening: Opening) -> SshLink {
        SshLink { starter, opening, exec: None, failed: None }
    }

    /// Runs a command; returns whether it started.
    async fn run(&mut self, command: &str) -> bool {
        match self.starter.exec(command).await {
            Ok(exec) => self.exec = Some(exec),
            Err(problem) => self.failed = Some(problem),
        }
        self.exec.is_some()
    }
}

impl Link for SshLink {
    async fn start(&mut self, script: &str) -> usize {
        let script = unpacking("mf_flight", script);
        if let Some(command) = self.opening.with_script.as_ref().filter(|_| script.len() <= WORD) {
            let command = command.replace(SCRIPT, &script);
            self.run(&command).await;
            return command.len();
        }
        let plain = self.opening.plain.clone();
        if !self.run(&plain).await {
            return 0;
        }
        self.starter.count_input();
        let line = self.opening.line.as_ref().map(|line| [line.expose(), b"\n"].concat());
        let script = format!("{script}\neval \"$mf_flight\"\n");
        let input = Bytes::from([line.unwrap_or_default(), script.into_bytes()].concat());
        let length = input.len();
        self.send(input).await;
        length
    }

    async fn send(&mut self, bytes: Bytes) -> bool {
        match &mut self.exec {
            Some(exec) => exec.input.send(bytes).await.is_ok(),
            None => false,
        }
    }

    async fn next(&mut self) -> Option<Chunk> {
        self.exec.as_mut()?.output.next().await
    }

    fn lost(&self) -> Option<Diagnostic> {
        self.failed.clone().or_else(|| self.exec.as_ref()?.output.lost())
    }
}
