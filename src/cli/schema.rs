//! `matrixform schema`: the JSON Schema of specs, for editors. Offline: it reads modules, but no spec.

use super::complete;
use super::output::Output;
use super::spec_path::named;
use crate::diagnostic::{Diagnostic, Exit, Problems};
use crate::module::{Modules, SchemaFor, on_disk, schema};
use crate::resource::kinds;
use std::path::PathBuf;

/// Whose schema.
#[derive(clap::Args, Debug)]
pub(super) struct SchemaArgs {
    /// A spec: modules in `modules/` beside it are part of the schema. Defaults to `inventory/`.
    #[arg(env = "MATRIXFORM_SPEC", add = complete::specs())]
    spec: Option<PathBuf>,
    /// A directory of modules that add to or override the built-in ones, instead of a spec.
    #[arg(long, value_name = "DIRECTORY", conflicts_with = "spec")]
    modules: Option<PathBuf>,
    /// For a file that is included or includes others: required keys may be set elsewhere.
    #[arg(long)]
    layer: bool,
}

/// Runs the command.
pub(super) fn run(args: &SchemaArgs, output: &mut Output) -> Result<Exit, Problems> {
    let usage = |problems: Problems| -> Problems {
        problems.into_iter().map(|problem| problem.exit(Exit::Usage)).collect()
    };
    let spec = args.spec.as_deref().map(named).transpose().map_err(usage)?;
    let spec_directory = match &spec {
        Some(spec) => crate::spec::directory(spec),
        None => PathBuf::from("inventory"),
    };
    let directory = args.modules.clone().unwrap_or_else(|| spec_directory.join("modules"));
    let missing = [spec.as_ref(), args.modules.as_ref()].into_iter().flatten();
    if let Some(path) = missing.into_iter().find(|path| !path.exists()) {
        let message = format!("{} does not exist", path.display());
        let help = "give a spec, or a directory of modules with `--modules`";
        return Err(vec![Diagnostic::error("cli/no-file", message).help(help).exit(Exit::Usage)]);
    }
    let own = on_disk::modules(&directory).map_err(|problem| vec![problem])?;
    let modules = Modules::built_in(&own)?;
    let of = if args.layer { SchemaFor::Layer } else { SchemaFor::Whole };
    output.json(&schema(&modules, kinds(), of));
    Ok(Exit::Done)
}
