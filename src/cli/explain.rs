//! `matrixform explain`: what something is, offline. Facts of the host come from memory, or are those
//! recorded of a release: the output says which.

use super::assumed::assumed;
use super::draft::Draft;
use super::output::Output;
use super::surroundings::Surroundings;
use crate::diagnostic::{Exit, Problems};
use crate::module::Modules;
use crate::module::explanation::{Known, Page, explain};
use crate::resource::kinds;
use std::path::PathBuf;

/// What to explain.
#[derive(clap::Args, Debug)]
pub(super) struct ExplainArgs {
    /// An option (`synapse.media.max_upload`), a finding (`MF052`), a kind (`file`), a module, or a
    /// resource of the spec (`file:/etc/nginx/conf.d/matrixform.conf`). Where a module and a kind have
    /// the same name: `module:cron`, `kind:cron`.
    item: String,
    /// The spec to follow it through: its value, and the way to the file on the host.
    #[arg(env = "MATRIXFORM_SPEC")]
    spec: Option<PathBuf>,
    /// Take the host to run this release, whatever is remembered of it: ubuntu-24.04, debian-12 or
    /// debian-13.
    #[arg(long, value_name = "RELEASE")]
    on: Option<String>,
}

/// Runs it.
pub(super) fn run(
    args: &ExplainArgs,
    surroundings: &Surroundings,
    output: &mut Output,
) -> Result<Exit, Problems> {
    // `explain kind cron`, as one says it.
    let said = args.spec.as_ref().filter(|_| ["kind", "module"].contains(&args.item.as_str()));
    let said = said.filter(|spec| !spec.exists());
    let joined = said.map(|name| format!("{}:{}", args.item, name.display()));
    let item = joined.as_deref().unwrap_or(&args.item);
    let pages = match args.spec.as_ref().filter(|_| joined.is_none()) {
        None => {
            let modules = Modules::built_in(&[])?;
            let known = Known { modules: &modules, kinds: kinds(), spec: None, assumed: "" };
            explain(item, &known)?
        }
        Some(path) => {
            let draft = Draft::read(path)?;
            draft.check()?;
            let (facts, from) = assumed(args.on.as_deref(), &draft, surroundings)?;
            let (modules, spec) = (&draft.modules, Some((&draft.spec, &facts)));
            explain(item, &Known { modules, kinds: kinds(), spec, assumed: &from })?
        }
    };
    let texts: Vec<String> = pages.iter().map(Page::text).collect();
    output.result(&texts.join("\n"));
    Ok(Exit::Done)
}
