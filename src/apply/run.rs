//! Carries out moves over one shell. Steps are sent a few ahead, so distance costs little; after a
//! failure the host runs none of those that were sent already.

use super::Event;
use super::steps::Move;
use crate::diagnostic::{Diagnostic, Exit};
use crate::remote::{Link, Shell};
use crate::secret::Content;
use std::cell::RefCell;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::watch;

/// How many steps are under way at once.
const AHEAD: usize = 4;

/// Of a line that a step prints no more is shown (bytes).
const LINE: usize = 4096;

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
        for one in ahead {
            sent.push(send(shell, one));
            tell(called(one));
        }
        shell.flush().await;
        let (number, began) = (first + index + 1, Instant::now());
        tell(Event::Step { number, says: one.step.says.clone() });
        let Some(id) = sent.get(index) else { break };
        let (body, status) = answer(shell, *id, sent.len() - index - 1, stop, tell)
            .await
            .map_err(|lost| cut(lost, one))?;
        if status != 0 {
            let before = Before::of(moves.get(..index).unwrap_or_default(), first);
            return Err(failed(one, status, &body, &before));
        }
        tell(Event::Ended { number, took: began.elapsed() });
        one.completes.iter().for_each(|address| tell(Event::Changed(address.clone())));
    }
    Ok(())
}

/// What a step printed, and its status. Whoever asks to stop meanwhile is told what is waited for.
async fn answer<L: Link>(
    shell: &mut Shell<L>,
    id: u32,
    waiting: usize,
    stop: &Stop,
    tell: &mut dyn FnMut(Event),
) -> Result<(Vec<u8>, u32), Diagnostic> {
    let before = stop.is_asked();
    let (mut lines, tell) = (Lines::default(), RefCell::new(tell));
    let mut body = std::pin::pin!(shell.body(id, |bytes| lines.feed(bytes, *tell.borrow_mut())));
    tokio::select! {
        biased;
        answer = &mut body => return answer,
        () = stop.asked(), if !before => (*tell.borrow_mut())(Event::Note(stopping(waiting))),
    }
    body.await
}

/// Asked for by the user: those steps that were sent already still run, no more are sent.
#[derive(Clone, Debug)]
pub struct Stop(Arc<watch::Sender<bool>>);

impl Default for Stop {
    fn default() -> Stop {
        Stop(Arc::new(watch::Sender::new(false)))
    }
}

impl Stop {
    /// Asks to stop.
    pub fn ask(&self) {
        self.0.send_replace(true);
    }

    /// Whether somebody asked.
    pub fn is_asked(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits until somebody asks.
    async fn asked(&self) {
        // The sender is this very value, so it is there.
        let _ = self.0.subscribe().wait_for(|asked| *asked).await;
    }
}

fn stopping(waiting: usize) -> Diagnostic {
    let message = match waiting {
        0 => "stopping after the step under way".to_owned(),
        more => format!("stopping after the step under way and {more} that the host has already"),
    };
    Diagnostic::note("apply/stopping", message)
        .help("press Ctrl-C again to leave at once; the step under way goes on on the host")
}

/// The connection went during a step.
fn cut(lost: Diagnostic, one: &Move) -> Diagnostic {
    lost.exit(Exit::Partial)
        .note_line(format!("it was {}, which may still be going on there", one.step.says))
        .help("see that the host can be reached, then apply again: it goes on from what is done")
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

fn called(one: &Move) -> Event {
    let call = &one.step.call;
    Event::Called { function: call.function, words: call.words.clone() }
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
                byte if self.open.len() < LINE => self.open.push(*byte),
                _ => {}
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

/// Whether this is the step before all changes.
fn is_lock(one: &Move) -> bool {
    one.step.call.function == "shell_lock"
}

fn locked() -> Diagnostic {
    Diagnostic::error("apply/locked", "another run of matrixform is changing this host")
        .help("wait until it has ended, then run apply again")
        .exit(Exit::Locked)
}

/// What the steps before a failed one had done.
struct Before {
    /// Something on the host is another than before the run.
    changed: bool,
    /// So was something before the switch that the failed step belongs to.
    changed_before_switch: bool,
}

impl Before {
    fn of(moves: &[Move], first: usize) -> Before {
        let switch = moves.iter().rposition(|one| one.step.call.function == "switch_keep");
        let until = moves.get(..switch.unwrap_or(moves.len())).unwrap_or_default();
        // Whatever came in an earlier part ended with an installation.
        let changed = |moves: &[Move]| first > 0 || moves.iter().any(changes);
        Before { changed: changed(moves), changed_before_switch: changed(until) }
    }
}

/// Whether a step makes the host another one. The list of secrets' names, a check of what
/// is staged in memory and a copy of what a switch will replace do not.
fn changes(one: &Move) -> bool {
    let leaves_alone = ["ledger_write", "installation_write", "activation_stage", "switch_keep"];
    !leaves_alone.contains(&one.step.call.function)
}

fn failed(one: &Move, status: u32, body: &[u8], before: &Before) -> Diagnostic {
    let text = String::from_utf8_lossy(body);
    if is_lock(one) && status == Exit::Locked as u32 {
        return locked();
    }
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    let skip = lines.len().saturating_sub(LAST_LINES);
    let message = format!("{}: {} failed (exit status {status})", one.of, one.step.says);
    let problem = Diagnostic::error("apply/step", message);
    let problem = lines.iter().skip(skip).fold(problem, |problem, line| problem.note_line(*line));
    let (exit, help) = ending(one, status, before);
    problem.exit(exit).help(format!("mend the cause and apply again: {help}"))
}

/// How a run ends that failed in this step, and what is true of the host now.
fn ending(one: &Move, status: u32, before: &Before) -> (Exit, &'static str) {
    let function = one.step.call.function;
    let is_check = function == "activation_stage" || is_lock(one);
    if is_check && !before.changed {
        return (Exit::Error, "nothing was changed");
    }
    let put_back = function == "switch_check" && status == Exit::RolledBack as u32;
    if put_back && !before.changed_before_switch {
        return (Exit::RolledBack, "what was changed is as it was before");
    }
    (Exit::Partial, "what is done already stays, the rest follows")
}
