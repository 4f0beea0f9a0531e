//! `matrixform dns`: the records that a spec needs, and whether they are published.

use super::complete;
use super::output::Output;
use super::outside::{NameArgs, verify_context, wanted};
use super::process_env::ProcessEnv;
use crate::diagnostic::{Exit, Problems};
use crate::render;
use crate::verify::{ZoneRecord, listed, verify};
use clap::ValueEnum;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

/// What to print, and which servers to ask.
#[derive(clap::Args, Debug)]
pub(super) struct DnsArgs {
    /// The spec whose records are listed.
    ///
    /// Defaults to the only file in `inventory/`.
    #[arg(env = "MATRIXFORM_SPEC", add = complete::specs())]
    spec: Option<PathBuf>,
    /// How to resolve names.
    #[command(flatten)]
    names: NameArgs,
    /// Only list the records, without any lookup.
    #[arg(long)]
    list: bool,
    /// How to print the records.
    #[arg(long, value_enum, default_value_t = DnsFormat::Table)]
    format: DnsFormat,
}

/// How to print records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum DnsFormat {
    /// For people.
    Table,
    /// As lines for a zone file.
    Zone,
    /// For programs.
    Json,
}

/// Runs the command.
pub(super) async fn run(
    args: &DnsArgs,
    process_env: &ProcessEnv,
    output: &mut Output,
) -> Result<Exit, Problems> {
    let wanted = wanted(args.spec.as_ref(), "dns", process_env)?;
    let verify_context = Arc::new(verify_context(&args.names, None, &wanted)?);
    let mut own = wanted.own.clone();
    if own.is_empty() && !args.list {
        own = verify_context.net.addresses(&wanted.host).await;
    }
    let records = wanted.expansion.records;
    let mut rows: Vec<ZoneRecord> =
        records.iter().flat_map(|record| listed(record, &own)).collect();
    // The order of a zone file: addresses first.
    const ORDER: [&str; 6] = ["A", "AAAA", "SRV", "CAA", "MX", "TXT"];
    rows.sort_by_key(|row| ORDER.iter().position(|record_type| *record_type == row.record_type));
    let begun = Instant::now();
    let report = match args.list {
        true => None,
        false => Some(verify(&verify_context, records, Vec::new()).await),
    };
    match args.format {
        DnsFormat::Json => output.json(&render::dns::json(&rows, report.as_ref())),
        format => {
            let text = match format {
                DnsFormat::Zone => render::dns::zone(&rows),
                _ => render::dns::table(&rows),
            };
            output.result(&text);
            if let Some(report) = &report {
                output.print(&render::verify::text(report, begun.elapsed(), output.style()));
            }
        }
    }
    let failed = report.is_some_and(|report| report.failed());
    Ok(if failed { Exit::CheckFailed } else { Exit::Done })
}
