//! `matrixform drift`: what has changed on a host since the last apply. Changes nothing on the host.

use super::args::DriftArgs;
use super::output::Output;
use crate::apply::{Runs, inspected, reported};
use crate::diagnostic::{Exit, Problems};
use crate::run::{Project, Session};

/// Runs the command.
pub(super) async fn drift(
    project: &Project,
    args: &DriftArgs,
    output: &mut Output,
) -> Result<Exit, Problems> {
    let stderr = output.stderr();
    let (mut session, prefetch) = Session::open(project, &stderr).await?;
    let (snapshot, report) = session.drift(prefetch).await?;
    output.problems(&Runs::read(&snapshot.answers).notes());
    output.problems(&inspected(&snapshot.answers));
    output.problems(&reported(&snapshot.expansion.surveyed, &snapshot.answers));
    output.drift(&report, args.format);
    output.timings(&session.cost());
    session.close().await;
    Ok(if report.resources.is_empty() { Exit::Done } else { Exit::Pending })
}
