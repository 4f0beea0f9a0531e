//! Follow-ups once the server is back: revoking invitations and ending sessions that the restore brought back to life
//! although they had been used or logged out.

use super::RebuildArgs;
use crate::accounts::{Accounts, Invitation, UserId};
use crate::cli::output::Output;
use crate::cli::{invite, users};
use crate::diagnostic::{Diagnostic, Problems, counted};
use crate::run::{AccountOperation, Project};

/// Does what the options ask for; on a terminal, asks about the rest.
///
/// # Errors
///
/// Returns an error if an account or an invitation could not be changed. The server is back all the same.
pub(super) async fn offer(
    project: &Project,
    args: &RebuildArgs,
    output: &mut Output,
) -> Result<(), Problems> {
    let asks = !args.yes && output.can_ask();
    if !asks && !args.revoke_invitations && args.log_out.is_empty() {
        return Ok(());
    }
    let stderr = output.stderr();
    let mut operation = AccountOperation::open(project, &stderr).await?;
    // Ask everything before changing anything, so that no other run waits for an answer.
    let mut open = Vec::new();
    if args.revoke_invitations || asks {
        open = invite::open(&mut operation).await?;
        output.end_progress();
    }
    if !open.is_empty() && !args.revoke_invitations {
        let question = format!(
            "{} can be used, some of them perhaps again. Revoke all of them? Type `yes` to revoke them:",
            counted(open.len(), "invitation")
        );
        if !output.agrees(&question).await {
            open.clear();
        }
    }
    let mut names = args.log_out.clone();
    if asks && names.is_empty() {
        let answer = output.ask("Whose sessions should end? Names, or nothing: ");
        names.extend(answer.unwrap_or_default().split_whitespace().map(str::to_owned));
    }
    let mut ids = Vec::new();
    for name in &names {
        ids.push(users::found(&mut operation, name).await?.0);
    }
    let done = ended(&mut operation, &open, &ids).await;
    output.end_progress();
    output.problems(&done?);
    operation.close().await;
    Ok(())
}

/// Revokes invitations and ends the sessions of accounts, as one operation in the host's history.
async fn ended(
    operation: &mut AccountOperation<'_>,
    open: &[Invitation],
    ids: &[UserId],
) -> Result<Problems, Problems> {
    if open.is_empty() && ids.is_empty() {
        return Ok(Problems::new());
    }
    let revoked = open.iter().map(|one| ("remove", invite::address(one)));
    let logged_out = ids.iter().map(|id| ("update", users::address(id)));
    let change = operation.begin("rebuild, what came back", revoked.chain(logged_out)).await?;
    let result = end_each(operation, open, ids).await;
    operation.end(change, result).await
}

async fn end_each(
    operation: &mut AccountOperation<'_>,
    open: &[Invitation],
    ids: &[UserId],
) -> Result<Problems, Diagnostic> {
    let accounts = operation.accounts();
    let mut notes = Problems::new();
    for (revoked, one) in open.iter().enumerate() {
        let done = (revoked > 0).then(|| revoked_note(revoked));
        accounts.revoke(operation, one).await.map_err(|problem| after(problem, done.as_slice()))?;
    }
    if !open.is_empty() {
        notes.push(revoked_note(open.len()));
    }
    for id in ids {
        let ended =
            accounts.log_out(operation, id).await.map_err(|problem| after(problem, &notes))?;
        notes.push(users::logged_out(id, ended));
    }
    Ok(notes)
}

fn revoked_note(count: usize) -> Diagnostic {
    Diagnostic::note("accounts/revoked", format!("revoked {}", counted(count, "invitation")))
}

/// Adds to a failure what was done before it.
fn after(problem: Diagnostic, done: &[Diagnostic]) -> Diagnostic {
    let lines = done.iter().map(|note| format!("done before that: {}", note.message));
    lines.fold(problem, Diagnostic::note_line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_lists_the_completed_steps() {
        let done = [revoked_note(2), revoked_note(1)];
        let problem = after(Diagnostic::error("a/b", "it failed"), &done);
        assert_eq!(
            problem.notes,
            ["done before that: revoked 2 invitations", "done before that: revoked 1 invitation"]
        );
    }
}
