//! What `matrixform backup` takes. Doc comments here are the manual.

use super::examples;
use crate::cli::args::{HostArgs, ListArgs};
use crate::host_path;
use clap::{Args, Subcommand};

/// What to do with backups.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum BackupVerb {
    /// Makes a backup now, in all repositories, and waits for it.
    ///
    /// The host's own service makes it, at low priority: if you interrupt this command, the service continues. If one is
    /// already running, this waits for it.
    #[command(after_help = examples::NOW)]
    Now(BackupRunArgs),
    /// Lists the snapshots of each repository: when each was made, and what it holds.
    ///
    /// If there are very many, only the newest 500 of each repository are listed.
    #[command(after_help = examples::LIST)]
    List(ListArgs),
    /// Checks the structure of all repositories, and reads a tenth of their data back.
    ///
    /// The host does the same every week, with another tenth each time.
    #[command(after_help = examples::CHECK)]
    Check(BackupRunArgs),
    /// Restores a file or directory of a snapshot into a new directory on the host; never overwrites files in use.
    ///
    /// It appears below the directory with its whole path: `/etc/matrix-synapse` as
    /// `/root/restored/etc/matrix-synapse`. The database's dump is `/var/spool/matrixform-backup/database.dump`, for
    /// pg_restore; `manifest.json` beside it says what the snapshot holds.
    #[command(after_help = examples::RESTORE)]
    Restore(BackupRestoreArgs),
    /// Removes old snapshots, from this machine and with credentials that the host does not have.
    ///
    /// `keep` under `[backup]` says what stays. It works with this machine's restic; the host is not contacted. What will be
    /// removed is shown first. Nothing is removed if a snapshot has a date in the future, or dates from before the last pruning
    /// but did not exist then, if the newest is not a backup of this server, or if the repository is damaged.
    #[command(after_help = examples::PRUNE)]
    Prune(BackupPruneArgs),
    /// Copies the snapshots of a repository into a local directory, encrypted, and checks the copy.
    ///
    /// The directory becomes a repository of restic with the same password. Later pulls copy only new snapshots. It
    /// works with this machine's restic and the repository's own credentials; the host is not contacted.
    #[command(after_help = examples::PULL)]
    Pull(BackupPullArgs),
}

impl BackupVerb {
    /// Which host it is about, and the name of the command.
    pub(in crate::cli) fn site_and_name(&self) -> (&HostArgs, &'static str) {
        match self {
            BackupVerb::Now(args) => (&args.site, "backup now"),
            BackupVerb::List(args) => (&args.site, "backup list"),
            BackupVerb::Check(args) => (&args.site, "backup check"),
            BackupVerb::Restore(args) => (&args.site, "backup restore"),
            BackupVerb::Prune(args) => (&args.site, "backup prune"),
            BackupVerb::Pull(args) => (&args.site, "backup pull"),
        }
    }
}

/// `backup now` and `backup check`.
#[derive(Args, Debug)]
pub(in crate::cli) struct BackupRunArgs {
    /// Which host.
    #[command(flatten)]
    pub(in crate::cli) site: HostArgs,
    /// Wait for another run on the host to end, instead of exiting with status 6.
    #[arg(long)]
    pub(super) wait: bool,
}

/// `backup restore`.
#[derive(Args, Debug)]
pub(in crate::cli) struct BackupRestoreArgs {
    /// Which host.
    #[command(flatten)]
    pub(in crate::cli) site: HostArgs,
    /// The file or directory, by the absolute path that it had on the host.
    #[arg(long, value_parser = absolute)]
    pub(super) path: String,
    /// A directory on the host that does not exist or is empty. Only root can read what is restored there.
    #[arg(long, value_name = "DIRECTORY")]
    pub(super) to: String,
    /// The snapshot, as `list` shows it. Default: the newest one.
    #[arg(long, value_name = "ID", value_parser = snapshot)]
    pub(super) snapshot: Option<String>,
    /// The repository, by its name in the spec. Default: the first one.
    #[arg(long, value_name = "NAME")]
    pub(super) repository: Option<String>,
    /// Wait for another run on the host to end, instead of exiting with status 6.
    #[arg(long)]
    pub(super) wait: bool,
}

/// `backup prune`.
#[derive(Args, Debug)]
pub(in crate::cli) struct BackupPruneArgs {
    /// Which host.
    #[command(flatten)]
    pub(in crate::cli) site: HostArgs,
    /// The repository, by its name in the spec. Default: all that have `prune`.
    #[arg(long, value_name = "NAME")]
    pub(super) repository: Option<String>,
    /// Remove what is shown without asking.
    #[arg(long)]
    pub(super) yes: bool,
}

/// `backup pull`.
#[derive(Args, Debug)]
pub(in crate::cli) struct BackupPullArgs {
    /// Which host.
    #[command(flatten)]
    pub(in crate::cli) site: HostArgs,
    /// A directory on this machine that does not exist, is empty, or is the one of an earlier pull.
    #[arg(long, value_name = "DIRECTORY")]
    pub(super) to: std::path::PathBuf,
    /// The repository, by its name in the spec. Default: the first one.
    #[arg(long, value_name = "NAME")]
    pub(super) repository: Option<String>,
}

/// Parses an absolute path without empty, `.` or `..` parts.
fn absolute(text: &str) -> Result<String, String> {
    match host_path::is_normal(text) {
        true => Ok(text.to_owned()),
        false => Err("write an absolute path without `.`, `..` and a `/` at its end".to_owned()),
    }
}

/// Parses the id of a snapshot, or its start.
pub(in crate::cli) fn snapshot(text: &str) -> Result<String, String> {
    match (8..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_hexdigit()) {
        true => Ok(text.to_ascii_lowercase()),
        false => {
            Err("a snapshot is 8 to 64 hexadecimal digits: `matrixform backup list`".to_owned())
        }
    }
}
