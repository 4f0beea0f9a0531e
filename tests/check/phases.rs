//! All problems are reported at once: an error in one part does not hide errors in another.

use crate::workspace::Workspace;

const SPEC: &str = r#"
format = 1
[host]
address = "matrix.example.org"
port = 99999

[postgres]
max_conections = 50
listen = []

[synapse]
server_name = "example.org"
registration.mode = "open"
media.max_upload = "50MB"
turn.secret = "hunter2hunter2"

[tls]
provider = "files"
chain = "tls/missing.pem"
key = { secret = "tls/front" }

[nginx]
hsts.preload = true

[well_known]
base_url = "http://example.org"

[ngnix]

[[cron]]
name = "a"
schedule = "@dayly"
command = "true"

[[resource]]
kind = "file"
name = "/srv/a"
content = "x"
mode = "rw-r--r--"

[[resource]]
kind = "file"
name = "/srv/b"
content = "{{ synapse.prot }}"

[[resource]]
kind = "fiel"
name = "/srv/c"

[[accept]]
id = "MF999"
reason = "none"
"#;

/// Snippets show whole lines: a secret on the same line as another error is masked, too.
#[test]
fn an_error_on_the_same_line_does_not_show_a_secret() {
    let host = "host = { address = \"a b\", sudo_password = \"CANARYpassword\" }\n";
    let own = "host.address = \"a\"\nresource = [{ kind = \"file\", name = \"/srv/a\", mode = \"x\", \
        content = \"-----BEGIN PRIVATE KEY-----CANARYcanaryCANARY\" }]\n";
    for spec in [host, own] {
        let ran = Workspace::with(spec).run(&["check", "prod.toml"]);
        assert_eq!(ran.status, 1, "{ran}");
        assert!(!ran.to_string().contains("CANARY"), "{ran}");
        assert!(ran.stdout.contains("***"), "{ran}");
    }
}

#[test]
fn all_problems_are_found_in_one_run() {
    let ran = Workspace::with(SPEC).run(&["check", "prod.toml"]);
    assert_eq!(ran.status, 1);
    for word in [
        "99999",
        "max_conections",
        "(MF045)",
        "(MF001)",
        "50MB",
        "a secret must not be",
        "missing.pem",
        "(MF080)",
        "(MF076)",
        "ngnix",
        "@dayly",
        "rw-r--r--",
        "prot",
        "fiel",
        "MF999",
    ] {
        assert!(ran.stdout.contains(word), "nothing about {word}:\n{ran}");
    }
    assert!(!ran.stdout.contains("hunter2"), "{ran}");
    insta::assert_snapshot!("every_problem", ran);
}
