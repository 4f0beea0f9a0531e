//! `matrixform users reset-password`.

use super::args::UsersResetPasswordArgs;
use super::{address, found, not_ended, password};
use crate::accounts::Accounts;
use crate::cli::output::Output;
use crate::diagnostic::{Diagnostic, Exit, Problems};
use crate::run::{AccountOperation, Project};

/// Runs the command.
pub(super) async fn reset(
    project: &Project,
    args: &UsersResetPasswordArgs,
    output: &mut Output,
) -> Result<Exit, Problems> {
    password::can_show(&args.password)?;
    let stderr = output.stderr();
    let mut operation = AccountOperation::open(project, &stderr).await?;
    let (id, user) = found(&mut operation, &args.name).await?;
    not_ended(&id, &user)?;
    let given = password::obtain(project, operation.service(), &id, &args.password)?;
    let item = std::iter::once(("update", address(&id)));
    let change = operation.begin("users reset-password", item).await;
    let change = change.inspect_err(|_| given.drop_file())?;
    let result = operation.accounts().reset_password(&mut operation, &id, &given.secret).await;
    let ended = operation.end(change, result).await;
    output.end_progress();
    ended.inspect_err(|_| given.drop_file())?;
    output.timings(&operation.cost());
    operation.close().await;
    output.problems(&[Diagnostic::note("accounts/reset", format!("{id} has a new password"))
        .help(format!(
            "existing sessions stay logged in; to end them: `matrixform users logout {id}`"
        ))]);
    given.hand_over(&id, output)?;
    Ok(Exit::Done)
}
