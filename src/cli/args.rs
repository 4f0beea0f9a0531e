//! The command line. Doc comments here are the manual: write them for the reader of `--help`.

use super::completions::{self, CompletionsArgs};
use super::examples;
use super::manual::{self, ManArgs};
use super::speech::Speech;
use super::version;
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Makes a Matrix homeserver host be what a TOML spec says, over SSH.
///
/// You describe one host in a file, such as `inventory/prod.toml`. `plan` connects to it and shows what
/// would change; `apply` shows the same, asks, and changes it. Where nothing differs, nothing is done.
/// The host needs sshd and a POSIX shell; nothing is installed there for matrixform itself.
///
/// Exit statuses: 0 done or nothing to do; 1 an error before any change; 2 something is to be changed
/// (`--detailed-exitcode`), or has drifted; 3 failed, partly applied;
/// 4 failed, rolled back; 5 the plan no longer fits the host; 6 another run holds the host; 7 a check
/// failed; 64 wrong use; 70 a bug.
#[derive(Debug, Parser)]
#[command(name = "matrixform", version = version::text(), max_term_width = 100, after_help = examples::ALL)]
pub(super) struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub(super) verb: Verb,
    /// How to talk about it.
    #[command(flatten)]
    pub(super) speech: Speech,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Says everything that is wrong with specs, without their hosts.
    ///
    /// Connects to nothing and opens no store of secrets. The exit status is 1 on errors, and 0 with
    /// warnings only.
    #[command(after_help = examples::CHECK)]
    Check(super::check::Check),
    /// Shows what apply would change; changes nothing on the host.
    ///
    /// Connects, reads the whole host, and prints each resource that differs from the spec with what
    /// differs: `+` would be created, `~` updated, `-` removed. Files are shown as a diff in which
    /// secrets are masked. The exit status is 0 also when there is something to change, unless
    /// `--detailed-exitcode` asks for 2 then.
    #[command(after_help = examples::PLAN)]
    Plan(PlanArgs),
    /// Makes the host as the spec says: shows the plan, asks, converges, and looks again.
    ///
    /// Every configuration is checked by its own service before it replaces the one in use. A run that
    /// fails or is cut can be repeated: it goes on from what is done. One Ctrl-C stops after the steps
    /// under way, a second one leaves at once.
    #[command(after_help = examples::APPLY)]
    Apply(ApplyArgs),
    /// Shows what a change of a spec would change on its host; asks no host.
    ///
    /// Prints the plan of HEAD for a host that is as BASE wants it. Facts of the host come from the file
    /// that `facts --save` wrote beside BASE, or are those recorded of a release: the first line says
    /// which. Nothing but the two specs and what they name inside their repositories is read: no secret,
    /// no environment variable. What only the host can tell is unknown.
    #[command(after_help = examples::DIFF)]
    Diff(super::diff::DiffArgs),
    /// Prints a saved plan; needs neither its spec nor its host.
    ///
    /// The file may be anybody's: control characters are made visible, and a file of another format, or
    /// one that was changed after it was written, is refused.
    #[command(after_help = examples::SHOW)]
    Show(ShowArgs),
    /// Prints what was learned of the host, as JSON.
    ///
    /// Facts are what templates and modules may read as `facts.NAME`: the system and its version,
    /// versions of packages, memory, addresses, PostgreSQL clusters.
    #[command(after_help = examples::FACTS)]
    Facts {
        /// Which host.
        #[command(flatten)]
        site: Site,
        /// Write them beside the spec, as `NAME.facts.json`, for `diff`.
        ///
        /// The file is meant to be committed: it does not say where the host is or who looked, and holds
        /// nothing that moves by itself.
        #[arg(long)]
        save: bool,
    },
    /// Shows what was applied on a host: who, when, from which commit, by which plan, and how it ended.
    ///
    /// The host keeps it as plain JSON lines (`/var/lib/matrixform/history.jsonl`, root only), without
    /// secrets, and has a line of its journal for each (`journalctl -t matrixform`). A run without an end
    /// was cut, or is under way.
    #[command(after_help = examples::HISTORY)]
    History(HistoryArgs),
    /// Shows what differs on a host from the last apply, apart from what the spec changed since.
    ///
    /// Of each difference: the last run that saw it right, when it was last changed, and what happened on
    /// the host in between (runs of matrixform, packages, sessions of root), without a verdict. What moves
    /// by itself is no drift: renewed certificates, upgrades, rotated logs. The exit status is 2 when
    /// something differs, also where nobody can tell who changed it, and 0 when nothing does. Changes
    /// nothing on the host.
    #[command(after_help = examples::DRIFT)]
    Drift(DriftArgs),
    /// Looks at the server from outside, without SSH: does the world see what the spec says?
    ///
    /// Names, delegation as other servers follow it, certificates, old TLS, HSTS, documents, the keys of the
    /// server, who may register, paths and ports that belong inside. What is tried follows from the spec.
    /// Nothing is changed anywhere. Each step that fails says what was seen, what was expected and what to
    /// do; the exit status is 7 then.
    #[command(after_help = examples::VERIFY)]
    Verify(super::verify::VerifyArgs),
    /// Lists the DNS records that a spec needs, and says whether the world has them.
    ///
    /// Asks the servers of the zone itself and the system's resolver. The exit status is 7 where a record is
    /// missing or leads elsewhere.
    #[command(after_help = examples::DNS)]
    Dns(super::dns::DnsArgs),
    /// Looks after the secrets of a spec: where each is, setting, rotating, who can open the age file.
    #[command(after_help = super::secrets::EXAMPLES)]
    Secrets {
        /// What to do with them.
        #[command(subcommand)]
        verb: super::secrets::SecretsVerb,
    },
    /// Looks after the accounts of the homeserver: the first admin, a forgotten password, a lost phone.
    ///
    /// Works over the SSH connection and the host's loopback; the admin API stays closed to the outside. An account of
    /// matrixform's own, without a password, gets a token for it that ends with the command.
    #[command(after_help = super::users::EXAMPLES)]
    Users {
        /// What to do with them.
        #[command(subcommand)]
        verb: super::users::UsersVerb,
    },
    /// Invites people to make an account, where `registration.mode` is `token`.
    ///
    /// An invitation is a registration token: who has it can register in a browser or a desktop client, and sign in with any
    /// client afterwards.
    #[command(after_help = super::invite::EXAMPLES)]
    Invite {
        /// What to do with invitations.
        #[command(subcommand)]
        verb: super::invite::InviteVerb,
    },
    /// Explains an option, a finding, a kind or a resource, and follows it to the host. Offline.
    #[command(after_help = examples::EXPLAIN)]
    Explain(super::explain::ExplainArgs),
    /// Draws the order of all resources and what each waits for. Offline.
    ///
    /// A node is a resource, with its place in the order; an arrow leads from what must come first. What
    /// takes effect together (an activation), or is of one module, stands in one frame. Dashed is what
    /// comes first and stays (packages, accounts), bold what one switch does, dotted what follows. In an
    /// activation services come last. Needs that follow from others are left out.
    #[command(after_help = examples::GRAPH)]
    Graph(super::graph::GraphArgs),
    /// Prints the JSON Schema of specs, with which editors complete and check while you type.
    #[command(after_help = examples::SCHEMA)]
    Schema(super::schema::SchemaArgs),
    /// Writes a commented spec from a few answers, asked for on a terminal or given as flags.
    #[command(after_help = examples::INIT)]
    Init(Box<super::init::Init>),
    /// Works on modules: the folders of data that know Matrix.
    #[command(after_help = examples::MODULE)]
    Module {
        /// What to do with them.
        #[command(subcommand)]
        verb: ModuleVerb,
    },
    /// Prints a script that lets your shell complete the command line.
    #[command(after_help = completions::EXAMPLES)]
    Completions(CompletionsArgs),
    /// Prints the manual, or writes its pages into a folder.
    #[command(after_help = manual::EXAMPLES)]
    Man(ManArgs),
}

