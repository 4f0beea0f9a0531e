//! What `diff` takes.

use crate::cli::args::View;
use crate::cli::complete;
use std::path::PathBuf;

/// Which specs, and how to print the plan.
#[derive(clap::Args, Clone, Debug)]
pub(in crate::cli) struct DiffArgs {
    /// The spec that the host matches now, or a directory of specs.
    #[arg(add = complete::specs())]
    pub(super) base: PathBuf,
    /// The spec to apply, or a directory: specs of the same name are compared.
    #[arg(add = complete::specs())]
    pub(super) head: PathBuf,
    /// How to print the plan.
    #[command(flatten)]
    pub(super) view: View,
    /// Assume this release, whatever was saved about the host: ubuntu-24.04, debian-12 or debian-13.
    #[arg(long, value_name = "RELEASE", add = complete::on_release())]
    pub(super) on: Option<String>,
    /// Exit with status 2 if something would change.
    #[arg(long)]
    pub(super) detailed_exitcode: bool,
}
