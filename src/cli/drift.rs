//! `matrixform drift`: what differs on a host from the last apply. Changes nothing on the host.

use super::args::DriftArgs;
use super::output::Output;
use crate::apply::{Runs, inspected};
use crate::diagnostic::{Exit, Problems};
use crate::run::{Project, Session};

/// Runs it.
pub(super) async fn drift(
    project: &Project,
    args: &DriftArgs,
    output: &mut Output,
) -> Result<Exit, Problems> {
    let voice = output.voice();
    let (mut session, guess) = Session::open(project, &voice).await?;
    let (look, report) = session.drift(guess).await?;
    output.problems(&Runs::read(&look.answers).notes());
    output.problems(&inspected(&look.answers));
    output.drift(&report, args.format);
    output.timings(&session.cost());
    session.close().await;
    Ok(if report.resources.is_empty() { Exit::Done } else { Exit::Pending })
}
