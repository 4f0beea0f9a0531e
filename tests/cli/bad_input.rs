//! Invalid specs: each yields one message with its place and a fix, and no connection is made. A listener stands in for
//! the host.

use crate::assert_transcript;
use crate::host::{Ran, command, run};
use std::net::TcpListener;
use std::path::Path;
use tempfile::TempDir;

/// A directory with specs, and a listener that must not be connected to.
struct Workspace {
    home: TempDir,
    listener: TcpListener,
}

impl Workspace {
    fn new() -> Workspace {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        Workspace { home: tempfile::tempdir().unwrap(), listener }
    }

    fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        let path = self.home.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// Writes a spec with `[host]` on the first two lines, then this body.
    fn spec(&self, body: &str) {
        let address = self.listener.local_addr().unwrap();
        let host =
            format!("host = {{ address = \"{}\", port = {} }}\n", address.ip(), address.port());
        self.write("prod.toml", format!("format = 1\n{host}{body}"));
    }

    fn run(&self, args: &[&str]) -> Ran {
        let ran = run(&mut command(self.home.path(), args));
        let connected = self.listener.accept();
        assert!(connected.is_err(), "it connected to the host: {ran}");
        assert!(!self.home.path().join(".cache").exists(), "nothing is remembered");
        ran
    }
}

/// The result of `plan` for a spec with this body.
fn refusal(body: &str) -> Ran {
    let workspace = Workspace::new();
    workspace.spec(body);
    let ran = workspace.run(&["plan", "prod.toml"]);
    assert_eq!((ran.status, ran.stdout.as_str()), (1, ""), "{ran}");
    ran
}

/// The result for a `[[resource]]` with these lines.
fn resource(lines: &str) -> Ran {
    refusal(&format!("\n[[resource]]\n{lines}\n"))
}

fn file(lines: &str) -> Ran {
    resource(&format!("kind = \"file\"\nname = \"/srv/a\"\n{lines}"))
}

#[test]
fn text_that_is_not_toml() {
    assert_transcript!("no_toml", refusal("[nginx\nx = \n"));
    assert_transcript!("key_twice", refusal("[nginx]\nhttp = 1\nhttp = 2\n"));
}

#[test]
fn unknown_names() {
    assert_transcript!("unknown_section", refusal("[ngnix]\n"));
    assert_transcript!("unknown_key", refusal("[nginx]\nhstss = true\n"));
    let near = resource("kind = \"fiel\"\nname = \"/srv/a\"\ncontent = \"x\"");
    assert_transcript!("unknown_kind", near);
    assert_transcript!("unknown_attribute", file("content = \"x\"\nonwer = \"root\""));
}

#[test]
fn values_of_a_wrong_type_or_form() {
    assert_transcript!("wrong_type", file("content = \"x\"\nowner = [\"root\"]"));
    assert_transcript!("bad_mode", file("content = \"x\"\nmode = \"rw-r--r--\""));
    assert_transcript!("bad_mode_number", file("content = \"x\"\nmode = 644"));
    let path = resource("kind = \"file\"\nname = \"srv/../a\"\ncontent = \"x\"");
    assert_transcript!("bad_path", path);
    assert_transcript!(
        "bad_duration",
        refusal("[well_known]\nserver_name = \"a.example\"\nmax_age = \"1 fortnight\"\n")
    );
    assert_transcript!("missing_attribute", file("mode = \"0600\""));
    assert_transcript!("bad_port", {
        let workspace = Workspace::new();
        workspace.write("prod.toml", "[host]\naddress = \"127.0.0.1\"\nport = 99999\n");
        workspace.run(&["plan", "prod.toml"])
    });
}

#[test]
fn a_spec_without_a_host() {
    let workspace = Workspace::new();
    workspace.write("none.toml", "[nginx]\n");
    workspace.write("empty.toml", "");
    workspace.write("no-address.toml", "[host]\nuser = \"root\"\n");
    assert_transcript!("no_host", workspace.run(&["plan", "none.toml"]));
    assert_transcript!("empty_spec", workspace.run(&["plan", "empty.toml"]));
    assert_transcript!("no_address", workspace.run(&["plan", "no-address.toml"]));
}

