//! Plans where no secrets are at hand, and plans for values that have changed since.

use crate::host::{Host, Ran};
use crate::secrets_home::{MODULE, SPEC, feed};

/// A file with text around a secret, beside those of the module.
const MORE: &str = "[[resource]]\nkind = \"file\"\nname = \"/srv/note\"\ncontent = \"one\\n\"\n";

/// A host that is as wanted, with an age file at home.
fn converged() -> Host {
    let host = Host::new();
    host.write("inventory/modules/vault/module.toml", MODULE);
    spec(&host, MORE);
    does(&host, &["secrets", "create"]);
    set(&host, "first\nline two\n");
    does(&host, &["apply", "--yes"]);
    host
}

fn spec(host: &Host, more: &str) {
    host.write("inventory/prod.toml", format!("[host]\naddress = \"vps\"\n\n{SPEC}\n{more}"));
}

fn set(host: &Host, value: &str) {
    let mut set = host.command(&["secrets", "set", "vault/key", "--replace"]);
    assert_eq!(feed(&mut set, value).status, 0);
}

fn does(host: &Host, words: &[&str]) -> Ran {
    let ran = host.matrixform(words);
    assert_eq!(ran.status, 0, "{ran}");
    ran
}

/// A plan as a pipeline makes it: without identity and age file.
fn plan_without(host: &Host) -> Ran {
    let (age, aside) = ("inventory/prod.secrets.age", "aside.age");
    let path = |name: &str| host.home.path().join(name);
    std::fs::rename(path(age), path(aside)).unwrap();
    let refused = host.matrixform(&["plan"]);
    let ran = host.matrixform(&["plan", "--without-secrets", "--out", "a.plan"]);
    std::fs::rename(path(aside), path(age)).unwrap();
    assert_eq!(refused.status, 1, "never without being asked for\n{refused}");
    assert_eq!(ran.status, 0, "{ran}");
    ran
}

fn saved(host: &Host) -> serde_json::Value {
    serde_json::from_slice(&std::fs::read(host.home.path().join("a.plan")).unwrap()).unwrap()
}

fn apply_saved(host: &Host) -> Ran {
    host.matrixform(&["apply", "--plan", "a.plan"])
}

#[test]
fn what_the_host_has_is_taken_as_unchanged_and_compared_at_apply() {
    let host = converged();
    let ran = plan_without(&host);
    assert!(ran.stdout.contains("no changes"), "{ran}");
    let unchanged = "secrets taken as unchanged: vault/key, vault/pepper";
    assert!(ran.stdout.contains(unchanged) && !ran.stdout.contains("not compared"), "{ran}");
    let shown = host.matrixform(&["show", "a.plan", "--format", "markdown"]);
    assert!(shown.stdout.contains("secrets taken as unchanged"), "{shown}");
    assert_eq!(apply_saved(&host).status, 0, "{}", apply_saved(&host));
    // Text around secrets, and another file: what was shown is what is done, under the same id.
    let module = MODULE.replace("port = 1", "port = 2").replace("token = {{", "the token = {{");
    host.write("inventory/modules/vault/module.toml", module);
    spec(&host, &MORE.replace("one", "two"));
    let ran = plan_without(&host);
    assert!(ran.stdout.contains("3 to update"), "{ran}");
    assert!(ran.stdout.contains("port: 2") && ran.stdout.contains("the token = [secret"), "{ran}");
    let id = saved(&host)["id"].as_str().unwrap().to_owned();
    let applied = apply_saved(&host);
    assert!(applied.status == 0 && applied.stdout.contains(&id), "{applied}");
    assert!(host.matrixform(&["history"]).stdout.contains(&id[..8]), "{id}");
    assert!(does(&host, &["apply", "--yes"]).stdout.contains("no changes"));
}

#[test]
fn a_secret_that_changed_at_home_is_refused_by_name() {
    let host = converged();
    spec(&host, &MORE.replace("one", "two"));
    plan_without(&host);
    set(&host, "second\nline two\n");
    let ran = apply_saved(&host);
    assert_eq!(ran.status, 5, "{ran}");
    assert!(ran.stderr.contains("`vault/key` is not the one that the host has"), "{ran}");
    assert_eq!(host.machine.run("cat /srv/note /srv/key"), "one\nfirst\nline two\n");
}

#[test]
fn a_plan_for_one_value_is_refused_for_another() {
    let host = converged();
    set(&host, "second\nline two\n");
    does(&host, &["plan", "--out", "a.plan"]);
    let version = saved(&host)["secrets"]["changed"]["vault/key"].as_str().unwrap().to_owned();
    assert_eq!(version.len(), 32);
    set(&host, "third\nline two\n");
    let ran = apply_saved(&host);
    assert_eq!(ran.status, 5, "{ran}");
    assert!(ran.stderr.contains("the secret `vault/key` has another value"), "{ran}");
    set(&host, "second\nline two\n");
    assert_eq!(apply_saved(&host).status, 0);
    assert_eq!(host.machine.run("cat /srv/key"), "second\nline two\n");
    let ledger = host.machine.run("cat /var/lib/matrixform/ledger.json");
    assert!(ledger.contains(&version), "{ledger}");
    assert!(!host.machine.run("cat /var/lib/matrixform/secrets").contains("plan-key"));
    // Another key: all versions are written again.
    does(&host, &["secrets", "rotate", "inventory/prod.toml", "matrixform/plan-key"]);
    plan_without(&host);
    assert_eq!(apply_saved(&host).status, 5);
    does(&host, &["apply", "--yes"]);
    let now = host.machine.run("cat /var/lib/matrixform/ledger.json");
    assert!(!now.contains(&version) && now.contains("\"vault/key\":\""), "{now}");
    assert_eq!(apply_saved(&host).status, 0);
}

#[test]
fn without_versions_on_the_host_nothing_was_compared() {
    let host = converged();
    let ledger = "/var/lib/matrixform/ledger.json";
    host.machine.run(&format!("sed -i 's/\"secrets\":{{[^}}]*}},//' {ledger}"));
    let ran = plan_without(&host);
    assert!(ran.stdout.contains("secrets not compared"), "{ran}");
    let ran = apply_saved(&host);
    assert_eq!(ran.status, 5, "{ran}");
    assert!(ran.stderr.contains("matrixform secrets generate SPEC"), "{ran}");
    does(&host, &["apply", "--yes"]);
    assert!(host.machine.run(&format!("cat {ledger}")).contains("\"secrets\":{"));
    plan_without(&host);
    assert_eq!(apply_saved(&host).status, 0);
}

#[test]
fn no_resource_holds_the_plan_key() {
    let host = converged();
    host.write(
        "inventory/prod.toml",
        "[host]\naddress = \"vps\"\n\n[vault]\nkey = { secret = \"matrixform/plan-key\" }\n",
    );
    for words in [&["check"][..], &["plan"], &["plan", "--without-secrets"]] {
        let ran = host.matrixform(words);
        assert!(ran.status == 1 && ran.to_string().contains("never goes to a host"), "{ran}");
    }
}
