//! `plan HEAD --host-of BASE`: whatever HEAD contains, only BASE determines the host to connect to and the stores to
//! open.

use crate::hostile::{CANARY, Workspace};
use crate::text;
use std::net::TcpListener;
use std::path::Path;

/// Listeners at the host named by the main branch's spec, and at an attacker's address.
struct Doors {
    host: TcpListener,
    other: TcpListener,
}

impl Doors {
    fn open() -> Doors {
        let open = |address: &str| {
            let door = TcpListener::bind((address, 0)).unwrap();
            door.set_nonblocking(true).unwrap();
            door
        };
        Doors { host: open("127.0.0.1"), other: open("127.0.0.2") }
    }

    fn port(&self) -> u16 {
        self.host.local_addr().unwrap().port()
    }

    /// The main branch's spec.
    fn spec(&self) -> String {
        let pin = "SHA256:1rPUrk2S8jhW3jKBMjH8mZqkGj0jv7vAQ7qgXqvN2Ko";
        let (port, body) = (
            self.port(),
            "[[resource]]\nkind = \"file\"\nname = \"/etc/motd\"\ncontent = \"hello\\n\"\n",
        );
        format!(
            "id = \"a.example\"\n\n[secrets]\nfile = \"../../home/{UNREAD}\"\n\n[host]\naddress = \"127.0.0.1\"\nport = {port}\nuser = \"root\"\nhost_key = \"{pin}\"\nconnect_timeout = 5\n\n{body}"
        )
    }

    /// `127.0.0.2:PORT`
    fn elsewhere(&self) -> String {
        self.other.local_addr().unwrap().to_string()
    }
}

/// The secrets file named by the main branch, which does not exist.
const UNREAD: &str = "none.toml";

/// A name, an edit of the second side, and a part of the message.
type Case = (&'static str, fn(&Workspace, &Doors), &'static str);

fn edit(workspace: &Workspace, doors: &Doors, from: &str, to: &str) {
    let spec = doors.spec();
    assert!(spec.contains(from), "{from}");
    workspace.head("prod.toml", &spec.replacen(from, to, 1));
}

fn in_host(workspace: &Workspace, doors: &Doors, line: &str) {
    edit(workspace, doors, "[host]\n", &format!("[host]\n{line}\n"));
}

fn in_include(workspace: &Workspace, doors: &Doors, text: &str) {
    workspace.head("base.toml", text);
    workspace.head("prod.toml", &format!("include = [\"base.toml\"]\n{}", doors.spec()));
}