#[test]
fn templates_of_the_user() {
    assert_transcript!("template_in_the_spec", file("content = \"x {{ facts.os.di }} y\""));
    assert_transcript!("template_cut", file("content = \"x {{ facts.os.id y\""));
    assert_transcript!("template_filter", file("content = \"{{ facts.cpus | repaet }}\""));
    let workspace = Workspace::new();
    workspace.spec("[[resource]]\nkind = \"file\"\nname = \"/srv/a\"\ntemplate = \"own/a.j2\"\n");
    assert_transcript!("template_missing", workspace.run(&["plan", "prod.toml"]));
    workspace.write("own/a.j2", "first\n{% if facts.cpus > 2 %}\n{{ fact.cpus }}\n{% endif %}\n");
    assert_transcript!("template_of_the_user", workspace.run(&["plan", "prod.toml"]));
    workspace.write("own/a.j2", "first\n{% if facts.cpus > 2 %}\n");
    assert_transcript!("template_open", workspace.run(&["plan", "prod.toml"]));
    workspace.write("own/a.j2", b"\xff\xfe");
    assert_transcript!("template_no_text", workspace.run(&["plan", "prod.toml"]));
}

#[test]
fn resources_that_contradict_each_other() {
    assert_transcript!(
        "command_without_check",
        resource("kind = \"command\"\nname = \"x\"\nrun = \"true\"")
    );
    let twice = |name: &str, content: &str| {
        format!("[[resource]]\nkind = \"file\"\nname = \"{name}\"\ncontent = \"{content}\"\n")
    };
    let ran = refusal(&(twice("/srv/a", "1") + &twice("/srv/b", "1") + &twice("/srv/a", "2")));
    assert_transcript!("declared_twice", ran);
    let link = "[[resource]]\nkind = \"symlink\"\nname = \"/srv/a\"\ntarget = \"/srv/b\"\n";
    assert_transcript!("path_twice", refusal(&(twice("/srv/a", "1") + link)));
    let first = twice("/srv/a", "1") + "needs = [\"file:/srv/b\"]\n";
    let second = twice("/srv/b", "1") + "needs = [\"file:/srv/a\"]\n";
    assert_transcript!("circle", refusal(&(first + &second)));
    assert_transcript!("unknown_need", file("content = \"x\"\nneeds = [\"file:/srv/other\"]"));
}

#[test]
fn a_bare_name_is_a_spec_of_the_inventory() {
    let workspace = Workspace::new();
    workspace.write("inventory/prod.toml", "[ngnix]\n");
    workspace.write("inventory/staging.toml", "[ngnix]\n");
    for args in [
        &["plan", "prod"][..],
        &["plan", "prod.toml"],
        &["check", "prod"],
        &["verify", "prod"],
        &["graph", "prod"],
        &["explain", "nginx.hsts", "prod"],
        &["secrets", "get", "prod", "tls/front"],
        &["diff", "prod", "staging"],
        &["plan", "staging", "--host-of", "prod"],
    ] {
        let ran = workspace.run(args);
        let output = format!("{}{}", ran.stdout, ran.stderr);
        assert!(output.contains("inventory/prod.toml:1:2"), "{args:?}: {ran}");
    }
    assert_transcript!("bare_name_misspelt", workspace.run(&["plan", "prdo"]));
    assert_transcript!("bare_name_unknown", workspace.run(&["check", "example.org"]));
    // An existing file with that name is used.
    workspace.write("prod", "[host]\naddress = 7\n");
    assert!(workspace.run(&["plan", "prod"]).stderr.contains("prod:2:11"));
    let nothing = Workspace::new();
    assert_transcript!("bare_name_without_inventory", nothing.run(&["plan", "prod"]));
}

