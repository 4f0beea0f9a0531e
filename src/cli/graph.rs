//! `matrixform graph`: the order of all resources and what each waits for, as a drawing. Offline, as `explain` is.

use super::assumed::assumed;
use super::draft::Draft;
use super::output::Output;
use super::surroundings::Surroundings;
use super::which::which;
use crate::diagnostic::{Exit, Problems};
use crate::module::foresee;
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
    /// When left out, the only file of `inventory/` is taken.
    #[arg(env = "MATRIXFORM_SPEC")]
    spec: Option<PathBuf>,
    /// Take the host to run this release, whatever is remembered of it: ubuntu-24.04, debian-12 or
    /// debian-13.
    #[arg(long, value_name = "RELEASE")]
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

/// Runs it.
pub(super) fn run(
    args: &GraphArgs,
    surroundings: &Surroundings,
    output: &mut Output,
) -> Result<Exit, Problems> {
    let path = which(args.spec.as_ref(), "graph")?;
    let draft = Draft::read(&path)?;
    draft.check()?;
    let (facts, from) = assumed(args.on.as_deref(), &draft, surroundings)?;
    let wanted = declare(foresee(&draft.spec, &draft.modules, &facts)?.resources)?;
    let graph = graph(&wanted)?;
    let about = format!("order of apply on {}, facts {from}", draft.spec.host.address);
    output.result(&match args.format {
        Language::Mermaid => mermaid(&graph, &about),
        Language::Dot => dot(&graph, &about),
    });
    Ok(Exit::Done)
}
