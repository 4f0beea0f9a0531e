//! `matrixform backup pull`: copies a repository to this machine, and says how old the copy is.

use super::args::BackupPullArgs;
use crate::cli::output::Output;
use crate::diagnostic::{Diagnostic, Exit, Problems};
use crate::render::backups::ago;
use crate::run::{Project, RepositoryOperation};

pub(super) async fn pull(
    project: &Project,
    args: &BackupPullArgs,
    output: &mut Output,
) -> Result<Exit, Problems> {
    let stderr = output.stderr();
    let operation = RepositoryOperation::open(project, &stderr).await?;
    output.print(&format!("restic {} on this machine", operation.restic_version()));
    let repository = operation.repository(args.repository.as_deref())?;
    let pulled = operation.pull(&repository, &args.to).await;
    output.end_progress();
    let pulled = pulled?;
    let to = args.to.display();
    let message = format!(
        "{}: {} of {} snapshots are new in {to}; no errors found; the newest is {} old",
        repository.name,
        pulled.came,
        pulled.snapshots,
        ago(pulled.age)
    );
    let mut problems = vec![Diagnostic::note("backup/pulled", message)];
    if pulled.future > 0 {
        let message = format!("{} snapshots are dated in the future", pulled.future);
        problems.push(Diagnostic::warning("backup/future", message).help(
            "check this machine's clock and the host's; if they are right, find out who made them",
        ));
    } else if pulled.is_late {
        let message = format!("the newest backup is of {}", pulled.newest);
        problems.push(
            Diagnostic::warning("backup/late", message)
                .help("there should be a newer one: `matrixform plan` says what is wrong"),
        );
    }
    output.problems(&problems);
    Ok(Exit::Done)
}
