//! Secrets of a program that someone else set up, read from the YAML files that it merges.

use crate::host::{Host, Ran};

const MODULE: &str = r#"format = 1
summary = "A program that merges files"

[params.token]
type = "secret"
generate = "password:40"
doc = "In a file of its own."

[params.key]
type = "secret"
generate = "password:40"
doc = "In a file elsewhere."

[params.pepper]
type = "secret"
generate = "pepper:48"
doc = "In clear."

[params.salt]
type = "secret"
generate = "pepper:48"
doc = "Said nowhere."

[params.password]
type = "secret"
generate = "password:40"
doc = "In a passfile."

[[resource]]
kind = "file"
for_each = "[{'name': 'token', 'is': app.token}, {'name': 'key', 'is': app.key}]"
name = "/srv/app/{{ item.name }}"
content = "{{ item.is }}\n"
[[resource]]
kind = "file"
name = "/srv/app/pass"
content = "localhost:user:{{ app.password | pgpass }}\n"
[[resource]]
kind = "file"
name = "/srv/app/conf.d/50-own.yaml"
format = "yaml"
[resource.contents]
token_path = "/srv/app/token"
key_path = "/srv/app/key"
hash = { pepper = "{{ app.pepper }}", salt = "{{ app.salt }}" }
db = { passfile = "/srv/app/pass" }
[[resource]]
kind = "merged_yaml"
name = "/srv/app"
paths = ["/srv/app/conf.d"]
earlier = ["/srv/app/main.yaml"]
own = ["/srv/app/conf.d/50-own.yaml"]
expected = ["token", "hash", "db", "key_path"]
file_keys = ["token_path=token", "key_path=key", "db.passfile=db.password"]
"#;

fn secrets(host: &Host, args: &[&str]) -> Ran {
    host.matrixform(&[&["secrets"], args].concat())
}

fn host(main: &str, later: &str) -> Host {
    let host = Host::new();
    host.write("inventory/modules/app/module.toml", MODULE);
    host.write("inventory/prod.toml", "[host]\naddress = \"vps\"\n\n[app]\n");
    assert_eq!(secrets(&host, &["create"]).status, 0);
    host.machine.run(&format!(
        "mkdir -p /srv/app/conf.d /srv/other; printf 'KEYkeyKEY\\n' >/srv/other/key
        cat >/srv/app/main.yaml <<'END'\n{main}END\ncat >/srv/app/conf.d/10-later.yaml <<'END'\n{later}END\n"
    ));
    host
}

#[test]
fn values_in_foreign_files_are_imported() {
    let host = host(
        "# of the distribution\n---\ntoken: \"first\"\nhash:\n  # said in clear\n  pepper: 'PEP''per: #1'\n\
         db: {password: \"with \\\" quote\", cp_max: 10}\nkey_path: /srv/other/key\nother: [1, 2]\n",
        "token: LATERlater\n",
    );
    let written = host.machine.written();
    let imported = secrets(&host, &["import", "--from-host"]);
    assert_eq!(imported.status, 0, "{imported}");
    assert_eq!(host.machine.written(), written, "the host was only read");
    for (name, value) in [
        ("app/token", "LATERlater"),
        ("app/pepper", "PEP'per: #1"),
        ("app/password", "with \" quote"),
        ("app/key", "KEYkeyKEY"),
    ] {
        assert!(!imported.to_string().contains(value), "{name} is shown: {imported}");
        assert_eq!(secrets(&host, &["get", name]).stdout.trim_end(), value);
    }
    assert!(
        imported.stdout.contains(
            "app/token: imported from `token` in the host's /srv/app/conf.d/10-later.yaml"
        )
    );
    assert!(
        imported.stdout.contains("app/key: imported from the host's /srv/other/key"),
        "{imported}"
    );
    // A secret found nowhere is not made up; the message says where it was expected.
    assert!(imported.stderr.contains("`app/salt` cannot be read from the host"), "{imported}");
    assert!(imported.stderr.contains("no other file of the program has `hash.salt`"), "{imported}");
    assert_eq!(secrets(&host, &["get", "app/salt"]).status, 1);
}

#[test]
fn unreadable_files_yield_nothing() {
    let host = host("token: [\n", "key_path: ../key\nhash: text\ndb:\n  password: 5\ntoken: ''\n");
    let imported = secrets(&host, &["import", "--from-host"]);
    assert!(imported.stderr.contains("imported 0 of 0"), "{imported}");
    let only = secrets(&host, &["import", "--from-host", "--only", "app/token"]);
    assert_eq!(only.status, 1, "{only}");
}
