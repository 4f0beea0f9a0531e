//! Asks the rebuilt server for its keys from here, as other servers do, at the host's own address: DNS may still lead
//! elsewhere.

use super::old_server::{addresses, net};
use crate::cli::releases;
use crate::diagnostic::{Diagnostic, visible};
use crate::module::outside::{Control, Probe};
use crate::net::HttpUrl;
use crate::run::Snapshot;
use crate::verify::{VerifyContext, VerifyReport, verify};
use std::sync::Arc;

/// Returns what other servers see at `host`, as a note or a warning; `None` if there is nothing to ask for, or no way to
/// ask.
pub(super) async fn seen(host: &str, snapshot: &Snapshot) -> Option<Diagnostic> {
    let identity = snapshot.identity_check.identity.as_ref().map(ToString::to_string);
    let controls = asked(&snapshot.expansion.controls, identity.as_deref());
    let own = addresses(host).await;
    let names: Vec<String> = names(&controls);
    let mut net = net().ok()?;
    if own.is_empty() || names.is_empty() {
        return None;
    }
    net.fixed = names.into_iter().map(|name| (name, own.clone())).collect();
    let now = releases::now().and_then(|now| i64::try_from(now).ok())?;
    let world =
        VerifyContext { net, host: host.to_owned(), names: Vec::new(), own, knows_all: true, now };
    let report = verify(&Arc::new(world), Vec::new(), controls).await;
    Some(reported(&report, host))
}

/// Returns the probes for the server's keys, which should find `identity`.
fn asked(controls: &[Control], identity: Option<&str>) -> Vec<Control> {
    let of_keys = |control: &Control| {
        let mut control = control.clone();
        control.probes.retain(|probe| matches!(probe, Probe::Identity(_)));
        for probe in &mut control.probes {
            if let (Probe::Identity(probe), Some(identity)) = (probe, identity) {
                probe.key = Some(identity.to_owned());
            }
        }
        (!control.probes.is_empty()).then_some(control)
    };
    controls.iter().filter_map(of_keys).collect()
}

/// Returns the names that they ask.
fn names(controls: &[Control]) -> Vec<String> {
    let probes = controls.iter().flat_map(|control| &control.probes);
    let urls = probes.filter_map(|probe| match probe {
        Probe::Identity(probe) => HttpUrl::read(&format!("https://{}/", probe.at)),
        _ => None,
    });
    urls.map(|url| url.host).collect()
}

fn reported(report: &VerifyReport, host: &str) -> Diagnostic {
    const CODE: &str = "rebuild/federation";
    let faults: Vec<_> = report.steps.iter().flat_map(|step| &step.faults).collect();
    if !report.failed() {
        let message = format!("{host} answers other servers with the key that they know");
        return Diagnostic::note(CODE, message);
    }
    let message = format!("{host} does not answer other servers as it should");
    let skipped = report.steps.iter().flat_map(|step| &step.skipped).cloned();
    let seen = faults
        .iter()
        .map(|fault| format!("{}: {}; expected: {}", fault.at, fault.seen, fault.expected));
    let lines = seen.chain(skipped).map(|line| visible(&line));
    let warning = lines.fold(Diagnostic::warning(CODE, message), Diagnostic::note_line);
    let fix = faults.iter().map(|fault| &fault.fix).find(|fix| !fix.is_empty());
    fix.into_iter().cloned().fold(warning, Diagnostic::help)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::{Place, Source};
    use crate::module::outside::{IdentityProbe, PortProbe};
    use crate::verify::{Fault, VerifyStep};

    const KEY: &str = "ed25519:a_1 AAAA";

    fn probe(at: &str, key: Option<&str>) -> Probe {
        let identity = "example.org".to_owned();
        Probe::Identity(IdentityProbe { identity, at: at.to_owned(), key: key.map(str::to_owned) })
    }

    #[test]
    fn the_recorded_key_is_asked_for() {
        let port: PortProbe = toml::from_str("tcp = 8008\nexpect = \"closed\"").unwrap();
        let control = |probes| Control {
            module: "synapse".to_owned(),
            id: "identity".to_owned(),
            title: String::new(),
            fix: String::new(),
            probes,
            place: Place::new(&Source::new("module.toml", ""), 0..0),
        };
        let at = "matrix.example.org:443";
        let all = [
            control(vec![Probe::Port(port.clone()), probe(at, None)]),
            control(vec![Probe::Port(port)]),
        ];
        let asked = asked(&all, Some(KEY));
        assert_eq!(asked.len(), 1);
        assert_eq!(asked[0].probes, [probe(at, Some(KEY))]);
        assert_eq!(names(&asked), ["matrix.example.org"]);
    }

    #[test]
    fn what_other_servers_see_is_reported() {
        let report = |fault: Option<Fault>| {
            let mut step = VerifyStep::new("identity", "");
            step.add(fault.into_iter().collect::<Vec<_>>().into());
            reported(&VerifyReport { steps: vec![step] }, "192.0.2.7")
        };
        let url = "https://matrix.example.org:443/_matrix/key/v2/server";
        let wrong = Fault::new(url, "the key ed25519:a_2 BBBB", "the recorded ed25519:a_1 AAAA");
        let found = [report(None), report(Some(wrong.fix("restore the signing key")))];
        insta::assert_snapshot!(found.map(|one| one.render(false)).join("\n"));
    }
}
