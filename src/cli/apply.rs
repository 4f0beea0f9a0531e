//! `matrixform apply`: show the plan, ask, take the host's lock, see that the plan still fits, converge,
//! look again, and fail loudly if anything differs.

use super::args::{ApplyArgs, View};
use super::carry_out::carry_out;
use super::output::Output;
use super::{identity, saved, saved_facts};
use crate::apply::{Runs, inspected};
use crate::diagnostic::{Diagnostic, Exit, Problems};
use crate::plan::{Item, Plan, Shown};
use crate::run::{Look, Project, Session, refuse, settle};
use std::path::Path;

/// Runs it.
pub(super) async fn apply(
    project: &Project,
    args: &ApplyArgs,
    approved: Option<&Shown>,
    output: &mut Output,
) -> Result<Exit, Problems> {
    let voice = output.voice();
    let (mut session, guess) = Session::open(project, &voice).await?;
    let look = session.look(guess).await?;
    let look = session.admit(look, args.wait).await?;
    let look = match approved {
        // What could be seen when it was approved can be seen again after a while.
        Some(approved) => {
            let was_seen = |_: &Look, item: &Item| !saved::is_unseen(approved, &item.address);
            session.look_until_seen(look, was_seen).await?
        }
        None => look,
    };
    let runs = Runs::read(&look.answers);
    output.problems(&runs.notes());
    output.problems(&inspected(&look.answers));
    let spec = Path::new(&project.spec.source.name);
    output.problems(saved_facts::stale(spec, &look.expansion.facts).as_slice());
    show(&look, approved, output)?;
    refuse(&look.plan)?;
    if look.plan.is_empty() && !runs.has_left() && session.is_recorded(&look) {
        settle(project, &look)?;
        identity::record(project, &look, output);
        output.timings(&session.cost());
        session.close().await;
        return Ok(Exit::Done);
    }
    match approved.is_none() && !args.yes && !look.plan.is_empty() {
        true => output.confirm(&look.shown, &project.host_name())?,
        // Nobody reads the risk: who wants it says so.
        false => older(&look.plan).map_err(|problem| vec![problem])?,
    }
    let look = session.hold(&look, args.wait).await?;
    let look = session.generate(look)?;
    carry_out(session, project, &look, "apply", output).await
}

/// An error where a plan may undo what somebody else applied, unless that is allowed.
fn older(plan: &Plan) -> Result<(), Diagnostic> {
    match &plan.undoes {
        Some(why) if !plan.allow.contains("older") => {
            let help = "commit what is yours and bring in what is theirs, or say `--allow older`; nothing was changed";
            Err(Diagnostic::error("apply/older", why.clone()).help(help))
        }
        _ => Ok(()),
    }
}

/// The plan, or that it is the approved one.
fn show(look: &Look, approved: Option<&Shown>, output: &mut Output) -> Result<(), Problems> {
    let Some(approved) = approved else {
        output.problems(&look.expansion.notes);
        output.plan(&look.shown, View::text());
        return Ok(());
    };
    let mut unfit = approved.secrets.unfit(look.in_use.values());
    unfit.extend(look.unlike.iter().cloned());
    saved::fits(&look.shown, approved, unfit).map_err(|problem| vec![problem])?;
    output.approved(&look.shown);
    Ok(())
}
