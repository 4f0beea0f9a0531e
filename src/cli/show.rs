//! `matrixform show`: prints a saved plan. Needs neither spec nor host.

use super::args::ShowArgs;
use super::output::Output;
use super::saved;
use crate::diagnostic::{Exit, Problems};

/// Runs the command.
pub(super) fn show(args: &ShowArgs, output: &mut Output) -> Result<Exit, Problems> {
    let plan = saved::read(&args.file).map_err(|problem| vec![problem])?;
    output.plan(&plan, args.view);
    Ok(super::plan::exit(plan.items.is_empty(), args.detailed_exitcode))
}
