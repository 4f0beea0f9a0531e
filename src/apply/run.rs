//! Carries out steps over one shell. Plain steps are sent a few ahead, so network latency costs little; after a
//! failure, the host skips the steps already sent. A switch is sent as a whole, and the host carries it out on its own.

use super::Event;
use super::failure::{
    Before, connection_lost, failed, interrupted, no_lock, not_accepted, stopping, switching,
    taken_back, warned,
};
use super::lines::Lines;
use super::runs::Runs;
use super::schedule::{PlannedStep, Role};
use super::stop::Stop;
use crate::diagnostic::{Diagnostic, Exit};
use crate::remote::{DAY, GuardedStep, Link, Shell};
use crate::secret::Content;
use std::cell::RefCell;
use std::time::{Duration, Instant};

/// How many steps are in flight at once.
const AHEAD: usize = 4;

/// How much input may wait for its step on the host (bytes): more than fits into its pipe would hold up the heartbeats
/// behind it.
const WAITING: usize = 24 * 1024;

/// The time limit for accepting or undoing a switch.
const UNDOING: Duration = Duration::from_secs(60 * 60);

/// The progress of a run.
#[derive(Clone, Debug, Default)]
pub struct RunProgress {
    done: Vec<PlannedStep>,
    of: usize,
}

impl RunProgress {
    /// Returns the start of a run with this many steps.
    pub fn new(of: usize) -> RunProgress {
        RunProgress { done: Vec::new(), of }
    }

    fn before(&self) -> Before {
        Before::of(self.done.iter())
    }

    fn number(&self) -> usize {
        self.done.len() + 1
    }

    fn interrupted(&self) -> Diagnostic {
        interrupted(self.done.len(), self.of, self.before().changed)
    }
}

/// Runs the steps; `report` receives every event.
///
/// # Errors
///
/// A step failed or took too long, the user asked to stop, or the connection was lost.
pub async fn run<L: Link>(
    shell: &mut Shell<L>,
    steps: &[PlannedStep],
    progress: &mut RunProgress,
    stop: &Stop,
    report: &mut dyn FnMut(Event),
) -> Result<(), Diagnostic> {
    let mut sent: Vec<u32> = Vec::new();
    for (index, one) in steps.iter().enumerate() {
        if stop.is_asked() && sent.len() <= index {
            return Err(progress.interrupted());
        }
        let reach = if stop.is_asked() { sent.len() } else { index + AHEAD };
        for (at, one) in steps.iter().enumerate().take(reach).skip(sent.len()) {
            let waiting = steps.iter().take(at + 1).skip(index + 1).map(input_size).sum::<usize>();
            if at > index && waiting > WAITING {
                break;
            }
            sent.push(send(shell, one));
            report(called(one));
        }
        shell.flush().await;
        let began = Instant::now();
        report(Event::Step { number: progress.number(), label: one.step.label.clone() });
        let Some(id) = sent.get(index) else { break };
        let waiting = stopping(sent.len() - index - 1);
        let (_, body, status) =
            answer(shell, &[*id], one.step.limit, waiting, stop, report).await.map_err(|lost| {
                let mut sent = steps.iter().take(sent.len()).skip(index);
                connection_lost(
                    lost,
                    one,
                    progress.before().changed || sent.any(|one| one.role.changes()),
                )
            })?;
        if status != 0 {
            return Err(failed(one, status, &body, &progress.before()));
        }
        warned(one, &body).into_iter().for_each(|note| report(Event::Note(note)));
        ended(one, began, progress, report);
    }
    Ok(())
}

/// The delays before retrying a login: sshd may be reading its files at first, and restricts clients with many failed
/// logins.
const RETRY_DELAYS: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(5)];

/// Runs the steps of a switch: sent as a whole, carried out by a unit of its own on the host, undone as a whole.
/// `log_in` makes a new login, and leaves the given nonce on the host.
///
/// # Errors
///
/// The user asked to stop before the switch began, the connection was lost, or a step or the acceptance of the switch
/// failed; the exit status says whether what was switched is back as it was.
pub async fn switch<L: Link>(
    shell: &mut Shell<L>,
    steps: &[PlannedStep],
    progress: &mut RunProgress,
    stop: &Stop,
    report: &mut dyn FnMut(Event),
    log_in: &impl AsyncFn(String) -> Result<(), Diagnostic>,
) -> Result<(), Diagnostic> {
    let Some(first) = steps.first() else { return Ok(()) };
    if stop.is_asked() {
        return Err(progress.interrupted());
    }
    let before = progress.before();
    let sent = shell.guarded(steps.iter().map(guarded));
    steps.iter().for_each(|one| report(called(one)));
    shell.flush().await;
    let (mut broken, mut refused) = (None, None);
    for (one, id) in steps.iter().zip(&sent.steps) {
        let began = Instant::now();
        report(Event::Step { number: progress.number(), label: one.step.label.clone() });
        let ids = [*id, sent.end];
        let nonce = shell.nonce().to_owned();
        let waiting = answer(shell, &ids, one.step.limit, switching(), stop, report);
        let answered = match one.role {
            Role::Login => log_in_while(waiting, log_in, &nonce, &mut refused).await,
            _ => waiting.await,
        };
        let (of, body, status) = answered.map_err(|lost| connection_lost(lost, one, true))?;
        if of == sent.end && status == 0 {
            // It was accepted, but the host could not write down its output.
            return Ok(());
        }
        if of == sent.end {
            // The switch did not get that far: its unit could not be started, or was ended.
            return Err(taken_back(one, (status, &[]), (status, &body), &before));
        }
        if status != 0 {
            broken = Some((one, status, body));
            break;
        }
        ended(one, began, progress, report);
    }
    let last = broken.as_ref().map_or(first, |(one, ..)| one);
    let (_, outcome, status) = answer(shell, &[sent.end], UNDOING, switching(), stop, report)
        .await
        .map_err(|lost| connection_lost(lost, last, true))?;
    match broken {
        Some((one, why, body)) => {
            let problem = taken_back(one, (why, &body), (status, &outcome), &before);
            Err(refused.into_iter().fold(problem, Diagnostic::note_line))
        }
        None if status == 0 => Ok(()),
        None => Err(not_accepted((status, &outcome), &before)),
    }
}

