//! Asks a person for lines, with echo. Ctrl-C ends the question, not the program: the caller says what became of the
//! earlier answers.

use crate::diagnostic::{Diagnostic, Problems};
use std::io::Write;
use tokio::runtime::{Builder, Runtime};

/// What was typed.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum TypedLine {
    /// A line, without its end.
    Line(String),
    /// End of input: Ctrl-D.
    End,
    /// Ctrl-C.
    Interrupted,
}

/// Standard input, with Ctrl-C handled here for as long as the process lives.
pub(super) struct Keyboard(Option<Runtime>);

impl Keyboard {
    /// Starts listening.
    pub(super) fn new() -> Result<Keyboard, Problems> {
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime =
            runtime.map_err(|error| vec![Diagnostic::bug(format!("no keyboard: {error}"))])?;
        Ok(Keyboard(Some(runtime)))
    }

    /// Asks, and waits for the answer.
    pub(super) fn ask(&self, prompt: &str) -> TypedLine {
        let Some(runtime) = &self.0 else { return TypedLine::End };
        runtime.block_on(async {
            // Registered before the prompt appears, so that an immediate Ctrl-C is caught.
            let interrupted =
                tokio::signal::unix::signal(tokio::signal::unix::SignalKind::interrupt());
            let Ok(mut interrupted) = interrupted else { return TypedLine::End };
            let mut stderr = std::io::stderr();
            let _ = stderr.write_all(prompt.as_bytes());
            let _ = stderr.flush();
            let line = tokio::task::spawn_blocking(|| {
                let mut line = Vec::new();
                let read =
                    std::io::BufRead::read_until(&mut std::io::stdin().lock(), b'\n', &mut line);
                // Invalid UTF-8 does not mean end of input: the caller refuses it.
                read.ok().map(|_| String::from_utf8_lossy(&line).into_owned())
            });
            let typed = tokio::select! {
                _ = interrupted.recv() => TypedLine::Interrupted,
                line = line => match line.ok().flatten() {
                    Some(line) if line.ends_with('\n') => {
                        TypedLine::Line(line.trim_end_matches(['\n', '\r']).to_owned())
                    }
                    _ => TypedLine::End,
                },
            };
            if !matches!(typed, TypedLine::Line(_)) {
                let _ = stderr.write_all(b"\n");
            }
            typed
        })
    }
}

impl Drop for Keyboard {
    fn drop(&mut self) {
        // The thread that still waits for a line ends with the process.
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}
