//! Carries out moves over one shell. Steps are sent a few ahead, so distance costs little; after a
//! failure the host runs none of those that were sent already.

use super::Event;
use super::steps::Move;
use crate::diagnostic::{Diagnostic, Exit};
use crate::remote::{Link, Shell};
use crate::secret::Content;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// How many steps are under way at once.
const AHEAD: usize = 4;

/// How many of a step's last lines an error quotes.
const LAST_LINES: usize = 20;

/// Runs the moves; `tell` hears every event. `first` is the number of steps already taken.
pub async fn run<L: Link>(
    shell: &mut Shell<L>,
    moves: &[Move],
    first: usize,
    stop: &Stop,
    tell: &mut dyn FnMut(Event),
) -> Result<(), Diagnostic> {
    let mut sent: Vec<u32> = Vec::new();
    for (index, one) in moves.iter().enumerate() {
        if stop.is_asked() && sent.len() <= index {
            return Err(interrupted(index, moves.len()));
        }
        let reach = if stop.is_asked() { sent.len() } else { index + AHEAD };
        let ahead = moves.iter().take(reach).skip(sent.len());
        let more: Vec<u32> = ahead.map(|one| send(shell, one)).collect();
        sent.extend(more);
        shell.flush().await;
        tell(Event::Step { number: first + index + 1, says: one.step.says.clone() });
        let Some(id) = sent.get(index) else { break };
        let mut lines = Lines::default();
        let (body, status) =
            shell.body(*id, |bytes| lines.feed(bytes, tell)).await.map_err(|lost| {
                lost.exit(Exit::Partial).note_line(format!("it was {}", one.step.says))
            })?;
        if status != 0 {
            return Err(failed(one, status, &body));
        }
        one.completes.iter().for_each(|address| tell(Event::Changed(address.clone())));
    }
    Ok(())
}

/// Asked for by the user: those steps that were sent already still run, no more are sent.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Asks to stop.
    pub fn ask(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether somebody asked.
    pub fn is_asked(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

fn interrupted(done: usize, of: usize) -> Diagnostic {
    let message = format!("stopped as asked, after {done} of {of} steps");
    Diagnostic::error("apply/interrupted", message)
        .help("apply again: what is done already stays, the rest follows")
        .exit(Exit::Partial)
}

fn send<L: Link>(shell: &mut Shell<L>, one: &Move) -> u32 {
    let call = &one.step.call;
    let words: Vec<&str> = call.words.iter().map(String::as_str).collect();
    shell.step(call.function, &words, call.input.as_ref().map(Content::expose))
}

/// Lines out of pieces; a carriage return ends one too (progress bars).
#[derive(Default)]
struct Lines {
    open: Vec<u8>,
}

impl Lines {
    fn feed(&mut self, bytes: &[u8], tell: &mut dyn FnMut(Event)) {
        for byte in bytes {
            match byte {
                b'\n' | b'\r' => self.end(tell),
                byte => self.open.push(*byte),
            }
        }
    }

    fn end(&mut self, tell: &mut dyn FnMut(Event)) {
        let line = String::from_utf8_lossy(&std::mem::take(&mut self.open)).trim().to_owned();
        if !line.is_empty() {
            tell(Event::Line(line));
        }
    }
}

fn locked() -> Diagnostic {
    Diagnostic::error("apply/locked", "another run of matrixform is changing this host")
        .help("wait until it has ended, then run apply again")
        .exit(Exit::Locked)
}

fn failed(one: &Move, status: u32, body: &[u8]) -> Diagnostic {
    let text = String::from_utf8_lossy(body);
    if one.step.call.function == "shell_lock" && status == Exit::Locked as u32 {
        return locked();
    }
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    let skip = lines.len().saturating_sub(LAST_LINES);
    let message = format!("{}: {} failed (exit status {status})", one.of, one.step.says);
    let problem = Diagnostic::error("apply/step", message).exit(Exit::Partial);
    let problem = lines.iter().skip(skip).fold(problem, |problem, line| problem.note_line(*line));
    problem.help("mend the cause and apply again: what is done already stays, the rest follows")
}
