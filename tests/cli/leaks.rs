//! No leaks: every secret of a spec is a canary, and some are changed by hand on the host. Every verb runs at its most
//! verbose with each kind of store and with none. All output, all processes, temporary files during the run, and both
//! file systems afterwards are searched for the canaries.

use crate::canary::{Canary, Sightings, Watcher, assert_none, drawn, write_patterns};
use crate::host::{Host, Ran, Running, run};
use std::collections::BTreeSet;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::Stdio;

/// Secrets that are awkward to quote, in files of their own and in files of every format; a checker that quotes its
/// input, and a command that prints its secret.
const MODULE: &str = r#"format = 1
summary = "Secrets in every place that takes one"

[params.token]
type = "secret"
doc = "In a file of its own."

[params.awkward]
type = "secret"
doc = "With every quote, in YAML, JSON, INI and text."

[params.key]
type = "secret"
doc = "Several lines."

[params.aloud]
type = "secret"
doc = "For a command."

[params.refused]
type = "bool"
default = false
doc = "Whether the checker refuses."

[[activation]]
name = "vault"
effect = "reload"
validate = ["cat /srv/app.yaml /srv/app.ini >&2; {{ 'exit 1' if vault.refused else 'exit 0' }}"]

[[resource]]
kind = "file"
name = "/srv/token"
content = "{{ vault.token }}\n"

[[resource]]
kind = "file"
name = "/srv/key.pem"
content = "{{ vault.key }}"

[[resource]]
kind = "file"
name = "/srv/app.yaml"
activation = "vault"
format = "yaml"
contents = { listen = 8080, refused = "{{ vault.refused }}", secrets = { awkward = "{{ vault.awkward }}", token = "{{ vault.token }}" } }

[[resource]]
kind = "file"
name = "/srv/app.json"
format = "json"
contents = { listen = 8080, awkward = "{{ vault.awkward }}" }

[[resource]]
kind = "file"
name = "/srv/app.ini"
activation = "vault"
content = "[app]\nlisten = 8080\nurl = postgres://app:{{ vault.token }}@localhost/app\nrefused = {{ vault.refused }}\n"

[[resource]]
kind = "command"
name = "aloud"
run = ": MARK; sleep 1; tee /dev/stderr | base64; ulimit -c >/srv/core-limit; false"
creates = "/srv/never"
secret_stdin = "{{ vault.aloud }}"
needs = ["file:/srv/token", "file:/srv/app.json", "file:/srv/app.yaml", "file:/srv/app.ini", "file:/srv/key.pem"]
"#;

/// Files on the host that must contain a canary.
const HOLDERS: [&str; 5] =
    ["/srv/app.ini", "/srv/app.json", "/srv/app.yaml", "/srv/key.pem", "/srv/token"];

/// The secrets of one trial.
struct Values {
    token: String,
    awkward: String,
    key: String,
    aloud: String,
    /// Placed by hand, so no store knows it.
    by_hand: String,
}

impl Values {
    fn draw() -> Values {
        Values {
            token: drawn(),
            awkward: format!(r#"{}'it"s\a/b&c=d%e: #f-äß {}"#, drawn(), drawn()),
            key: format!("-----BEGIN KEY-----\n{}\n{}\n", drawn(), drawn()),
            aloud: drawn(),
            by_hand: drawn(),
        }
    }

    /// The secrets kept in stores.
    fn stored(&self) -> [(&'static str, &str); 4] {
        [
            ("token", &self.token),
            ("awkward", &self.awkward),
            ("key", &self.key),
            ("aloud", &self.aloud),
        ]
    }

    fn canaries(&self) -> Vec<Canary> {
        let all = self.stored().into_iter().chain([("by hand", self.by_hand.as_str())]);
        all.map(|(name, value)| Canary::new(name, value)).collect()
    }
}

/// The store that a run uses.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Store {
    Environment,
    File,
    None,
}

struct Workspace {
    host: Host,
    values: Values,
    canaries: Vec<Canary>,
    /// A mark in the arguments of the command that prints its secret.
    mark: String,
}

impl Workspace {
    fn new() -> Workspace {
        let (host, values, mark) = (Host::new(), Values::draw(), drawn());
        host.write("inventory/modules/vault/module.toml", MODULE.replace("MARK", &mark));
        std::fs::create_dir(host.home.path().join("tmp")).unwrap();
        let canaries = values.canaries();
        let workspace = Workspace { host, values, canaries, mark };
        workspace.spec("");
        workspace
    }

    fn spec(&self, more: &str) {
        let secrets = ["token", "awkward", "key", "aloud"]
            .map(|name| format!("{name} = {{ secret = \"vault/{name}\" }}\n"))
            .concat();
        let host = "[host]\naddress = \"vps\"\n\n[secrets]\nfile = \"~/store.toml\"\n\n[vault]\n";
        self.host.write("inventory/prod.toml", format!("{host}{secrets}{more}"));
    }

