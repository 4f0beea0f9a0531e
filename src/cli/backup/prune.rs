//! `matrixform backup prune`: shows what will be removed, asks, and removes it.

use super::args::BackupPruneArgs;
use crate::cli::output::Output;
use crate::diagnostic::{Diagnostic, Exit, Problems};
use crate::render;
use crate::run::{PlannedPruning, Project, RepositoryOperation};

pub(super) async fn prune(
    project: &Project,
    args: &BackupPruneArgs,
    output: &mut Output,
) -> Result<Exit, Problems> {
    let stderr = output.stderr();
    let operation = RepositoryOperation::open(project, &stderr).await?;
    output.print(&format!("restic {} on this machine", operation.restic_version()));
    let repositories = match args.repository.as_deref() {
        Some(name) => vec![operation.repository(Some(name))?],
        // If no repository has `prune`, ask for the first one: the error says what is missing.
        None if operation.prunable().is_empty() => vec![operation.repository(None)?],
        None => operation.prunable(),
    };
    let mut planned = Vec::new();
    for repository in &repositories {
        planned.push(operation.plan_pruning(repository).await?);
    }
    for one in &planned {
        output.result(&render::backups::pruning(&one.repository, &one.url, one.age, &one.pruning));
    }
    confirm(&planned, args.yes, output).map_err(|problem| vec![problem])?;
    for one in &planned {
        operation.prune(one).await?;
        output.end_progress();
        let message = format!(
            "{}: removed {} of {} snapshots, and the data that only they used",
            one.repository,
            one.pruning.removed.len(),
            one.pruning.removed.len() + one.pruning.kept.len()
        );
        output.problems(&[Diagnostic::note("backup/pruned", message)]);
    }
    Ok(Exit::Done)
}

/// Asks even if no snapshot will be removed: pruning also removes what an earlier run or a backup left half done.
fn confirm(planned: &[PlannedPruning], yes: bool, output: &mut Output) -> Result<(), Diagnostic> {
    if yes {
        return Ok(());
    }
    if !output.can_ask() {
        let message = "nothing was removed: cannot ask for confirmation without a terminal";
        return Err(Diagnostic::error("backup/unconfirmed", message)
            .help("review the list above and run again with `--yes`"));
    }
    let count: usize = planned.iter().map(|one| one.pruning.removed.len()).sum();
    let what = match count {
        0 => "Remove data that no snapshot uses".to_owned(),
        1 => "Remove 1 snapshot for good".to_owned(),
        many => format!("Remove {many} snapshots for good"),
    };
    match output.ask(&format!("{what}? Type `yes` to continue: ")) {
        Some(answer) if answer.trim() == "yes" => Ok(()),
        _ => Err(Diagnostic::error(
            "backup/declined",
            "nothing was removed: the answer was not `yes`",
        )),
    }
}
