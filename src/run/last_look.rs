//! What a run looks at after it has changed something: facts after an installation, everything at the end.

use super::unseen::{a_moment, is_soon};
use super::want::want;
use super::{Look, Session};
use crate::diagnostic::{Diagnostic, Exit, Problems};
use crate::plan::Item;
use crate::resource::Wanted;
use std::time::Instant;

impl Session<'_> {
    /// After an installation: if a fact came out otherwise than the plan took it to be, and something
    /// wanted hangs on it, the plan no longer fits.
    pub(super) async fn recheck(&mut self, look: &Look) -> Result<(), Problems> {
        let wanted = &look.wanted;
        let facts = self.facts().await?;
        let now = want(self.project, &facts)?;
        let now = now.and_orphans(self.project, look.ledger.as_ref())?.wanted;
        let differs = |item: &&Wanted| {
            let same = now.iter().find(|other| other.address() == item.address());
            same.is_none_or(|same| !same.declared.wants_the_same(&item.declared))
        };
        let is_new = |item: &&Wanted| !wanted.iter().any(|one| one.address() == item.address());
        let changed = wanted.iter().find(differs).or_else(|| now.iter().find(is_new));
        let Some(item) = changed else { return Ok(()) };
        let message = format!(
            "the plan no longer fits: after the installation {} shall look different from what was shown",
            item.address()
        );
        Err(vec![
            Diagnostic::error("apply/stale", message)
                .help("run apply again: the plan is made anew from what is installed now")
                .exit(Exit::Stale),
        ])
    }

    /// Looks again: what still differs is an error.
    pub(super) async fn verify(&mut self) -> Result<(), Problems> {
        let since = Instant::now();
        let look = loop {
            let facts = self.facts().await?;
            let look = self.look_again(&facts).await?;
            if look.plan.is_empty() {
                return Ok(());
            }
            if !look.plan.items.iter().all(Item::is_unseen) || !is_soon(since) {
                break look;
            }
            a_moment().await;
        };
        Err(look.plan.items.iter().map(still_differs).collect())
    }
}

fn still_differs(item: &Item) -> Diagnostic {
    let what: Vec<&str> = item.change.differences.iter().map(|one| one.attribute).collect();
    Diagnostic::error(
        "apply/still-differs",
        format!("{} still differs after apply: {}", item.address, what.join(", ")),
    )
    .at(item.origin.said())
    .help("something on the host works against it; `matrixform plan` shows the difference")
    .exit(Exit::Partial)
}
