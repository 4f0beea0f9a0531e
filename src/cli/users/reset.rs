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
    let mut desk = AccountOperation::open(project, &stderr).await?;
    let (id, user) = found(&mut desk, &args.name).await?;
    not_ended(&id, &user)?;
    let given = password::obtain(project, desk.service(), &id, &args.password)?;
    let item = std::iter::once(("update", address(&id)));
    let change = desk.begin("users reset-password", item).await;
    let change = change.inspect_err(|_| given.drop_file())?;
    let result = desk.accounts().reset_password(&mut desk, &id, &given.secret).await;
    let ended = desk.end(change, result).await;
    output.end_progress();
    ended.inspect_err(|_| given.drop_file())?;
    output.timings(&desk.cost());
    desk.close().await;
    output.problems(&[Diagnostic::note("accounts/reset", format!("{id} has a new password"))
        .help(format!(
            "existing sessions stay logged in; to end them: `matrixform users logout {id}`"
        ))]);
    given.hand_over(&id, output)?;
    Ok(Exit::Done)
}