/// Waits for an answer, and meanwhile tries to log in until one login succeeds; also returns why the last one failed.
async fn log_in_while<T>(
    waiting: impl Future<Output = T>,
    log_in: &impl AsyncFn(String) -> Result<(), Diagnostic>,
    nonce: &str,
    refused: &mut Option<String>,
) -> T {
    let mut waiting = std::pin::pin!(waiting);
    let trying = async {
        let [first, later] = RETRY_DELAYS;
        let mut pause = first;
        while let Err(problem) = log_in(nonce.to_owned()).await {
            *refused = Some(format!("a new login failed: {}", problem.message));
            tokio::time::sleep(std::mem::replace(&mut pause, later)).await;
        }
    };
    tokio::select! {
        biased;
        answer = &mut waiting => return answer,
        () = trying => {}
    }
    waiting.await
}

/// Waits until no other run holds the host and no unit of an earlier one is active there.
///
/// # Errors
///
/// The other run takes more than a day, or the connection is lost.
pub async fn await_runs<L: Link>(
    shell: &mut Shell<L>,
    report: &mut dyn FnMut(Event),
) -> Result<(), Diagnostic> {
    let id = shell.step(DAY, "run_await", &[], None);
    shell.flush().await;
    let mut lines = Lines::default();
    let mut note = |event| {
        if let Event::Line(line) = event {
            report(waiting(line));
        }
    };
    shell.body(id, DAY, |bytes| lines.feed(bytes, &mut note)).await.map(|_| ())
}

/// Takes the host's lock for a run by `who`; `wait` makes it wait until another run has ended.
///
/// # Errors
///
/// Another run holds the lock (`apply/locked`), the host cannot take it (`apply/no-lock`), or the connection is lost.
pub async fn take_lock<L: Link>(
    shell: &mut Shell<L>,
    wait: bool,
    who: &str,
    report: &mut dyn FnMut(Event),
) -> Result<(), Diagnostic> {
    let mut lines = Lines::default();
    let mut note = |event| {
        if let Event::Line(line) = event
            && wait
        {
            report(waiting(line));
        }
    };
    let (body, status) = shell.take_lock(wait, who, |bytes| lines.feed(bytes, &mut note)).await?;
    let output = String::from_utf8_lossy(&body);
    match status {
        0 => Ok(()),
        status if status == Exit::Locked as u32 => Err(Runs::locked(output.trim())),
        _ => Err(no_lock(output.trim())),
    }
}

fn waiting(line: String) -> Event {
    Event::Note(Diagnostic::note("apply/waiting", line))
}

fn ended(
    one: &PlannedStep,
    began: Instant,
    progress: &mut RunProgress,
    report: &mut dyn FnMut(Event),
) {
    report(Event::Ended { number: progress.number(), took: began.elapsed() });
    one.completes.iter().for_each(|address| report(Event::Changed(address.clone())));
    progress.done.push(one.clone());
}

/// Returns the body of the first of these frames to end, and its status. If the user asks to stop meanwhile, a note
/// says what the run waits for.
async fn answer<L: Link>(
    shell: &mut Shell<L>,
    ids: &[u32],
    limit: Duration,
    waiting: Diagnostic,
    stop: &Stop,
    report: &mut dyn FnMut(Event),
) -> Result<(u32, Vec<u8>, u32), Diagnostic> {
    let (mut lines, report) = (Lines::default(), RefCell::new(report));
    let line = |bytes: &[u8]| lines.feed(bytes, *report.borrow_mut());
    let mut body = std::pin::pin!(shell.first_of(ids, limit, line));
    tokio::select! {
        biased;
        answer = &mut body => return answer,
        () = stop.unanswered() => (*report.borrow_mut())(Event::Note(waiting)),
    }
    body.await
}

fn guarded(one: &PlannedStep) -> GuardedStep<'_> {
    let call = &one.step.call;
    GuardedStep {
        label: &one.step.label,
        unit: one.unit.as_deref(),
        limit: one.step.limit,
        function: call.function,
        args: call.args.iter().map(String::as_str).collect(),
        input: call.input.as_ref().map(Content::expose),
    }
}

fn send<L: Link>(shell: &mut Shell<L>, one: &PlannedStep) -> u32 {
    let call = &one.step.call;
    let args: Vec<&str> = call.args.iter().map(String::as_str).collect();
    shell.step(one.step.limit, call.function, &args, call.input.as_ref().map(Content::expose))
}

/// The size of a step's input (bytes).
fn input_size(one: &PlannedStep) -> usize {
    one.step.call.input.as_ref().map_or(0, |input| input.expose().len())
}

fn called(one: &PlannedStep) -> Event {
    let call = &one.step.call;
    Event::Called { function: call.function, args: call.args.clone() }
}