#[test]
fn habits_of_other_tools_get_a_hint() {
    let workspace = Workspace::new();
    assert_transcript!("verb_of_terraform", workspace.run(&["validate"]));
    assert_transcript!("flag_of_ansible", workspace.run(&["apply", "prod", "--limit", "web"]));
    assert_transcript!("flag_of_plan", workspace.run(&["apply", "prod", "--format", "json"]));
    let names = ["secrets", "rotate", "synapse/secrets/form", "synapse/secrets/macaroon"];
    assert_transcript!("names_without_spec", workspace.run(&names));
    let ran = workspace.run(&["destroy", "--log-format", "json"]);
    let error: serde_json::Value =
        serde_json::from_str(ran.stderr.lines().next().unwrap()).unwrap();
    assert_eq!((ran.status, error["code"].as_str()), (64, Some("cli/usage")), "{ran}");
    assert!(error["help"].as_str().unwrap().contains("matrixform apply SPEC"), "{ran}");
}

#[test]
fn files_that_are_not_specs() {
    let workspace = Workspace::new();
    assert_transcript!("no_such_spec", workspace.run(&["plan", "none.toml"]));
    std::fs::create_dir(workspace.home.path().join("directory.toml")).unwrap();
    assert_transcript!("a_directory", workspace.run(&["plan", "directory.toml"]));
    workspace.write("large.toml", vec![b'#'; (4 << 20) + 1]);
    assert_transcript!("too_large", workspace.run(&["plan", "large.toml"]));
    workspace.write("latin.toml", b"[host]\naddress = \"m\xfcnchen\"\n");
    assert_transcript!("not_utf8", workspace.run(&["plan", "latin.toml"]));
    workspace.write("nul.toml", b"[host]\naddress = \"a\0b\"\n");
    assert_transcript!("nul", workspace.run(&["plan", "nul.toml"]));
}

#[test]
fn byte_order_marks_and_crlf_do_not_shift_places() {
    let workspace = Workspace::new();
    workspace.write("bom.toml", "\u{feff}[host]\naddres = \"a\"\n");
    assert_transcript!("byte_order_mark", workspace.run(&["plan", "bom.toml"]));
    workspace.write("crlf.toml", "[host]\r\naddres = \"a\"\r\n");
    assert_transcript!("carriage_returns", workspace.run(&["plan", "crlf.toml"]));
}

#[test]
fn endless_nesting_is_refused() {
    let many = |text: &str| text.repeat(10_000);
    let array = refusal(&format!("[nginx]\nx = {}{}\n", many("["), many("]")));
    assert!(array.stderr.contains("prod.toml:4:85"), "{array}");
    let table = refusal(&format!("[nginx]\nx = {}1{}\n", many("{ a = "), many("}")));
    assert!(table.stderr.contains("max recursion depth met"), "{table}");
    let content = file(&format!("content = {}{}", many("["), many("]")));
    assert!(content.stderr.contains("max recursion depth met"), "{content}");
    let dotted = refusal(&format!("[nginx]\na{} = 1\n", many(".a")));
    assert!(dotted.stderr.contains("prod.toml:4:1"), "{dotted}");
    let header = refusal(&format!("\n\n[a{}]\n", many(".a")));
    assert!(header.stderr.contains("prod.toml:5:1"), "{header}");
}

#[test]
fn many_mistakes_are_counted_not_all_shown() {
    let sections: String = (0..2_000).map(|number| format!("[s{number}]\n")).collect();
    let ran = refusal(&sections);
    assert_eq!(ran.stderr.matches("error: there is no section").count(), 50);
    assert!(ran.stderr.ends_with("error: 1950 more messages like these\n"), "{ran}");
}

#[test]
fn no_spec_named() {
    let workspace = Workspace::new();
    let ran = workspace.run(&["plan"]);
    assert_eq!(ran.status, 64);
    assert_transcript!("no_inventory", ran);
    workspace.write("inventory/prod.toml", "x = 1\n");
    assert_eq!(workspace.run(&["plan"]).status, 1, "the only one is taken");
    workspace.write("inventory/staging.toml", "");
    let ran = workspace.run(&["plan"]);
    assert_eq!(ran.status, 64);
    assert_transcript!("several_specs", ran);
    let mut named = command(workspace.home.path(), &["plan"]);
    let ran = run(named.env("MATRIXFORM_SPEC", "inventory/staging.toml"));
    assert!(ran.status == 1 && ran.stderr.contains("inventory/staging.toml"), "{ran}");
}

