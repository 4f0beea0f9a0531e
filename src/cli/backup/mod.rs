//! `matrixform backup`: starts and inspects the backups that the host's own service makes, and works in the
//! repositories from this machine.

mod args;
mod examples;
mod prune;
mod pull;

pub(super) use args::{BackupVerb, snapshot};
pub(in crate::cli) use examples::ALL as EXAMPLES;

use super::args::{ListArgs, ListFormat};
use super::output::Output;
use crate::backup::{BackupOutcome, LISTED, RepositoryListing};
use crate::diagnostic::{Diagnostic, Exit, Level, Problems};
use crate::render;
use crate::run::{BackupOperation, BackupWork, Project};
use args::BackupRestoreArgs;

/// Runs the command.
pub(super) async fn backup(
    project: &Project,
    verb: &BackupVerb,
    output: &mut Output,
) -> Result<Exit, Problems> {
    match verb {
        BackupVerb::Now(args) => work(project, BackupWork::Save, args.wait, output).await,
        BackupVerb::Check(args) => work(project, BackupWork::Check, args.wait, output).await,
        BackupVerb::List(args) => list(project, args, output).await,
        BackupVerb::Restore(args) => restore(project, args, output).await,
        BackupVerb::Prune(args) => prune::prune(project, args, output).await,
        BackupVerb::Pull(args) => pull::pull(project, args, output).await,
    }
}

async fn work(
    project: &Project,
    work: BackupWork,
    wait: bool,
    output: &mut Output,
) -> Result<Exit, Problems> {
    let stderr = output.stderr();
    let mut operation = BackupOperation::open(project, &stderr).await?;
    let outcome = operation.work(work, wait).await?;
    let repositories = operation.repositories().to_vec();
    output.end_progress();
    output.timings(&operation.cost());
    operation.close().await;
    let problems = match work {
        BackupWork::Save => saved(&outcome, &repositories),
        BackupWork::Check => checked(&outcome, &repositories),
    };
    let is_good = outcome.is_good && problems.iter().all(|one| one.level != Level::Error);
    output.problems(&problems);
    Ok(if is_good { Exit::Done } else { Exit::CheckFailed })
}

/// Returns the problems of a backup, by repository.
fn saved(outcome: &BackupOutcome, repositories: &[String]) -> Problems {
    if let Some(why) = outcome.failed.as_ref().filter(|_| !outcome.is_good) {
        return vec![failed(format!("nothing was backed up: {why}"), "matrixform-backup")];
    }
    let of = |name: &String| match (outcome.failures.get(name), outcome.saved.get(name)) {
        (Some(why), _) => failed(format!("{name}: not backed up: {why}"), "matrixform-backup"),
        (None, Some(id)) if outcome.is_good || !outcome.failures.is_empty() => {
            Diagnostic::note("backup/saved", format!("{name}: saved as snapshot {id}"))
        }
        (None, _) => {
            failed(format!("{name}: the host did not report the outcome"), "matrixform-backup")
        }
    };
    repositories.iter().map(of).chain(incomplete(&outcome.missing)).collect()
}

/// Returns the warning about what the last backup does not have.
fn incomplete(missing: &[String]) -> Option<Diagnostic> {
    let message = "the last backup does not have everything that it was meant to";
    let warning = Diagnostic::warning("backup/incomplete", message).help(
        "add to `paths` of `[backup]` what the links lead to, and take out what no longer exists",
    );
    let warning = missing.iter().fold(warning, |all, line| all.note_line(line.as_str()));
    (!missing.is_empty()).then_some(warning)
}

/// Returns the problems of a check, by repository.
fn checked(outcome: &BackupOutcome, repositories: &[String]) -> Problems {
    if let Some(why) = outcome.failed.as_ref().filter(|_| !outcome.is_good) {
        return vec![failed(format!("nothing was checked: {why}"), "matrixform-backup-check")];
    }
    let of = |name: &String| match outcome.check_failures.get(name) {
        Some(why) => failed(format!("{name}: the check failed: {why}"), "matrixform-backup-check"),
        None if outcome.is_good || !outcome.check_failures.is_empty() => {
            Diagnostic::note("backup/checked", format!("{name}: no errors found"))
        }
        None => failed(format!("{name}: the check did not end"), "matrixform-backup-check"),
    };
    repositories.iter().map(of).collect()
}

fn failed(message: String, unit: &str) -> Diagnostic {
    Diagnostic::error("backup/failed", message)
        .help(format!("`journalctl -u {unit}` on the host has the details"))
}

async fn list(project: &Project, args: &ListArgs, output: &mut Output) -> Result<Exit, Problems> {
    let stderr = output.stderr();
    let mut operation = BackupOperation::open(project, &stderr).await?;
    let (all, missing) = operation.list().await?;
    output.timings(&operation.cost());
    operation.close().await;
    match args.format {
        ListFormat::Json => output.json(&serde_json::to_value(&all).unwrap_or_default()),
        ListFormat::Text => {
            let text = render::backups::snapshots(&all);
            if !text.is_empty() {
                output.result(&text);
            }
        }
    }
    output.problems(&all.iter().filter_map(only_newest).collect::<Problems>());
    output.problems(incomplete(&missing).as_slice());
    let problems: Problems = all.iter().filter_map(RepositoryListing::unlisted).collect();
    output.problems(&problems);
    Ok(if problems.is_empty() { Exit::Done } else { Exit::CheckFailed })
}

/// Returns the note that a repository may have more snapshots than were listed.
fn only_newest(listed: &RepositoryListing) -> Option<Diagnostic> {
    let number = listed.snapshots.len();
    let message =
        format!("{}: {number} snapshots are listed; it may have older ones", listed.repository);
    let note = Diagnostic::note("backup/newest", message).help(
        "`matrixform backup pull` copies all of them; `backup restore` and `rebuild` take the id of an older one too",
    );
    (number >= LISTED).then_some(note)
}

async fn restore(
    project: &Project,
    args: &BackupRestoreArgs,
    output: &mut Output,
) -> Result<Exit, Problems> {
    let stderr = output.stderr();
    let mut operation = BackupOperation::open(project, &stderr).await?;
    let repository = operation.repository(args.repository.as_deref())?;
    let snapshot = args.snapshot.as_deref().unwrap_or("latest");
    let restored =
        operation.restore(&repository, snapshot, (&args.path, &args.to), args.wait).await?;
    output.end_progress();
    output.timings(&operation.cost());
    operation.close().await;
    let message = format!(
        "restored {} files ({}) to {}{}",
        restored.files,
        render::backups::size(restored.bytes),
        args.to,
        args.path
    );
    output.problems(&[Diagnostic::note("backup/restored", message)
        .help("compare them with what is in use, move what you need, and delete the directory: it may hold secrets")]);
    Ok(Exit::Done)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backup::SavedSnapshot;

    #[test]
    fn a_truncated_list_is_reported() {
        let one = SavedSnapshot {
            id: "0a".repeat(32),
            time: "2026-11-27T05:40:12Z".to_owned(),
            counts: Default::default(),
        };
        let listed = |number| RepositoryListing {
            repository: "offsite".to_owned(),
            snapshots: vec![one.clone(); number],
            problem: None,
        };
        assert_eq!(only_newest(&listed(LISTED - 1)), None);
        let note = only_newest(&listed(LISTED)).unwrap();
        assert_eq!(note.message, "offsite: 500 snapshots are listed; it may have older ones");
        let program = include_str!("../../../modules/backup/files/backup.sh");
        assert!(program.contains(&format!("--latest {LISTED};")));
    }
}