const CASES: &[Case] = &[
    (
        "another_address",
        |workspace, doors| edit(workspace, doors, "127.0.0.1", "127.0.0.2"),
        "`[host] address` differs from the base spec",
    ),
    (
        "another_address_from_the_environment",
        |workspace, doors| edit(workspace, doors, "\"127.0.0.1\"", "{ env = \"TOKEN\" }"),
        "`[host] address` differs from the base spec",
    ),
    (
        "another_port",
        |workspace, doors| {
            let port = doors.other.local_addr().unwrap().port();
            edit(workspace, doors, &format!("port = {}", doors.port()), &format!("port = {port}"));
        },
        "`[host] port` differs from the base spec",
    ),
    (
        "no_port",
        |workspace, doors| edit(workspace, doors, &format!("port = {}\n", doors.port()), ""),
        "`[host] port` differs from the base spec",
    ),
    (
        "another_user",
        |workspace, doors| edit(workspace, doors, "user = \"root\"", "user = \"ops\""),
        "`[host] user` differs from the base spec",
    ),
    (
        "another_host_key",
        |workspace, doors| edit(workspace, doors, "SHA256:1rPU", "SHA256:2rPU"),
        "`[host] host_key` differs from the base spec",
    ),
    (
        "no_host_key",
        |workspace, doors| {
            let start = "host_key = \"SHA256:1rPUrk2S8jhW3jKBMjH8mZqkGj0jv7vAQ7qgXqvN2Ko\"\n";
            edit(workspace, doors, start, "");
        },
        "`[host] host_key` differs from the base spec",
    ),
    (
        "a_jump_host",
        |workspace, doors| {
            in_host(workspace, doors, &format!("jump = \"root@{}\"", doors.elsewhere()))
        },
        "`[host] jump` differs from the base spec",
    ),
    (
        "a_key_of_this_machine",
        |workspace, doors| in_host(workspace, doors, "identity_files = [\"~/.ssh/id_ed25519\"]"),
        "`[host] identity_files` differs from the base spec",
    ),
    (
        "sudo_with_a_secret",
        |workspace, doors| {
            in_host(workspace, doors, "sudo_password = { secret = \"vendor/token\" }")
        },
        "`[host] sudo_password` differs from the base spec",
    ),
    (
        "another_file_of_secrets",
        |workspace, doors| edit(workspace, doors, UNREAD, "secrets.toml"),
        "`[secrets] file` differs from the base spec",
    ),
    (
        "no_file_of_secrets",
        |workspace, doors| {
            let section = format!("[secrets]\nfile = \"../../home/{UNREAD}\"\n");
            edit(workspace, doors, &section, "");
        },
        "`[secrets] file` differs from the base spec",
    ),
    (
        "another_id",
        |workspace, doors| edit(workspace, doors, "id = \"a.example\"", "id = \"b.example\""),
        "`id` differs from the base spec",
    ),
    (
        "a_variable_as_content",
        |workspace, doors| {
            edit(workspace, doors, "\"hello\\n\"", "{ env = \"AWS_SECRET_ACCESS_KEY\" }")
        },
        "`AWS_SECRET_ACCESS_KEY` is not named in the base spec",
    ),
    (
        "a_variable_of_a_module",
        |workspace, doors| {
            let more = "\n[well_known]\nserver_name = { env = \"TOKEN\" }\n";
            workspace.head("prod.toml", &format!("{}{more}", doors.spec()));
        },
        "`TOKEN` is not named in the base spec",
    ),
    (
        "a_jump_host_in_an_include",
        |workspace, doors| {
            in_include(workspace, doors, &format!("[host]\njump = \"{}\"\n", doors.elsewhere()));
        },
        "`[host] jump` differs from the base spec",
    ),
    (
        "a_host_unset",
        |workspace, doors| {
            let text = doors.spec().replacen("[host]\n", "[host]\njump = \"none\"\n", 1);
            workspace.head("base.toml", &text);
            let head = "include = [\"base.toml\"]\nunset = [\"host.host_key\"]\n";
            workspace.head("prod.toml", head);
        },
        "`[host] host_key` differs from the base spec",
    ),
    (
        "an_include_of_the_home",
        |workspace, doors| {
            let text = format!("include = [\"../../home/secrets.toml\"]\n{}", doors.spec());
            workspace.head("prod.toml", &text);
        },
        "leads outside",
    ),
    (
        "an_include_that_is_a_link",
        |workspace, doors| {
            workspace.link("../../home/secrets.toml", "more.toml");
            workspace.head("prod.toml", &format!("include = [\"more.toml\"]\n{}", doors.spec()));
        },
        "leads outside",
    ),
    (
        "the_spec_is_a_link",
        |workspace, _| {
            std::fs::remove_file(workspace.path("work/head/prod.toml")).unwrap();
            workspace.link("../../home/secrets.toml", "prod.toml");
        },
        "leads outside",
    ),
    (
        "the_age_file_is_a_link",
        |workspace, _| {
            std::fs::remove_file(workspace.path("work/head/prod.secrets.age")).unwrap();
            workspace.link("../../home/secrets.toml", "prod.secrets.age");
        },
        "not a regular file",
    ),
    (
        "modules_are_a_link",
        |workspace, _| {
            workspace.write("home/modules/own/module.toml", &format!("summary = \"{CANARY}\"\n"));
            workspace.link("../../home/modules", "modules");
        },
        "leads outside",
    ),
    (
        "content_of_the_home",
        |workspace, doors| {
            workspace.link("../../home/.ssh/id_ed25519", "key");
            edit(workspace, doors, "content = \"hello\\n\"", "source = \"key\"");
        },
        "leads outside",
    ),
];

