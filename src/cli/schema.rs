//! `matrixform schema`: the JSON Schema of specs, for editors. Offline: it reads modules, and no spec.

use super::output::Output;
use crate::diagnostic::{Diagnostic, Exit, Problems};
use crate::module::{Modules, SchemaFor, on_disk, schema};
use crate::resource::kinds;
use std::path::PathBuf;

/// Whose schema.
#[derive(clap::Args, Debug)]
pub(super) struct SchemaArgs {
    /// A spec: modules in `modules/` beside it are part of the schema. `inventory/` when left out.
    #[arg(env = "MATRIXFORM_SPEC")]
    spec: Option<PathBuf>,
    /// A folder of modules that add to or override the built-in ones, instead.
    #[arg(long, value_name = "FOLDER", conflicts_with = "spec")]
    modules: Option<PathBuf>,
    /// Of a file that is included or includes others: what is required may be said elsewhere.
    #[arg(long)]
    layer: bool,
}

/// Runs it.
pub(super) fn run(args: &SchemaArgs, output: &mut Output) -> Result<Exit, Problems> {
    let beside = match &args.spec {
        Some(spec) => crate::spec::folder(spec),
        None => PathBuf::from("inventory"),
    };
    let folder = args.modules.clone().unwrap_or_else(|| beside.join("modules"));
    let missing = [args.spec.as_ref(), args.modules.as_ref()].into_iter().flatten();
    if let Some(path) = missing.into_iter().find(|path| !path.exists()) {
        let message = format!("{} is not there", path.display());
        let help = "name a spec, or a folder of modules with `--modules`";
        return Err(vec![Diagnostic::error("cli/no-file", message).help(help).exit(Exit::Usage)]);
    }
    let own = on_disk::folders(&folder).map_err(|problem| vec![problem])?;
    let modules = Modules::built_in(&own)?;
    let of = if args.layer { SchemaFor::Layer } else { SchemaFor::Whole };
    output.json(&schema(&modules, kinds(), of));
    Ok(Exit::Done)
}
