//! `matrixform diff`: shows offline what a change to specs would change on their hosts. The pipeline of an untrusted
//! pull request runs it: it reads the two sides and nothing else, opens no socket and no store, and is bounded in time
//! and memory.

mod args;
mod compare;
mod page;
mod pairs;
mod side;
mod unquoted;

pub(super) use args::DiffArgs;

use super::output::Output;
use super::process_limits;
use crate::bounded;
use crate::diagnostic::{Diagnostic, Exit, Problems};
use compare::{ComparedSpecs, compare};
use pairs::{Pair, pairs};
use std::time::Duration;
use unquoted::unquoted;

/// The most memory that a comparison may take (bytes).
const MAX_MEMORY: u64 = 4 << 30;

/// The longest that a comparison may take.
const TIME: Duration = Duration::from_secs(120);

/// A pair of specs; compared if both sides exist.
struct ComparedPair {
    pair: Pair,
    compared: Option<ComparedSpecs>,
}

/// Runs the command.
pub(super) fn diff(args: &DiffArgs, output: &mut Output) -> Result<Exit, Problems> {
    process_limits::limit_memory(MAX_MEMORY);
    let work = args.clone();
    let Some(found) = bounded::within(TIME, move || found(&work)) else {
        let message = format!("the comparison took longer than {} s", TIME.as_secs());
        return Err(vec![Diagnostic::error("diff/limit", message)]);
    };
    let found = found.map_err(unquoted)?;
    for compared in found.iter().filter_map(|one| one.compared.as_ref()) {
        output.problems(&unquoted(compared.notes.clone()));
    }
    page::print(&found, args.view, output);
    let is_empty = found.iter().all(|one| match (&one.pair, &one.compared) {
        (Pair::Both { .. }, Some(compared)) => compared.shown.items.is_empty(),
        _ => false,
    });
    Ok(super::plan::exit(is_empty, args.detailed_exitcode))
}

fn found(args: &DiffArgs) -> Result<Vec<ComparedPair>, Problems> {
    let found = pairs(&args.base, &args.head)?.into_iter().map(|pair| {
        let compared = match &pair {
            Pair::Both { base, head, .. } => Some(compare(base, head, args.on.as_deref())?),
            _ => None,
        };
        Ok(ComparedPair { pair, compared })
    });
    found.collect()
}
