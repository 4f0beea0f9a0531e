//! `matrixform plan`: connect, look at everything, show what would change. Changes nothing on the host.

use super::args::{PlanArgs, View};
use super::output::Output;
use super::saved;
use crate::apply::{Runs, inspected};
use crate::diagnostic::{Exit, Problems};
use crate::run::{Project, Session, unversioned};

/// Runs it.
pub(super) async fn plan(
    project: &Project,
    args: &PlanArgs,
    output: &mut Output,
) -> Result<Exit, Problems> {
    let voice = output.voice();
    let (mut session, guess) = Session::open(project, &voice).await?;
    let look = session.look(guess).await?;
    output.problems(&Runs::read(&look.answers).notes());
    output.problems(&inspected(&look.answers));
    output.problems(&look.expansion.notes);
    output.plan(&look.shown, args.view);
    if let Some(path) = &args.out {
        output.problems(unversioned(&look.shown).as_slice());
        saved::write(path, &look.shown).map_err(|problem| vec![problem])?;
    }
    output.timings(&session.cost());
    session.close().await;
    Ok(exit(look.plan.is_empty(), args.detailed_exitcode))
}

/// The exit status of a command that shows a plan.
pub(super) fn exit(is_empty: bool, detailed: bool) -> Exit {
    if detailed && !is_empty { Exit::Pending } else { Exit::Done }
}

impl View {
    /// What apply shows before it asks.
    pub(super) fn text() -> View {
        View { format: super::args::Format::Text, summary: false }
    }
}