    /// Keeps this store and removes the others.
    fn keep(&self, store: Store) {
        let path = self.host.home.path().join("store.toml");
        let _ = std::fs::remove_file(&path);
        if store != Store::File {
            return;
        }
        let mut table = toml::Table::new();
        for (name, value) in self.values.stored() {
            table.insert(format!("vault/{name}"), value.into());
        }
        std::fs::write(&path, table.to_string()).unwrap();
        let private = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        std::fs::set_permissions(&path, private).unwrap();
    }

    fn command(&self, store: Store, verb: &str, args: &[&str]) -> std::process::Command {
        self.keep(store);
        let mut all = vec![verb, "inventory/prod.toml"];
        all.extend(args);
        let mut command = self.host.command(&all);
        command.env("TMPDIR", self.host.home.path().join("tmp")).env("RUST_BACKTRACE", "1");
        if store == Store::Environment {
            for (name, value) in self.values.stored() {
                command.env(format!("MATRIXFORM_SECRET_VAULT_{}", name.to_uppercase()), value);
            }
        }
        command
    }

    /// Runs the program and checks its output.
    fn run(&self, store: Store, verb: &str, args: &[&str]) -> Ran {
        let ran = run(&mut self.command(store, verb, args));
        assert_none(&self.canaries, &format!("{verb} {args:?} ({store:?})"), &ran.to_string());
        ran
    }

    fn watch(&self, store: Store) -> Watcher {
        let inside = self.host.machine.inside();
        let below = ["tmp", "run", "var/tmp", "dev/shm"].map(|directory| inside.join(directory));
        let mut directories: Vec<PathBuf> = below.to_vec();
        directories.push(self.host.home.path().join("tmp"));
        let program = env!("CARGO_BIN_EXE_matrixform").to_owned();
        let given = (store == Store::Environment).then_some(program);
        Watcher::start(
            &[&self.canaries[..], &self.digests()].concat(),
            &self.mark,
            directories,
            given,
        )
    }

    /// The digests of the files with secrets, where they exist.
    fn digests(&self) -> Vec<Canary> {
        let inside = self.host.machine.inside();
        let read = HOLDERS.iter().filter_map(|path| {
            let bytes = std::fs::read(inside.join(path.trim_start_matches('/'))).ok()?;
            Some(Canary::digest(path, &bytes))
        });
        read.collect()
    }

    fn kept(&self, seen: &Sightings) {
        assert!(seen.leaks.is_empty(), "{:#?}", seen.leaks);
    }

    /// The files written on the host that contain a canary, including those in memory file systems.
    fn holders(&self) -> BTreeSet<String> {
        let (machine, shared) = (&self.host.machine, self.host.machine.shared());
        write_patterns(&self.canaries, &shared.join("patterns"));
        std::fs::write(shared.join("written"), machine.paths().join("\n") + "\n").unwrap();
        let found = machine.run(&format!(
            "cd {shared}; find /run /tmp -type f ! -path '{shared}/*' >>written; \
             xargs -d '\\n' grep -lsF -f patterns -- <written; rm patterns written",
            shared = shared.display()
        ));
        found.lines().map(str::to_owned).collect()
    }

