//! The messages about a failed step, and how the run ends.

use super::schedule::{PlannedStep, Role};
use crate::diagnostic::{Diagnostic, Exit, visible};

/// How many of a step's first and last lines an error quotes: the first ones tell what failed.
const QUOTED: (usize, usize) = (6, 18);

/// The status of a step that timed out.
const TOO_LONG: u32 = 124;

/// The status of a step that failed before it changed anything (src/remote/prelude.sh).
const NOTHING_CHANGED: u32 = 75;

/// The status of a step that failed after it had changed a part (there too).
const PARTLY_CHANGED: u32 = 76;

/// The status of a switch whose copies of the old files could not be removed (src/apply/switch/guard.sh).
const NOT_ACCEPTED: u32 = 9;

/// What was done before a step failed.
pub(super) struct Before {
    /// Whether anything on the host has changed since the start of the run.
    pub(super) changed: bool,
    /// Completed actions that are never undone, in words.
    pub(super) one_way: Vec<String>,
}

impl Before {
    /// Summarises these steps, all of which succeeded.
    pub(super) fn of<'m>(done: impl Iterator<Item = &'m PlannedStep> + Clone) -> Before {
        let one_way = done.clone().filter(|one| one.role.is_one_way());
        Before {
            changed: done.clone().any(|one| one.role.changes()),
            one_way: one_way.map(|one| one.step.label.clone()).collect(),
        }
    }
}

/// The error of a failed step, with its output.
pub(super) fn failed(one: &PlannedStep, status: u32, body: &[u8], before: &Before) -> Diagnostic {
    let problem = quoting(one, status, body);
    let is_unchanged = match one.role {
        // A command's status is its own, whatever it means by it.
        Role::Install => status == NOTHING_CHANGED,
        role => role.is_whole_or_nothing() && status != PARTLY_CHANGED,
    };
    let (exit, effect) = effect(before.changed || !is_unchanged);
    problem.exit(exit).help(format!("fix the cause and run apply again; {effect}"))
}

/// The error of a failed step of a switch, which the host has handled with the outcome `ended`.
pub(super) fn taken_back(
    one: &PlannedStep,
    failed: (u32, &[u8]),
    ended: (u32, &[u8]),
    before: &Before,
) -> Diagnostic {
    rolled_back(quoting(one, failed.0, failed.1), ended, before)
}

/// The error of a switch whose steps all succeeded, but which did not end as it should; `ended` is the outcome.
pub(super) fn not_accepted(ended: (u32, &[u8]), before: &Before) -> Diagnostic {
    if ended.0 != NOT_ACCEPTED {
        let message = "the switch was stopped on the host before it was complete";
        return rolled_back(Diagnostic::error("apply/stopped", message), ended, before);
    }
    let message = "the switch could not be completed: everything runs on its new files, but the copies of the old ones could not be removed";
    let output = String::from_utf8_lossy(ended.1);
    output
        .lines()
        .filter(|line| !line.trim().is_empty())
        .fold(Diagnostic::error("apply/not-accepted", message), Diagnostic::note_line)
        .exit(Exit::Partial)
        .help("fix the cause, and run apply again: it tests the new files, and removes the copies")
}

/// Adds the outcome of a switch that failed.
fn rolled_back(mut problem: Diagnostic, ended: (u32, &[u8]), before: &Before) -> Diagnostic {
    let output = String::from_utf8_lossy(ended.1).into_owned();
    if ended.0 != Exit::RolledBack as u32 && ended.0 != Exit::Error as u32 {
        problem.message = format!("{}: {}", down(&output), problem.message);
    }
    problem =
        output.lines().filter(|line| !line.trim().is_empty()).fold(problem, Diagnostic::note_line);
    for way in &before.one_way {
        problem = problem.note_line(format!("not rolled back: {way}"));
    }
    let (exit, help) = match ended.0 {
        status if status == Exit::Error as u32 && !before.changed => {
            (Exit::Error, "fix the cause and run apply again; nothing was changed")
        }
        status if status == Exit::Error as u32 || status == Exit::RolledBack as u32 => (
            Exit::RolledBack,
            "fix the cause and run apply again; what was switched is back as it was",
        ),
        _ => (
            Exit::Partial,
            "find out on the host why it is down; `matrixform apply` continues from the current state",
        ),
    };
    problem.exit(exit).help(help)
}

/// Warnings after a check that passed: where it tested less than a real start, and what the checkers warn about.
pub(super) fn warned(one: &PlannedStep, body: &[u8]) -> Vec<Diagnostic> {
    if !matches!(one.role, Role::Check | Role::Outside) {
        return Vec::new();
    }
    let text = String::from_utf8_lossy(body);
    let marked = |mark: &'static str| text.lines().filter_map(move |line| line.strip_prefix(mark));
    let outside = marked("outside: ").map(|line| {
        Diagnostic::note("apply/unsandboxed", line).help(
            "if only the unit's sandbox forbids it, the start fails instead, and is rolled back",
        )
    });
    let mut warnings = marked("warned: ").peekable();
    if one.role == Role::Outside {
        let warnings = warnings.map(|line| Diagnostic::warning("apply/warned", visible(line)));
        let notes = marked("noted: ").map(|line| Diagnostic::note("apply/noted", visible(line)));
        return warnings.chain(notes).collect();
    }
    let warned = warnings.peek().is_some().then(|| {
        let message = format!("{}: the check passed with warnings", one.owner);
        warnings.fold(Diagnostic::note("apply/warned", message), Diagnostic::note_line)
    });
    outside.chain(warned).collect()
}

