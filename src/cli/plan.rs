//! `matrixform plan`: connect, look at everything, show what would change. Changes nothing.

use super::args::Format;
use super::output::Output;
use crate::apply::{Runs, inspected};
use crate::diagnostic::{Exit, Problems};
use crate::run::{Project, Session};

/// Runs it.
pub(super) async fn plan(
    project: &Project,
    format: Format,
    output: &mut Output,
) -> Result<Exit, Problems> {
    let voice = output.voice();
    let (mut session, guess) = Session::open(project, &voice).await?;
    let look = session.look(guess).await?;
    output.problems(&Runs::read(&look.answers).notes());
    output.problems(&inspected(&look.answers));
    match format {
        Format::Text => output.plan(&look.plan, &look.expansion.notes),
        Format::Json => {
            output.problems(&look.expansion.notes);
            output.json(&crate::render::plan::json(&look.plan));
        }
    }
    output.timings(&session.cost());
    session.close().await;
    Ok(Exit::Done)
}
