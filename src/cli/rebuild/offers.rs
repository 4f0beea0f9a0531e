//! What is offered once the server is back: to end again what a restore brought to life, invitations that were used and
//! sessions that were logged out.

use super::RebuildArgs;
use crate::cli::output::Output;
use crate::cli::{invite, users};
use crate::diagnostic::Problems;
use crate::run::Project;

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
    if args.revoke_invitations || asks {
        let open = invite::open(project, output).await?;
        let question = format!(
            "{} can be used, some of them perhaps again. Revoke all of them? Only `yes` does:",
            invite::count(open.len())
        );
        if !open.is_empty() && (args.revoke_invitations || output.agrees(&question).await) {
            invite::revoke_all(project, &open, output).await?;
        }
    }
    let mut names = args.log_out.clone();
    if asks && names.is_empty() {
        let answer = output.ask("Whose sessions should end? Names, or nothing: ");
        names.extend(answer.unwrap_or_default().split_whitespace().map(str::to_owned));
    }
    for name in &names {
        users::log_out(project, name, output).await?;
    }
    Ok(())
}
