//! The dependencies between resources: what one requires and another provides, and the `needs` written by hand.

use crate::diagnostic::{Diagnostic, Problems};
use crate::resource::{Need, Wanted};
use std::collections::{BTreeMap, HashMap};

/// Returns, for each resource, the positions of those that must come before it.
pub(super) fn edges(wanted: &[Wanted]) -> Result<Vec<Vec<usize>>, Problems> {
    let mut providers: HashMap<String, Vec<usize>> = HashMap::new();
    for (index, item) in wanted.iter().enumerate() {
        for provision in item.resource.provides() {
            providers.entry(provision).or_default().push(index);
        }
    }
    let addresses: Vec<String> = wanted.iter().map(|item| item.address().to_string()).collect();
    let by_address = addresses.iter().enumerate().map(|(at, address)| (address.as_str(), at));
    let by_address: BTreeMap<&str, usize> = by_address.collect();
    let mut problems = Vec::new();
    let mut edges = Vec::new();
    for (index, item) in wanted.iter().enumerate() {
        let requirements = item.resource.requires();
        let mut before: Vec<usize> = requirements
            .iter()
            .filter_map(|requirement| providers.get(requirement))
            .flatten()
            .copied()
            .collect();
        for need in &item.declared.needs {
            match matching(&by_address, need) {
                found if found.is_empty() && !need.optional => problems.push(absent(item, need)),
                found => before.extend(found),
            }
        }
        before.sort_unstable();
        before.dedup();
        before.retain(|other| *other != index);
        edges.push(before);
    }
    if problems.is_empty() { Ok(edges) } else { Err(problems) }
}

fn matching(by_address: &BTreeMap<&str, usize>, need: &Need) -> Vec<usize> {
    let Some(prefix) = need.pattern.strip_suffix('*') else {
        return by_address.get(need.pattern.as_str()).copied().into_iter().collect();
    };
    let from = by_address.range(prefix..);
    from.take_while(|(address, _)| address.starts_with(prefix)).map(|(_, at)| *at).collect()
}

fn absent(item: &Wanted, need: &Need) -> Diagnostic {
    let message = format!("{} needs {}, which is not declared", item.address(), need.pattern);
    Diagnostic::error("plan/unknown-need", message)
        .at(item.declared.origin.place())
        .help("declare it, or end the entry in `needs` with `?` if it may be absent")
}
