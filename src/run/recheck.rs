//! The observation after a run has changed the host: of everything.

use super::Session;
use super::retry::{may_retry, wait_before_retry};
use crate::diagnostic::{Diagnostic, Exit, Problems};
use crate::plan::Item;
use std::time::Instant;

impl Session<'_> {
    /// Observes again: any remaining difference is an error.
    pub(super) async fn recheck(&mut self) -> Result<(), Problems> {
        let since = Instant::now();
        let snapshot = loop {
            let facts = self.facts().await?;
            let snapshot = self.snapshot_again(&facts).await?;
            if snapshot.plan.is_empty() {
                return Ok(());
            }
            if !snapshot.plan.items.iter().all(Item::is_unseen) || !may_retry(since) {
                break snapshot;
            }
            wait_before_retry().await;
        };
        Err(snapshot.plan.items.iter().map(still_differs).collect())
    }
}

fn still_differs(item: &Item) -> Diagnostic {
    let what: Vec<&str> = item.change.differences.iter().map(|one| one.attribute).collect();
    Diagnostic::error(
        "apply/still-differs",
        format!("{} still differs after apply: {}", item.address, what.join(", ")),
    )
    .at(item.origin.place())
    .help("something on the host changes it back; `matrixform plan` shows the difference")
    .exit(Exit::Partial)
}