/// What to do with modules.
#[derive(Debug, Subcommand)]
pub(super) enum ModuleVerb {
    /// Writes a new module that loads and passes its test.
    #[command(after_help = examples::MODULE_NEW)]
    New {
        /// Its folder, such as `inventory/modules/turn`; the last part is its name.
        folder: PathBuf,
    },
    /// Compares what modules give with their golden files.
    #[command(after_help = examples::MODULE_TEST)]
    Test {
        /// The folder of one module, or of several.
        folder: PathBuf,
        /// Write what they give now into the golden files.
        #[arg(long)]
        update: bool,
    },
    /// Prints the reference of all options, as Markdown.
    #[command(after_help = examples::MODULE_DOCS)]
    Docs {
        /// A folder of modules that add to or override the built-in ones.
        folder: Option<PathBuf>,
        /// Print the reference of the kinds of `[[resource]]` instead.
        #[arg(long)]
        kinds: bool,
        /// Print the reference of the findings instead.
        #[arg(long, conflicts_with = "kinds")]
        findings: bool,
    },
}

/// Which host, and how to talk about it.
#[derive(Args, Debug)]
pub(super) struct Site {
    /// The spec of the host, such as `inventory/prod.toml`.
    ///
    /// When left out, the only file of `inventory/` is taken.
    #[arg(env = "MATRIXFORM_SPEC")]
    pub(super) spec: Option<PathBuf>,
    /// Say how long each part took and count the round trips.
    #[arg(long)]
    pub(super) timings: bool,
}