    /// Asserts that the home contains no secret outside the store.
    fn assert_home_is_clean(&self, store: Store) {
        self.keep(Store::None);
        let outside = tempfile::NamedTempFile::new().unwrap();
        write_patterns(&self.canaries, outside.path());
        let mut grep = std::process::Command::new("grep");
        let grep = grep.args(["-rlF", "-f"]).arg(outside.path()).arg(self.host.home.path());
        let found = String::from_utf8(grep.output().unwrap().stdout).unwrap();
        assert_eq!(found, "", "kept at home ({store:?})");
        let left = std::fs::read_dir(self.host.home.path().join("tmp")).unwrap().count();
        assert_eq!(left, 0, "temporary files are left at home");
        assert!(
            self.host.home.path().join(".cache/matrixform/facts").exists(),
            "facts are remembered"
        );
    }
}

/// Levels of verbosity.
const LOUD: [&[&str]; 3] =
    [&[], &["-vv", "--timings"], &["-vv", "--timings", "--log-format", "json"]];

#[test]
fn no_secret_leaks_with_any_store_at_any_verbosity() {
    let workspace = Workspace::new();
    for store in [Store::Environment, Store::File] {
        for loud in LOUD {
            let watcher = workspace.watch(store);
            workspace.run(store, "plan", loud);
            workspace.run(store, "plan", &[loud, &["--format", "json"]].concat());
            workspace.run(store, "facts", loud);
            let ran = workspace.run(store, "apply", &[loud, &["--yes"]].concat());
            let seen = watcher.end();
            workspace.kept(&seen);
            assert!(seen.at_work > 0, "the watcher saw the command at work: {ran}");
            assert!(
                ran.status == 3 && ran.stderr.contains("[secret"),
                "it was printed, and masked: {ran}"
            );
            assert_eq!(workspace.holders(), HOLDERS.map(str::to_owned).into());
            // By hand: other values in place, and moved lines.
            workspace.host.machine.run(&format!(
                "sed -i 's/{}/{by_hand}/; s/8080/9090/' /srv/token /srv/app.*; \
                 sed -i 's/^CANARY.*/{by_hand}/' /srv/key.pem",
                workspace.values.token,
                by_hand = workspace.values.by_hand
            ));
            let drifted = workspace.run(store, "plan", loud);
            assert!(drifted.stdout.contains("to update"), "{drifted}");
            let drifted = workspace.run(store, "plan", &[loud, &["--format", "json"]].concat());
            assert_eq!(drifted.status, 0, "{drifted}");
        }
        workspace.assert_home_is_clean(store);
    }
    assert_eq!(
        workspace.host.machine.run("cat /srv/core-limit"),
        "0\n",
        "no core files on the host"
    );
    assert_none(&workspace.canaries, "sshd's log", &workspace.host.sshd.log());
    let shared = workspace.host.machine.shared();
    let left = format!("find /tmp ! -type d ! -path '{}/*'", shared.display());
    assert_eq!(workspace.host.machine.run(&left), "", "temporary files are left on the host");
}

#[test]
fn no_secret_leaks_without_a_store() {
    let workspace = Workspace::new();
    workspace.run(Store::File, "apply", &["--yes"]);
    for loud in LOUD {
        for args in [&[][..], &["--format", "json"]] {
            let ran = workspace.run(Store::None, "plan", &[loud, args].concat());
            assert_eq!(ran.status, 1, "no store has them: {ran}");
        }
        let ran = workspace.run(Store::None, "apply", &[loud, &["--yes"]].concat());
        assert_eq!(ran.status, 1, "{ran}");
        workspace.run(Store::None, "facts", loud);
    }
    workspace.assert_home_is_clean(Store::None);
}

#[test]
fn a_checker_that_quotes_what_it_refuses_is_masked() {
    let workspace = Workspace::new();
    workspace.spec("refused = true\n");
    for loud in LOUD {
        let watcher = workspace.watch(Store::File);
        let ran = workspace.run(Store::File, "apply", &[loud, &["--yes"]].concat());
        workspace.kept(&watcher.end());
        // Files without an activation are only written before the first refusal.
        assert!(matches!(ran.status, 1 | 3), "{ran}");
        assert!(ran.stderr.contains("listen: 8080"), "it quoted the file: {ran}");
        assert!(ran.stderr.contains("[secret vault/token]"), "and the secret in it: {ran}");
    }
    assert!(!workspace.holders().contains("/srv/app.yaml"), "what was refused is not there");
}

/// Starts an apply and waits for the command that takes a second.
fn begun(workspace: &Workspace, args: &[&str]) -> (Running, String) {
    let mut all = vec!["--yes"];
    all.extend(args);
    let mut command = workspace.command(Store::File, "apply", &all);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut run = Running(child);
    let output = run.await_words("running aloud");
    (run, output)
}

#[test]
fn a_lost_connection_reveals_no_secret() {
    let workspace = Workspace::new();
    for loud in LOUD {
        let (run, before) = begun(&workspace, loud);
        workspace.host.sshd.kill_connections();
        let ran = run.end();
        assert_eq!(ran.status, 3, "{ran}");
        assert_none(&workspace.canaries, "a lost connection", &format!("{before}{ran}"));
        // Its last step holds the lock until it ends.
        crate::await_that("the end of its step", || {
            workspace.host.machine.run("flock -n /var/lib/matrixform/lock echo free || :")
                == "free\n"
        });
    }
}

#[test]
fn a_crash_leaves_no_core() {
    let workspace = Workspace::new();
    let (run, _) = begun(&workspace, &[]);
    let id = run.0.id();
    let limits = std::fs::read_to_string(format!("/proc/{id}/limits")).unwrap();
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    assert_eq!(core.split_whitespace().skip(4).take(2).collect::<Vec<_>>(), ["0", "0"]);
    let process = rustix::process::Pid::from_child(&run.0);
    rustix::process::kill_process(process, rustix::process::Signal::ABORT).unwrap();
    let ended = run.0.wait_with_output().unwrap();
    assert!(ended.status.signal() == Some(6) && !ended.status.core_dumped(), "{:?}", ended.status);
    workspace.assert_home_is_clean(Store::File);
}