/// The beginning of the message about a host that could not be restored.
fn down(output: &str) -> String {
    let down: Vec<&str> = output.lines().filter_map(|line| line.strip_prefix("down: ")).collect();
    match down.as_slice() {
        [] => "the host could not be put back as it was".to_owned(),
        units => format!("THE HOMESERVER IS DOWN ({} is not running)", units.join(", ")),
    }
}

fn quoting(one: &PlannedStep, status: u32, body: &[u8]) -> Diagnostic {
    let text = String::from_utf8_lossy(body);
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    let message = format!("{}: {} failed (exit status {status})", one.owner, one.step.label);
    let problem = Diagnostic::error("apply/step", message);
    let problem = match status {
        TOO_LONG => problem.note_line(too_long(one)),
        _ => problem,
    };
    let (first, last) = QUOTED;
    let left_out = lines.len().saturating_sub(first + last);
    let (head, tail) = lines.split_at(if left_out == 0 { lines.len() } else { first });
    let problem = head.iter().fold(problem, |problem, line| problem.note_line(*line));
    if left_out == 0 {
        return problem;
    }
    let problem = problem.note_line(format!("… {left_out} lines are left out …"));
    tail.iter().skip(left_out).fold(problem, |problem, line| problem.note_line(*line))
}

fn too_long(one: &PlannedStep) -> String {
    let seconds = one.step.limit.as_secs();
    format!("it was stopped after its time limit of {seconds} s")
}

/// The error for a lock that could not be taken.
pub(super) fn no_lock(stderr: &str) -> Diagnostic {
    let problem = Diagnostic::error("apply/no-lock", "the host's lock could not be taken");
    stderr
        .lines()
        .fold(problem, Diagnostic::note_line)
        .help("fix the cause and run apply again; nothing was changed")
}

/// The error for a connection lost during a step; `changes` says whether anything has changed, or may still change.
pub(super) fn connection_lost(lost: Diagnostic, one: &PlannedStep, changes: bool) -> Diagnostic {
    let (exit, effect) = effect(changes);
    lost.exit(exit)
        .note_line(format!("it was {}, which may still be running there", one.step.label))
        .help(format!("make sure that the host can be reached, then run apply again; {effect}"))
}

/// The error for a run stopped by the user after `done` of `of` steps; `changed` says whether one of them changed anything.
pub(super) fn interrupted(done: usize, of: usize, changed: bool) -> Diagnostic {
    let message = format!("stopped by Ctrl-C after {done} of {of} steps");
    let (exit, effect) = effect(changed);
    Diagnostic::error("apply/interrupted", message)
        .help(format!("run apply again; {effect}"))
        .exit(exit)
}

/// The exit status of a run that ended early, and what its message says about its effect.
fn effect(changes: bool) -> (Exit, &'static str) {
    match changes {
        true => (Exit::Partial, "finished steps are kept"),
        false => (Exit::Error, "nothing was changed"),
    }
}

/// The note that the run stops once the steps in progress have ended.
pub(super) fn stopping(waiting: usize) -> Diagnostic {
    let message = match waiting {
        0 => "stopping after the current step".to_owned(),
        more => format!("stopping after the current step and {more} already sent"),
    };
    Diagnostic::note("apply/stopping", message)
        .help("press Ctrl-C again to exit at once; the host still finishes the current step")
}

