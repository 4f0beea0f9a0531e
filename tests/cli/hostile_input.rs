//! Files that no person would write: endless, deeply nested, in a wrong encoding. The program always exits soon with a
//! message, and is never killed by a signal.

use crate::host::{Ran, command, run};
use std::path::Path;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Time limit for a file, on a busy machine without optimisation.
const PATIENCE: Duration = Duration::from_secs(60);

/// A valid spec for a host without a listener.
const SPEC: &str = "[host]\naddress = \"127.0.0.1\"\nport = 1\n";

struct Workspace(TempDir);

impl Workspace {
    fn new() -> Workspace {
        let workspace = Workspace(tempfile::tempdir().unwrap());
        workspace.write("prod.toml", SPEC);
        workspace
    }

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        let path = self.0.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }

    /// Runs `plan`, which must exit with this status soon; the first line of its message.
    fn ends(&self, case: &str, status: i32) -> String {
        let began = Instant::now();
        let ran = run(&mut command(self.0.path(), &["plan", "prod.toml"]));
        assert!(began.elapsed() < PATIENCE, "{case} took {:?}", began.elapsed());
        let shown = cut(&ran);
        assert_eq!(ran.status, status, "{case}: {shown}");
        assert!(
            ran.stderr.starts_with("error: ") && !ran.stderr.contains("panicked"),
            "{case}: {shown}"
        );
        ran.stderr.lines().next().unwrap().to_owned()
    }
}

fn cut(ran: &Ran) -> String {
    ran.stderr.chars().take(2000).collect()
}

/// A spec with this text as the content of a file.
fn content(text: &str) -> String {
    format!("{SPEC}[[resource]]\nkind = \"file\"\nname = \"/srv/a\"\ncontent = '''{text}'''\n")
}

#[test]
fn huge_expressions_and_templates() {
    let many = |text: &str, times: usize| text.repeat(times);
    let workspace = Workspace::new();
    for (case, text) in [
        ("parentheses", format!("{{{{ {}1{} }}}}", many("(", 10_000), many(")", 10_000))),
        ("lists", format!("{{{{ {}{} }}}}", many("[", 10_000), many("]", 10_000))),
        ("a sum", format!("{{{{ {}1 }}}}", many("1 + ", 10_000))),
        ("a longer sum", format!("{{{{ {}1 }}}}", many("1+", 1_000_000))),
        ("a text", format!("{{{{ {}1 }}}}", many("'}}' ~ ", 10_000))),
        ("attributes", format!("{{{{ facts{} }}}}", many(".os", 10_000))),
        ("items", format!("{{{{ facts{} }}}}", many("['os']", 10_000))),
        ("filters", format!("{{{{ facts.cpus{} }}}}", many(" | first", 10_000))),
        ("negations", format!("{{{{ {}1 }}}}", many("not ", 10_000))),
        ("signs", format!("{{{{ {}1 }}}}", many("- ", 10_000))),
        ("choices", format!("{{{{ {}1 }}}}", many("1 if 1 else ", 10_000))),
        ("branches in branches", many("{% if 1 %}", 10_000) + &many("{% endif %}", 10_000)),
        ("branches", format!("{{% if 1 %}}{}{{% endif %}}", many("{% elif 1 %}x", 10_000))),
        ("loops", many("{% for a in [1] %}", 10_000) + &many("{% endfor %}", 10_000)),
        ("openings", many("{{", 100_000)),
        ("comments", many("{#", 100_000)),
    ] {
        workspace.write("prod.toml", content(&text));
        workspace.ends(case, 1);
        workspace.write("prod.toml", content("{% include 'x' %}"));
        let sum = format!(
            "{SPEC}[[resource]]\nkind = \"file\"\nname = \"/srv/a\"\ntemplate = \"a.j2\"\n"
        );
        workspace.write("prod.toml", sum);
        workspace.write("a.j2", &text);
        workspace.ends(case, 1);
    }
}

