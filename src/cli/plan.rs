//! `matrixform plan`: connects, reads the host, shows what would change. Changes nothing on the host.

use super::args::{PlanArgs, PlanFormat, View};
use super::output::Output;
use super::saved;
use crate::apply::{Runs, inspected, reported};
use crate::diagnostic::{Exit, Problems};
use crate::run::{Project, Session, unversioned};

/// Runs the command.
pub(super) async fn plan(
    project: &Project,
    args: &PlanArgs,
    output: &mut Output,
) -> Result<Exit, Problems> {
    let stderr = output.stderr();
    let (mut session, prefetch) = Session::open(project, &stderr).await?;
    let snapshot = session.snapshot(prefetch).await?;
    output.problems(&Runs::read(&snapshot.answers).notes());
    output.problems(&inspected(&snapshot.answers));
    output.problems(&reported(&snapshot.expansion.surveyed, &snapshot.answers));
    output.problems(&snapshot.expansion.notes);
    output.plan(&snapshot.shown, args.view);
    if args.view.format == PlanFormat::Text && !args.view.summary {
        project.host_cache().store_shown(&snapshot.shown.id);
    }
    if let Some(path) = &args.out {
        output.problems(unversioned(&snapshot.shown).as_slice());
        saved::write(path, &snapshot.shown).map_err(|problem| vec![problem])?;
    }
    output.timings(&session.cost());
    session.close().await;
    Ok(exit(snapshot.plan.is_empty(), args.detailed_exitcode))
}

/// Returns the exit status of a command that shows a plan.
pub(super) fn exit(is_empty: bool, detailed: bool) -> Exit {
    if detailed && !is_empty { Exit::Pending } else { Exit::Done }
}

impl View {
    /// Returns the view that apply shows before it asks.
    pub(super) fn text() -> View {
        View { format: PlanFormat::Text, summary: false }
    }
}
