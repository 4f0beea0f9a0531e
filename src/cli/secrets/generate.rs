//! `matrixform secrets generate`: what is missing, after a look at the host: what it ever had is never
//! made anew.

use super::{one, plan_key};
use crate::cli::output::Output;
use crate::diagnostic::{Diagnostic, Exit, Problems};
use crate::run::{Project, Session};

/// Runs it.
pub(super) async fn generate(project: &Project, output: &mut Output) -> Result<Exit, Problems> {
    let voice = output.voice();
    let (mut session, guess) = Session::open(project, &voice).await?;
    let look = session.look(guess).await?;
    let missing = look.wanted.iter().any(|item| !item.resource.pending_secrets().is_empty());
    let settled = session.generate(look);
    session.close().await;
    settled?;
    let generated = project.secrets.generate_plan_key().map_err(one)?;
    output.problems(plan_key(&generated).as_slice());
    if !missing && generated.names.is_empty() {
        let message = "nothing is missing: every secret that is generated has a value";
        output.problems(&[Diagnostic::note("secret/generated", message)]);
    }
    Ok(Exit::Done)
}
