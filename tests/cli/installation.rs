//! The identity of a host's installation and of its server: a host of another installation is refused, and so is a
//! blank host for a known server.

use crate::host::{Host, Ran, run};

const FILE: &str = "[[resource]]\nkind = \"file\"\nname = \"/etc/motd\"\ncontent = \"x\\n\"\n";
const RECORD: &str = "/var/lib/matrixform/installation";
const KEY: &str = "ed25519 1 YJDBA9Xnr2sVqXD9Vj7XVUnmFZcZrlw8Md7kMW+3XA1";
const OWN: &str = "ed25519:1 XGX0JRS2Af3be3knz2fBiRbApjm2Dh61gXDJA8kcJNI";

fn named(host: &Host, id: &str) {
    host.write("prod.toml", format!("id = \"{id}\"\n[host]\naddress = \"vps\"\n{FILE}"));
}

#[test]
fn a_host_has_one_installation() {
    let host = Host::new();
    named(&host, "one");
    let applied = host.apply();
    assert_eq!(applied.status, 0, "{applied}");
    assert_eq!(host.machine.run(&format!("cat {RECORD}")), "format=1\nid=one\n");
    named(&host, "two");
    for args in [["plan", "prod.toml"].as_slice(), &["apply", "prod.toml", "--yes"]] {
        let refused = host.matrixform(args);
        assert_eq!(refused.status, 1, "{refused}");
        assert!(refused.stderr.contains("`one`") && refused.stderr.contains("`two`"), "{refused}");
        assert!(refused.stderr.contains(&format!("delete {RECORD}")), "{refused}");
    }
    host.machine.run(&format!("rm {RECORD}"));
    let taken = host.apply();
    assert_eq!(taken.status, 0, "{taken}");
    // Only the name was missing.
    assert!(taken.stdout.contains("no changes"), "{taken}");
    assert_eq!(host.machine.run(&format!("cat {RECORD}")), "format=1\nid=two\n");
}

/// A host without a database cluster, whatever is installed on this machine.
fn blank() -> Host {
    let host = Host::new();
    host.machine.run("rm -rf /etc/postgresql");
    host
}

fn server(host: &Host, args: &[&str], body: &str) -> Ran {
    host.spec(&format!(
        "[postgres]\n[synapse]\nserver_name = \"example.org\"\nsource = \"pypi\"\n{body}"
    ));
    let mut command = host.command(args);
    run(command.env("MATRIXFORM_SECRET_SYNAPSE_SIGNING_KEY", KEY))
}

#[test]
fn a_known_server_does_not_start_empty() {
    let host = blank();
    let recorded = format!("identity = \"{OWN}\"\n");
    let refused = server(&host, &["plan", "prod.toml"], &recorded);
    assert_eq!(refused.status, 1, "{refused}");
    assert!(refused.stderr.contains("apply --empty-server example.org"), "{refused}");
    // There is no terminal to ask on, so the run ends with the plan.
    let apply =
        |name: &str| server(&host, &["apply", "prod.toml", "--empty-server", name], &recorded);
    let other = apply("example.com");
    assert_eq!(other.status, 64, "{other}");
    assert!(other.stderr.contains("the spec's server is `example.org`"), "{other}");
    let accepted = apply("example.org");
    assert!(accepted.stderr.contains("without a terminal"), "{accepted}");
    let (risk, items) = (accepted.stdout.find("! example.org starts"), accepted.stdout.find("+ "));
    assert!(risk.is_some() && risk < items, "first of all\n{accepted}");
}

#[test]
fn identities_in_spec_and_stores_are_compared() {
    let host = blank();
    let first = server(&host, &["plan", "prod.toml"], "");
    assert_eq!(first.status, 0, "{first}");
    assert!(first.stdout.contains("! the signing key exists"), "{first}");
    let other = OWN.replace(":1", ":2");
    let another = server(&host, &["plan", "prod.toml"], &format!("identity = \"{other}\"\n"));
    assert_eq!(another.status, 1, "{another}");
    assert!(another.stderr.contains(OWN) && another.stderr.contains(&other), "{another}");
    assert!(!format!("{another}{first}").contains("YJDBA9"), "the key itself is never shown");
    let banned = "identity = \"ed25519:1 l/O9hxMVKB6Lg+3Hqf0FQQZhVESQcMzbPN1Cz2nM3og\"\n";
    let banned = server(&host, &["plan", "prod.toml"], banned);
    assert!(banned.status == 1 && banned.stderr.contains("CVE-2026-24044"), "{banned}");
}

#[test]
fn one_name_for_two_hosts_is_an_error() {
    let host = Host::new();
    let spec = |file: &str, id: &str, address: &str| {
        let text = format!("id = \"{id}\"\n[host]\naddress = \"{address}\"\n{FILE}");
        host.write(&format!("inventory/{file}"), text);
    };
    spec("a.toml", "one", "a.example");
    spec("b.toml", "one", "b.example");
    let refused = host.matrixform(&["check"]);
    assert_eq!(refused.status, 1, "{refused}");
    assert!(refused.stdout.contains("`one` is also the installation of another host"), "{refused}");
    spec("b.toml", "one", "a.example");
    assert_eq!(host.matrixform(&["check"]).status, 0, "one host may have two specs");
    spec("b.toml", "No Name", "b.example");
    let wrong = host.matrixform(&["check"]);
    assert!(wrong.stdout.contains("`No Name` is not the name"), "{wrong}");
}
