//! Secrets are generated once and kept; never by a plan, and never for a host that already has them. Their values
//! appear only in the host's file and in the store.

use crate::assert_transcript;
use crate::canary::{Canary, Watcher, assert_none};
use crate::host::{Host, Ran, run};

const MODULE: &str = r#"format = 1
summary = "A token in a file"

[params.token]
type = "secret"
generate = "password:40"
doc = "The token."

[[resource]]
kind = "file"
name = "/srv/token"
content = "token = {{ vault.token }}\n"
"#;

/// A host, and a user's module whose secret is stored in `~/store.toml`.
fn host() -> Host {
    let host = Host::new();
    host.write("inventory/modules/vault/module.toml", MODULE);
    host.write("prod.toml", "");
    spec(&host, "");
    host
}

fn spec(host: &Host, body: &str) {
    let text = "[host]\naddress = \"vps\"\n\n[secrets]\nfile = \"~/store.toml\"\n\n[vault]\n\n";
    host.write("inventory/prod.toml", format!("{text}{body}"));
}

fn on(host: &Host, args: &[&str]) -> Ran {
    let mut all = vec![args[0], "inventory/prod.toml"];
    all.extend(&args[1..]);
    host.matrixform(&all)
}

#[test]
fn generated_once_and_never_by_a_plan() {
    let host = host();
    let blank = host.machine.written();
    let planned = on(&host, &["plan"]);
    assert_eq!(planned.status, 0);
    assert_transcript!("plan_with_a_secret_to_come", planned);
    assert!(!host.home.path().join("store.toml").exists(), "a plan generates nothing");
    assert_eq!(host.machine.written(), blank);

    let applied = on(&host, &["apply", "--yes"]);
    assert_eq!(applied.status, 0, "{applied}");
    let store = std::fs::read_to_string(host.home.path().join("store.toml")).unwrap();
    let value = store.trim().strip_prefix("\"vault/token\" = \"").unwrap().trim_end_matches('"');
    assert_eq!(value.len(), 40);
    assert_eq!(host.machine.run("cat /srv/token"), format!("token = {value}\n"));
    assert_eq!(host.machine.run("stat -c %a:%U /srv/token"), "600:root\n");
    assert!(!applied.to_string().contains(value));
    assert_transcript!("apply_generates", applied);

    let again = on(&host, &["apply", "--yes"]);
    assert!(again.status == 0 && again.stdout.contains("no changes"), "{again}");
    assert_eq!(std::fs::read_to_string(host.home.path().join("store.toml")).unwrap(), store);
}

#[test]
fn a_second_admin_with_an_empty_store_is_refused() {
    let host = host();
    assert_eq!(on(&host, &["apply", "--yes"]).status, 0);
    let converged = host.machine.written();
    std::fs::remove_file(host.home.path().join("store.toml")).unwrap();
    for args in [&["plan"][..], &["apply", "--yes"]] {
        let ran = on(&host, args);
        assert_eq!((ran.status, ran.stdout.as_str()), (1, ""), "{ran}");
        assert_transcript!("second_admin", ran);
    }
    assert_eq!(host.machine.written(), converged);
    assert!(!host.home.path().join("store.toml").exists());
}

#[test]
fn a_store_that_others_can_read_is_refused() {
    let host = host();
    host.write("store.toml", format!("\"vault/token\" = \"{}\"\n", host.canary));
    let ran = on(&host, &["plan"]);
    assert_eq!(ran.status, 1);
    assert_transcript!("store_that_others_can_read", ran);
}

/// A command that gets the secret, waits long enough to be inspected, and then prints it.
const LOUD: &str = r#"[[resource]]
kind = "command"
name = "loud"
run = ": MARK; sleep 1; tee /dev/stderr; exit 1"
creates = "/srv/never"
secret_stdin = "{{ vault.token }}"
needs = ["file:/srv/token"]
"#;

#[test]
fn a_secret_never_leaks() {
    let host = host();
    let value = host.canary.as_str();
    let (canaries, mark) = ([Canary::new("the token", value)], crate::canary::drawn());
    spec(&host, &LOUD.replace("MARK", &mark));
    let run_with = |args: &[&str]| {
        let mut all = vec![args[0], "inventory/prod.toml"];
        all.extend(&args[1..]);
        let ran = run(host.command(&all).env("MATRIXFORM_SECRET_VAULT_TOKEN", value));
        assert_none(&canaries, &args.join(" "), &ran.to_string());
        ran
    };
    run_with(&["plan"]);
    run_with(&["plan", "--timings"]);
    run_with(&["plan", "--format", "json"]);
    run_with(&["facts"]);
    let program = env!("CARGO_BIN_EXE_matrixform").to_owned();
    let watcher = Watcher::start(&canaries, &mark, Vec::new(), Some(program));
    let loud = run_with(&["apply", "--yes", "--timings"]);
    let seen = watcher.end();
    assert!(
        loud.status == 3 && loud.stderr.contains("[secret"),
        "it was printed, and masked: {loud}"
    );
    assert!(seen.at_work > 0, "the watcher saw the command at work");
    assert!(seen.leaks.is_empty(), "no process was given it as an argument: {:#?}", seen.leaks);
    assert_eq!(host.machine.run("cat /srv/token"), format!("token = {value}\n"));

    // The file was changed by hand, in the secret and around it: the diff is masked by structure.
    host.machine.run("sed -i 's/canary$/XYZ/; s/token/Token/' /srv/token");
    let drifted = run_with(&["plan"]);
    assert!(drifted.stdout.contains("1 to update"), "{drifted}");
    assert!(!drifted.stdout.contains(&value[..24]), "nor is the other value shown: {drifted}");
    run_with(&["apply", "--yes"]);

    let held = host.machine.run(&format!("grep -rl {value} /srv /var/lib /etc /root /tmp /run; :"));
    assert_eq!(held, "/srv/token\n", "on the host it is in its file alone");
    let kept = crate::secrets_home::holding(host.home.path(), value);
    assert_eq!(kept, [""; 0], "and at home nowhere");
}