/// What `plan` takes.
#[derive(Args, Debug)]
pub(super) struct PlanArgs {
    /// Which host.
    #[command(flatten)]
    pub(super) site: Site,
    /// How to print the plan.
    #[command(flatten)]
    pub(super) view: View,
    /// Also write the plan into this file, for `show` and `apply --plan`.
    ///
    /// It holds all that is shown, secrets masked, and nothing else: it may be kept and handed on as
    /// its text may.
    #[arg(long, value_name = "FILE")]
    pub(super) out: Option<PathBuf>,
    /// Ask no store of secrets: take those that the host has as unchanged, and list them.
    ///
    /// For a pipeline that is given no secrets. `apply --plan`, where they are, compares each with the one that the
    /// host has, and refuses the plan when one differs. Only the environment is read, for the password of `sudo`.
    #[arg(long)]
    pub(super) without_secrets: bool,
    /// Go only where this other spec goes, as the pipeline of a pull request must.
    ///
    /// BASE is the spec of the main branch. The plan is refused, before anything is opened, where `[host]`,
    /// `[secrets]`, `id` or a named environment variable is another than in BASE; and, before the host is
    /// asked, where a look at it would run a command that BASE does not have.
    /// What is on the host is shown of what BASE or an earlier apply names, and of nothing else.
    #[arg(long, value_name = "BASE")]
    pub(super) host_of: Option<PathBuf>,
    /// End with status 2 when there is something to change.
    #[arg(long)]
    pub(super) detailed_exitcode: bool,
    /// How to begin.
    #[command(flatten)]
    pub(super) beginning: Beginning,
}

/// What `apply` takes.
#[derive(Args, Debug)]
pub(super) struct ApplyArgs {
    /// Which host.
    #[command(flatten)]
    pub(super) site: Site,
    /// Do not ask. Needed where nobody can be asked, as in a pipeline.
    #[arg(long)]
    pub(super) yes: bool,
    /// Apply this saved plan and nothing else, without a question.
    ///
    /// The plan is made again from the spec and the host, and compared with the saved one, the words
    /// that were shown included. Any difference ends the run with status 5 before the first step.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["only", "skip"])]
    pub(super) plan: Option<PathBuf>,
    /// Wait until another run on the host has ended, instead of ending with status 6.
    #[arg(long)]
    pub(super) wait: bool,
    /// Ask a certificate authority without a look whether the names lead to the host.
    ///
    /// Before it is asked, each name is fetched over IPv4 and IPv6 from the host and from this machine, as an
    /// authority counts what fails. Where both fail, it is not asked.
    #[arg(long)]
    pub(super) skip_name_check: bool,
    /// How to begin.
    #[command(flatten)]
    pub(super) beginning: Beginning,
}