/// What is printed about the name of a spec that is missing, or of something else.
#[test]
fn names_of_specs_that_are_not_there() {
    let workspace = Workspace::new();
    workspace.spec("x = 1\n");
    workspace.write("inventory/prod.toml", "[host]\naddress = \"a.example\"\nx = 1\n");
    workspace.write("inventory/Cargo.toml", "[package]\n");
    std::fs::create_dir(workspace.home.path().join("empty")).unwrap();
    std::os::unix::fs::symlink("nowhere", workspace.home.path().join("dangling.toml")).unwrap();
    let fifo = workspace.home.path().join("fifo.toml");
    assert!(std::process::Command::new("mkfifo").arg(fifo).status().unwrap().success());
    workspace.write("parts/base.toml", "[nginx]\n");
    workspace
        .write("parts/top.toml", "include = [\"base.toml\"]\n[host]\naddress = \"a.example\"\n");
    for (args, says) in [
        (&["plan", "inventory/prod"][..], "did you mean inventory/prod.toml?"),
        (&["plan", "inventory/pord.toml"], "did you mean inventory/prod.toml?"),
        (&["check", "inventory/prod.tml"], "did you mean inventory/prod.toml?"),
        (&["plan", "./prod.tml"], "did you mean prod.toml?"),
        (&["plan", "inventory"], "inventory is a directory, not a spec"),
        (&["check", "empty"], "empty has no specs"),
        (&["check", "dangling.toml"], "is a symlink to nowhere, which does not exist"),
        (&["check", "fifo.toml"], "it is a FIFO"),
        (&["plan", "-"], "name `/dev/stdin`"),
        (&["plan", "parts/base.toml"], "this file is a part of parts/top.toml"),
        (&["show", "parts/base.toml"], "is a spec, or a part of one, not a saved plan"),
    ] {
        let ran = workspace.run(args);
        let output = format!("{}{}", ran.stdout, ran.stderr);
        assert!(ran.status != 0 && output.contains(says), "{args:?}: {ran}");
    }
    let inside = |args: &[&str]| {
        let mut command = command(workspace.home.path(), args);
        run(command.current_dir(workspace.home.path().join("inventory")))
    };
    let ran = inside(&["plan", "prod"]);
    assert!(ran.stderr.contains("did you mean prod.toml?"), "{ran}");
    let ran = inside(&["plan"]);
    assert!(ran.stderr.contains("name the spec: `matrixform plan prod.toml`"), "{ran}");
}

#[test]
fn a_spec_in_the_wrong_place_gets_the_right_command() {
    let workspace = Workspace::new();
    workspace.write("prod.toml", "x = 1\n");
    workspace.write("my specs/prod.toml", "x = 1\n");
    workspace.write("inventory/prod.toml", "x = 1\n");
    for (args, right) in [
        (&["users", "add", "ada", "prod.toml"][..], "matrixform users add prod.toml ada"),
        (&["users", "add", "ada", "prod"], "matrixform users add prod ada"),
        (&["users", "prod.toml", "add", "ada"], "matrixform users add prod.toml`"),
        (&["secrets", "set", "a/b", "prod.toml"], "matrixform secrets set prod.toml a/b"),
        (&["secrets", "rotate", "a/b", "prod.toml", "c/d"], "secrets rotate prod.toml a/b c/d"),
        (&["invite", "revoke", "abcd", "prod.toml"], "invite revoke prod.toml abcd"),
        (&["history", "2026", "prod.toml"], "matrixform history prod.toml 2026"),
        (&["explain", "prod.toml", "nginx.hsts"], "matrixform explain nginx.hsts prod.toml"),
        (&["prod.toml", "plan"], "matrixform plan prod.toml"),
        (&["users", "add", "my specs/prod.toml"], "users add 'my specs/prod.toml' NAME"),
    ] {
        let ran = workspace.run(args);
        assert!(ran.status == 64 && ran.stderr.contains(right), "{args:?}: {ran}");
    }
}

