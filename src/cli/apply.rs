//! `matrixform apply`: show the plan, ask, take the host's lock, see that the plan still fits, converge,
//! look again, and fail loudly if anything differs.

use super::args::{ApplyArgs, View};
use super::carry_out::{Consent, carry_out};
use super::output::Output;
use super::{identity, saved, saved_facts};
use crate::apply::{Runs, inspected, reported};
use crate::diagnostic::{Diagnostic, Exit, Problems};
use crate::plan::{Item, Plan, Shown};
use crate::run::{Project, Reporter, Session, Snapshot, refuse, settle};
use std::path::Path;

/// Runs it.
pub(super) async fn apply(
    project: &Project,
    args: &ApplyArgs,
    approved: Option<&Shown>,
    output: &mut Output,
) -> Result<Exit, Problems> {
    let stderr = output.stderr();
    let (mut session, prefetch) = Session::open(project, &stderr).await?;
    let snapshot = session.snapshot(prefetch).await?;
    let snapshot = session.admit(snapshot, args.wait).await?;
    let snapshot = match approved {
        // What could be seen when it was approved can be seen again after a while.
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
    if snapshot.plan.is_empty() && !runs.has_left() && session.is_recorded(&snapshot) {
        settle(project, &snapshot)?;
        identity::record(project, &snapshot, output);
        output.timings(&session.cost());
        session.close().await;
        return Ok(Exit::Done);
    }
    match approved.is_none() && !args.yes && !snapshot.plan.is_empty() {
        true => output.confirm(&snapshot.shown, &project.host_name())?,
        // Nobody reads the risk: who wants it says so.
        false => older(&snapshot.plan).map_err(|problem| vec![problem])?,
    }
    let snapshot = session.hold(&snapshot, args.wait).await?;
    let snapshot = session.generate(snapshot)?;
    let consent = match (approved.is_some(), args.yes) {
        (true, _) => Consent::Approved,
        (false, true) => Consent::Given,
        (false, false) => Consent::Asked,
    };
    carry_out(session, project, snapshot, "apply", consent, output).await
}

/// An error where a plan may undo what someone else applied, unless that is allowed.
fn older(plan: &Plan) -> Result<(), Diagnostic> {
    match &plan.undoes {
        Some(why) if !plan.allow.contains("older") => {
            let help = "nothing was changed; commit your changes and merge theirs, or pass `--allow older`";
            Err(Diagnostic::error("apply/older", why.clone()).help(help))
        }
        _ => Ok(()),
    }
}

/// The plan, or that it is the approved one, or the one that `plan` showed.
fn show(
    project: &Project,
    snapshot: &Snapshot,
    approved: Option<&Shown>,
    output: &mut Output,
) -> Result<(), Problems> {
    let Some(approved) = approved else {
        output.problems(&snapshot.expansion.notes);
        let shown = project.memory().shown_ago(&snapshot.shown.id);
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
