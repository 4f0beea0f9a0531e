//! `matrixform apply`: show the plan, ask, take the host's lock, see that the plan still fits, converge,
//! look again, and fail loudly if anything differs.

use super::carry_out::carry_out;
use super::identity;
use super::output::Output;
use crate::apply::{Runs, inspected};
use crate::diagnostic::{Exit, Problems};
use crate::run::{Project, Session, refuse, settle};

/// Runs it.
pub(super) async fn apply(
    project: &Project,
    yes: bool,
    wait: bool,
    output: &mut Output,
) -> Result<Exit, Problems> {
    let voice = output.voice();
    let (mut session, guess) = Session::open(project, &voice).await?;
    let look = session.look(guess).await?;
    let look = session.admit(look, wait).await?;
    let runs = Runs::read(&look.answers);
    output.problems(&runs.notes());
    output.problems(&inspected(&look.answers));
    output.plan(&look.plan, &look.expansion.notes);
    refuse(&look.plan)?;
    if look.plan.is_empty() && !runs.has_left() && session.is_identified(&look) {
        settle(project, &look)?;
        identity::record(project, &look, output);
        output.timings(&session.cost());
        session.close().await;
        return Ok(Exit::Done);
    }
    if !yes && !look.plan.is_empty() {
        output.confirm(look.plan.items.len(), &project.host_name())?;
    }
    let look = session.hold(&look, wait).await?;
    let look = session.generate(look)?;
    carry_out(session, project, &look, output).await
}
