//! `matrixform facts`: what was learned of the host, as JSON.

use super::output::Output;
use crate::diagnostic::{Diagnostic, Exit, Problems};
use crate::run::{Project, Session};

/// Runs it.
pub(super) async fn facts(project: &Project, output: &mut Output) -> Result<Exit, Problems> {
    let voice = output.voice();
    let (mut session, _) = Session::open(project, &voice).await?;
    let facts = session.facts().await?;
    let value = serde_json::to_value(&facts)
        .map_err(|error| vec![Diagnostic::bug(format!("facts are not JSON: {error}"))])?;
    output.json(&value);
    output.timings(&session.cost());
    session.close().await;
    Ok(Exit::Done)
}
