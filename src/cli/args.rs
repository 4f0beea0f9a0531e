//! The command line. Doc comments here are the manual: write them for the reader of `--help`.

use super::complete;
use super::completions::{self, CompletionsArgs};
use super::examples;
use super::manual::{self, ManArgs};
use super::output_args::OutputArgs;
use super::version;
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Configures a Matrix homeserver from one TOML file, over SSH.
///
/// You describe one host in a file (the spec), such as `inventory/prod.toml`. `plan` connects to it and shows what
/// would change; `apply` shows the same, asks, and makes the changes. If nothing differs, it does nothing. The
/// host needs sshd and a POSIX shell; matrixform installs nothing there for itself.
///
/// Exit statuses: 0 done, or nothing to do; 1 an error before any change; 2 changes pending
/// (`--detailed-exitcode`), or drift; 3 failed, partly applied; 4 failed, rolled back; 5 the plan no longer fits
/// the host; 6 another run holds the host's lock; 7 a check failed; 64 incorrect usage; 70 a bug.
#[derive(Debug, Parser)]
#[command(name = "matrixform", version = version::text(), max_term_width = 100, after_help = examples::ALL)]
pub(super) struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub(super) verb: Verb,
    /// How to talk about it.
    #[command(flatten)]
    pub(super) output: OutputArgs,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Checks specs offline and reports every problem.
    ///
    /// Connects to nothing and opens no secret store. The exit status is 1 on errors, and 0 if there are only
    /// warnings.
    #[command(after_help = examples::CHECK)]
    Check(super::check::CheckArgs),
    /// Shows what apply would change; changes nothing on the host.
    ///
    /// Connects, reads the host, and prints each resource that differs from the spec, and how: `+` would be
    /// created, `~` updated, `-` removed. Files are shown as a diff with secrets masked. The exit status is 0 even
    /// if there are changes, unless `--detailed-exitcode` asks for 2.
    #[command(after_help = examples::PLAN)]
    Plan(PlanArgs),
    /// Makes the host match the spec: shows the plan, asks, applies it and verifies the result.
    ///
    /// Each service tests its new configuration before it replaces the one in use. A run that fails or is
    /// interrupted can be repeated; finished steps are kept. Ctrl-C stops after the steps in progress; a second
    /// Ctrl-C exits at once. The exit status is 3 if it failed and the host is partly applied, 4 if it failed and was
    /// rolled back, and 5 if the plan no longer fits the host.
    #[command(after_help = examples::APPLY)]
    Apply(ApplyArgs),
    /// Shows offline what a change to a spec would change on its host.
    ///
    /// Prints the plan of HEAD for a host that matches BASE. Facts about the host come from the file that `facts
    /// --save` wrote beside BASE, or are those recorded for a release: the first line says which. It reads only
    /// the two specs and the files they name inside their repositories: no secret, no environment variable. What
    /// only the host knows is shown as unknown.
    #[command(after_help = examples::DIFF)]
    Diff(super::diff::DiffArgs),
    /// Prints a saved plan; needs neither its spec nor its host.
    ///
    /// The file is not trusted: control characters are made visible, and a file of another format, or one that was
    /// changed after it was written, is refused.
    #[command(after_help = examples::SHOW)]
    Show(ShowArgs),
    /// Prints the facts about the host as JSON.
    ///
    /// Templates and modules read facts as `facts.NAME`: the system and its version, package versions, memory,
    /// addresses, PostgreSQL clusters.
    #[command(after_help = examples::FACTS)]
    Facts {
        /// Which host.
        #[command(flatten)]
        site: HostArgs,
        /// Write them beside the spec, as `NAME.facts.json`, for `diff`.
        ///
        /// The file is meant to be committed: it does not say where the host is or who looked, and holds nothing
        /// that changes by itself.
        #[arg(long)]
        save: bool,
    },
    /// Shows what was applied to a host: who, when, from which commit and plan, and how it ended.
    ///
    /// The host keeps it as JSON lines (`/var/lib/matrixform/history.jsonl`, root only), without secrets, and
    /// writes a line to its journal for each run (`journalctl -t matrixform`). A run without an end was
    /// interrupted or is in progress.
    #[command(after_help = examples::HISTORY)]
    History(HistoryArgs),
    /// Shows what changed on a host since the last apply, apart from changes to the spec.
    ///
    /// For each difference: the last run that found it correct, when it was last changed, and what happened on the
    /// host in between (matrixform runs, packages, root sessions), without a verdict. Expected changes are not
    /// drift: renewed certificates, upgrades, rotated logs. The exit status is 2 if something differs, even if it
    /// is unknown who changed it, and 0 otherwise. Changes nothing on the host.
    #[command(after_help = examples::DRIFT)]
    Drift(DriftArgs),
    /// Tests the server from outside, without SSH: does the world see what the spec says?
    ///
    /// Covers DNS names, delegation as other servers follow it, certificates, old TLS versions, HSTS, the
    /// .well-known documents, the server's keys, who may register, and paths and ports that must not be public.
    /// The spec decides which tests run. Nothing is changed anywhere. Each failed test says what was seen, what
    /// was expected and what to do; the exit status is then 7.
    #[command(after_help = examples::VERIFY)]
    Verify(super::verify::VerifyArgs),
    /// Lists the DNS records that a spec needs, and whether they are published.
    ///
    /// Asks the zone's own name servers and the system's resolver. The exit status is 7 if a record is missing or
    /// points elsewhere.
    #[command(after_help = examples::DNS)]
    Dns(super::dns::DnsArgs),
    /// Manages a spec's secrets: where each is stored, setting, rotating, and who can open the age file.
    #[command(after_help = super::secrets::EXAMPLES)]
    Secrets {
        /// What to do with them.
        #[command(subcommand)]
        verb: super::secrets::SecretsVerb,
    },
    /// Manages accounts on the homeserver: the first admin, a forgotten password, a lost phone.
    ///
    /// Works over the SSH connection and the host's loopback; the admin API stays closed to the outside.
    /// matrixform uses an account of its own, without a password, whose token is revoked when the command ends.
    #[command(after_help = super::users::EXAMPLES)]
    Users {
        /// What to do with them.
        #[command(subcommand)]
        verb: super::users::UsersVerb,
    },
    /// Invites people to create an account; needs `registration.mode = "token"`.
    ///
    /// An invitation is a registration token: anyone who has it can register in a browser or a desktop client, and
    /// then sign in with any client.
    #[command(after_help = super::invite::EXAMPLES)]
    Invite {
        /// What to do with invitations.
        #[command(subcommand)]
        verb: super::invite::InviteVerb,
    },
    /// Makes, lists, checks and restores backups of the homeserver (docs/backup.md).
    #[command(after_help = super::backup::EXAMPLES)]
    Backup {
        /// What to do with them.
        #[command(subcommand)]
        verb: super::backup::BackupVerb,
    },
    /// Brings a lost homeserver back on a blank host from a backup (docs/rebuild.md).
    ///
    /// Installs restic, examines the snapshot, shows what will be restored and what is lost, and asks. Then it restores
    /// the database, media and keys, applies the spec and starts Synapse, which cannot start before. A run that fails
    /// or is interrupted can be repeated: it resumes where it stopped. A host that has the database already is refused.
    #[command(after_help = super::rebuild::EXAMPLES)]
    Rebuild(super::rebuild::RebuildArgs),
    /// Explains an option, a finding, a kind or a resource, and where it ends up on the host. Offline.
    #[command(after_help = examples::EXPLAIN)]
    Explain(super::explain::ExplainArgs),
    /// Draws the dependency graph of all resources. Offline.
    ///
    /// A node is a resource, with its position in the order; an arrow leads from what must come first. Resources
    /// that take effect together (an activation), or that belong to one module, share a frame. Dashed: comes first
    /// and is kept (packages, accounts); bold: applied in one switch; dotted: comes afterwards. Services come last
    /// in an activation. Dependencies that follow from others are omitted.
    #[command(after_help = examples::GRAPH)]
    Graph(super::graph::GraphArgs),
    /// Prints the JSON Schema of specs, for completion and checks in an editor.
    #[command(after_help = examples::SCHEMA)]
    Schema(super::schema::SchemaArgs),
    /// Writes a commented spec from your answers, given at a prompt or as flags.
    #[command(after_help = examples::INIT)]
    Init(Box<super::init::InitArgs>),
    /// Works with modules: the data that describes the parts of a homeserver.
    #[command(after_help = examples::MODULE)]
    Module {
        /// What to do with them.
        #[command(subcommand)]
        verb: super::module::ModuleVerb,
    },
    /// Prints a completion script for your shell.
    #[command(after_help = completions::EXAMPLES)]
    Completions(CompletionsArgs),
    /// Prints the manual, or writes its pages to a directory.
    #[command(after_help = manual::EXAMPLES)]
    Man(ManArgs),
}

