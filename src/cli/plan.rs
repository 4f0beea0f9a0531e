//! `matrixform plan`: connect, look at everything, show what would change. Changes nothing.

use super::args::Format;
use super::output::Output;
use super::site::Site;
use super::survey::Survey;
use crate::apply::inspected;
use crate::diagnostic::{Exit, Problems};

/// Runs it.
pub(super) async fn plan(
    site: &Site,
    format: Format,
    output: &mut Output,
) -> Result<Exit, Problems> {
    let (mut survey, guess) = Survey::open(site).await?;
    let look = survey.look(guess).await?;
    output.problems(&inspected(&look.answers));
    match format {
        Format::Text => output.plan(&look.plan, &look.expansion.notes),
        Format::Json => {
            output.problems(&look.expansion.notes);
            output.json(&crate::render::plan::json(&look.plan));
        }
    }
    output.timings(&survey.cost());
    survey.close().await;
    Ok(Exit::Done)
}