#[test]
fn huge_bare_expressions() {
    let workspace = Workspace::new();
    for one in ["1 + ", "not ", "- ", "1 if 1 else ", "1 and ", "facts."] {
        let when = one.repeat(10_000) + "os";
        workspace.write("prod.toml", format!("{}when = \"{when}\"\n", content("x")));
        workspace.ends(one, 1);
    }
}

/// Faults that any text file can have.
fn bytes() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("invalid UTF-8", b"a = \"\xff\xfe\xc3\x28\"\n".to_vec()),
        ("UTF-16", "a = 1\n".encode_utf16().flat_map(u16::to_le_bytes).collect()),
        ("NUL", b"a = \"\0\"\n\0\0\0".to_vec()),
        ("100 MB of one line", vec![b'#'; 100_000_000]),
        ("100 MB of lines", b"# a comment\n".repeat(8_400_000)),
        ("only a mark", b"\xef\xbb\xbf\xef\xbb\xbf".to_vec()),
        ("carriage returns", b"a = 1\r\r\nb = 2\r".to_vec()),
        ("the same key again", b"a = 1\na = 2\n[b]\n[b]\n".to_vec()),
        ("10,000 tables in tables", ("[a".to_owned() + &".a".repeat(10_000) + "]\n").into_bytes()),
        ("10,000 lists in lists", ("a = ".to_owned() + &"[".repeat(10_000)).into_bytes()),
        ("10,000 tables", (0..10_000).flat_map(|n| format!("[a.b{n}]\n").into_bytes()).collect()),
        ("50,000 keys", (0..50_000).flat_map(|n| format!("a{n} = 1\n").into_bytes()).collect()),
    ]
}

#[test]
fn specs_of_any_bytes() {
    let workspace = Workspace::new();
    for (case, bytes) in bytes() {
        workspace.write("prod.toml", bytes);
        workspace.ends(case, 1);
    }
}

#[test]
fn manifests_and_templates_of_any_bytes() {
    for (case, bytes) in bytes() {
        let workspace = Workspace::new();
        workspace.write("modules/own/module.toml", &bytes);
        workspace.ends(case, 1);
        let workspace = Workspace::new();
        workspace.write("prod.toml", format!("{SPEC}[own]\n"));
        workspace.write("modules/own/module.toml", "format = 1\nsummary = \"x\"\n[[resource]]\nkind = \"file\"\nname = \"/srv/a\"\ntemplate = \"a.j2\"\n");
        workspace.write("modules/own/templates/a.j2", &bytes);
        workspace.ends(case, 1);
    }
}

#[test]
fn ssh_files_of_any_bytes() {
    // Most are valid, and say nothing about this unreachable host.
    for (case, bytes) in bytes() {
        for file in [".ssh/config", ".ssh/known_hosts"] {
            let workspace = Workspace::new();
            workspace.write(file, &bytes);
            workspace.ends(&format!("{file}: {case}"), 1);
        }
    }
    let workspace = Workspace::new();
    workspace.write(".ssh/config", "Include /dev/zero\n");
    assert!(workspace.ends("a device without an end", 1).contains("SSH configuration"));
}

#[test]
fn stores_of_secrets_of_any_bytes() {
    use std::os::unix::fs::PermissionsExt;
    for (case, bytes) in bytes() {
        let workspace = Workspace::new();
        workspace.write("prod.toml", format!("{SPEC}[secrets]\nfile = \"store.toml\"\n"));
        workspace.write("store.toml", &bytes);
        let path = workspace.0.path().join("store.toml");
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
        workspace.ends(case, 1);
    }
}

#[test]
fn devices_and_directories_instead_of_files() {
    let workspace = Workspace::new();
    for (device, expected) in [("/dev/zero", "4194304"), ("/dev/null", "host"), ("/", "directory")]
    {
        std::fs::remove_file(workspace.0.path().join("prod.toml")).unwrap();
        std::os::unix::fs::symlink(Path::new(device), workspace.0.path().join("prod.toml"))
            .unwrap();
        let line = workspace.ends(device, 1);
        assert!(line.contains(expected), "{device}: {line}");
    }
}
