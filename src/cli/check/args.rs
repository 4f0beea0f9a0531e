//! The arguments of `matrixform check`.

use crate::cli::complete;
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// Which specs, and how to print what was found.
#[derive(Args, Debug)]
pub(in crate::cli) struct CheckArgs {
    /// Specs, or directories of them; defaults to `inventory/`. Included files without `[host]` are skipped.
    #[arg(env = "MATRIXFORM_SPEC", add = complete::specs())]
    pub(super) specs: Vec<PathBuf>,
    /// Treat warnings as errors.
    #[arg(long)]
    pub(super) strict: bool,
    /// How to print what was found.
    #[arg(long, value_enum, default_value_t = CheckFormat::Text)]
    pub(super) format: CheckFormat,
}

/// How to print what was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum CheckFormat {
    /// For people: each problem with its line, a caret and a fix.
    Text,
    /// For editors and other programs; docs/check.md describes it.
    Json,
    /// Annotations on a pull request: GitHub, Forgejo and Gitea.
    Github,
    /// GitLab's Code Quality report: `artifacts: reports: codequality`.
    Gitlab,
}
