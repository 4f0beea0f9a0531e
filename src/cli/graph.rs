//! `matrixform graph`: draws the order of all resources and their dependencies. Offline, like `explain`.

use super::assumed::assumed;
use super::complete;
use super::output::Output;
use super::parsed_spec::ParsedSpec;
use super::process_env::ProcessEnv;
use super::spec_path::which;
use crate::diagnostic::{Exit, Problems};
use crate::module::forecast;
use crate::plan::graph;
use crate::render::graph::{dot, mermaid};
use crate::resource::declare;
use clap::ValueEnum;
use std::path::PathBuf;

/// What to draw.
#[derive(clap::Args, Debug)]
pub(super) struct GraphArgs {
    /// The spec whose resources are drawn.
    ///
    /// Defaults to the only file in `inventory/`.
    #[arg(env = "MATRIXFORM_SPEC", add = complete::specs())]
    spec: Option<PathBuf>,
    /// Assume this release, whatever is known about the host: ubuntu-24.04, debian-12 or debian-13.
    #[arg(long, value_name = "RELEASE", add = complete::on_release())]
    on: Option<String>,
    /// The language of the drawing.
    #[arg(long, value_enum, default_value_t = Language::Mermaid)]
    format: Language,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Language {
    /// For Markdown: forges and editors draw it.
    Mermaid,
    /// For Graphviz.
    Dot,
}

/// Runs the command.
pub(super) fn run(
    args: &GraphArgs,
    process_env: &ProcessEnv,
    output: &mut Output,
) -> Result<Exit, Problems> {
    let path = which(args.spec.as_ref(), "graph")?;
    let parsed = ParsedSpec::read(&path)?;
    parsed.check()?;
    let (facts, from) = assumed(args.on.as_deref(), &parsed, process_env)?;
    let wanted = declare(forecast(&parsed.spec, &parsed.modules, &facts)?.resources)?;
    let graph = graph(&wanted)?;
    let about = format!("order of apply on {}, facts {from}", parsed.spec.host.address);
    output.result(&match args.format {
        Language::Mermaid => mermaid(&graph, &about),
        Language::Dot => dot(&graph, &about),
    });
    Ok(Exit::Done)
}
