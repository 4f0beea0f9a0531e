//! The command line. Doc comments here are the manual: write them for the reader of `--help`.

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Makes a Matrix homeserver host be what a TOML spec says, over SSH.
///
/// Exit statuses: 0 done or nothing to do; 1 an error before any change; 3 failed, partly applied;
/// 4 failed, rolled back; 5 the plan no longer fits the host; 6 another run holds the host; 7 a check
/// failed; 64 wrong use; 70 a bug.
#[derive(Debug, Parser)]
#[command(name = "matrixform", version, max_term_width = 100)]
pub(super) struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub(super) verb: Verb,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Says everything that is wrong with specs, without their hosts: connects to nothing, opens no
    /// store of secrets. Status 1 on errors, 0 with warnings only.
    Check(super::check::Check),
    /// Shows what apply would change. Changes nothing on the host.
    Plan {
        /// Which host.
        #[command(flatten)]
        site: Site,
        /// How to print the plan.
        #[arg(long, value_enum, default_value_t = Format::Text)]
        format: Format,
    },
    /// Makes the host as the spec says: shows the plan, asks, converges, and looks again.
    Apply {
        /// Which host.
        #[command(flatten)]
        site: Site,
        /// Do not ask.
        #[arg(long)]
        yes: bool,
    },
    /// Prints what was learned of the host, as JSON.
    Facts {
        /// Which host.
        #[command(flatten)]
        site: Site,
    },
    /// Looks after the secrets of a spec: where each is, setting, rotating, who can open the age file.
    Secrets {
        /// What to do with them.
        #[command(subcommand)]
        verb: super::secrets::SecretsVerb,
    },
    /// Explains an option, a finding, a kind or a resource, and follows it to the host. Offline.
    Explain(super::explain::ExplainArgs),
    /// Prints the JSON Schema of specs, with which editors complete and check while you type.
    Schema(super::schema::SchemaArgs),
    /// Writes a commented spec from a few answers, asked for on a terminal or given as flags.
    Init(Box<super::init::Init>),
    /// Works on modules: the folders of data that know Matrix.
    Module {
        /// What to do with them.
        #[command(subcommand)]
        verb: ModuleVerb,
    },
}

/// What to do with modules.
#[derive(Debug, Subcommand)]
pub(super) enum ModuleVerb {
    /// Writes a new module that loads and passes its test.
    New {
        /// Its folder, such as `inventory/modules/turn`; the last part is its name.
        folder: PathBuf,
    },
    /// Compares what modules give with their golden files.
    Test {
        /// The folder of one module, or of several.
        folder: PathBuf,
        /// Write what they give now into the golden files.
        #[arg(long)]
        update: bool,
    },
    /// Prints the reference of all options, as Markdown.
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
    /// The spec of the host; the only file of `inventory/` when left out.
    #[arg(env = "MATRIXFORM_SPEC")]
    pub(super) spec: Option<PathBuf>,
    /// Say how long each part took and count the round trips.
    #[arg(long)]
    pub(super) timings: bool,
}

/// How to print a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people.
    Text,
    /// For programs; not stable yet.
    Json,
}
