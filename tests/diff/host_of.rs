//! `plan HEAD --host-of BASE`: whatever HEAD contains, only BASE determines the host to connect to and the stores to
//! open.

use crate::hostile::{CANARY, Desk};
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
type Case = (&'static str, fn(&Desk, &Doors), &'static str);

fn edit(desk: &Desk, doors: &Doors, from: &str, to: &str) {
    let spec = doors.spec();
    assert!(spec.contains(from), "{from}");
    desk.head("prod.toml", &spec.replacen(from, to, 1));
}

fn in_host(desk: &Desk, doors: &Doors, line: &str) {
    edit(desk, doors, "[host]\n", &format!("[host]\n{line}\n"));
}

fn in_include(desk: &Desk, doors: &Doors, text: &str) {
    desk.head("base.toml", text);
    desk.head("prod.toml", &format!("include = [\"base.toml\"]\n{}", doors.spec()));
}

const CASES: &[Case] = &[
    (
        "another_address",
        |desk, doors| edit(desk, doors, "127.0.0.1", "127.0.0.2"),
        "`[host] address` differs from the base spec",
    ),
    (
        "another_address_from_the_environment",
        |desk, doors| edit(desk, doors, "\"127.0.0.1\"", "{ env = \"TOKEN\" }"),
        "`[host] address` differs from the base spec",
    ),
    (
        "another_port",
        |desk, doors| {
            let port = doors.other.local_addr().unwrap().port();
            edit(desk, doors, &format!("port = {}", doors.port()), &format!("port = {port}"));
        },
        "`[host] port` differs from the base spec",
    ),
    (
        "no_port",
        |desk, doors| edit(desk, doors, &format!("port = {}\n", doors.port()), ""),
        "`[host] port` differs from the base spec",
    ),
    (
        "another_user",
        |desk, doors| edit(desk, doors, "user = \"root\"", "user = \"ops\""),
        "`[host] user` differs from the base spec",
    ),
    (
        "another_host_key",
        |desk, doors| edit(desk, doors, "SHA256:1rPU", "SHA256:2rPU"),
        "`[host] host_key` differs from the base spec",
    ),
    (
        "no_host_key",
        |desk, doors| {
            let start = "host_key = \"SHA256:1rPUrk2S8jhW3jKBMjH8mZqkGj0jv7vAQ7qgXqvN2Ko\"\n";
            edit(desk, doors, start, "");
        },
        "`[host] host_key` differs from the base spec",
    ),
    (
        "a_jump_host",
        |desk, doors| in_host(desk, doors, &format!("jump = \"root@{}\"", doors.elsewhere())),
        "`[host] jump` differs from the base spec",
    ),
    (
        "a_key_of_this_machine",
        |desk, doors| in_host(desk, doors, "identity_files = [\"~/.ssh/id_ed25519\"]"),
        "`[host] identity_files` differs from the base spec",
    ),
    (
        "sudo_with_a_secret",
        |desk, doors| in_host(desk, doors, "sudo_password = { secret = \"vendor/token\" }"),
        "`[host] sudo_password` differs from the base spec",
    ),
    (
        "another_file_of_secrets",
        |desk, doors| edit(desk, doors, UNREAD, "secrets.toml"),
        "`[secrets] file` differs from the base spec",
    ),
    (
        "no_file_of_secrets",
        |desk, doors| {
            let section = format!("[secrets]\nfile = \"../../home/{UNREAD}\"\n");
            edit(desk, doors, &section, "");
        },
        "`[secrets] file` differs from the base spec",
    ),
    (
        "another_id",
        |desk, doors| edit(desk, doors, "id = \"a.example\"", "id = \"b.example\""),
        "`id` differs from the base spec",
    ),
    (
        "a_variable_as_content",
        |desk, doors| edit(desk, doors, "\"hello\\n\"", "{ env = \"AWS_SECRET_ACCESS_KEY\" }"),
        "`AWS_SECRET_ACCESS_KEY` is not named in the base spec",
    ),
    (
        "a_variable_of_a_module",
        |desk, doors| {
            let more = "\n[well_known]\nserver_name = { env = \"TOKEN\" }\n";
            desk.head("prod.toml", &format!("{}{more}", doors.spec()));
        },
        "`TOKEN` is not named in the base spec",
    ),
    (
        "a_jump_host_in_an_include",
        |desk, doors| {
            in_include(desk, doors, &format!("[host]\njump = \"{}\"\n", doors.elsewhere()));
        },
        "`[host] jump` differs from the base spec",
    ),
    (
        "a_host_unset",
        |desk, doors| {
            let text = doors.spec().replacen("[host]\n", "[host]\njump = \"none\"\n", 1);
            desk.head("base.toml", &text);
            let head = "include = [\"base.toml\"]\nunset = [\"host.host_key\"]\n";
            desk.head("prod.toml", head);
        },
        "`[host] host_key` differs from the base spec",
    ),
    (
        "an_include_of_the_home",
        |desk, doors| {
            let text = format!("include = [\"../../home/secrets.toml\"]\n{}", doors.spec());
            desk.head("prod.toml", &text);
        },
        "leads outside",
    ),
    (
        "an_include_that_is_a_link",
        |desk, doors| {
            desk.link("../../home/secrets.toml", "more.toml");
            desk.head("prod.toml", &format!("include = [\"more.toml\"]\n{}", doors.spec()));
        },
        "leads outside",
    ),
    (
        "the_spec_is_a_link",
        |desk, _| {
            std::fs::remove_file(desk.path("work/head/prod.toml")).unwrap();
            desk.link("../../home/secrets.toml", "prod.toml");
        },
        "leads outside",
    ),
    (
        "the_age_file_is_a_link",
        |desk, _| {
            std::fs::remove_file(desk.path("work/head/prod.secrets.age")).unwrap();
            desk.link("../../home/secrets.toml", "prod.secrets.age");
        },
        "not a regular file",
    ),
    (
        "modules_are_a_link",
        |desk, _| {
            desk.write("home/modules/own/module.toml", &format!("summary = \"{CANARY}\"\n"));
            desk.link("../../home/modules", "modules");
        },
        "leads outside",
    ),
    (
        "content_of_the_home",
        |desk, doors| {
            desk.link("../../home/.ssh/id_ed25519", "key");
            edit(desk, doors, "content = \"hello\\n\"", "source = \"key\"");
        },
        "leads outside",
    ),
];

