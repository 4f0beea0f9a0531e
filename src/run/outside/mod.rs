//! Checks from the operator's machine whether the services answer: a firewall in front of or on the host cannot be
//! detected from the host itself. A service that does not answer causes a warning and does not change the status.

mod connect;
mod names;
mod proof;

use super::{Session, Snapshot};
use crate::diagnostic::{Diagnostic, visible};
use crate::remote::hops;
use crate::resource::{Answers, FIREWALL, Questions};
use connect::{ConnectResults, Silence, TIMEOUT, connect, family};
use std::collections::BTreeMap;
use std::net::IpAddr;

/// How many lines of the host's firewall rules are shown.
const LINES: usize = 10;

impl Session<'_> {
    /// Tries the ports that the wanted state serves, and reports those that do not answer.
    pub async fn probe_from_outside(&mut self, snapshot: &Snapshot) {
        let ports = served(snapshot, &self.project.spec.host.address);
        if ports.is_empty() {
            return;
        }
        if let Some(jump) = self.jump() {
            let message = format!(
                "whether {} can be reached from outside was not tested: the host is reached through {jump}",
                listed(&all(&ports))
            );
            self.reporter.problems(&[Diagnostic::note("apply/unreachable", message)]);
            return;
        }
        let tried = connect(&ports).await;
        let mut problems = reported(&tried, &snapshot.facts.addresses);
        if !tried.silent.is_empty() {
            let silent: Vec<u16> = tried.silent.values().flatten().copied().collect();
            let rules = self.firewall(&silent).await;
            if let Some(last) = problems.last_mut().filter(|_| !rules.is_empty()) {
                last.notes.push("the host's own firewall:".to_owned());
                last.notes.extend(rules);
            }
        }
        problems.extend(untried(&tried));
        self.reporter.problems(&problems);
        self.lap("reachability check");
    }

    /// Returns the first host on the route, if it has jump hosts.
    pub(in crate::run) fn jump(&self) -> Option<String> {
        let hops = hops(&self.project.target, &self.project.environment).ok()?;
        (hops.len() > 1).then(|| hops.into_iter().next()).flatten()
    }

    /// Returns the host's firewall rules that drop packets, as it prints them; empty if it does not report any.
    async fn firewall(&mut self, ports: &[u16]) -> Vec<String> {
        let mut questions = Questions::default();
        ports.iter().for_each(|port| questions.ask(FIREWALL, &[&port.to_string()]));
        self.ask(&questions).await.map(|answers| rules(&answers)).unwrap_or_default()
    }
}

/// Returns the ports of each name, and of the host's own address.
fn served(snapshot: &Snapshot, address: &str) -> BTreeMap<String, Vec<u16>> {
    let mut ports: BTreeMap<String, Vec<u16>> = BTreeMap::new();
    let public_ports = snapshot.expansion.activations.iter().flat_map(|one| &one.outside);
    for (name, port) in public_ports {
        for name in [name.as_str(), address] {
            let own = ports.entry(name.to_owned()).or_default();
            if !own.contains(port) {
                own.push(*port);
            }
        }
    }
    ports
}

fn all(ports: &BTreeMap<String, Vec<u16>>) -> Vec<u16> {
    let mut all: Vec<u16> = ports.values().flatten().copied().collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// Returns a warning for each address with ports that do not answer.
fn reported(tried: &ConnectResults, own: &[String]) -> Vec<Diagnostic> {
    let warning = |(&(address, silence), ports): (&(IpAddr, Silence), &Vec<u16>)| {
        let verb = if ports.len() == 1 { "does" } else { "do" };
        let how = match silence {
            Silence::Refused => "the connection is refused".to_owned(),
            Silence::Barred => "the connection is blocked on the way".to_owned(),
            Silence::Dropped => format!("no answer within {} s", TIMEOUT.as_secs()),
        };
        let (ports, family) = (listed(ports), family(address));
        let message =
            format!("{ports} {verb} not answer from here over {family} [{address}]: {how}");
        let names = tried.names.get(&address).map(|names| names.join(", ")).unwrap_or_default();
        let problem = Diagnostic::warning("apply/unreachable", message);
        let problem = match names == address.to_string() || names.is_empty() {
            true => problem,
            false => problem.note_line(format!("it is the address of {names}")),
        };
        let is_own = own.iter().any(|one| one.parse() == Ok(address));
        problem.help(match is_own {
            true => "open them in the firewalls of the host and its provider; a firewall on this side may also be the cause",
            false => "it is not an address of the host itself: check DNS, and any proxy in front of the host",
        })
    };
    tried.silent.iter().map(warning).collect()
}

/// Returns what could not be tried.
fn untried(tried: &ConnectResults) -> Vec<Diagnostic> {
    let mut notes = Vec::new();
    if !tried.unknown.is_empty() {
        let names = tried.unknown.join(", ");
        let message = format!("not tested from here: {names} does not resolve on this machine");
        notes.push(Diagnostic::note("apply/unreachable", message));
    }
    for family in &tried.unroutable {
        let message = format!("not tested over {family}: this machine has no {family} route");
        notes.push(Diagnostic::note("apply/unreachable", message));
    }
    notes
}

/// Formats `80, 443 and 8448`.
fn listed(ports: &[u16]) -> String {
    let ports: Vec<String> = ports.iter().map(u16::to_string).collect();
    match ports.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
        None => String::new(),
    }
}

fn rules(answers: &Answers) -> Vec<String> {
    let rules =
        answers.get(FIREWALL, "/").and_then(|record| record.text("output")).unwrap_or_default();
    let lines = rules.lines().map(|line| visible(line.trim()));
    lines.filter(|line| !line.is_empty()).take(LINES).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(tried: &ConnectResults) -> String {
        let own = ["192.0.2.1".to_owned(), "2001:db8::1".to_owned()];
        let all = reported(tried, &own).into_iter().chain(untried(tried));
        all.map(|one| one.render(false)).collect::<Vec<String>>().join("\n")
    }

    #[test]
    fn an_unreachable_address_is_reported() {
        let of = |text: &str| text.parse::<IpAddr>().unwrap();
        let silent = BTreeMap::from([
            ((of("2001:db8::1"), Silence::Dropped), vec![443]),
            ((of("192.0.2.1"), Silence::Refused), vec![80, 443, 8448]),
            ((of("198.51.100.7"), Silence::Barred), vec![443]),
        ]);
        let names = BTreeMap::from([
            (of("2001:db8::1"), vec!["matrix.example.org".to_owned()]),
            (of("192.0.2.1"), vec!["192.0.2.1".to_owned()]),
            (of("198.51.100.7"), vec!["example.org".to_owned()]),
        ]);
        let unknown = vec!["other.example".to_owned()];
        let tried = ConnectResults { silent, names, unknown, unroutable: vec!["IPv6"] };
        insta::assert_snapshot!(shown(&tried));
    }

    #[test]
    fn ports_are_listed() {
        assert_eq!(
            [listed(&[]), listed(&[443]), listed(&[80, 443, 8448])],
            ["", "443", "80, 443 and 8448"]
        );
    }
}
