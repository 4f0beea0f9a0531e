//! Existing use of nginx and PostgreSQL on a host: the modules' surveys over configurations as printed by `nginx -T`
//! and found in pg_hba.conf. The lab checks that real programs print them like this.

#[path = "../support/any_secret.rs"]
mod any_secret;

use crate::machine::{Machine, SHELLS};
use any_secret::Any;
use matrixform::for_tests::diagnostic::Source;
use matrixform::for_tests::module::{Modules, embedded, expand, golden};
use matrixform::for_tests::spec::{Spec, files::InMemory};
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

const FRONT: &str = "[tls]\nprovider = \"self-signed\"\n[well_known]\nserver_name = \"example.org\"\n\
    server = \"matrix.example.org:443\"\nbase_url = \"https://matrix.example.org\"\n\
    contacts = [{ role = \"m.role.admin\", email_address = \"a@example.org\" }]\n\
    [[nginx.extra_routes]]\nsite = \"matrix.example.org\"\npath = \"/_matrix/\"\nto = \"127.0.0.1:8008\"\n";

/// The survey of an activation in a spec.
fn survey(text: &str, activation: &str) -> String {
    let text = format!("format = 1\n[host]\naddress = \"192.0.2.1\"\n{text}");
    let spec = Spec::read(&Source::new("prod.toml", text), Arc::new(InMemory::default())).unwrap();
    let modules = Modules::load(&embedded(), &[]).unwrap();
    let facts = golden::facts("debian-13").unwrap();
    let expansion = expand(&spec, &modules, &facts, &Any).unwrap();
    let own = expansion.activations.iter().find(|one| one.name == activation);
    own.unwrap().survey.clone().unwrap()
}

/// Its findings, the same under each shell; `bin` comes first on PATH.
fn finds(survey: &str, bin: &Path) -> Vec<String> {
    let run = |shell: &[&str]| {
        let path = format!("{}:/usr/bin:/bin", bin.display());
        let mut command = Command::new(shell[0]);
        command.args(&shell[1..]).args(["-c", survey]).env("PATH", path);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{output:?}");
        let stdout = String::from_utf8(output.stdout).unwrap();
        stdout.lines().filter(|line| line.starts_with("MF")).map(str::to_owned).collect::<Vec<_>>()
    };
    let (dash, busybox) = (run(&["dash"]), run(&["busybox", "sh"]));
    assert_eq!(dash, busybox);
    dash
}