/// Selects the host.
#[derive(Args, Debug)]
pub(super) struct HostArgs {
    /// The spec of the host, such as `inventory/prod.toml`, or `prod` for short.
    ///
    /// Defaults to the only file in `inventory/`.
    #[arg(env = "MATRIXFORM_SPEC", add = complete::specs())]
    pub(super) spec: Option<PathBuf>,
    /// Report how long each part took and count the round trips. For developers: docs/benchmark.md.
    #[arg(long, hide = true)]
    pub(super) timings: bool,
}

/// What `plan` takes.
#[derive(Args, Debug)]
pub(super) struct PlanArgs {
    /// Which host.
    #[command(flatten)]
    pub(super) site: HostArgs,
    /// How to print the plan.
    #[command(flatten)]
    pub(super) view: View,
    /// Also write the plan to this file, for `show` and `apply --plan`.
    ///
    /// It holds what is shown, secrets masked, and nothing else: store and share it as you would the printed plan.
    #[arg(long, value_name = "FILE")]
    pub(super) out: Option<PathBuf>,
    /// Open no secret store: treat the secrets that the host has as unchanged, and list them.
    ///
    /// For pipelines without secrets. `apply --plan`, run where the secrets are, compares each with the one on the
    /// host, and refuses the plan if one differs. Only the environment is read, for the sudo password.
    #[arg(long)]
    pub(super) without_secrets: bool,
    /// Refuse to connect anywhere but where this other spec does; for pull request pipelines.
    ///
    /// BASE is the spec on the main branch. The plan is refused before anything is opened if `[host]`,
    /// `[secrets]`, `id` or a named environment variable differs from BASE, and before the host is contacted if
    /// reading it would run a command that BASE does not have. Contents of the host are shown only for what BASE
    /// or an earlier apply names.
    #[arg(long, value_name = "BASE", add = complete::specs())]
    pub(super) host_of: Option<PathBuf>,
    /// Exit with status 2 if there is something to change.
    #[arg(long)]
    pub(super) detailed_exitcode: bool,
    /// What the run may do.
    #[command(flatten)]
    pub(super) beginning: ChangeOptions,
}

