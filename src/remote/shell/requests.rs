//! Requests: questions, steps, a whole switch, the lock. They are sent without waiting.

use super::{BEAT, DAY, Link, SILENCE, SILENT_LOCK, Shell};
use crate::diagnostic::Diagnostic;
use crate::remote::request::{call, packed, with_input};
use std::time::Duration;
use tokio::time::Instant;

/// One step of a sequence that the host runs as a whole.
#[derive(Clone, Debug)]
pub struct GuardedStep<'a> {
    /// The label shown to anyone who asks the host for the result.
    pub label: &'a str,
    /// The unit that it starts, stops or reloads.
    pub unit: Option<&'a str>,
    /// The time limit.
    pub limit: Duration,
    /// The function.
    pub function: &'a str,
    /// Its arguments.
    pub args: Vec<&'a str>,
    /// Its standard input.
    pub input: Option<&'a [u8]>,
}

/// The frames that will answer `guarded`.
#[derive(Clone, Debug)]
pub struct Guarded {
    /// A frame for each step.
    pub steps: Vec<u32>,
    /// The frame with the result: 0 applied, 4 restored, 1 nothing was changed, otherwise neither.
    pub end: u32,
}

/// The frames that will answer `ask`.
#[derive(Clone, Debug)]
pub struct PendingAnswer {
    /// The compressed frame.
    pub pack: u32,
    /// The frames in it, each with its function.
    pub functions: Vec<(u32, String)>,
    /// The host's limit for all of them.
    pub limit: Duration,
}

/// How many questions the host answers at a time. Each lane costs it two shells and a `cat` that waits for the one of the
/// next lane: on two processors, 22 questions took 171 ms in lanes of their own, 140 ms in four, 160 ms in two.
const LANES: usize = 4;