fn workspace(doors: &Doors) -> Workspace {
    let workspace = Workspace::new();
    workspace.write("work/base/prod.toml", &doors.spec());
    workspace.head("prod.toml", &doors.spec());
    // An SSH configuration of the user, in case the host is reached by name.
    let config = format!("Host *\n  ProxyJump {}\n", doors.elsewhere());
    workspace.write("work/head/.ssh/config", &config);
    workspace.write("work/head/ssh_config", &config);
    workspace
}

const WORDS: [&str; 4] = ["plan", "head/prod.toml", "--host-of", "base/prod.toml"];

#[test]
fn a_hostile_head_connects_nowhere_and_opens_nothing() {
    let mut wrong = Vec::new();
    for (name, prepare, wanted) in CASES {
        let doors = Doors::open();
        let workspace = workspace(&doors);
        prepare(&workspace, &doors);
        let output = workspace.traced(&WORDS);
        let printed = format!("{}{}", text(&output.stdout), text(&output.stderr));
        let escapes = workspace.escapes();
        let places = printed.matches("base/prod.toml:").count();
        let is_named = !wanted.contains("differs from") || places > 0;
        let is_fine = output.status.code() == Some(1)
            && printed.contains(wanted)
            && is_named
            && !printed.contains(CANARY)
            && escapes.is_empty()
            && doors.host.accept().is_err()
            && doors.other.accept().is_err();
        if !is_fine {
            wrong.push(format!("{name}: {:?}\n{printed}\n{}", output.status, escapes.join("\n")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// Everything else may differ. This also shows that the listeners notice a connection.
#[test]
fn a_head_for_the_same_host_connects_only_there() {
    let doors = Doors::open();
    let workspace = workspace(&doors);
    let spec = doors.spec();
    let (start, host) = spec.split_once("[host]").unwrap();
    let (host, rest) = host.split_once("\n\n").unwrap();
    let mut lines: Vec<&str> = host.trim().lines().collect();
    lines.reverse();
    // The same settings written differently: another order, comments and an included file.
    workspace.head("place.toml", &format!("[host]\n{}\n", lines.join(" # as ever\n")));
    let body = rest.replace("hello", "good morning");
    workspace.head("prod.toml", &format!("include = [\"place.toml\"]\n{start}{body}"));
    let output = workspace.traced(&WORDS);
    let stderr = text(&output.stderr);
    assert!(!stderr.contains("base spec"), "{stderr}");
    assert!(doors.host.accept().is_ok(), "{stderr}");
    assert!(doors.other.accept().is_err());
    let trace = std::fs::read_to_string(workspace.path("trace")).unwrap();
    let connects: Vec<&str> = trace.lines().filter(|line| line.contains("connect(")).collect();
    let there = format!("sin_port=htons({})", doors.port());
    let is_there = |line: &&str| line.contains(&there) && line.contains("127.0.0.1");
    let others: Vec<&str> = connects.iter().copied().filter(|line| !is_there(line)).collect();
    assert!(!connects.is_empty());
    assert!(others.iter().all(|line| line.contains("AF_UNIX")), "{others:?}");
    assert!(!trace.contains("work/head/.ssh") && !trace.contains("\"ssh_config\", O_RDONLY)"));
}

/// A relative path in `[secrets]` starts at the main branch's directory, not the head's.
#[test]
fn a_relative_secrets_file_is_resolved_in_the_base() {
    let doors = Doors::open();
    let workspace = workspace(&doors);
    let file = format!("../../home/{UNREAD}");
    for side in ["base", "head"] {
        let spec = doors.spec().replace(&file, "../secrets.toml");
        workspace.write(&format!("work/{side}/inventory/prod.toml"), &spec);
        workspace.write(&format!("work/{side}/secrets.toml"), "not toml\n");
    }
    let output = workspace.traced(&[
        "plan",
        "head/inventory/prod.toml",
        "--host-of",
        "base/inventory/prod.toml",
    ]);
    let stderr = text(&output.stderr);
    assert!(
        stderr.contains("base/inventory/../secrets.toml") || stderr.contains("base/secrets.toml"),
        "{stderr}"
    );
    let trace = std::fs::read_to_string(workspace.path("trace")).unwrap();
    assert!(!trace.contains("head/secrets.toml") && !trace.contains("head/inventory/../secrets"));
    assert!(Path::new(&workspace.path("work/head/secrets.toml")).exists());
}
