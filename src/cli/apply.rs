//! `matrixform apply`: shows the plan, asks, takes the host's lock, checks that the plan still fits, converges, looks
//! again, and fails loudly if anything still differs.

use super::args::{ApplyArgs, View};
use super::carry_out::{Consent, carry_out};
use super::output::Output;
use super::{identity, saved, saved_facts};
use crate::apply::{Runs, inspected, reported};
use crate::diagnostic::{Diagnostic, Exit, Problems};
use crate::plan::{Item, Plan, PlanDocument};
use crate::run::{Project, Reporter, Session, Snapshot, finish_rotations, refuse};
use std::path::Path;

/// Runs the command.
pub(super) async fn apply(
    project: &Project,
    args: &ApplyArgs,
    approved: Option<&PlanDocument>,
    output: &mut Output,
) -> Result<Exit, Problems> {
    let stderr = output.stderr();
    let (mut session, prefetch) = Session::open(project, &stderr).await?;
    let snapshot = session.admitted(prefetch, args.wait).await?;
    let snapshot = match approved {
        // A value that was seen when the plan was approved may be unreadable for a moment: look until it is seen
        // again.
        Some(approved) => {
            let was_seen = |_: &Snapshot, item: &Item| !saved::is_unseen(approved, &item.address);
            session.snapshot_until_seen(snapshot, was_seen).await?
        }
        None => snapshot,
    };
    let runs = Runs::read(&snapshot.answers);
    output.problems(&runs.notes());
    output.problems(&inspected(&snapshot.answers));
    output.problems(&reported(&snapshot.expansion.surveyed, &snapshot.answers));
    let spec = Path::new(&project.spec.source.name);
    output.problems(saved_facts::stale(spec, &snapshot.expansion.facts).as_slice());
    show(project, &snapshot, approved, output)?;
    refuse(&snapshot.plan)?;
    if snapshot.plan.is_empty() && !runs.has_leftovers() && session.is_recorded(&snapshot) {
        finish_rotations(project, &snapshot)?;
        identity::record(project, &snapshot, output);
        output.timings(&session.cost());
        session.close().await;
        return Ok(Exit::Done);
    }
    match approved.is_none() && !args.yes && !snapshot.plan.is_empty() {
        true => output.confirm(&snapshot.shown, &project.host_name())?,
        // No one is there to read the risk, so it needs an explicit `--allow older`.
        false => older(&snapshot.plan).map_err(|problem| vec![problem])?,
    }
    let snapshot = session.take_lock(&snapshot, args.wait).await?;
    let snapshot = session.generate(snapshot)?;
    let consent = match (approved.is_some(), args.yes) {
        (true, _) => Consent::Approved,
        (false, true) => Consent::Given,
        (false, false) => Consent::Asked,
    };
    carry_out(session, project, snapshot, "apply", consent, output).await
}

/// Returns an error if the plan may undo what someone else applied, unless that is allowed.
fn older(plan: &Plan) -> Result<(), Diagnostic> {
    match &plan.undoes {
        Some(why) if !plan.allow.contains("older") => {
            let help = "nothing was changed; commit your changes and merge theirs, or pass `--allow older`";
            Err(Diagnostic::error("apply/older", why.clone()).help(help))
        }
        _ => Ok(()),
    }
}

/// Prints the plan, or a line saying that it is the approved plan or the one that `plan` showed.
fn show(
    project: &Project,
    snapshot: &Snapshot,
    approved: Option<&PlanDocument>,
    output: &mut Output,
) -> Result<(), Problems> {
    let Some(approved) = approved else {
        output.problems(&snapshot.expansion.notes);
        let shown = project.host_cache().shown_ago(&snapshot.shown.id);
        match shown.filter(|_| !output.stderr().follows() && !snapshot.plan.is_empty()) {
            Some(ago) => output.shown_before(&snapshot.shown, ago),
            None => output.plan(&snapshot.shown, View::text()),
        }
        return Ok(());
    };
    let mut unfit = approved.secrets.unfit(snapshot.in_use.values());
    unfit.extend(snapshot.unlike.iter().cloned());
    saved::fits(&snapshot.shown, approved, unfit).map_err(|problem| vec![problem])?;
    output.approved(&snapshot.shown);
    Ok(())
}
