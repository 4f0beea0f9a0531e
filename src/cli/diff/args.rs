//! What `diff` takes.

use crate::cli::args::View;
use std::path::PathBuf;

/// Which specs, and how to print the plan.
#[derive(clap::Args, Clone, Debug)]
pub(in crate::cli) struct DiffArgs {
    /// The spec that the host is as, or a folder of specs.
    pub(super) base: PathBuf,
    /// The spec that would be applied, or a folder: specs of the same name are compared.
    pub(super) head: PathBuf,
    /// How to print the plan.
    #[command(flatten)]
    pub(super) view: View,
    /// Take the host to run this release, whatever was saved of it: ubuntu-24.04, debian-12 or
    /// debian-13.
    #[arg(long, value_name = "RELEASE")]
    pub(super) on: Option<String>,
    /// End with status 2 when something would change.
    #[arg(long)]
    pub(super) detailed_exitcode: bool,
}