impl<L: Link> Shell<L> {
    /// Asks questions; returns the id of the compressed frame with the answers.
    pub fn ask<'a>(
        &mut self,
        calls: impl Iterator<Item = (&'static str, Vec<&'a str>)>,
    ) -> PendingAnswer {
        let mut lines = Vec::new();
        let mut functions = Vec::new();
        for (function, args) in calls {
            let id = self.id();
            functions.push((id, function.to_owned()));
            let id = id.to_string();
            let mut all = vec![id.as_str(), function];
            all.extend(args);
            lines.push(call("ask", &all));
        }
        let pack = self.id();
        let (batch, limit) = (at_once(&lines), self.answers_within);
        let seconds = limit.as_secs();
        let script = format!("mf_batch() {{\n{batch}\n}}\npack {pack} mf_batch {seconds}\n");
        let called = functions.iter().map(|(_, function)| function.as_str());
        let called = called.chain(["ask", "pack"]);
        match &mut self.first {
            Some((first, library)) => first.extend([library.take(called), script]),
            None => {
                let needed = self.library.take(called);
                self.bring(&needed);
                self.outbox.push_str(&packed("mf_request", &script));
            }
        }
        PendingAnswer { pack, functions, limit }
    }

    /// Requests one step of a change, and returns its id.
    pub fn step(
        &mut self,
        limit: Duration,
        function: &str,
        args: &[&str],
        input: Option<&[u8]>,
    ) -> u32 {
        let id = self.id();
        let (number, seconds) = (id.to_string(), limit.as_secs().to_string());
        let mut all = vec![number.as_str(), &seconds, function];
        all.extend(args);
        // A step may continue as a unit of its own, which gets the whole library.
        let rest = self.library.take_all();
        self.bring(&rest);
        self.outbox.push_str(&with_input(&call("step", &all), input));
        self.outbox.push('\n');
        id
    }

    /// Allows steps again after one has failed; those already sent have been skipped by then.
    pub fn resume(&mut self) {
        let rest = self.library.take_all();
        self.bring(&rest);
        self.outbox.push_str("resume\n");
    }

    /// Requests steps that the host runs as a whole, in a unit of its own that survives the loss of this connection
    /// (see `guard` in src/apply/switch/guard.sh).
    pub fn guarded<'a>(&mut self, steps: impl Iterator<Item = GuardedStep<'a>>) -> Guarded {
        let rest = self.library.take_all();
        self.bring(&rest);
        let mut script = zeroize::Zeroizing::new(String::new());
        let mut ids = Vec::new();
        for step in steps {
            let id = self.id();
            let (number, seconds) = (id.to_string(), step.limit.as_secs().to_string());
            let mut all = vec![
                number.as_str(),
                step.label,
                step.unit.unwrap_or("-"),
                &seconds,
                step.function,
            ];
            all.extend(step.args);
            script.push_str(&with_input(&call("switch_step", &all), step.input));
            script.push('\n');
            ids.push(id);
        }
        let end = self.id();
        script.push_str(&call("switch_end", &[&end.to_string()]));
        let guard = call("guard", &[&end.to_string()]);
        self.outbox.push_str(&with_input(&guard, Some(script.as_bytes())));
        self.outbox.push('\n');
        Guarded { steps: ids, end }
    }

    /// Adds functions to the library on the host.
    fn bring(&mut self, functions: &str) {
        if !functions.is_empty() {
            self.outbox.push_str(&packed("mf_more", functions));
            self.outbox.push_str("mf_library=\"$mf_library$mf_more\n\"\n");
        }
    }

    /// Locks the host for a run of `who`; with `wait`, waits until another run has ended. Returns the host's message,
    /// and its status: 0, or 6 while someone else holds the lock. From then on heartbeats are sent, and without any the
    /// host ends the run.
    ///
    /// # Errors
    ///
    /// The connection was lost.
    pub async fn take_lock(
        &mut self,
        wait: bool,
        who: &str,
        line: impl FnMut(&[u8]),
    ) -> Result<(Vec<u8>, u32), Diagnostic> {
        let rest = self.library.take_all();
        self.bring(&rest);
        let (id, seconds) = (self.id(), SILENCE.to_string());
        let wait = if wait { "yes" } else { "no" };
        self.outbox.push_str(&call("lock_hold", &[&id.to_string(), wait, &seconds, who]));
        self.outbox.push('\n');
        self.flush().await;
        let limit = if wait == "yes" { DAY } else { SILENT_LOCK };
        let answer = self.body(id, limit, line).await?;
        if answer.1 == 0 {
            self.beat = Some(Instant::now() + BEAT);
        }
        Ok(answer)
    }

    fn id(&mut self) -> u32 {
        let id = self.next_id;
        self.next_id += 1;
        id
    }
}

/// Runs these in `LANES` lanes in parallel, each lane with its output in one piece: most of the time goes into starting
/// programs and waiting. Each lane writes into a pipe that is read when the later lanes have ended.
fn at_once(lines: &[String]) -> String {
    let lane = |first| lines.iter().skip(first).step_by(LANES).cloned().collect::<Vec<_>>();
    let mut lanes = (0..LANES.min(lines.len())).rev().map(|first| lane(first).join("\n"));
    let last = lanes.next().unwrap_or_else(|| ":".to_owned());
    lanes.fold(last, |after, lane| format!("{{\n{lane}\n}} | {{\n{after}\ncat\n}}"))
}

#[cfg(test)]
mod tests {
    use super::at_once;
    use std::process::Command;

    fn output(script: &str) -> String {
        let ran = Command::new("sh").args(["-euc", script]).output().unwrap();
        String::from_utf8(ran.stdout).unwrap()
    }

    #[test]
    fn every_line_runs_once_with_its_output_in_one_piece() {
        for count in 0..12 {
            let line = |at| format!("echo begin {at}; sleep 0.0{}; echo end {at}", at % 3);
            let printed = output(&at_once(&(0..count).map(line).collect::<Vec<_>>()));
            let lines: Vec<&str> = printed.lines().collect();
            for at in 0..count {
                let pair = [format!("begin {at}"), format!("end {at}")];
                assert_eq!(lines.windows(2).filter(|two| *two == pair).count(), 1, "{printed}");
            }
            assert_eq!(lines.len(), 2 * count);
        }
    }
}
