//! Secrets and a host: generated into the age file, rotated with all their consequences, and read back from a host that
//! someone else set up.

use crate::assert_transcript;
use crate::host::{Host, Ran, run};
use crate::secrets_home::{MODULE, SPEC, feed, holding};

const FILE: &str = "inventory/prod.secrets.age";

/// A host and an admin with a spec, modules and an age file.
fn host() -> Host {
    let host = Host::new();
    host.write("inventory/modules/vault/module.toml", MODULE);
    host.write("inventory/prod.toml", format!("[host]\naddress = \"vps\"\n\n{SPEC}"));
    host
}

fn with_age() -> Host {
    let host = host();
    let canary = host.canary.as_str();
    secrets(&host, &["create"]);
    let mut set = host.command(&["secrets", "set", "vault/key"]);
    assert_eq!(feed(&mut set, &format!("{canary}\nline two\n")).status, 0);
    host
}

fn secrets(host: &Host, args: &[&str]) -> Ran {
    host.matrixform(&[&["secrets"], args].concat())
}

fn get(host: &Host, name: &str) -> String {
    secrets(host, &["get", name]).stdout.trim_end().to_owned()
}

fn apply(host: &Host) -> Ran {
    let ran = host.matrixform(&["apply", "--yes"]);
    assert_eq!(ran.status, 0, "{ran}");
    ran
}

#[test]
fn generated_into_the_age_file() {
    let host = with_age();
    let canary = host.canary.as_str();
    let before = std::fs::read(host.home.path().join(FILE)).unwrap();
    assert_eq!(host.matrixform(&["plan"]).status, 0);
    assert_eq!(
        std::fs::read(host.home.path().join(FILE)).unwrap(),
        before,
        "a plan generates nothing"
    );
    let generated = secrets(&host, &["generate"]);
    assert!(
        generated.status == 0 && generated.stderr.contains("vault/pepper, vault/token"),
        "{generated}"
    );
    let blank = host.machine.paths();
    assert!(!blank.iter().any(|path| path.starts_with("/srv")), "{blank:?}");
    let token = get(&host, "vault/token");
    assert_eq!(token.len(), 40);
    apply(&host);
    assert_eq!(host.machine.run("cat /srv/token"), format!("token = {token}\n"));
    assert_eq!(host.machine.run("cat /srv/key"), format!("{canary}\nline two\n"));
    assert_eq!(holding(host.home.path(), &token), [""; 0], "at home it is encrypted alone");
    assert!(apply(&host).stdout.contains("no changes"));
    assert!(secrets(&host, &["generate"]).stderr.contains("nothing to do: every generated secret"));
}

#[test]
fn a_rotation_is_applied_and_settled() {
    let host = with_age();
    let early = secrets(&host, &["rotate", "vault/token", "--yes"]);
    assert!(early.status == 1 && early.stderr.contains("no store has it"), "{early}");
    apply(&host);
    let old = get(&host, "vault/token");
    let unasked = secrets(&host, &["rotate", "inventory/prod.toml", "vault/token"]);
    assert_eq!((unasked.status, get(&host, "vault/token")), (1, old.clone()), "{unasked}");
    let rotated = secrets(&host, &["rotate", "inventory/prod.toml", "vault/token", "--yes"]);
    assert_eq!(rotated.status, 0, "{rotated}");
    let new = get(&host, "vault/token");
    assert_ne!(old, new);
    assert_eq!(host.machine.run("cat /srv/token"), format!("token = {new}\n"));
    for value in [&old, &new] {
        assert!(!rotated.to_string().contains(value.as_str()), "{rotated}");
    }
    assert!(!secrets(&host, &["list"]).stdout.contains("previous"), "the old one is forgotten");
    assert_transcript!("rotated", rotated);
    assert!(apply(&host).stdout.contains("no changes"));
}

#[test]
fn only_rotatable_secrets_are_rotated() {
    let host = with_age();
    apply(&host);
    let before = std::fs::read(host.home.path().join(FILE)).unwrap();
    let refused = |name: &str, expected: &str| {
        let ran = secrets(&host, &["rotate", name, "--yes"]);
        assert!(ran.status == 1 && ran.stderr.contains(expected), "{ran}");
    };
    refused("vault/pepper", "no password would work any more");
    refused("vault/key", "secrets set SPEC vault/key --replace");
    refused("vault/tokne", "did you mean `vault/token`?");
    let mut variable = host.command(&["secrets", "rotate", "vault/token", "--yes"]);
    let variable = run(variable.env("MATRIXFORM_SECRET_VAULT_TOKEN", "another value"));
    assert!(
        variable.status == 1 && variable.stderr.contains("comes from the environment"),
        "{variable}"
    );
    host.machine.run("chmod 666 /srv/mixed.yaml");
    refused("vault/token", "run `matrixform apply` first");
    assert_eq!(std::fs::read(host.home.path().join(FILE)).unwrap(), before, "nothing was stored");
}

