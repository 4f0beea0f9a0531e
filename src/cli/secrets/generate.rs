//! `matrixform secrets generate`: what is missing, after a look at the host: what it ever had is never
//! made anew.

use crate::cli::apply::settle_secrets;
use crate::cli::output::Output;
use crate::cli::site::Site;
use crate::cli::survey::Survey;
use crate::diagnostic::{Diagnostic, Exit, Problems};

/// Runs it.
pub(super) async fn generate(site: &Site, output: &mut Output) -> Result<Exit, Problems> {
    let (mut survey, guess) = Survey::open(site).await?;
    let look = survey.look(guess).await?;
    let missing = look.wanted.iter().any(|item| !item.resource.pending_secrets().is_empty());
    let settled = settle_secrets(site, look, output);
    survey.close().await;
    settled?;
    if !missing {
        let message = "nothing is missing: every secret that is generated has a value";
        output.problems(&[Diagnostic::note("secret/generated", message)]);
    }
    Ok(Exit::Done)
}
