//! `matrixform users deactivate`: permanent, so it asks for the full user id.

use super::args::UsersDeactivateArgs;
use super::{address, found, not_ended, one};
use crate::accounts::{Accounts, User, UserId};
use crate::cli::output::Output;
use crate::diagnostic::{Diagnostic, Exit, Problems, visible};
use crate::run::{AccountOperation, Project};

/// Runs the command.
pub(super) async fn deactivate(
    project: &Project,
    args: &UsersDeactivateArgs,
    output: &mut Output,
) -> Result<Exit, Problems> {
    let stderr = output.stderr();
    let mut operation = AccountOperation::open(project, &stderr).await?;
    let (id, user) = found(&mut operation, &args.name).await?;
    not_ended(&id, &user)?;
    confirm(&id, &user, args.confirm.as_deref(), output).map_err(one)?;
    let item = std::iter::once(("remove", address(&id)));
    let change = operation.begin("users deactivate", item).await?;
    let result = operation.accounts().deactivate(&mut operation, &id).await;
    operation.end(change, result).await?;
    output.end_progress();
    output.timings(&operation.cost());
    operation.close().await;
    let message = format!("{id} is deactivated: its sessions and password are gone");
    output.problems(&[Diagnostic::note("accounts/deactivated", message)]);
    Ok(Exit::Done)
}

/// Checks the full id, typed or given.
fn confirm(
    id: &UserId,
    user: &User,
    given: Option<&str>,
    output: &mut Output,
) -> Result<(), Diagnostic> {
    let typed = match given {
        Some(given) => given.to_owned(),
        None if output.can_ask() => {
            let who = if user.admin { ", an admin" } else { "" };
            let name = user.display_name.as_deref().map(visible).filter(|name| !name.is_empty());
            let name =
                name.map(|name| format!(" ({})", name.replace('\n', " "))).unwrap_or_default();
            output.print(&format!(
                "{id}{name}{who} will be deactivated for good: its sessions end, its password and addresses are removed, and it leaves its rooms."
            ));
            output.ask("Type the full user id to continue: ").unwrap_or_default()
        }
        None => {
            let message = "nothing was changed: cannot ask for confirmation without a terminal";
            return Err(Diagnostic::error("accounts/unconfirmed", message)
                .help(format!("run again with `--confirm {id}`")));
        }
    };
    match typed.trim() == id.as_str() {
        true => Ok(()),
        false => {
            let message = format!("nothing was changed: the answer was not `{id}`");
            Err(Diagnostic::error("accounts/declined", message))
        }
    }
}
