//! The figures of all audits in this process: target/audit/table.md; docs/reliability.md keeps the last one.

use super::judge::Verdict;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// The audits of a family of trials on one suite.
#[derive(Clone, Copy, Debug, Default)]
struct Row {
    applies: usize,
    changed: usize,
    announced: usize,
    by_products: usize,
    unexplained: usize,
    took: Duration,
}

static ROWS: Mutex<BTreeMap<(String, String), Row>> = Mutex::new(BTreeMap::new());

/// Counts an audit.
pub(super) fn add(suite: &str, family: &str, verdict: &Verdict, took: Duration) {
    let mut rows = ROWS.lock().unwrap_or_else(PoisonError::into_inner);
    let row = rows.entry((suite.to_owned(), family.to_owned())).or_default();
    row.applies += 1;
    row.announced += verdict.announced;
    row.by_products += verdict.by_products;
    row.unexplained += verdict.unexplained.len();
    row.changed += verdict.announced + verdict.by_products + verdict.unexplained.len();
    row.took += took;
}

/// Writes the table and prints the total time of the audits.
pub(crate) fn write() {
    let rows = ROWS.lock().unwrap_or_else(PoisonError::into_inner);
    if rows.is_empty() {
        return;
    }
    let mut text =
        "| suite | trials | applies | changed | announced | by-products | unexplained |\n\
                    |---|---|---|---|---|---|---|\n"
            .to_owned();
    let mut all = Row::default();
    let mut line = |suite: &str, family: &str, row: &Row| {
        let Row { applies, changed, announced, by_products, unexplained, .. } = row;
        let _ = writeln!(
            text,
            "| {suite} | {family} | {applies} | {changed} | {announced} | {by_products} | {unexplained} |"
        );
    };
    for ((suite, family), row) in rows.iter() {
        line(suite, family, row);
        all.applies += row.applies;
        all.changed += row.changed;
        all.announced += row.announced;
        all.by_products += row.by_products;
        all.unexplained += row.unexplained;
        all.took += row.took;
    }
    line("all", "", &all);
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/audit");
    std::fs::create_dir_all(&directory).expect("a directory");
    std::fs::write(directory.join("table.md"), text).expect("the table");
    println!(
        "{} applies audited in {:.1} s: {} changes, {} unexplained (target/audit/table.md)",
        all.applies,
        all.took.as_secs_f64(),
        all.changed,
        all.unexplained
    );
}