/// Editors keep files of their own beside the one being edited: Emacs a link to nowhere, macOS a copy of attributes.
#[test]
fn hidden_files_are_not_specs() {
    let workspace = Workspace::new();
    workspace.write("inventory/prod.toml", "x = 1\n");
    workspace.write("inventory/._prod.toml", "\0");
    let inventory = workspace.home.path().join("inventory");
    std::os::unix::fs::symlink("me@host.1:2", inventory.join(".#prod.toml")).unwrap();
    std::fs::create_dir(inventory.join("old.toml")).unwrap();
    let ran = workspace.run(&["plan"]);
    assert!(ran.status == 1 && ran.stderr.contains("inventory/prod.toml"), "{ran}");
}

/// A value on the command line is in the history already; at least it does not get into a log.
#[test]
fn surplus_arguments_are_not_repeated() {
    let workspace = Workspace::new();
    workspace.write("prod.toml", "x = 1\n");
    for args in [
        &["secrets", "set", "prod.toml", "a/b", "hunter2"][..],
        &["secrets", "set", "prod.toml", "a/b", "--value", "hunter2"],
        &["secrets", "set", "prod.toml", "a/b", "--value=hunter2"],
        &["users", "add", "prod.toml", "ada", "hunter2"],
        &["users", "reset-password", "prod.toml", "ada", "-p", "hunter2"],
    ] {
        let ran = workspace.run(args);
        assert!(ran.status == 64 && ran.stderr.contains("standard input"), "{args:?}: {ran}");
        assert!(!ran.stderr.contains("hunter2"), "{args:?}: {ran}");
    }
}

/// A result on a full disk is not there, so the command has failed.
#[test]
fn an_unwritten_result_is_an_error() {
    let workspace = Workspace::new();
    workspace.write("prod.toml", "x = 1\n");
    for args in [
        &["schema"][..],
        &["explain", "synapse.media"],
        &["module", "docs"],
        &["--help"],
        &["--version"],
    ] {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let output = command(workspace.home.path(), args).stdout(full).output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{args:?}: {stderr}");
        assert!(stderr.contains("standard output could not be written"), "{args:?}: {stderr}");
    }
    // A reader that has read enough is none.
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = command(workspace.home.path(), &["schema"]).stdout(writer).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn usage_errors() {
    let workspace = Workspace::new();
    for (name, args) in [
        ("unknown_flag", &["plan", "--colour"][..]),
        ("unknown_verb", &["aply", "prod.toml"]),
        ("two_specs", &["plan", "a.toml", "b.toml"]),
        ("unknown_format", &["plan", "a.toml", "--format", "yaml"]),
    ] {
        let ran = workspace.run(args);
        assert_eq!((ran.status, ran.stdout.as_str()), (64, ""), "{ran}");
        assert_transcript!(name, ran);
    }
    assert_eq!(workspace.run(&[]).status, 64);
    let help = workspace.run(&["--help"]);
    assert_eq!((help.status, help.stderr.as_str()), (0, ""));
    assert_eq!(workspace.run(&["--version"]).status, 0);
}

#[test]
fn files_outside_of_the_spec_s_directory_are_not_read() {
    let workspace = Workspace::new();
    std::os::unix::fs::symlink("/etc/hostname", workspace.home.path().join("link")).unwrap();
    for (name, path) in [("above", "../x"), ("absolute", "/etc/hostname"), ("link", "link")] {
        workspace.spec(&format!(
            "[[resource]]\nkind = \"file\"\nname = \"/srv/a\"\nsource = \"{path}\"\n"
        ));
        assert_transcript!(format!("source_{name}"), workspace.run(&["plan", "prod.toml"]));
    }
    assert!(Path::new("/etc/hostname").exists());
}
