//! `matrixform verify`: tests whether what the spec wants is visible from outside. No SSH, no secrets, no changes.

use super::args::ListFormat;
use super::complete;
use super::output::Output;
use super::outside::{NameArgs, verify_context, wanted};
use super::process_env::ProcessEnv;
use crate::diagnostic::{Diagnostic, Exit, Problems};
use crate::render;
use crate::verify::verify;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

/// What to look at, and how.
#[derive(clap::Args, Debug)]
pub(super) struct VerifyArgs {
    /// The spec of the server to test.
    ///
    /// Defaults to the only file in `inventory/`.
    #[arg(env = "MATRIXFORM_SPEC", add = complete::specs())]
    spec: Option<PathBuf>,
    /// How to resolve names.
    #[command(flatten)]
    names: NameArgs,
    /// Trust the certificate authorities in this PEM file instead of this machine's.
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// How to print what was found.
    #[arg(long, value_enum, default_value_t = ListFormat::Text)]
    format: ListFormat,
}

/// Runs the command.
pub(super) async fn run(
    args: &VerifyArgs,
    process_env: &ProcessEnv,
    output: &mut Output,
) -> Result<Exit, Problems> {
    let wanted = wanted(args.spec.as_ref(), "verify", process_env)?;
    let verify_context = Arc::new(verify_context(&args.names, args.ca.as_deref(), &wanted)?);
    let begun = Instant::now();
    let (records, controls) = (wanted.expansion.records, wanted.expansion.controls);
    if records.is_empty() && controls.is_empty() {
        let message = "nothing in this spec can be seen from outside";
        return Err(vec![Diagnostic::error("verify/nothing", message).help(HELP)]);
    }
    let report = verify(&verify_context, records, controls).await;
    match args.format {
        ListFormat::Json => output.json(&render::verify::json(&report)),
        ListFormat::Text => {
            let text = render::verify::text(&report, begun.elapsed(), output.style());
            output.result(&text);
        }
    }
    Ok(if report.failed() { Exit::CheckFailed } else { Exit::Done })
}

const HELP: &str = "`[nginx]`, `[synapse]` and `[well_known]` define what is served";
