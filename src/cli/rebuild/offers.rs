//! What is offered once the server is back: to end again what a restore brought to life, invitations that were used and
//! sessions that were logged out.

use super::RebuildArgs;
use crate::cli::output::Output;
use crate::cli::{invite, users};
use crate::diagnostic::Problems;
use crate::run::{Desk, Project};

/// Does what the options say; on a terminal it asks about the rest.
///
/// # Errors
///
/// An account or an invitation could not be changed. The server is back all the same.
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
    let mut desk = Desk::open(project, &stderr).await?;
    // All is asked before anything is changed: nobody else waits for an answer then.
    let mut open = Vec::new();
    if args.revoke_invitations || asks {
        open = invite::open(&mut desk).await?;
        output.end_progress();
    }
    if !open.is_empty() && !args.revoke_invitations {
        let question = format!(
            "{} can be used, some of them perhaps again. Revoke all of them? Only `yes` does:",
            invite::count(open.len())
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
    if !open.is_empty() {
        let note = invite::revoke_all(&mut desk, &open).await?;
        output.end_progress();
        output.problems(&[note]);
    }
    for name in &names {
        let note = users::log_out(&mut desk, name).await?;
        output.end_progress();
        output.problems(&[note]);
    }
    desk.close().await;
    Ok(())
}