/// What `apply` takes.
#[derive(Args, Debug)]
pub(super) struct ApplyArgs {
    /// Which host.
    #[command(flatten)]
    pub(super) site: HostArgs,
    /// Do not ask for confirmation. Required without a terminal, as in a pipeline.
    #[arg(long)]
    pub(super) yes: bool,
    /// Apply this saved plan and nothing else, without asking.
    ///
    /// The plan is computed again from the spec and the host and compared with the saved one, including the text
    /// that was shown. Any difference ends the run with status 5 before the first step.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["only", "skip"])]
    pub(super) plan: Option<PathBuf>,
    /// Wait for another run on the host to end, instead of exiting with status 6.
    #[arg(long)]
    pub(super) wait: bool,
    /// Request certificates without checking first that the names lead to the host.
    ///
    /// By default each name is first fetched over IPv4 and IPv6, from the host and from this machine, because
    /// authorities limit failed attempts. If both fail, no certificate is requested.
    #[arg(long)]
    pub(super) skip_name_check: bool,
    /// What the run may do.
    #[command(flatten)]
    pub(super) beginning: ChangeOptions,
}

/// What `history` takes.
#[derive(Args, Debug)]
pub(super) struct HistoryArgs {
    /// Which host.
    #[command(flatten)]
    pub(super) site: HostArgs,
    /// Show one run in full: its name, or the start of it.
    #[arg(value_name = "RUN")]
    pub(super) run: Option<String>,
    /// How to print it.
    #[arg(long, value_enum, default_value_t = ListFormat::Text)]
    pub(super) format: ListFormat,
}