/// A step after the file with the token, which fails while a flag file exists.
const STUMBLE: &str = r#"
[[resource]]
kind = "directory"
name = "/srv/gate"

[[resource]]
kind = "command"
name = "stumble"
run = "[ ! -e /srv/stumble ] && cp /srv/token /srv/gate/copy"
check = "cmp -s /srv/token /srv/gate/copy"
secret_stdin = "{{ vault.token }}"
needs = ["file:/srv/token", "directory:/srv/gate"]
"#;

#[test]
fn an_interrupted_rotation_is_finished_by_the_next_apply() {
    let host = with_age();
    host.write("inventory/prod.toml", format!("[host]\naddress = \"vps\"\n\n{SPEC}{STUMBLE}"));
    apply(&host);
    let old = get(&host, "vault/token");
    host.machine.run("touch /srv/stumble");
    let failed = secrets(&host, &["rotate", "vault/token", "--yes"]);
    assert_eq!(failed.status, 3, "{failed}");
    assert!(failed.stderr.contains("finish the rotation with `matrixform apply`"), "{failed}");
    let new = get(&host, "vault/token");
    assert_ne!(old, new, "it was stored before the host heard of it");
    assert!(secrets(&host, &["list"]).stdout.contains("vault/token.previous"));
    let again = secrets(&host, &["rotate", "vault/token", "--yes"]);
    assert!(again.status == 1 && again.stderr.contains("run `matrixform apply` first"), "{again}");
    host.machine.run("rm /srv/stumble");
    let part = host.matrixform(&["apply", "--only", "directory:/srv/gate", "--yes"]);
    assert_eq!(part.status, 0, "{part}");
    assert!(secrets(&host, &["list"]).stdout.contains("vault/token.previous"), "still in use");
    apply(&host);
    assert_eq!(host.machine.run("cat /srv/gate/copy"), format!("token = {new}\n"));
    assert_eq!(get(&host, "vault/token"), new);
    assert!(!secrets(&host, &["list"]).stdout.contains("previous"));
}

#[test]
fn secrets_of_a_host_are_imported() {
    let host = host();
    let canary = host.canary.as_str();
    // Set up by hand: other lines around the pepper, quotes in it, a key without a final newline.
    let pepper = "it's \\\"PEPPERpepperPEPPER\\\"";
    host.machine.run(&format!(
        "printf 'token = {canary}\\n' >/srv/token; printf 'BEGIN\\nKEYkeyKEY\\nEND\\n' >/srv/key
        cat >/srv/mixed.yaml <<'END'\nport: 9\npepper: \"{pepper}\"\nhost: \"x\"\nmore: 1\nEND\n"
    ));
    secrets(&host, &["create"]);
    let written = host.machine.written();
    let refused = host.matrixform(&["plan"]);
    assert!(
        refused.status == 1
            && refused.stderr.contains("the secret `vault/key` is not stored anywhere"),
        "{refused}"
    );
    let imported = secrets(&host, &["import", "--from-host"]);
    assert_eq!(imported.status, 0, "{imported}");
    assert!(!imported.to_string().contains(canary) && !imported.to_string().contains("KEYkey"));
    assert_eq!(get(&host, "vault/token"), canary);
    assert_eq!(get(&host, "vault/key"), "BEGIN\nKEYkeyKEY\nEND");
    assert_eq!(get(&host, "vault/pepper"), "it's \"PEPPERpepperPEPPER\"");
    assert_eq!(host.machine.written(), written, "the host was only read");
    let planned = host.matrixform(&["plan"]);
    assert!(planned.status == 0 && planned.stdout.contains("to update, 0 to remove"), "{planned}");
    assert!(!planned.stdout.contains("PEPPER"), "{planned}");
    assert_transcript!("imported_from_the_host", imported);

    host.machine.run("printf 'token = something else\\n' >/srv/token");
    let differs = secrets(&host, &["import", "--from-host"]);
    assert!(differs.status == 1 && differs.stderr.contains("--replace vault/token"), "{differs}");
    assert_eq!(get(&host, "vault/token"), canary);
    let args = ["import", "--from-host", "--only", "vault/token", "--replace", "vault/token"];
    assert_eq!(secrets(&host, &args).status, 0);
    assert_eq!(get(&host, "vault/token"), "something else");

    // A secret that can never be rotated is taken from where it is in use; until then the other value is kept.
    host.machine
        .run("sed -i 's/^pepper: .*/pepper: \"another one of some length\"/' /srv/mixed.yaml");
    let only = ["import", "--from-host", "--only", "vault/pepper"];
    let differs = secrets(&host, &only);
    assert!(differs.status == 1 && differs.stderr.contains("--replace vault/pepper"), "{differs}");
    let taken = secrets(&host, &[&only[..], &["--replace", "vault/pepper"]].concat());
    assert_eq!(taken.status, 0, "{taken}");
    assert_eq!(get(&host, "vault/pepper"), "another one of some length");
    assert!(secrets(&host, &["list"]).stdout.contains("vault/pepper.previous"));
}
