//! Tests steps together: what cannot be reached is reported once.

use super::*;
use crate::diagnostic::{Place, Source};
use crate::module::outside::{CertificateProbe, TlsProbe};
use crate::net::TlsTrust;
use std::collections::BTreeMap;
use std::net::{Ipv4Addr, TcpListener};

fn context(name: &str) -> Arc<VerifyContext> {
    let fixed = BTreeMap::from([(name.to_owned(), vec![Ipv4Addr::LOCALHOST.into()])]);
    let trust = TlsTrust::platform().expect("authorities: apt-get install ca-certificates");
    let net = Net::new(fixed, None, trust, Duration::from_secs(10));
    let host = Ipv4Addr::LOCALHOST.to_string();
    Arc::new(VerifyContext {
        net,
        host,
        names: Vec::new(),
        own: Vec::new(),
        knows_all: true,
        now: 0,
    })
}

fn control(id: &str, probe: Probe) -> Control {
    Control {
        module: "m".into(),
        id: id.into(),
        title: "it holds".into(),
        fix: "do it".into(),
        probes: vec![probe],
        place: Place::new(&Source::new("module.toml", ""), 0..0),
    }
}

fn http(url: &str) -> Probe {
    let probe = serde_json::json!({ "http": format!("GET {url}"), "status": [200] });
    Probe::Http(Box::new(serde_json::from_value(probe).unwrap()))
}

fn outcomes(name: &str, controls: Vec<Control>) -> Vec<(String, StepOutcome)> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let report = runtime.block_on(verify(&context(name), Vec::new(), controls));
    report.steps.into_iter().map(|step| (step.id, step.outcome)).collect()
}

#[test]
fn an_unreachable_server_is_reported_once() {
    let closed = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = closed.local_addr().unwrap().port();
    drop(closed);
    let at = format!("a.example:{port}");
    let of = |id: &str, outcome| (id.to_owned(), outcome);
    let controls = || {
        vec![
            control("pages", http(&format!("https://{at}/"))),
            control("pages", http(&format!("https://{at}/other"))),
            control("tls", Probe::Tls(TlsProbe { tls: at.clone() })),
            control(
                "certificate",
                Probe::Certificate(CertificateProbe { certificate: at.clone() }),
            ),
        ]
    };
    let skipped = [
        of("pages", StepOutcome::Skipped),
        of("tls", StepOutcome::Skipped),
        of("certificate", StepOutcome::Failed),
    ];
    assert_eq!(outcomes("a.example", controls()), skipped);
    // If no other step reports it, this one does.
    let alone = vec![control("pages", http(&format!("https://{at}/")))];
    assert_eq!(outcomes("a.example", alone), [of("pages", StepOutcome::Failed)]);
    // A name without an address is unreachable on every port.
    let name = "nobody.invalid";
    let controls = vec![
        control("plain", http(&format!("http://{name}/"))),
        control(
            "certificate",
            Probe::Certificate(CertificateProbe { certificate: format!("{name}:443") }),
        ),
    ];
    let wanted = [of("plain", StepOutcome::Skipped), of("certificate", StepOutcome::Failed)];
    assert_eq!(outcomes("a.example", controls), wanted);
}

#[test]
fn controls_with_one_id_form_one_step_in_order() {
    let closed = control("one", http("https://127.0.0.1:1/"));
    let report = outcomes("a.example", vec![closed.clone(), control("two", http("x")), closed]);
    let ids: Vec<&str> = report.iter().map(|(id, _)| id.as_str()).collect();
    assert_eq!(ids, ["one", "two"]);
}
