//! `matrixform users`: one file per verb that takes more than a few lines.

mod add;
mod args;
mod deactivate;
mod examples;
mod password;
mod reset;

pub(super) use args::UsersVerb;
pub(in crate::cli) use examples::ALL as EXAMPLES;

use super::args::{ListArgs, ListFormat};
use super::output::Output;
use crate::accounts::{AccountState, Accounts, User, UserId};
use crate::diagnostic::{Diagnostic, Exit, Problems};
use crate::render;
use crate::run::{AccountOperation, Project};

/// Runs the command.
pub(super) async fn users(
    project: &Project,
    verb: &UsersVerb,
    output: &mut Output,
) -> Result<Exit, Problems> {
    match verb {
        UsersVerb::Add(args) => add::add(project, args, output).await,
        UsersVerb::List(args) => list(project, args, output).await,
        UsersVerb::ResetPassword(args) => reset::reset(project, args, output).await,
        UsersVerb::Deactivate(args) => deactivate::deactivate(project, args, output).await,
        UsersVerb::Logout(args) => logout(project, &args.name, output).await,
    }
}

async fn list(project: &Project, args: &ListArgs, output: &mut Output) -> Result<Exit, Problems> {
    let stderr = output.stderr();
    let mut operation = AccountOperation::open(project, &stderr).await?;
    let users = operation.accounts().users(&mut operation).await.map_err(one)?;
    output.timings(&operation.cost());
    operation.close().await;
    match args.format {
        ListFormat::Json => output.json(&serde_json::to_value(&users).unwrap_or_default()),
        ListFormat::Text => output.result(&render::accounts::users(&users)),
    }
    Ok(Exit::Done)
}

async fn logout(project: &Project, name: &str, output: &mut Output) -> Result<Exit, Problems> {
    let stderr = output.stderr();
    let mut operation = AccountOperation::open(project, &stderr).await?;
    let (id, _) = found(&mut operation, name).await?;
    let item = ("update", address(&id));
    let change = operation.begin("users logout", std::iter::once(item)).await?;
    let result = operation.accounts().log_out(&mut operation, &id).await;
    let ended = operation.end(change, result).await?;
    output.end_progress();
    output.timings(&operation.cost());
    operation.close().await;
    output.problems(&[logged_out(&id, ended)]);
    Ok(Exit::Done)
}

/// Reports how many sessions of an account have ended.
pub(super) fn logged_out(id: &UserId, ended: usize) -> Diagnostic {
    let message = match ended {
        0 => format!("{id} was not logged in anywhere"),
        1 => format!("logged {id} out of 1 session"),
        ended => format!("logged {id} out of {ended} sessions"),
    };
    let note = Diagnostic::note("accounts/logout", message);
    match ended {
        0 => note,
        _ => note.help(
            "encrypted messages that only these sessions could read stay unreadable unless the user has a key backup",
        ),
    }
}

/// Finds the account with this name.
///
/// # Errors
///
/// Returns an error if there is none, or if it is matrixform's own, which has no login.
pub(super) async fn found(
    operation: &mut AccountOperation<'_>,
    name: &str,
) -> Result<(UserId, User), Problems> {
    let id = operation.id(name, false)?;
    let user = operation.accounts().user(operation, &id).await.map_err(one)?;
    let Some(user) = user else {
        return Err(one(Diagnostic::error("accounts/unknown", format!("there is no {id}"))
            .help("`matrixform users list` shows all accounts")));
    };
    match user.own {
        false => Ok((id, user)),
        true => {
            let message = format!("{id} is matrixform's own account, which has no login");
            Err(one(Diagnostic::error("accounts/own", message)))
        }
    }
}

/// Returns an error if the account is deactivated.
fn not_ended(id: &UserId, user: &User) -> Result<(), Problems> {
    match user.state {
        AccountState::Deactivated => {
            Err(one(Diagnostic::error("accounts/deactivated", format!("{id} is deactivated"))))
        }
        _ => Ok(()),
    }
}

/// Returns its name in the history.
pub(super) fn address(id: &UserId) -> String {
    format!("user:{id}")
}

fn one(problem: Diagnostic) -> Problems {
    vec![problem]
}
