//! `backup` without a homeserver: refusals and their places. The lab covers the rest.

use crate::host::{Host, Ran};

const SPEC: &str = "[postgres]\n[synapse]\nserver_name = \"example.org\"\nsource = \"pypi\"\n[backup]\n\
    [[backup.repositories]]\nname = \"away\"\nurl = \"rest:https://backup.example.org/a/\"\n\
    password = { secret = \"backup/away\" }\n";

fn refused(host: &Host, args: &[&str], status: i32, why: &str) -> Ran {
    let ran = host.matrixform(args);
    assert!(ran.status == status && ran.stderr.contains(why), "{args:?}, {why}: {ran}");
    ran
}

#[test]
fn a_spec_without_backups_is_reported() {
    let host = Host::new();
    host.spec("[[resource]]\nkind = \"file\"\nname = \"/etc/motd\"\ncontent = \"x\\n\"\n");
    for verb in ["now", "list", "check"] {
        refused(&host, &["backup", verb, "prod.toml"], 1, "does not define backups");
    }
}

#[test]
fn secrets_used_only_on_this_machine_are_marked() {
    let host = Host::new();
    host.spec(&format!(
        "{SPEC}prune = {{ user = \"prune\", user_password = {{ secret = \"backup/prune\" }} }}\n"
    ));
    let ran = host.matrixform(&["secrets", "list", "prod.toml"]);
    let line = |name: &str| ran.stdout.lines().find(|line| line.starts_with(name)).unwrap();
    assert!(line("backup/prune").ends_with(", on your machine only"), "{ran}");
    assert!(!line("backup/away").contains("on your machine only"), "{ran}");
}

#[test]
fn hosts_without_backups_are_asked_nothing() {
    let host = Host::new();
    host.machine.run("rm -rf /etc/postgresql");
    host.spec(SPEC);
    let ran = refused(&host, &["backup", "list", "prod.toml"], 1, "not set up on this host yet");
    assert!(ran.stderr.contains("matrixform apply"), "{ran}");
    refused(&host, &["backup", "now", "prod.toml"], 1, "not set up on this host yet");
}

#[test]
fn a_restore_goes_only_to_a_separate_directory() {
    let host = Host::new();
    host.machine.run("rm -rf /etc/postgresql");
    host.spec(SPEC);
    let to = |to: &str, why: &str| {
        let args = ["backup", "restore", "prod.toml", "--path", "/etc/matrix-synapse", "--to", to];
        refused(&host, &args, 1, why);
    };
    to("/etc/matrix-synapse", "is in use");
    to("/var/lib/matrix-synapse/media/x", "is in use");
    to("/", "absolute path");
    to("/root/../etc", "absolute path");
    for path in ["etc", "/etc/../x", "/etc/"] {
        let args = ["backup", "restore", "prod.toml", "--to", "/root/x", "--path", path];
        refused(&host, &args, 64, "absolute path");
    }
    let args = ["backup", "restore", "prod.toml", "--to", "/root/x", "--path", "/etc"];
    let of = |more: &[&'static str]| [&args[..], more].concat();
    refused(&host, &of(&["--snapshot", "latest; id"]), 64, "hexadecimal");
    refused(&host, &of(&["--repository", "other"]), 1, "there is no repository `other`");
}
