//! `matrixform explain`: what something is, offline. Facts about the host come from memory, or are those recorded for
//! a release: the output says which.

use super::assumed::assumed;
use super::complete;
use super::output::Output;
use super::parsed_spec::ParsedSpec;
use super::process_env::ProcessEnv;
use super::spec_path::named;
use crate::diagnostic::{Diagnostic, Exit, Problems, quote, shell_path};
use crate::module::Modules;
use crate::module::explanation::{ExplanationPage, Knowledge, explain};
use crate::resource::kinds;
use std::path::{Path, PathBuf};

/// What to explain.
#[derive(clap::Args, Debug)]
pub(super) struct ExplainArgs {
    /// An option (`synapse.media.max_upload`), a finding (`MF052`), a kind (`file`), a module, or a
    /// resource of the spec (`file:/etc/nginx/conf.d/matrixform.conf`). Where a module and a kind have
    /// the same name: `module:cron`, `kind:cron`.
    #[arg(add = complete::explained())]
    item: String,
    /// The spec to trace it through: its value, and the file it ends up in on the host.
    #[arg(env = "MATRIXFORM_SPEC", add = complete::specs())]
    spec: Option<PathBuf>,
    /// Assume this release, whatever is known about the host: ubuntu-24.04, debian-12 or debian-13.
    #[arg(long, value_name = "RELEASE", add = complete::on_release())]
    on: Option<String>,
}

/// Returns an error if the spec stands where the item belongs.
fn refuse_spec_first(args: &ExplainArgs) -> Result<(), Problems> {
    let path = Path::new(&args.item);
    if path.extension().is_none_or(|end| end != "toml") {
        return Ok(());
    }
    let word = shell_path(&args.item);
    let item = args.spec.as_ref().map(|item| quote(&item.to_string_lossy()));
    let (message, item) = match item {
        Some(item) => ("the spec comes last".to_owned(), item),
        None => (
            format!("`{}` is a spec; the item to explain is missing", args.item),
            "nginx.hsts".to_owned(),
        ),
    };
    let help = format!("write `matrixform explain {item} {word}`");
    Err(vec![Diagnostic::error("cli/no-name", message).help(help).exit(Exit::Usage)])
}

/// Runs the command.
pub(super) fn run(
    args: &ExplainArgs,
    process_env: &ProcessEnv,
    output: &mut Output,
) -> Result<Exit, Problems> {
    refuse_spec_first(args)?;
    // `explain kind cron`, as people type it.
    let name = args.spec.as_ref().filter(|_| ["kind", "module"].contains(&args.item.as_str()));
    let name = name.filter(|spec| !spec.exists());
    let joined = name.map(|name| format!("{}:{}", args.item, name.display()));
    let item = joined.as_deref().unwrap_or(&args.item);
    let pages = match args.spec.as_ref().filter(|_| joined.is_none()) {
        None => {
            let modules = Modules::built_in(&[])?;
            let known = Knowledge { modules: &modules, kinds: kinds(), spec: None, assumed: "" };
            explain(item, &known)?
        }
        Some(path) => {
            let parsed = ParsedSpec::read(&named(path)?)?;
            parsed.check()?;
            let (facts, from) = assumed(args.on.as_deref(), &parsed, process_env)?;
            let (modules, spec) = (&parsed.modules, Some((&parsed.spec, &facts)));
            explain(item, &Knowledge { modules, kinds: kinds(), spec, assumed: &from })?
        }
    };
    let texts: Vec<String> = pages.iter().map(ExplanationPage::text).collect();
    output.result(&texts.join("\n"));
    Ok(Exit::Done)
}
