//! `matrixform secrets generate`: generates what is missing, after a look at the host: a secret that the host ever had
//! is never regenerated.

use super::{one, plan_key};
use crate::cli::output::Output;
use crate::diagnostic::{Diagnostic, Exit, Problems};
use crate::run::{Project, Session};

/// Runs the command.
pub(super) async fn generate(project: &Project, output: &mut Output) -> Result<Exit, Problems> {
    let stderr = output.stderr();
    let (mut session, prefetch) = Session::open(project, &stderr).await?;
    let snapshot = session.snapshot(prefetch).await?;
    let missing = snapshot.wanted.iter().any(|item| !item.resource.pending_secrets().is_empty());
    let generated = session.generate(snapshot);
    session.close().await;
    generated?;
    let generated = project.secrets.generate_plan_key().map_err(one)?;
    output.problems(plan_key(&generated).as_slice());
    if !missing && generated.names.is_empty() {
        let message = "nothing to do: every generated secret has a value";
        output.problems(&[Diagnostic::note("secret/generated", message)]);
    }
    Ok(Exit::Done)
}
