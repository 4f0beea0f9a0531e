//! The host for this run alone: nothing of an earlier one is at work there, and what is carried out is what was
//! shown.

use super::unseen::{a_moment, is_soon};
use super::{Look, Session, one};
use crate::apply::{Runs, await_runs, hold};
use crate::diagnostic::{Diagnostic, Exit, Problems};
use crate::plan::{Changed, Item, Plan};
use crate::resource::Action;
use std::time::Instant;

impl Session<'_> {
    /// Before anything is shown: the host is held by nobody, and nothing of an earlier run changes it meanwhile.
    pub async fn admit(&mut self, look: Look, wait: bool) -> Result<Look, Problems> {
        let runs = Runs::read(&look.answers);
        match &runs.holder {
            _ if !runs.is_busy() => return Ok(look),
            Some(holder) if !wait => return Err(one(Runs::locked(holder))),
            _ => {}
        }
        let reporter = self.reporter;
        await_runs(&mut self.shell, &mut |event| reporter.event(event)).await.map_err(one)?;
        self.look_again(&look.facts).await
    }

    /// Takes the host's lock, and looks once more: while the plan was read, somebody else may have changed
    /// the host. What is carried out, and generated, is what was shown or nothing.
    pub async fn hold(&mut self, shown: &Look, wait: bool) -> Result<Look, Problems> {
        self.connection.round_trips().add("the lock", 1);
        let reporter = self.reporter;
        let mut tell = |event| reporter.event(event);
        hold(&mut self.shell, wait, &self.project.who(), &mut tell).await.map_err(one)?;
        let first = Instant::now();
        let changed = loop {
            let look = self.look_again(&shown.facts).await?;
            let Some(changed) = look.plan.changed_since(&shown.plan) else { return Ok(look) };
            // What could be seen before, and cannot be now, is looked at again: a service may be busy for a moment.
            let is_unseen = matches!(changed, Changed::Item(item) if item.is_unseen());
            if !is_unseen || !is_soon(first) {
                break changed.to_string();
            }
            a_moment().await;
        };
        let message = format!("the plan no longer fits: meanwhile {changed}");
        Err(vec![
            Diagnostic::error("apply/stale", message)
                .help("nothing was changed; run apply again: it shows the new plan")
                .exit(Exit::Stale),
        ])
    }
}

/// What cannot be mended in place stops before anything changes, and what would take from others on the host.
pub fn refuse(plan: &Plan) -> Result<(), Problems> {
    let problem = |item: &Item| match &item.change.action {
        Action::Refuse { why, help } => Some(
            Diagnostic::error("plan/refused", format!("{}: {why}", item.address))
                .at(item.origin.said())
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
        let message = format!("{} is not removed unless you allow it: {why}", item.address);
        let help = format!("if it is to go: `--allow {allow}`; if not, see what left the spec");
        Some(Diagnostic::error("plan/destroys", message).help(help))
    };
    let refused = plan.refused().filter_map(problem);
    let refused = refused.chain(plan.items.iter().filter_map(destroyed));
    let problems: Problems = plan.refusals.iter().cloned().chain(refused).collect();
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}