/// What `drift` takes.
#[derive(Args, Debug)]
pub(super) struct DriftArgs {
    /// Which host.
    #[command(flatten)]
    pub(super) site: HostArgs,
    /// Open no secret store: treat the secrets that the host has as unchanged.
    ///
    /// For pipelines without secrets. Secrets on the host are then not compared.
    #[arg(long)]
    pub(super) without_secrets: bool,
    /// How to print it.
    #[arg(long, value_enum, default_value_t = PlanFormat::Text)]
    pub(super) format: PlanFormat,
}

/// How to print a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ListFormat {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// What `users list` and similar verbs take.
#[derive(Args, Debug)]
pub(super) struct ListArgs {
    /// Which host.
    #[command(flatten)]
    pub(super) site: HostArgs,
    /// How to print them.
    #[arg(long, value_enum, default_value_t = ListFormat::Text)]
    pub(super) format: ListFormat,
}

/// What `show` takes.
#[derive(Args, Debug)]
pub(super) struct ShowArgs {
    /// A file written by `plan --out`.
    pub(super) file: PathBuf,
    /// How to print the plan.
    #[command(flatten)]
    pub(super) view: View,
    /// Exit with status 2 if the plan changes something.
    #[arg(long)]
    pub(super) detailed_exitcode: bool,
}

/// How to print a plan.
#[derive(Args, Clone, Copy, Debug)]
pub(super) struct View {
    /// How to print the plan.
    #[arg(long, value_enum, default_value_t = PlanFormat::Text)]
    pub(super) format: PlanFormat,
    /// Print one line per change.
    #[arg(long)]
    pub(super) summary: bool,
}

/// How to print a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum PlanFormat {
    /// For people.
    Text,
    /// For a comment on a pull request, within the size limits of forges.
    Markdown,
    /// For programs (docs/plan.md, docs/drift.md).
    Json,
}

/// What is allowed by name, what a host may begin as, and the scope of the run.
#[derive(Debug, Args)]
pub(super) struct ChangeOptions {
    /// Allow what is otherwise refused: `destroy:ADDRESS`, as named in the plan, or `older`, which may undo what
    /// someone else applied. May be given more than once.
    #[arg(long, value_name = "WHAT", value_parser = allowed)]
    pub(super) allow: Vec<String>,
    /// Start an empty server under this name, although a server of this name is on record.
    ///
    /// Without it, a host without Synapse's database is refused once the spec or the host records the server's
    /// identity: restore the backup first.
    #[arg(long, value_name = "SERVER_NAME")]
    pub(super) empty_server: Option<String>,
    /// Change only this: a module (`nginx`), or a resource (`file:/etc/x`, `file:/etc/nginx/*`). May be given more
    /// than once.
    ///
    /// Its dependencies and what takes effect together with it are included, and the plan says so. Nothing is
    /// removed that is no longer in the spec.
    #[arg(long, value_name = "WHAT")]
    pub(super) only: Vec<String>,
    /// Skip this, named the same way, and everything that depends on it.
    #[arg(long, value_name = "WHAT")]
    pub(super) skip: Vec<String>,
}

/// One `--allow`.
fn allowed(text: &str) -> Result<String, String> {
    if text == "older" {
        return Ok(text.to_owned());
    }
    let address = text.strip_prefix("destroy:").and_then(|address| address.split_once(':'));
    match address {
        Some((kind, name)) if !kind.is_empty() && !name.is_empty() => Ok(text.to_owned()),
        _ => {
            Err("write `older`, or `destroy:ADDRESS`, such as `destroy:service:old.service`"
                .to_owned())
        }
    }
}

#[cfg(test)]
mod tests;
