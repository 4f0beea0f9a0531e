//! The end of every command that changes a host: the look is carried out, the connection ends, and what is left to
//! say is said.

use super::output::Output;
use super::{identity, leave};
use crate::diagnostic::{Diagnostic, Exit, Problems};
use crate::plan::comes_about;
use crate::run::{Look, Project, Session, settle};

/// Carries the look out, and ends the connection.
pub(super) async fn carry_out(
    mut session: Session<'_>,
    project: &Project,
    look: &Look,
    operation: &str,
    output: &mut Output,
) -> Result<Exit, Problems> {
    let result = session.carry_out(look, operation, leave::at_once).await;
    output.end_progress();
    if result.is_ok() && !look.plan.is_empty() {
        session.look_from_outside(look).await;
    }
    output.timings(&session.cost());
    session.close().await;
    result.and_then(|()| settle(project, look))?;
    identity::record(project, look, output);
    offer_account(project, look, output);
    offer(project, look, output);
    Ok(Exit::Done)
}

/// A homeserver that has only come about has nobody who could log in.
fn offer_account(project: &Project, look: &Look, output: &mut Output) {
    let Some(service) = &look.expansion.accounts else { return };
    let is_first = comes_about(&look.judged, &look.wanted, &look.plan, look.ledger.as_ref());
    if is_first && look.plan.scoped.is_none() && !service.delegated && service.passwords {
        let message = "the homeserver has no accounts yet";
        let spec = &project.spec.source.name;
        let help = format!("`matrixform users add {spec} NAME --admin` makes the first");
        output.problems(&[Diagnostic::note("apply/accounts", message).help(help)]);
    }
}

/// What can be seen from outside is looked at by a command of its own.
fn offer(project: &Project, look: &Look, output: &mut Output) {
    if !look.plan.is_empty() && !look.expansion.controls.is_empty() {
        let spec = &project.spec.source.name;
        let message = format!("`matrixform verify {spec}` looks at it from outside");
        output.problems(&[Diagnostic::note("apply/verify", message)]);
    }
}