fn desk(doors: &Doors) -> Desk {
    let desk = Desk::new();
    desk.write("work/base/prod.toml", &doors.spec());
    desk.head("prod.toml", &doors.spec());
    // An SSH configuration of the user, in case the host is reached by name.
    let config = format!("Host *\n  ProxyJump {}\n", doors.elsewhere());
    desk.write("work/head/.ssh/config", &config);
    desk.write("work/head/ssh_config", &config);
    desk
}

const WORDS: [&str; 4] = ["plan", "head/prod.toml", "--host-of", "base/prod.toml"];

#[test]
fn a_hostile_head_connects_nowhere_and_opens_nothing() {
    let mut wrong = Vec::new();
    for (name, prepare, wanted) in CASES {
        let doors = Doors::open();
        let desk = desk(&doors);
        prepare(&desk, &doors);
        let output = desk.traced(&WORDS);
        let said = format!("{}{}", text(&output.stdout), text(&output.stderr));
        let escapes = desk.escapes();
        let places = said.matches("base/prod.toml:").count();
        let is_named = !wanted.contains("differs from") || places > 0;
        let is_fine = output.status.code() == Some(1)
            && said.contains(wanted)
            && is_named
            && !said.contains(CANARY)
            && escapes.is_empty()
            && doors.host.accept().is_err()
            && doors.other.accept().is_err();
        if !is_fine {
            wrong.push(format!("{name}: {:?}\n{said}\n{}", output.status, escapes.join("\n")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// Everything else may differ. This also shows that the listeners notice a connection.
#[test]
fn a_head_for_the_same_host_connects_only_there() {
    let doors = Doors::open();
    let desk = desk(&doors);
    let spec = doors.spec();
    let (start, host) = spec.split_once("[host]").unwrap();
    let (host, rest) = host.split_once("\n\n").unwrap();
    let mut lines: Vec<&str> = host.trim().lines().collect();
    lines.reverse();
    // The same settings written differently: another order, comments and an included file.
    desk.head("place.toml", &format!("[host]\n{}\n", lines.join(" # as ever\n")));
    let body = rest.replace("hello", "good morning");
    desk.head("prod.toml", &format!("include = [\"place.toml\"]\n{start}{body}"));
    let output = desk.traced(&WORDS);
    let said = text(&output.stderr);
    assert!(!said.contains("base spec"), "{said}");
    assert!(doors.host.accept().is_ok(), "{said}");
    assert!(doors.other.accept().is_err());
    let trace = std::fs::read_to_string(desk.path("trace")).unwrap();
    let connects: Vec<&str> = trace.lines().filter(|line| line.contains("connect(")).collect();
    let there = format!("sin_port=htons({})", doors.port());
    let is_there = |line: &&str| line.contains(&there) && line.contains("127.0.0.1");
    let others: Vec<&str> = connects.iter().copied().filter(|line| !is_there(line)).collect();
    assert!(!connects.is_empty());
    assert!(others.iter().all(|line| line.contains("AF_UNIX")), "{others:?}");
    assert!(!trace.contains("work/head/.ssh") && !trace.contains("\"ssh_config\", O_RDONLY)"));
}

/// A relative path in `[secrets]` starts at the main branch's folder, not the head's.
#[test]
fn a_relative_secrets_file_is_resolved_in_the_base() {
    let doors = Doors::open();
    let desk = desk(&doors);
    let file = format!("../../home/{UNREAD}");
    for side in ["base", "head"] {
        let spec = doors.spec().replace(&file, "../secrets.toml");
        desk.write(&format!("work/{side}/inventory/prod.toml"), &spec);
        desk.write(&format!("work/{side}/secrets.toml"), "not toml\n");
    }
    let output =
        desk.traced(&["plan", "head/inventory/prod.toml", "--host-of", "base/inventory/prod.toml"]);
    let said = text(&output.stderr);
    assert!(
        said.contains("base/inventory/../secrets.toml") || said.contains("base/secrets.toml"),
        "{said}"
    );
    let trace = std::fs::read_to_string(desk.path("trace")).unwrap();
    assert!(!trace.contains("head/secrets.toml") && !trace.contains("head/inventory/../secrets"));
    assert!(Path::new(&desk.path("work/head/secrets.toml")).exists());
}
