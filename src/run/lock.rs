//! Exclusive access to the host: no earlier run is still active there, and only the plan that was shown is carried out.

use super::retry::{may_retry, wait_before_retry};
use super::{Prefetch, Session, Snapshot, one};
use crate::apply::{Runs, await_runs, take_lock};
use crate::diagnostic::{Diagnostic, Exit, Problems};
use crate::plan::{Changed, Item, Plan};
use crate::resource::Action;
use std::time::Instant;

impl Session<'_> {
    /// Observes the host once no other run holds it and no earlier one is still changing it. This comes before anything
    /// is shown or refused: what another run has half done looks like a fault.
    ///
    /// # Errors
    ///
    /// Another run holds the host and `wait` is false, or the host cannot be observed or has to be refused.
    pub async fn admitted(&mut self, prefetch: Prefetch, wait: bool) -> Result<Snapshot, Problems> {
        let observed = self.snapshot(prefetch).await;
        match &self.runs.holder {
            _ if !self.runs.is_busy() => return observed,
            Some(holder) if !wait => return Err(one(Runs::locked(holder))),
            _ => {}
        }
        let reporter = self.reporter;
        await_runs(&mut self.shell, &mut |event| reporter.event(event)).await.map_err(one)?;
        let facts = self.facts().await?;
        self.snapshot_again(&facts).await
    }

    /// Takes the host's lock and observes it once more: someone may have changed it while the plan was being read. Only
    /// what was shown is carried out or generated.
    ///
    /// # Errors
    ///
    /// Another run holds the lock (`apply/locked`), the host cannot be observed, or its plan is no longer the one that
    /// was shown (`apply/stale`).
    pub async fn take_lock(&mut self, shown: &Snapshot, wait: bool) -> Result<Snapshot, Problems> {
        self.connection.round_trips().add("the lock", 1);
        let reporter = self.reporter;
        let mut report = |event| reporter.event(event);
        take_lock(&mut self.shell, wait, &self.project.who(), &mut report).await.map_err(one)?;
        let first = Instant::now();
        let changed = loop {
            let snapshot = self.snapshot_again(&shown.facts).await?;
            let Some(changed) = snapshot.plan.changed_since(&shown.plan) else {
                return Ok(snapshot);
            };
            // If something can no longer be observed, try again: a service may be busy for a moment.
            let is_unseen = matches!(changed, Changed::Item(item) if item.is_unseen());
            if !is_unseen || !may_retry(first) {
                break changed.to_string();
            }
            wait_before_retry().await;
        };
        let message = format!("the plan no longer fits: {changed}");
        Err(vec![
            Diagnostic::error("apply/stale", message)
                .help("nothing was changed; run apply again to see the new plan")
                .exit(Exit::Stale),
        ])
    }
}

/// Checks a plan before any change.
///
/// # Errors
///
/// All refusals of the plan itself, each resource that cannot be changed in place (`plan/refused`), and each removal
/// that would destroy something without `--allow` (`plan/destroys`).
pub fn refuse(plan: &Plan) -> Result<(), Problems> {
    let problem = |item: &Item| match &item.change.action {
        Action::Refuse { why, help } => Some(
            Diagnostic::error("plan/refused", format!("{}: {why}", item.address))
                .at(item.origin.place())
                .help(help.clone()),
        ),
        _ => None,
    };
    let destroyed = |item: &Item| {
        let why = item.destroys.as_ref()?;
        let allow = format!("destroy:{}", item.address);
        if plan.allow.contains(&allow) {
            return None;
        }
        let message = format!("{} is only removed if you allow it: {why}", item.address);
        let help = format!("to remove it: `--allow {allow}`; otherwise put it back in the spec");
        Some(Diagnostic::error("plan/destroys", message).help(help))
    };
    let refused = plan.refused().filter_map(problem);
    let refused = refused.chain(plan.items.iter().filter_map(destroyed));
    let problems: Problems = plan.refusals.iter().cloned().chain(refused).collect();
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}
