//! Checks from outside what a spec wants: no SSH, no changes anywhere. The modules say what is tested (`[[record]]`,
//! `[[control]]`); each kind of probe has a file here, and `probe` dispatches to them.

mod certificate;
pub mod delegation;
mod dns;
mod hidden;
mod http;
mod identity;
mod port;
mod report;
mod still_answers;
mod tls;

pub use dns::{ZoneRecord, is_public, listed};
use report::NO_ROUTE;
pub use report::{Fault, ProbeResult, StepOutcome, VerifyReport, VerifyStep};
pub use still_answers::still_answers;

use crate::module::outside::{Control, DnsRecord, Probe};
use crate::net::Net;
use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;
use tokio::task::JoinSet;

/// The time limit for the whole check.
pub const TIMEOUT: Duration = Duration::from_secs(30);

/// What is checked, and by which means.
#[derive(Debug)]
pub struct VerifyContext {
    /// The network.
    pub net: Net,
    /// The spec's `[host].address`: a name or an address.
    pub host: String,
    /// The names that lead to it.
    pub names: Vec<String>,
    /// The addresses that the host is known to have.
    pub own: Vec<IpAddr>,
    /// Whether `own` is known to be complete.
    pub knows_all: bool,
    /// Seconds since 1970.
    pub now: i64,
}

/// Runs all tests concurrently.
pub async fn verify(
    context: &Arc<VerifyContext>,
    records: Vec<DnsRecord>,
    controls: Vec<Control>,
) -> VerifyReport {
    let mut steps: Vec<VerifyStep> = Vec::new();
    let mut running = JoinSet::new();
    if !records.is_empty() {
        steps.push(VerifyStep::new("dns", "DNS has the records that the spec needs"));
    }
    let mut number = records.len();
    for (number, record) in records.into_iter().enumerate() {
        let context = Arc::clone(context);
        running.spawn(async move { (0, number, dns::check(&context, &record).await) });
    }
    let mut roots = BTreeSet::new();
    for control in controls {
        let at = match steps.iter().position(|step| step.id == control.id) {
            Some(at) => at,
            None => {
                steps.push(VerifyStep::new(&control.id, &control.title));
                steps.len() - 1
            }
        };
        for one in control.probes {
            let (context, fix) = (Arc::clone(context), control.fix.clone());
            if matches!(one, Probe::Certificate(_)) {
                roots.insert(number + 1);
            }
            number += 1;
            running.spawn(async move {
                let mut found = probe(&context, one).await;
                for fault in found.faults.iter_mut().filter(|fault| fault.fix.is_empty()) {
                    fault.fix.clone_from(&fix);
                }
                (at, number, found)
            });
        }
    }
    let mut all = Vec::new();
    while let Some(done) = running.join_next().await {
        all.extend(done.ok());
    }
    without_followers(&mut all, &roots);
    // In the order of the modules, whichever finished first.
    all.sort_by_key(|(at, number, _)| (*at, *number));
    for (at, _, found) in all {
        if let Some(step) = steps.get_mut(at) {
            step.add(found);
        }
    }
    VerifyReport { steps }
}

/// A place that cannot be reached is reported once, by the step that checks certificates; faults that follow from it
/// are skipped.
fn without_followers(all: &mut [(usize, usize, ProbeResult)], roots: &BTreeSet<usize>) {
    let of_root = all.iter().filter(|(_, number, _)| roots.contains(number));
    let mut places: BTreeSet<String> = of_root
        .flat_map(|(.., found)| &found.faults)
        .filter_map(|fault| fault.unreached.clone())
        .collect();
    places.insert(NO_ROUTE.to_owned());
    for (_, _, found) in all.iter_mut().filter(|(_, number, _)| !roots.contains(number)) {
        let (follows, own): (Vec<Fault>, Vec<Fault>) =
            std::mem::take(&mut found.faults).into_iter().partition(|fault| {
                fault.unreached.as_ref().is_some_and(|place| places.contains(place))
            });
        found.faults = own;
        found.untried |= !follows.is_empty() && found.faults.is_empty();
        for place in follows.iter().filter_map(|fault| fault.unreached.as_ref()) {
            found.skipped.push(match place == NO_ROUTE {
                true => format!("not tested: {NO_ROUTE}"),
                false => format!("{place} cannot be reached, see `certificate`"),
            });
        }
    }
}

/// Dispatches a probe to its file.
async fn probe(context: &VerifyContext, probe: Probe) -> ProbeResult {
    match probe {
        Probe::Port(one) => port::check(context, &one).await,
        Probe::Http(one) => http::check(context, &one).await,
        Probe::Tls(one) => tls::check(context, &one).await,
        Probe::Certificate(one) => certificate::check(context, &one).await,
        Probe::Delegation(one) => delegation::check(context, &one).await,
        Probe::Identity(one) => identity::check(context, &one).await,
        Probe::Hidden(one) => hidden::check(context, &one).await,
    }
}

/// Runs futures concurrently and returns their results in order.
async fn all<F: Future>(futures: impl Iterator<Item = F>) -> Vec<F::Output> {
    let mut running: Vec<_> = futures.map(|one| (Box::pin(one), None)).collect();
    std::future::poll_fn(|context| {
        for (future, output) in running.iter_mut().filter(|(_, output)| output.is_none()) {
            if let Poll::Ready(done) = future.as_mut().poll(context) {
                *output = Some(done);
            }
        }
        match running.iter().all(|(_, output)| output.is_some()) {
            true => Poll::Ready(()),
            false => Poll::Pending,
        }
    })
    .await;
    running.into_iter().filter_map(|(_, output)| output).collect()
}

/// Returns the start of an answer, on one line and without control characters.
fn shortened(text: &str) -> String {
    const MOST: usize = 160;
    let line: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let short: String = line.chars().take(MOST).collect();
    let more = if short.len() < line.len() { "…" } else { "" };
    format!("{}{more}", crate::diagnostic::visible(&short))
}

#[cfg(test)]
mod tests;
