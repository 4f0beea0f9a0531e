//! Plans made without access to the secrets, and plans whose values have changed since.

use crate::host::{Host, Ran, run};
use crate::secrets_home::{MODULE, SPEC, feed};

/// A file without secrets, beside those of the module.
const MORE: &str = "[[resource]]\nkind = \"file\"\nname = \"/srv/note\"\ncontent = \"one\\n\"\n";

/// A converged host, with an age file at home.
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

fn does(host: &Host, args: &[&str]) -> Ran {
    let ran = host.matrixform(args);
    assert_eq!(ran.status, 0, "{ran}");
    ran
}

/// A plan as made in a pipeline: without identity and age file.
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
fn secrets_are_assumed_unchanged_and_compared_at_apply() {
    let host = converged();
    let ran = plan_without(&host);
    assert!(ran.stdout.contains("no changes"), "{ran}");
    let unchanged = "secrets assumed unchanged: vault/key, vault/pepper and vault/token";
    assert!(ran.stdout.contains(unchanged) && !ran.stdout.contains("not compared"), "{ran}");
    let shown = host.matrixform(&["show", "a.plan", "--format", "markdown"]);
    assert!(shown.stdout.contains("secrets assumed unchanged"), "{shown}");
    assert_eq!(apply_saved(&host).status, 0, "{}", apply_saved(&host));
    // Text around secrets, and another file: apply does what the plan shows, under the same id.
    let module = MODULE.replace("port = 1", "port = 2").replace("token = {{", "the token = {{");
    host.write("inventory/modules/vault/module.toml", module);
    spec(&host, &MORE.replace("one", "two"));
    let ran = plan_without(&host);
    assert!(ran.stdout.contains("3 to update"), "{ran}");
    // Text that does not align with the file on the host is never shown, with or without values.
    let hidden = "content: [differs, contains a secret]";
    assert!(ran.stdout.contains("port: 2") && ran.stdout.contains(hidden), "{ran}");
    let id = saved(&host)["id"].as_str().unwrap().to_owned();
    let applied = apply_saved(&host);
    assert!(applied.status == 0 && applied.stdout.contains(&id), "{applied}");
    let history = does(&host, &["history", "--format", "json"]).stdout;
    assert!(history.contains(&format!("\"plan\": \"{id}\"")), "{id}\n{history}");
    assert!(does(&host, &["apply", "--yes"]).stdout.contains("no changes"));
}

#[test]
fn a_locally_changed_secret_is_refused_by_name() {
    let host = converged();
    spec(&host, &MORE.replace("one", "two"));
    plan_without(&host);
    set(&host, "second\nline two\n");
    let ran = apply_saved(&host);
    assert_eq!(ran.status, 5, "{ran}");
    assert!(ran.stderr.contains("`vault/key` differs from the host's"), "{ran}");
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
    assert!(ran.stderr.contains("the secret `vault/key` has a different value"), "{ran}");
    set(&host, "second\nline two\n");
    assert_eq!(apply_saved(&host).status, 0);
    assert_eq!(host.machine.run("cat /srv/key"), "second\nline two\n");
    let ledger = host.machine.run("cat /var/lib/matrixform/ledger.json");
    assert!(ledger.contains(&version), "{ledger}");
    assert!(!host.machine.run("cat /var/lib/matrixform/secrets").contains("plan-key"));
    // With another key, all versions are written again.
    does(&host, &["secrets", "rotate", "inventory/prod.toml", "matrixform/plan-key"]);
    plan_without(&host);
    assert_eq!(apply_saved(&host).status, 5);
    does(&host, &["apply", "--yes"]);
    let now = host.machine.run("cat /var/lib/matrixform/ledger.json");
    assert!(!now.contains(&version) && now.contains("\"vault/key\":\""), "{now}");
    assert_eq!(apply_saved(&host).status, 0);
}

