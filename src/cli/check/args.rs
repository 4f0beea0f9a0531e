//! The words of `matrixform check`.

use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// Which specs, and how to say what was found.
#[derive(Args, Debug)]
pub(in crate::cli) struct Check {
    /// The specs, or folders of them; `inventory/` when left out. Files without `[host]` that others include are none.
    #[arg(env = "MATRIXFORM_SPEC")]
    pub(super) specs: Vec<PathBuf>,
    /// Take warnings for errors.
    #[arg(long)]
    pub(super) strict: bool,
    /// How to say what was found.
    #[arg(long, value_enum, default_value_t = Form::Text)]
    pub(super) format: Form,
}

/// How to say what was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Form {
    /// For people: each problem with its line, a caret, and what to do.
    Text,
    /// For editors and other programs; docs/check.md describes it.
    Json,
    /// Annotations on the lines of a pull request: GitHub, Forgejo and Gitea.
    Github,
    /// GitLab's Code Quality report: `artifacts: reports: codequality`.
    Gitlab,
}
