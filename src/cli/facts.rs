//! `matrixform facts`: what was learned of the host, as JSON.

use super::output::Output;
use super::site::Site;
use super::survey::Survey;
use crate::diagnostic::{Diagnostic, Exit, Problems};

/// Runs it.
pub(super) async fn facts(site: &Site, output: &mut Output) -> Result<Exit, Problems> {
    let (mut survey, _) = Survey::open(site).await?;
    let facts = survey.facts().await?;
    let value = serde_json::to_value(&facts)
        .map_err(|error| vec![Diagnostic::bug(format!("facts are not JSON: {error}"))])?;
    output.json(&value);
    output.timings(&survey.cost());
    survey.close().await;
    Ok(Exit::Done)
}
