//! A hostile pull request: files that lead elsewhere, never end, or contain terminal escapes. `diff` runs on it with
//! secrets in its environment, in its home and uncommitted beside the specs. None may leak, nothing outside the two
//! sides may be opened, and no connection attempted.

use crate::text;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

/// Part of every secret in the workspace.
pub(super) const CANARY: &str = "canary-7f3a";

/// Time limit for a comparison, on a busy machine without optimisation.
const PATIENCE: Duration = Duration::from_secs(60);

/// Maximum output of a case, in bytes.
const OUTPUT: usize = 4 << 20;

const SPEC: &str = "[host]\naddress = \"192.0.2.1\"\n\n[[resource]]\nkind = \"file\"\nname = \"/etc/motd\"\ncontent = \"hello\\n\"\n";

pub(super) struct Workspace(tempfile::TempDir);

impl Workspace {
    /// A home with secrets, and a repository with both sides.
    pub(super) fn new() -> Workspace {
        let workspace = Workspace(tempfile::tempdir().unwrap());
        for side in ["base", "head"] {
            workspace.write(&format!("work/{side}/.git/config"), &format!("token = {CANARY}\n"));
            workspace.write(&format!("work/{side}/prod.toml"), SPEC);
            workspace.write(&format!("work/{side}/.env"), &format!("TOKEN={CANARY}\n"));
            workspace.write(&format!("work/{side}/notes.txt"), &format!("password {CANARY} = \n"));
            workspace.write(&format!("work/{side}/prod.secrets.age"), CANARY);
        }
        workspace.write("home/.ssh/id_ed25519", &format!("-----BEGIN {CANARY}\n"));
        workspace.write("home/secrets.toml", &format!("\"vendor/token\" = \"{CANARY}\"\n"));
        workspace.write("home/.config/matrixform/age-identity", CANARY);
        workspace.write("home/.cache/matrixform/facts/192.0.2.1.json", CANARY);
        workspace
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(super) fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    pub(super) fn head(&self, name: &str, text: &str) {
        self.write(&format!("work/head/{name}"), text);
    }

    pub(super) fn link(&self, to: &str, name: &str) {
        let path = self.path(&format!("work/head/{name}"));
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        symlink(to, path).unwrap();
    }

    fn diff(&self, args: &[&str]) -> Output {
        self.traced(&[&["diff"], args].concat())
    }

    /// Runs matrixform under strace, which writes to `trace`.
    pub(super) fn traced(&self, args: &[&str]) -> Output {
        let mut command = Command::new("strace");
        let calls = "trace=network,open,openat,openat2,execve,connect,readlink";
        command.args(["-f", "-qq", "-e", calls, "-o"]).arg(self.path("trace"));
        command.arg(env!("CARGO_BIN_EXE_matrixform")).args(args);
        command.current_dir(self.path("work")).env_clear();
        let home = self.path("home");
        command.env("HOME", &home).env("PATH", std::env::var_os("PATH").unwrap());
        for name in ["TOKEN", "AWS_SECRET_ACCESS_KEY", "MATRIXFORM_AGE_IDENTITY"] {
            command.env(name, CANARY);
        }
        command.env("MATRIXFORM_SECRET_VENDOR_TOKEN", CANARY);
        command.env("SSH_AUTH_SOCK", self.path("home/agent"));
        command.env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/run/user/0/bus");
        command.output().expect("strace: apt-get install strace")
    }

    /// All files opened outside the two sides, and all network calls.
    pub(super) fn escapes(&self) -> Vec<String> {
        let trace = std::fs::read_to_string(self.path("trace")).unwrap();
        let work = self.path("work").canonicalize().unwrap();
        let is_fine = |line: &str| {
            let Some(start) = line.find("open") else { return false };
            let Some(path) = line[start..].split('"').nth(1) else { return false };
            let own = Path::new(path);
            let relative = own.is_relative() && !path.split('/').any(|part| part == "..");
            relative || own.starts_with(&work) || is_system(path)
        };
        let counts = |line: &&str| {
            let call = line.split_once(' ').map_or("", |(_, call)| call.trim_start());
            // `???`: a thread that ended with its process before strace could read its call.
            !["execve", "readlink", "???("].iter().any(|one| call.starts_with(one))
                && call.contains('(')
        };
        trace.lines().filter(counts).filter(|line| !is_fine(line)).map(str::to_owned).collect()
    }
}

/// Paths that every program opens.
fn is_system(path: &str) -> bool {
    [
        "/etc/ld.so.",
        "/lib/",
        "/lib64/",
        "/usr/lib/",
        "/proc/self/",
        "/sys/fs/cgroup/",
        "/proc/sys/vm/",
    ]
    .iter()
    .any(|start| path.starts_with(start))
}

fn resource(lines: &str) -> String {
    format!("{SPEC}\n[[resource]]\nkind = \"file\"\nname = \"/srv/a\"\n{lines}\n")
}

fn include(path: &str) -> String {
    format!("include = [\"{path}\"]\n{SPEC}")
}

/// A name, an edit of the second side, the exit status, and a part of the output.
type Case = (&'static str, fn(&Workspace), i32, &'static str);

const CASES: &[Case] = &[
    (
        "the_spec_itself_is_a_link_to_a_key",
        |workspace| {
            std::fs::remove_file(workspace.path("work/head/prod.toml")).unwrap();
            workspace.link("../../home/.ssh/id_ed25519", "prod.toml");
        },
        1,
        "leads outside",
    ),
    (
        "the_spec_itself_is_a_fifo",
        |workspace| {
            std::fs::remove_file(workspace.path("work/head/prod.toml")).unwrap();
            let fifo = workspace.path("work/head/prod.toml");
            assert!(Command::new("mkfifo").arg(fifo).status().unwrap().success());
        },
        1,
        "not a regular file",
    ),
    (
        "include_of_a_link_to_shadow",
        |workspace| {
            workspace.link("/etc/shadow", "more.toml");
            workspace.head("prod.toml", &include("more.toml"));
        },
        1,
        "leads outside",
    ),
    (
        "include_of_a_link_to_a_key",
        |workspace| {
            workspace.link("../../home/.ssh/id_ed25519", "more.toml");
            workspace.head("prod.toml", &include("more.toml"));
        },
        1,
        "leads outside",
    ),
    (
        "include_by_an_absolute_path",
        |workspace| workspace.head("prod.toml", &include("/etc/passwd")),
        1,
        "relative",
    ),
    (
        "include_of_what_lies_above",
        |workspace| {
            workspace.head("prod.toml", &include("../../home/secrets.toml"));
        },
        1,
        "leads outside",
    ),
    (
        "include_of_text_that_is_not_toml",
        |workspace| {
            workspace.head("prod.toml", &include("notes.txt"));
        },
        1,
        "head/notes.txt:1 is not TOML",
    ),
    (
        "include_of_an_uncommitted_environment",
        |workspace| {
            workspace.head("prod.toml", &include(".env"));
        },
        1,
        "head/.env:1 is not TOML",
    ),
    (
        "include_of_the_repositorys_configuration",
        |workspace| {
            workspace.head("prod.toml", &include(".git/config"));
        },
        1,
        "`.git`",
    ),
    (
        "include_of_a_fifo",
        |workspace| {
            let fifo = workspace.path("work/head/more.toml");
            assert!(Command::new("mkfifo").arg(fifo).status().unwrap().success());
            workspace.head("prod.toml", &include("more.toml"));
        },
        1,
        "regular file",
    ),
    (
        "include_of_zeros",
        |workspace| {
            workspace.link("/dev/zero", "more.toml");
            workspace.head("prod.toml", &include("more.toml"));
        },
        1,
        "leads outside",
    ),
    (
        "include_of_itself",
        |workspace| workspace.head("prod.toml", &include("prod.toml")),
        1,
        "includes itself",
    ),
    (
        "includes_in_a_row",
        |workspace| {
            for at in 0..200 {
                workspace
                    .head(&format!("{at}.toml"), &format!("include = [\"{}.toml\"]\n", at + 1));
            }
            workspace.head("prod.toml", &include("0.toml"));
        },
        1,
        "nested more than",
    ),
    (
        "include_of_a_hundred_megabytes",
        |workspace| {
            let file = std::fs::File::create(workspace.path("work/head/more.toml")).unwrap();
            file.set_len(100 << 20).unwrap();
            workspace.head("prod.toml", &include("more.toml"));
        },
        1,
        "larger than",
    ),
    (
        "content_of_a_link_to_shadow",
        |workspace| {
            workspace.link("/etc/shadow", "a");
            workspace.head("prod.toml", &resource("source = \"a\""));
        },
        1,
        "leads outside",
    ),
    (
        "content_by_an_absolute_path",
        |workspace| {
            workspace.head("prod.toml", &resource("source = \"/etc/shadow\""));
        },
        1,
        "relative",
    ),
    (
        "content_of_what_lies_above",
        |workspace| {
            workspace.head("prod.toml", &resource("source = \"../../home/.ssh/id_ed25519\""));
        },
        1,
        "leads outside",
    ),
    (
        "content_of_the_environment",
        |workspace| {
            workspace.link("/proc/self/environ", "a");
            workspace.head("prod.toml", &resource("source = \"a\""));
        },
        1,
        "leads outside",
    ),
    (
        "content_of_the_age_file",
        |workspace| {
            workspace.head("prod.toml", &resource("source = \"prod.secrets.age\""));
        },
        1,
        "it holds secrets",
    ),
    (
        "content_of_a_hundred_megabytes",
        |workspace| {
            let file = std::fs::File::create(workspace.path("work/head/a")).unwrap();
            file.set_len(100 << 20).unwrap();
            workspace.head("prod.toml", &resource("source = \"a\""));
        },
        1,
        "larger than",
    ),
    (
        "contents_that_are_large_together",
        |workspace| {
            workspace.head("a", &"0123456789abcdef\n".repeat(500_000));
            let one = |at: usize| {
                format!("[[resource]]\nkind = \"file\"\nname = \"/srv/{at}\"\nsource = \"a\"\n")
            };
            workspace.head("prod.toml", &format!("{SPEC}{}", (0..10).map(one).collect::<String>()));
        },
        1,
        "too many to compare",
    ),
    (
        "template_of_a_link_to_a_key",
        |workspace| {
            workspace.link("../../home/.ssh/id_ed25519", "a.j2");
            workspace.head("prod.toml", &resource("template = \"a.j2\""));
        },
        1,
        "leads outside",
    ),
    (
        "template_that_loops",
        |workspace| {
            let loops = "{% for a in [1,2,3,4,5,6,7,8,9,10] %}".repeat(9);
            workspace.head("a.j2", &format!("{loops}x{}", "{% endfor %}".repeat(9)));
            workspace.head("prod.toml", &resource("template = \"a.j2\""));
        },
        1,
        "this takes too long",
    ),
    (
        "an_expression_without_end",
        |workspace| {
            let (open, close) = ("(".repeat(10_000), ")".repeat(10_000));
            workspace.head("a.j2", &format!("{{{{ {open}1{close} }}}}"));
            workspace.head("prod.toml", &resource("template = \"a.j2\""));
        },
        1,
        "error",
    ),
    (
        "lists_without_end",
        |workspace| {
            let (open, close) = ("[".repeat(100_000), "]".repeat(100_000));
            workspace.head("prod.toml", &format!("a = {open}{close}\n{SPEC}"));
        },
        1,
        "error",
    ),
    (
        "template_that_grows",
        |workspace| {
            let loops = "{% for a in [1,2,3,4,5,6,7,8,9,10] %}".repeat(4);
            let text = "x".repeat(4_000_000);
            workspace.head("a.j2", &format!("{loops}{text}{}", "{% endfor %}".repeat(4)));
            workspace.head("prod.toml", &resource("template = \"a.j2\""));
        },
        1,
        "more than 16 MiB of text",
    ),
    (
        "template_that_reads_the_environment",
        |workspace| {
            workspace.head("prod.toml", &resource("content = \"{{ env.TOKEN }}\""));
        },
        1,
        "error",
    ),
    (
        "a_secret_that_the_environment_has",
        |workspace| {
            workspace.head("prod.toml", &resource("content = { secret = \"vendor/token\" }"));
        },
        0,
        "[secret vendor/token]",
    ),
    (
        "a_secrets_file_in_the_home",
        |workspace| {
            let secrets = "[secrets]\nfile = \"~/secrets.toml\"\n";
            workspace.head(
                "prod.toml",
                &format!("{secrets}{}", resource("content = { secret = \"vendor/token\" }")),
            );
        },
        0,
        "[secret vendor/token]",
    ),
    (
        "an_address_from_the_environment",
        |workspace| {
            workspace.head("prod.toml", &SPEC.replace("\"192.0.2.1\"", "{ env = \"TOKEN\" }"));
        },
        0,
        "the host changes from",
    ),
    (
        "a_secret_as_a_variable",
        |workspace| {
            workspace.head(
                "prod.toml",
                &SPEC.replace("\"192.0.2.1\"", "{ env = \"MATRIXFORM_SECRET_VENDOR_TOKEN\" }"),
            );
        },
        1,
        "`env` is not for secrets",
    ),
    (
        "modules_outside",
        |workspace| {
            workspace.write("home/modules/own/module.toml", &format!("summary = \"{CANARY}\"\n"));
            workspace.link("../../home/modules", "modules");
        },
        1,
        "leads outside",
    ),
    (
        "a_module_outside",
        |workspace| {
            workspace.write("home/own/module.toml", &format!("summary = \"{CANARY}\"\n"));
            workspace.link("../../../home/own", "modules/own");
        },
        1,
        "leads outside",
    ),
    (
        "a_module_that_is_not_toml",
        |workspace| {
            workspace.head("modules/own/module.toml", &format!("password {CANARY}\n"));
        },
        1,
        "module.toml:1 is not TOML",
    ),
    (
        "a_module_with_files_that_are_links",
        |workspace| {
            workspace.head("modules/own/module.toml", "format = 1\nsummary = \"Own\"\n\n[[resource]]\nkind = \"file\"\nname = \"/srv/a\"\nsource = \"key\"\n");
            workspace.link("../../../../../home/.ssh/id_ed25519", "modules/own/files/key");
            workspace.head("prod.toml", &format!("{SPEC}\n[own]\n"));
        },
        1,
        "key",
    ),
    (
        "escapes_in_names",
        |workspace| {
            workspace.head(
                "prod.toml",
                &resource("content = \"x\\u001b]0;title\\u0007\\u001b[2J\"")
                    .replace("/srv/a", "/srv/a\\u001b[31m"),
            );
        },
        1,
        "error",
    ),
    (
        "escapes_in_contents",
        |workspace| {
            workspace
                .head("prod.toml", &resource("content = \"x\\u001b]0;title\\u0007\\u001b[2J\""));
        },
        0,
        "file:/srv/a",
    ),
    (
        "markup_in_names",
        |workspace| {
            let lines = "content = \"```\\n</details><script>alert(1)</script>\\n@everyone ![x](http://192.0.2.9/)\\n\"";
            workspace.head(
                "prod.toml",
                &resource(lines).replace("/srv/a", "/srv/<img src=x>](y) @team"),
            );
        },
        0,
        "file:/srv/",
    ),
    (
        "facts_of_the_second_side",
        |workspace| {
            workspace.link("../../home/.ssh/id_ed25519", "prod.facts.json");
        },
        0,
        "facts recorded",
    ),
];

#[test]
fn hostile_specs_leak_nothing_and_open_nothing_else() {
    let mut wrong = Vec::new();
    for (name, make, status, expected) in CASES {
        for form in ["text", "markdown", "json"] {
            let workspace = Workspace::new();
            make(&workspace);
            let began = Instant::now();
            let output = workspace.diff(&["base/prod.toml", "head/prod.toml", "--format", form]);
            let took = began.elapsed();
            let all = [text(&output.stdout), text(&output.stderr)].concat();
            let mut fail = |what: String| {
                let shown: String = all.chars().take(1500).collect();
                wrong.push(format!("{name} ({form}): {what}\n{shown}"));
            };
            if output.status.code() != Some(*status) {
                fail(format!("status {:?}", output.status));
            }
            if form == "text" && !all.contains(expected) {
                fail(format!("does not say {expected:?}"));
            }
            if all.contains(CANARY) || all.contains("root:") {
                fail("a secret".to_owned());
            }
            if all.contains(['\u{1b}', '\u{7}']) || all.len() > OUTPUT || took > PATIENCE {
                fail(format!("escapes, {} bytes or {took:?}", all.len()));
            }
            let outside = outside_of_fences(&all);
            if form == "markdown"
                && ["<script", "<img", "@team"].iter().any(|one| outside.contains(one))
            {
                fail("markup".to_owned());
            }
            let escapes = workspace.escapes();
            if !escapes.is_empty() {
                fail(escapes.join("\n"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// The parts of a comment outside code blocks.
fn outside_of_fences(text: &str) -> String {
    let mut fence: Option<&str> = None;
    let mut outside = String::new();
    for line in text.lines() {
        let ticks = line.chars().take_while(|c| *c == '`').count();
        match fence {
            None if ticks >= 3 => fence = line.get(..ticks),
            None => outside.push_str(&format!("{line}\n")),
            Some(open) if line == open => fence = None,
            Some(_) => {}
        }
    }
    outside
}

/// Checks the check: a forbidden call in the trace is noticed.
#[test]
fn the_trace_check_detects_forbidden_calls() {
    let workspace = Workspace::new();
    for line in [
        "1 openat(AT_FDCWD, \"/etc/shadow\", O_RDONLY) = 3",
        "1 openat(AT_FDCWD, \"../home/secrets.toml\", O_RDONLY) = 3",
        "1 socket(AF_UNIX, SOCK_STREAM, 0) = 3",
        "1 connect(3, {sa_family=AF_INET}, 16) = 0",
    ] {
        std::fs::write(workspace.path("trace"), format!("{line}\n")).unwrap();
        assert_eq!(workspace.escapes(), [line]);
    }
    let fine = "1 openat(AT_FDCWD, \"base/prod.toml\", O_RDONLY) = 3\n";
    std::fs::write(workspace.path("trace"), fine).unwrap();
    assert!(workspace.escapes().is_empty());
}

/// In a directory every file is checked, whatever its name.
#[test]
fn a_directory_with_a_link_or_a_fifo_is_refused() {
    let cases: [fn(&Workspace); 2] = [
        |workspace| workspace.link("../../home/.ssh/id_ed25519", "x.toml"),
        |workspace| {
            let fifo = workspace.path("work/head/x.toml");
            assert!(Command::new("mkfifo").arg(fifo).status().unwrap().success());
        },
    ];
    for make in cases {
        let workspace = Workspace::new();
        make(&workspace);
        let output = workspace.diff(&["base", "head"]);
        let stderr = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{stderr}");
        assert!(stderr.contains("head/x.toml is not read") && !stderr.contains(CANARY), "{stderr}");
        assert!(workspace.escapes().is_empty(), "{:?}", workspace.escapes());
    }
}
