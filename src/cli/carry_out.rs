//! The end of every command that changes a host: carries out the snapshot's plan, closes the connection, and prints
//! the report.

use super::output::Output;
use super::{identity, leave};
use crate::diagnostic::{Diagnostic, Exit, Problems, shell_path};
use crate::plan::creates_homeserver;
use crate::render;
use crate::run::{Outcome, Project, ReplacementPlan, Session, Snapshot, finish_rotations};
use tokio::sync::Mutex;

/// How a plan was agreed to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Consent {
    /// This exact plan was saved and approved.
    Approved,
    /// Any plan is accepted (`--yes`).
    Given,
    /// Someone at a terminal agreed, and can be asked again.
    Asked,
}

/// Carries out the snapshot's plan and closes the connection.
pub(super) async fn carry_out(
    mut session: Session<'_>,
    project: &Project,
    snapshot: Snapshot,
    operation: &str,
    consent: Consent,
    output: &mut Output,
) -> Result<Exit, Problems> {
    let is_change = !snapshot.plan.is_empty();
    let is_first = is_first(&snapshot);
    let result = {
        let output = Mutex::new(&mut *output);
        let accept = async |otherwise: &ReplacementPlan<'_>| {
            accept(otherwise, consent, &project.host_name(), *output.lock().await).await
        };
        session.carry_out(snapshot, operation, leave::at_once, &accept).await
    };
    output.end_progress();
    if let Ok(done) = &result
        && is_change
    {
        session.probe_from_outside(&done.snapshot).await;
    }
    output.timings(&session.cost());
    session.close().await;
    let done = result?;
    finish_rotations(project, &done.snapshot)?;
    identity::record(project, &done.snapshot, output);
    if is_change {
        report(&done.outcome, &done.snapshot, output);
        offer(project, &done.snapshot, is_first, output);
    }
    Ok(Exit::Done)
}

/// Decides whether to continue with a plan that replaces the one that was shown.
async fn accept(
    otherwise: &ReplacementPlan<'_>,
    consent: Consent,
    host: &str,
    output: &mut Output,
) -> Result<(), Problems> {
    output.end_progress();
    if consent == Consent::Approved {
        return Err(vec![otherwise.stale()]);
    }
    output.otherwise(&otherwise.now.shown, &otherwise.before.shown);
    match consent {
        Consent::Given if otherwise.only_versions => {
            let message = "continuing: the differences are due to the versions that were installed";
            output.problems(&[Diagnostic::note("apply/otherwise", message)]);
            Ok(())
        }
        Consent::Asked if output.confirm_rest(&otherwise.now.shown, host).await => Ok(()),
        Consent::Asked => {
            let message = "stopped: the answer was not `yes`; what was installed stays";
            Err(vec![
                Diagnostic::error("apply/declined", message)
                    .help("run apply again: it plans from what is installed now")
                    .exit(Exit::Stale),
            ])
        }
        _ => Err(vec![otherwise.stale()]),
    }
}

/// Prints what was done, and where the server can be reached.
fn report(outcome: &Outcome, snapshot: &Snapshot, output: &mut Output) {
    let address = snapshot.expansion.accounts.as_ref().map(|service| service.public_url.as_str());
    output.result(&format!("\n{}", render::outcome(outcome, address)));
}

/// Returns whether the homeserver is only now being created, so that no one could have logged in to it before.
fn is_first(snapshot: &Snapshot) -> bool {
    let Some(service) = &snapshot.expansion.accounts else { return false };
    let comes = creates_homeserver(
        &snapshot.identity_check,
        &snapshot.wanted,
        &snapshot.plan,
        snapshot.ledger.as_ref(),
    );
    comes && snapshot.plan.scoped.is_none() && !service.delegated && service.passwords
}

/// Suggests what to do next: create the first account, and test from outside, which is a separate command.
fn offer(project: &Project, snapshot: &Snapshot, is_first: bool, output: &mut Output) {
    let spec = shell_path(&project.spec.source.name);
    let verify = format!("test it from outside with `matrixform verify {spec}`");
    let has_controls = !snapshot.expansion.controls.is_empty();
    if is_first {
        let add = format!("create the first with `matrixform users add {spec} NAME --admin`");
        let help = if has_controls { format!("{add}, then {verify}") } else { add };
        let message = "the homeserver has no accounts yet";
        output.problems(&[Diagnostic::note("apply/accounts", message).help(help)]);
    } else if has_controls {
        output.problems(&[Diagnostic::note("apply/verify", verify)]);
    }
}
