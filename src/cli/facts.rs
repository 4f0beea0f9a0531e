//! `matrixform facts`: the facts about the host, as JSON or saved beside the spec.

use super::output::Output;
use super::saved_facts;
use crate::diagnostic::{Diagnostic, Exit, Problems};
use crate::run::{Project, Session};
use std::path::Path;

/// Runs the command.
pub(super) async fn facts(
    project: &Project,
    save: bool,
    output: &mut Output,
) -> Result<Exit, Problems> {
    let stderr = output.stderr();
    let (mut session, _) = Session::open(project, &stderr).await?;
    let facts = session.facts().await?;
    let value = serde_json::to_value(&facts)
        .map_err(|error| vec![Diagnostic::bug(format!("facts are not JSON: {error}"))])?;
    if save {
        let spec = Path::new(&project.spec.source.name);
        let file = saved_facts::write(spec, &facts).map_err(|problem| vec![problem])?;
        output.result(&format!("saved to {}", file.display()));
    } else {
        output.json(&value);
    }
    output.timings(&session.cost());
    session.close().await;
    Ok(Exit::Done)
}