/// The survey's findings in these nginx files, given in the order in which nginx reads them.
fn neighbours(spec: &str, files: &[(&str, &str)]) -> Vec<String> {
    let bin = tempfile::tempdir().unwrap();
    let dump = bin.path().join("dump");
    let text = |(name, text): &(&str, &str)| format!("# configuration file {name}:\n{text}\n\n");
    std::fs::write(&dump, files.iter().map(text).collect::<String>()).unwrap();
    let nginx = bin.path().join("nginx");
    std::fs::write(&nginx, format!("#!/bin/sh\ncat {}\n", dump.display())).unwrap();
    std::fs::set_permissions(&nginx, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    // The ports and sites of this machine must not matter.
    let survey = survey(spec, "nginx")
        .replace("/run/nginx.pid", dump.to_str().unwrap())
        .replace("/proc/net/tcp", "/nowhere/tcp");
    finds(&survey, bin.path())
}

const CONF: &str = "user www-data;\nhttp {\n    include /etc/nginx/conf.d/*.conf;\n    include sites-enabled/*;\n}";

/// The findings for files beside Debian's nginx.conf.
fn beside(spec: &str, files: &[(&str, &str)]) -> Vec<String> {
    let all: Vec<(&str, &str)> =
        std::iter::once(("/etc/nginx/nginx.conf", CONF)).chain(files.iter().copied()).collect();
    neighbours(spec, &all)
}

fn nginx(lines: &str) -> String {
    format!("[nginx]\n{lines}\n{FRONT}")
}

#[test]
fn a_site_with_one_of_our_names_is_found_anywhere() {
    let site = "# old\nserver {\n  listen 443 ssl; listen [::]:443 ssl;\n  server_name blog.example\n    \"Matrix.example.org\";\n  location / { root /srv; }\n}";
    let found = beside(&nginx(""), &[("/etc/nginx/sites-enabled/blog", site)]);
    let line = "MF120 /etc/nginx/sites-enabled/blog:4: server_name matrix.example.org, port 443";
    assert_eq!(found, [line]);
    let inside =
        format!("{}\n    server {{ server_name example.org; }}\n}}", CONF.trim_end_matches("\n}"));
    let found = neighbours(&nginx(""), &[("/etc/nginx/nginx.conf", &inside)]);
    assert_eq!(found, ["MF120 /etc/nginx/nginx.conf:5: server_name example.org, port 80"]);
}

#[test]
fn equivalent_names_are_found() {
    let found = |name: &str| {
        let site = format!("server {{ listen 80; server_name {name}; }}");
        beside(&nginx(""), &[("/etc/nginx/conf.d/a.conf", &site)]).len()
    };
    for name in [
        "*.example.org",
        "matrix.example.*",
        "~^matrix\\.example\\.org$",
        "~*^MATRIX|matrix",
        "example.org",
    ] {
        assert_eq!(found(name), 1, "{name}");
    }
    assert_eq!(found(".example.org"), 2);
    for name in
        ["_", "www.example.org", "*.matrix.example.org", "notexample.org", "~^(?<a>b)$", "\"\""]
    {
        assert_eq!(found(name), 0, "{name}");
    }
}

#[test]
fn other_ports_streams_and_comments_do_not_conflict() {
    let files = [
        ("/etc/nginx/conf.d/a.conf", "server { listen 8080; server_name example.org; }"),
        ("/etc/nginx/conf.d/b.conf", "server { listen unix:/run/x; server_name example.org; }"),
        (
            "/etc/nginx/conf.d/c.conf",
            "# server { server_name example.org; }\nupstream up { server example.org; }",
        ),
        (
            "/etc/nginx/modules-enabled/s.conf",
            "stream {\n server { listen 8443; server_name example.org; }\n}",
        ),
    ];
    assert_eq!(beside(&nginx(""), &files), Vec::<String>::new());
}

#[test]
fn names_we_already_serve_are_not_conflicts() {
    let ours = (
        "/etc/nginx/conf.d/matrixform.conf",
        "server { listen 443 ssl; server_name matrix.example.org; }",
    );
    let site = "server { listen 443 ssl; server_name matrix.example.org; }";
    let after = beside(&nginx(""), &[ours, ("/etc/nginx/sites-enabled/z", site)]);
    assert_eq!(after, Vec::<String>::new());
    let before = beside(&nginx(""), &[("/etc/nginx/conf.d/aa.conf", site), ours]);
    let line = "MF120 /etc/nginx/conf.d/aa.conf:1: server_name matrix.example.org, port 443, and nginx reads it before ours: accepting it does not help";
    assert_eq!(before, [line]);
}

#[test]
fn default_servers_and_addresses_of_others_are_found() {
    let files = [
        (
            "/etc/nginx/conf.d/a.conf",
            "server { listen 80 default_server; listen [::]:443 ssl default; server_name _; }",
        ),
        ("/etc/nginx/conf.d/b.conf", "server {\n  listen 203.0.113.5:443 ssl default_server;\n}"),
        (
            "/etc/nginx/sites-enabled/default",
            "# matrixform: nginx. For names\nserver { listen 80 default_server; }",
        ),
    ];
    let address = "MF122 /etc/nginx/conf.d/b.conf:2: listen 203.0.113.5:443";
    let found = beside(&nginx(""), &files);
    let both = [
        "MF121 /etc/nginx/conf.d/a.conf:1: listen 80 default_server",
        "MF121 /etc/nginx/conf.d/a.conf:1: listen [::]:443 default_server",
        address,
    ];
    assert_eq!(found, both);
    assert_eq!(beside(&nginx("default_server = false"), &files), [address]);
}

#[test]
fn a_configuration_that_does_not_include_our_files_is_found() {
    let found =
        |conf: &str, spec: &str| neighbours(&nginx(spec), &[("/etc/nginx/nginx.conf", conf)]);
    let lacks = |what: &str| format!("MF124 it lacks `include /etc/nginx/{what};`");
    let bare =
        "http {\n  # include conf.d/*.conf;\n}\nstream { include /etc/nginx/conf.d/*.conf; }";
    assert_eq!(found(bare, ""), [lacks("conf.d/*.conf"), lacks("sites-enabled/*")]);
    let half =
        "http { include /etc/nginx/conf.d/*.conf; include /etc/nginx/sites-enabled/*.conf; }";
    assert_eq!(found(half, ""), [lacks("sites-enabled/*")]);
    assert_eq!(found(half, "default_server = false"), Vec::<String>::new());
}

#[test]
fn the_owner_of_a_port_is_named() {
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = other.local_addr().unwrap().port();
    let survey = survey(&nginx(""), "nginx").replace("80 443", &port.to_string());
    let survey = survey
        .replace("/run/nginx.pid", "/nowhere/pid")
        .replace("/etc/nginx/sites-enabled", "/nowhere");
    let found = finds(&survey, Path::new("/nowhere"));
    let comm = std::fs::read_to_string("/proc/self/comm").unwrap();
    let begins = format!("MF123 port {port}: {} (pid {}", comm.trim(), std::process::id());
    assert!(found.len() == 1 && found[0].starts_with(&begins), "{begins}: {found:?}");
    drop(other);
    assert_eq!(finds(&survey, Path::new("/nowhere")), Vec::<String>::new());
}

/// An nginx worker that ends after a reload, a process that ends between two looks, and one of another program.
#[test]
fn a_process_that_has_ended_holds_no_port() {
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = other.local_addr().unwrap().port();
    let processes = tempfile::tempdir().unwrap();
    let sockets = std::fs::read_dir("/proc/self/fd").unwrap().map(|one| one.unwrap().path());
    let own: Vec<_> = sockets.filter_map(|fd| std::fs::read_link(fd).ok()).collect();
    let process = |id: &str, comm: Option<&str>, unit: &str| {
        let directory = processes.path().join(id);
        std::fs::create_dir_all(directory.join("fd")).unwrap();
        for (number, socket) in own.iter().enumerate() {
            std::os::unix::fs::symlink(socket, directory.join("fd").join(number.to_string()))
                .unwrap();
        }
        if let Some(comm) = comm {
            std::fs::write(directory.join("comm"), comm).unwrap();
            std::fs::write(directory.join("cgroup"), format!("0::/system.slice/{unit}\n")).unwrap();
        }
    };
    let survey = survey(&nginx(""), "nginx")
        .replace("80 443", &port.to_string())
        .replace("/proc/[0-9]*", &format!("{}/[0-9]*", processes.path().display()))
        .replace("/proc/$process", &format!("{}/$process", processes.path().display()))
        .replace("/run/nginx.pid", "/nowhere/pid")
        .replace("/etc/nginx/sites-enabled", "/nowhere");
    let found = || finds(&survey, Path::new("/nowhere"));
    process("101", None, "");
    let user = rustix::process::getuid().as_raw();
    let unseen =
        format!("MF123 port {port}: a program of user id {user} that cannot be seen from here");
    assert_eq!(found(), [unseen]);
    process("102", Some("caddy\n"), "caddy.service");
    assert_eq!(found(), [format!("MF123 port {port}: caddy (pid 102, caddy.service)")]);
    process("103", Some("nginx\n"), "nginx.service");
    assert_eq!(found(), Vec::<String>::new());
}

/// Processes come and go while they are listed; a look that misses the holder of a socket is no finding.
#[test]
fn a_port_owner_missed_once_is_searched_again() {
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = other.local_addr().unwrap().port();
    let bin = tempfile::tempdir().unwrap();
    // The first look for each socket finds nothing, the second one is real.
    let find = "#!/bin/sh\nif mkdir \"$0.looked\" 2>/dev/null; then exit 0; fi\nPATH=/usr/bin:/bin exec find \"$@\"\n";
    let path = bin.path().join("find");
    std::fs::write(&path, find).unwrap();
    std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let survey = survey(&nginx(""), "nginx")
        .replace("80 443", &port.to_string())
        .replace("find /proc", &format!("{} /proc", path.display()))
        .replace("/run/nginx.pid", "/nowhere/pid")
        .replace("/etc/nginx/sites-enabled", "/nowhere");
    let found = finds(&survey, Path::new("/nowhere"));
    assert!(bin.path().join("find.looked").exists());
    let begins = format!("MF123 port {port}: ");
    assert!(found.len() == 1 && found[0].starts_with(&begins), "{found:?}");
    assert!(!found[0].contains("cannot be seen"), "{found:?}");
}

#[test]
fn program_names_cannot_forge_lines() {
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = other.local_addr().unwrap().port();
    let bin = tempfile::tempdir().unwrap();
    let comm = bin.path().join("comm");
    std::fs::write(&comm, "a\\nMF120 b\\0101\nMF125 c\u{1b}\n").unwrap();
    let survey = survey(&nginx(""), "nginx")
        .replace("80 443", &port.to_string())
        .replace("/proc/$process/comm", comm.to_str().unwrap())
        .replace("/run/nginx.pid", "/nowhere/pid")
        .replace("/etc/nginx/sites-enabled", "/nowhere");
    let found = finds(&survey, bin.path());
    let begins = format!("MF123 port {port}: a\\nMF120 b\\0101MF125 c (pid ");
    assert!(found.len() == 1 && found[0].starts_with(&begins), "{found:?}");
}

#[test]
fn an_unreadable_nginx_does_not_count_as_conflict_free() {
    let bin = tempfile::tempdir().unwrap();
    let nginx_file = bin.path().join("nginx");
    let script = "#!/bin/sh\necho 'nginx: [emerg] unknown directive \"x\" in /a:1' >&2\n\
        echo 'nginx: configuration file /etc/nginx/nginx.conf test failed' >&2\nexit 1\n";
    std::fs::write(&nginx_file, script).unwrap();
    std::fs::set_permissions(&nginx_file, std::os::unix::fs::PermissionsExt::from_mode(0o755))
        .unwrap();
    let survey = survey(&nginx(""), "nginx")
        .replace("/run/nginx.pid", nginx_file.to_str().unwrap())
        .replace("/proc/net/tcp", "/nowhere/tcp");
    for shell in [&["dash"][..], &["busybox", "sh"]] {
        let path = format!("{}:/usr/bin:/bin", bin.path().display());
        let mut command = Command::new(shell[0]);
        let output = command.args(&shell[1..]).args(["-c", &survey]).env("PATH", path).output();
        let output = output.unwrap();
        let stdout = String::from_utf8_lossy(&output.stdout);
        let last = stdout.lines().last().unwrap_or_default();
        assert_eq!(output.status.code(), Some(1));
        assert_eq!(last, "nginx: [emerg] unknown directive \"x\" in /a:1");
    }
}

#[test]
fn failed_and_slow_surveys_report_their_status() {
    for shell in SHELLS {
        let script = format!(
            "{}\nsurvey_observe front 'echo no; exit 3' slow 'exit 124' none true\n",
            include_str!("../../src/apply/inspect.sh")
        );
        let (output, _) = Machine(shell).run(&script);
        let expected = "front\0status=3\0output=no\0\0slow\0status=124\0output=\0\0";
        assert_eq!(String::from_utf8_lossy(&output), expected);
    }
}

#[test]
fn removed_pg_hba_lines_are_listed_without_passwords() {
    let directory = tempfile::tempdir().unwrap();
    let hba = directory.path().join("pg_hba.conf");
    let text = "# a comment\nlocal   all   all   peer\nlocal all postgres peer # the admin\n\
        host blog blog 10.0.0.0/8 scram-sha-256\nhostssl wiki wiki 10.0.0.0/8 scram-sha-256\n\
        host all all 10.0.0.0/8 ldap ldapserver=x ldapbindpasswd=\"hush # hush\" ldapport=1\n\
        host all all 10.0.0.0/8 radius radiussecrets=hush\n";
    std::fs::write(&hba, text).unwrap();
    let spec = "[postgres]\n[[postgres.access]]\ndatabase = \"wiki\"\nrole = \"wiki\"\nfrom = \"10.0.0.0/8\"\n";
    let survey = survey(spec, "postgres");
    let survey = survey.replace("/etc/postgresql/17/main", directory.path().to_str().unwrap());
    let found = finds(&survey, Path::new("/nowhere"));
    let line = |number: u32, text: &str| format!("MF126 {}:{number}: {text}", hba.display());
    assert_eq!(found.len(), 3, "{found:?}");
    assert_eq!(found[0], line(4, "host blog blog 10.0.0.0/8 scram-sha-256"));
    assert!(
        found[1].contains("ldapbindpasswd=…") && found[2].contains("radiussecrets=…"),
        "{found:?}"
    );
    assert!(!found.concat().contains("hush"), "{found:?}");
}
