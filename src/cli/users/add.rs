//! `matrixform users add`.

use super::args::UsersAddArgs;
use super::{address, one, password};
use crate::accounts::{AccountState, Accounts};
use crate::cli::output::Output;
use crate::diagnostic::{Diagnostic, Exit, Problems};
use crate::run::{AccountOperation, Project};

/// Runs the command.
pub(super) async fn add(
    project: &Project,
    args: &UsersAddArgs,
    output: &mut Output,
) -> Result<Exit, Problems> {
    password::can_show(&args.password)?;
    let stderr = output.stderr();
    let mut operation = AccountOperation::open(project, &stderr).await?;
    let id = operation.id(&args.name, true)?;
    if let Some(user) = operation.accounts().user(&mut operation, &id).await.map_err(one)? {
        let (state, help) = match user.state {
            AccountState::Deactivated => {
                (" and is deactivated", "its name cannot be used again".to_owned())
            }
            _ => ("", format!("to set a new password: `matrixform users reset-password {id}`")),
        };
        let message = format!("{id} already exists{state}: nothing was changed");
        return Err(one(Diagnostic::error("accounts/exists", message).help(help)));
    }
    let given = password::obtain(project, operation.service(), &id, &args.password)?;
    let begun = operation.begin("users add", std::iter::once(("create", address(&id)))).await;
    let change = begun.inspect_err(|_| given.drop_file())?;
    let result = operation.accounts().add(&mut operation, &id, &given.secret, args.admin).await;
    let ended = operation.end(change, result).await;
    output.end_progress();
    ended.inspect_err(|_| given.drop_file())?;
    output.timings(&operation.cost());
    let url = operation.service().public_url.clone();
    operation.close().await;
    let admin = if args.admin { ", an admin" } else { "" };
    output.problems(&[Diagnostic::note("accounts/added", format!("created {id}{admin}")).help(
        format!(
            "sign in with any client: the server is {}, or {url}",
            project.spec.server_name().unwrap_or_default()
        ),
    )]);
    given.hand_over(&id, output)?;
    Ok(Exit::Done)
}