/// The note that a run stops, during a switch.
pub(super) fn switching() -> Diagnostic {
    Diagnostic::note("apply/stopping", "stopping after the current switch")
        .help("press Ctrl-C again to exit at once; the host finishes the switch by itself")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::apply::Role;
    use crate::resource::Step;

    fn one(role: Role) -> PlannedStep {
        PlannedStep::of_run(
            Step::new("restarting x.service", "service_converge", &["x.service"]),
            role,
        )
    }

    fn before(roles: &[Role]) -> Before {
        let done: Vec<PlannedStep> = roles.iter().map(|role| one(*role)).collect();
        Before::of(done.iter())
    }

    #[test]
    fn the_exit_status_reflects_the_state_of_the_host() {
        let ends = |role, done: &[Role]| failed(&one(role), 1, b"why", &before(done)).exit;
        assert_eq!(ends(Role::Change, &[]), Exit::Error, "files are replaced whole or not at all");
        assert_eq!(ends(Role::Check, &[Role::Note]), Exit::Error);
        assert_eq!(ends(Role::Act, &[]), Exit::Partial);
        let refused = |done: &[Role]| failed(&one(Role::Install), 75, b"", &before(done)).exit;
        assert_eq!(refused(&[]), Exit::Error, "nothing could be downloaded");
        assert_eq!(refused(&[Role::Change]), Exit::Partial);
        let own = failed(&one(Role::Act), 75, b"", &before(&[]));
        assert_eq!(own.exit, Exit::Partial, "a command's status is its own");
        let purge = failed(&one(Role::Change), 76, b"", &before(&[]));
        assert_eq!(purge.exit, Exit::Partial, "some files are gone");
        assert_eq!(ends(Role::Change, &[Role::Change]), Exit::Partial);
    }

    #[test]
    fn a_run_that_ends_early_says_whether_anything_was_changed() {
        let lost = || Diagnostic::error("ssh/lost", "lost");
        for (changed, exit, help) in [
            (false, Exit::Error, "nothing was changed"),
            (true, Exit::Partial, "finished steps are kept"),
        ] {
            for ended in
                [interrupted(1, 9, changed), connection_lost(lost(), &one(Role::Check), changed)]
            {
                assert_eq!(ended.exit, exit);
                assert!(ended.render(false).contains(help), "{}", ended.render(false));
            }
        }
    }

    #[test]
    fn a_rollback_lists_what_remains() {
        let reported = taken_back(
            &one(Role::Effect),
            (1, b"no such file"),
            (Exit::RolledBack as u32, b"healthy on the old files: x.service"),
            &before(&[Role::Install, Role::Change]),
        );
        assert_eq!(reported.exit, Exit::RolledBack);
        insta::assert_snapshot!(reported.render(false));
    }

    #[test]
    fn a_switch_without_changes_is_not_a_rollback() {
        let ends = |done: &[Role]| {
            let ended = (Exit::Error as u32, b"".as_slice());
            taken_back(&one(Role::BackUp), (1, b""), ended, &before(done)).exit
        };
        assert_eq!(ends(&[]), Exit::Error);
        assert_eq!(ends(&[Role::Install]), Exit::RolledBack, "packages came, and stay");
    }

    #[test]
    fn a_homeserver_outage_is_reported_first() {
        let ended = (3, b"starting x.service on its old files\ndown: x.service".as_slice());
        let reported = taken_back(&one(Role::Effect), (1, b""), ended, &before(&[]));
        assert!(
            reported.message.starts_with("THE HOMESERVER IS DOWN (x.service is not running): ")
        );
        let ended = (3, b"could not put /etc/x back".as_slice());
        let reported = taken_back(&one(Role::Effect), (1, b""), ended, &before(&[]));
        assert!(reported.message.starts_with("the host could not be put back as it was: "));
        assert_eq!(reported.exit, Exit::Partial);
    }

    #[test]
    fn a_switch_that_was_not_accepted_is_no_failed_rollback() {
        let reported = not_accepted((9, b"rm: cannot remove x\n"), &before(&[]));
        assert_eq!(reported.exit, Exit::Partial);
        insta::assert_snapshot!(reported.render(false));
        // Stopped from outside after its last step, and undone.
        for (status, exit) in [(4, Exit::RolledBack), (3, Exit::Partial), (1, Exit::Error)] {
            let stopped = not_accepted((status, b"down: x.service"), &before(&[]));
            assert_eq!(stopped.exit, exit);
            assert!(stopped.message.contains("was stopped on the host"), "{}", stopped.message);
            assert_eq!(stopped.message.contains("THE HOMESERVER IS DOWN"), status == 3);
        }
    }

    #[test]
    fn a_passed_check_reports_its_limits() {
        let body = b"outside: x: checked outside the sandbox of x.service, because of that\nwarned: a\nb\n";
        let reported: Vec<String> =
            warned(&one(Role::Check), body).iter().map(|note| note.render(false)).collect();
        insta::assert_snapshot!(reported.join("\n"));
        assert!(warned(&one(Role::Effect), body).is_empty());
    }

    #[test]
    fn decisions_of_others_are_warnings_or_notes() {
        let body = b"warned: a\x1b[31m\nnoted: an account\nelse\n";
        let reported = warned(&one(Role::Outside), body);
        let reported: Vec<String> = reported.iter().map(|one| one.render(false)).collect();
        assert!(
            reported[0].starts_with("warning") && !reported[0].contains('\u{1b}'),
            "{reported:?}"
        );
        assert!(
            reported[1].starts_with("note") && reported[1].contains("an account"),
            "{reported:?}"
        );
        assert_eq!(reported.len(), 2);
    }

    #[test]
    fn the_first_lines_are_never_cut_off() {
        let lines: Vec<String> = (0..100).map(|number| format!("line {number}")).collect();
        let reported = failed(&one(Role::Effect), 1, lines.join("\n").as_bytes(), &before(&[]));
        let text = reported.render(false);
        assert!(text.contains("line 0\n") && text.contains("line 5\n") && text.contains("line 99"));
        assert!(!text.contains("line 50\n") && text.contains("76 lines are left out"), "{text}");
    }
}