#[test]
fn without_versions_on_the_host_nothing_is_compared() {
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

/// A file with a multi-line secret, followed by text.
const WITHIN: &str = "content = \"key: {{ vault.key }}port: 1\\nhost: h\\n\"";

#[test]
fn text_around_a_multiline_secret_is_applied_as_shown() {
    let host = converged();
    let module = MODULE.replace("content = \"{{ vault.key }}\"", WITHIN);
    host.write("inventory/modules/vault/module.toml", &module);
    does(&host, &["apply", "--yes"]);
    host.write("inventory/modules/vault/module.toml", module.replace("port: 1", "port: 2"));
    let planned = plan_without(&host);
    assert!(planned.stdout.contains("1 to update"), "{planned}");
    let kept = saved(&host).to_string();
    assert!(!planned.to_string().contains("line two") && !kept.contains("line two"), "{planned}");
    let applied = apply_saved(&host);
    assert_eq!(applied.status, 0, "{applied}");
    assert_eq!(host.machine.run("cat /srv/key"), "key: first\nline two\nport: 2\nhost: h\n");
}

#[test]
fn a_secret_replaced_by_text_is_not_shown() {
    let host = converged();
    let secret = host.machine.run("cat /srv/token").trim().replace("token = ", "");
    let plain = MODULE.replace("token = {{ vault.token }}", "token = none");
    host.write("inventory/modules/vault/module.toml", plain);
    let planned = plan_without(&host);
    assert!(planned.stdout.contains("not shown: it contained a secret"), "{planned}");
    let kept = saved(&host).to_string();
    assert!(!planned.to_string().contains(&secret) && !kept.contains(&secret), "{planned}");
    // A ledger that does not record which files contain secrets.
    host.machine
        .run("sed -i 's/\"secrets\":[[{][^]}]*[]}],*//; s/,}/}/' /var/lib/matrixform/ledger.json");
    let planned = plan_without(&host);
    assert!(planned.stdout.contains("not shown: it may contain a secret"), "{planned}");
    assert!(!planned.to_string().contains(&secret), "{planned}");
}

/// An untrusted request writes text around a secret so that the diff would show the remainder.
#[test]
fn a_malicious_head_reveals_no_byte_of_a_secret() {
    let host = converged();
    set(&host, "-----BEGIN KEY-----\ncanary-line\n-----END KEY-----\n");
    does(&host, &["apply", "--yes"]);
    host.write("base.toml", std::fs::read(host.home.path().join("inventory/prod.toml")).unwrap());
    host.write("modules/vault/module.toml", MODULE);
    for content in [
        "-----BEGIN {{ vault.key }}-----\\n",
        "{{ vault.key }}x",
        "plain",
        "-----BEGIN K{{ vault.pepper }}\\n",
    ] {
        let module =
            MODULE.replace("content = \"{{ vault.key }}\"", &format!("content = \"{content}\""));
        host.write("inventory/modules/vault/module.toml", module);
        let ran = host.matrixform(&[
            "plan",
            "inventory/prod.toml",
            "--host-of",
            "base.toml",
            "--without-secrets",
            "--out",
            "a.plan",
        ]);
        assert_eq!(ran.status, 0, "{content}\n{ran}");
        let output = format!("{ran}{}", saved(&host));
        assert!(!output.contains("canary") && !output.contains("END KEY"), "{content}\n{output}");
    }
}

#[test]
fn a_secret_changed_on_the_host_is_not_repaired_silently() {
    let host = converged();
    spec(&host, &MORE.replace("one", "two"));
    host.machine.run("sed -i 's/first/mine/' /srv/key");
    plan_without(&host);
    let ran = apply_saved(&host);
    assert_eq!(ran.status, 5, "{ran}");
    assert!(ran.stderr.contains("file:/srv/key: with the secrets available"), "{ran}");
    assert_eq!(host.machine.run("cat /srv/key /srv/note"), "mine\nline two\none\n");
}

/// A plan by a job that has values in its environment, but no plan key.
fn plan_without_key(host: &Host, key: &str) -> Ran {
    let mut plan = host.command(&["plan", "--out", "a.plan"]);
    for name in ["vault/token", "vault/pepper"] {
        let value = does(host, &["secrets", "get", name]).stdout;
        plan.env(
            format!("MATRIXFORM_SECRET_{}", name.replace('/', "_").to_uppercase()),
            value.trim(),
        );
    }
    // Without an identity, nothing opens the age file.
    plan.env("MATRIXFORM_SECRET_VAULT_KEY", key);
    plan.env("XDG_CONFIG_HOME", host.home.path().join("nowhere"));
    run(&mut plan)
}

#[test]
fn without_a_plan_key_a_job_can_change_all_but_secrets() {
    let host = converged();
    spec(&host, &MORE.replace("one", "two"));
    let planned = plan_without_key(&host, "first\nline two\n");
    assert_eq!(planned.status, 0, "{planned}");
    assert!(!planned.to_string().contains("secrets not compared"), "{planned}");
    assert!(saved(&host).get("secrets").is_none(), "no secret changes");
    // Apply has the key and other values than the job, so its changes differ from the plan.
    set(&host, "second\nline two\n");
    let ran = apply_saved(&host);
    assert!(ran.status == 5 && ran.stderr.contains("`vault/key` would change too"), "{ran}");
    set(&host, "first\nline two\n");
    assert_eq!(apply_saved(&host).status, 0);
    assert_eq!(host.machine.run("cat /srv/note"), "two\n");
}

#[test]
fn without_a_plan_key_no_plan_is_bound_to_a_value() {
    let host = converged();
    let planned = plan_without_key(&host, "second\nline two\n");
    assert_eq!(planned.status, 0, "{planned}");
    let expected = "which value of `vault/key` it is for, and cannot be applied";
    assert!(planned.stderr.contains(expected), "{planned}");
    assert_eq!(saved(&host)["secrets"]["changed"]["vault/key"], serde_json::Value::Null);
    set(&host, "second\nline two\n");
    let ran = apply_saved(&host);
    assert!(ran.status == 5 && ran.stderr.contains("made without the plan key"), "{ran}");
    assert_eq!(host.machine.run("cat /srv/key"), "first\nline two\n");
    // Nor can a machine without the key compare a plan made without values.
    plan_without(&host);
    let mut apply = host.command(&["apply", "--plan", "a.plan"]);
    apply.env("MATRIXFORM_SECRET_MATRIXFORM_PLAN_KEY", "1".repeat(64));
    let ran = run(&mut apply);
    assert!(ran.status == 5 && ran.stderr.contains("differs from the host's"), "{ran}");
}

#[test]
fn no_resource_holds_the_plan_key() {
    let host = converged();
    host.write(
        "inventory/prod.toml",
        "[host]\naddress = \"vps\"\n\n[vault]\nkey = { secret = \"matrixform/plan-key\" }\n",
    );
    for args in [&["check"][..], &["plan"], &["plan", "--without-secrets"]] {
        let ran = host.matrixform(args);
        assert!(ran.status == 1 && ran.to_string().contains("is never sent to a host"), "{ran}");
    }
}
