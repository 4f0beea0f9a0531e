//! `matrixform verify`: whether what the spec wants can be seen from outside. No SSH, no secrets, nothing is changed.

use super::args::ListFormat;
use super::output::Output;
use super::outside::{Names, wanted, world};
use super::surroundings::Surroundings;
use crate::diagnostic::{Diagnostic, Exit, Problems};
use crate::render;
use crate::verify::verify;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

/// What to look at, and how.
#[derive(clap::Args, Debug)]
pub(super) struct VerifyArgs {
    /// The spec whose server is looked at.
    ///
    /// When left out, the only file of `inventory/` is taken.
    #[arg(env = "MATRIXFORM_SPEC")]
    spec: Option<PathBuf>,
    /// Whom to ask for names.
    #[command(flatten)]
    names: Names,
    /// Trust the authorities of this PEM file, in place of this machine's.
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// How to print what was found.
    #[arg(long, value_enum, default_value_t = ListFormat::Text)]
    format: ListFormat,
}

/// Runs it.
pub(super) async fn run(
    args: &VerifyArgs,
    surroundings: &Surroundings,
    output: &mut Output,
) -> Result<Exit, Problems> {
    let wanted = wanted(args.spec.as_ref(), "verify", surroundings)?;
    let world = Arc::new(world(&args.names, args.ca.as_deref(), &wanted)?);
    let begun = Instant::now();
    let (records, controls) = (wanted.expansion.records, wanted.expansion.controls);
    if records.is_empty() && controls.is_empty() {
        let message = "nothing of this spec is seen from outside: it serves nothing";
        return Err(vec![Diagnostic::error("verify/nothing", message).help(HELP)]);
    }
    let report = verify(&world, records, controls).await;
    match args.format {
        ListFormat::Json => output.json(&render::verify::json(&report)),
        ListFormat::Text => {
            let text = render::verify::text(&report, begun.elapsed(), output.style());
            output.result(&text);
        }
    }
    Ok(if report.failed() { Exit::CheckFailed } else { Exit::Done })
}

const HELP: &str = "what is served stands below `[nginx]`, `[synapse]` and `[well_known]`";