/// What `history` takes.
#[derive(Args, Debug)]
pub(super) struct HistoryArgs {
    /// Which host.
    #[command(flatten)]
    pub(super) site: Site,
    /// One run in full: its name, or the beginning of it.
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
    pub(super) site: Site,
    /// Ask no store of secrets: take those that the host has as unchanged.
    ///
    /// For a pipeline that is given no secrets. Whether the host has other values is not looked at then.
    #[arg(long)]
    pub(super) without_secrets: bool,
    /// How to print it.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(super) format: Format,
}

/// How to print a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ListFormat {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// What `show` takes.
#[derive(Args, Debug)]
pub(super) struct ShowArgs {
    /// A file that `plan --out` wrote.
    pub(super) file: PathBuf,
    /// How to print the plan.
    #[command(flatten)]
    pub(super) view: View,
    /// End with status 2 when the plan changes something.
    #[arg(long)]
    pub(super) detailed_exitcode: bool,
}

/// How to print a plan.
#[derive(Args, Clone, Copy, Debug)]
pub(super) struct View {
    /// How to print the plan.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(super) format: Format,
    /// Only a line for each change.
    #[arg(long)]
    pub(super) summary: bool,
}

/// How to print a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people.
    Text,
    /// For a comment on a pull request: fits what forges take.
    Markdown,
    /// For programs (docs/plan.md, docs/drift.md).
    Json,
}

/// What is allowed by name, what a host may begin as, and what the run is about.
#[derive(Debug, Args)]
pub(super) struct Beginning {
    /// Allow what is refused otherwise: `destroy:ADDRESS`, as the plan names it, or `older`: what somebody else
    /// applied may be undone. May be given more than once.
    #[arg(long, value_name = "WHAT", value_parser = allowed)]
    pub(super) allow: Vec<String>,
    /// Begin as an empty server of this name, though one of this name is known.
    ///
    /// Without it, a host without Synapse's database is refused once the spec or the host records
    /// who the server is: what was lost must be restored first.
    #[arg(long, value_name = "SERVER_NAME")]
    pub(super) empty_server: Option<String>,
    /// Change only this: a module (`nginx`), or a resource (`file:/etc/x`, `file:/etc/nginx/*`). May be given more
    /// than once.
    ///
    /// What it needs and what takes effect together with it comes along, and the plan says so. What left the spec
    /// is not removed.
    #[arg(long, value_name = "WHAT")]
    pub(super) only: Vec<String>,
    /// Leave this out, named in the same way, with all that cannot do without it.
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
mod tests {
    use super::*;
    use clap::{Command, CommandFactory};

    /// Calls `look` with the words and the command of every verb.
    fn each(command: &Command, words: &str, look: &mut dyn FnMut(&str, &Command)) {
        look(words, command);
        for verb in command.get_subcommands().filter(|verb| verb.get_name() != "help") {
            each(verb, &format!("{words} {}", verb.get_name()), look);
        }
    }

    #[test]
    fn the_definition_is_sound() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn every_verb_says_what_it_does_and_shows_itself_at_work() {
        each(&Arguments::command(), "matrixform", &mut |words, command| {
            assert!(command.get_about().is_some(), "`{words}` says what it does");
            let examples = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            let shown = examples.lines().filter(|line| line.trim_start().starts_with("matrixform"));
            assert!(examples.starts_with("Examples:\n"), "`{words}` has examples as `after_help`");
            let verb = words.split(' ').nth(1).unwrap_or_default();
            assert!(shown.clone().any(|line| line.contains(verb)), "`{words}` is in its examples");
            for argument in command.get_arguments() {
                let name = argument.get_id();
                assert!(argument.get_help().is_some(), "`{name}` of `{words}` says what it is");
            }
        });
    }

    /// Every example is a command line that is understood.
    #[test]
    fn examples_can_be_run() {
        each(&Arguments::command(), "matrixform", &mut |_, command| {
            let examples = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            let lines =
                examples.lines().map(str::trim).filter(|line| line.starts_with("matrixform "));
            for line in lines {
                let plain = line.split(['|', '<', '>', '#']).next().unwrap_or_default();
                let words = plain.split_whitespace().filter(|word| *word != "2");
                let read = Arguments::try_parse_from(words);
                assert!(read.is_ok(), "{line}: {}", read.unwrap_err());
            }
        });
    }
}
