//! A throwaway host of the lab, and matrixform run against it from an empty home.

use crate::audit::{self, Watch};
use std::collections::HashMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A running guest.
pub(crate) struct Guest {
    /// Its name in the lab.
    pub(crate) name: String,
    /// The output of `lab env`.
    pub(crate) env: HashMap<String, String>,
    /// Its own home: no keys, no known hosts, no remembered facts; with the specs and secrets.
    pub(crate) home: tempfile::TempDir,
}

/// The outcome of a run of matrixform.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// The matrixform on trial: built with these tests, or the one that `MATRIXFORM_PROGRAM` names, such as a release build.
pub(crate) fn program() -> PathBuf {
    let own = || PathBuf::from(env!("CARGO_BIN_EXE_matrixform"));
    std::env::var_os("MATRIXFORM_PROGRAM").map_or_else(own, PathBuf::from)
}

fn lab_program() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/lab/lab")
}

/// Waits until no other run of these tests uses the lab, and reserves it while the file is open.
pub(crate) fn alone() -> std::fs::File {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join(".lab");
    let directory = std::env::var_os("MATRIXFORM_LAB_DIR").map_or(own, PathBuf::from);
    std::fs::create_dir_all(&directory).expect("the lab's directory");
    let file = std::fs::File::create(directory.join("tests.lock")).expect("the lock's file");
    if file.try_lock().is_err() {
        println!("waiting for another run of the lab's tests");
        file.lock().expect("the lock");
    }
    file
}

/// Runs a verb of the lab; a failure fails the test.
pub(crate) fn lab(args: &[&str]) -> String {
    let output = Command::new(lab_program()).args(args).output().expect("the lab can be run");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "lab {args:?}: {stderr}{text}");
    text
}

impl Guest {
    /// Boots a blank guest.
    pub(crate) fn blank(name: &str, suite: &str) -> Guest {
        Guest::clear(name);
        lab(&["up", name, "--suite", suite]);
        Guest::known(name)
    }

    /// Deletes a guest left by an earlier run, if there is one.
    pub(crate) fn clear(name: &str) {
        let _ = Command::new(lab_program()).args(["down", name]).output();
    }

    /// Boots a guest that starts from a snapshot.
    pub(crate) fn from(name: &str, snapshot: &str) -> Guest {
        Guest::clear(name);
        lab(&["up", name, "--from", snapshot]);
        Guest::known(name)
    }

    /// A guest that the lab already has.
    pub(crate) fn known(name: &str) -> Guest {
        let unquote = |line: &str| {
            let (key, value) = line.split_once('=')?;
            Some((key.to_owned(), value.trim_matches('\'').to_owned()))
        };
        let env = lab(&["env", name]).lines().filter_map(unquote).collect();
        let home = tempfile::tempdir().expect("a temporary directory");
        Guest { name: name.to_owned(), env, home }
    }

    /// A variable of `lab env`, named without its prefix.
    pub(crate) fn get(&self, key: &str) -> &str {
        self.env.get(&format!("LAB_{key}")).map(String::as_str).unwrap_or_default()
    }

    /// Writes a spec: the guest's own `[host]` (with these additional lines), followed by `body`.
    pub(crate) fn spec(&self, file: &str, host: &str, body: &str) -> PathBuf {
        let path = self.home.path().join(file);
        let text = format!(
            "format = 1\n\n[host]\naddress = \"{}\"\nport = {}\nhost_key = \"{}\"\nidentity_files = [\"{}\"]\n{host}\n\n{body}",
            self.get("ADDRESS4"),
            self.get("SSH_PORT"),
            self.get("HOST_KEY"),
            self.get("IDENTITY_FILE"),
        );
        std::fs::write(&path, text).expect("the spec can be written");
        path
    }

    /// Creates the spec's secrets file, which only its owner may read.
    pub(crate) fn begin_secrets(&self, text: &str) {
        let mut options = std::fs::OpenOptions::new();
        std::os::unix::fs::OpenOptionsExt::mode(options.create_new(true).write(true), 0o600);
        let mut file = options.open(self.home.path().join("secrets.toml")).expect("a store");
        std::io::Write::write_all(&mut file, text.as_bytes()).expect("a store");
    }

    /// Prepares matrixform with this guest's home.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(program());
        command.env_clear().env("HOME", self.home.path()).env("PATH", "/usr/bin:/bin");
        command.current_dir(self.home.path());
        command
    }

    /// Runs matrixform.
    pub(crate) fn matrixform(&self, args: &[&str]) -> Ran {
        Ran::of(self.command().args(args).output().expect("matrixform can be run"))
    }

    /// Runs `matrixform VERB SPEC ARGS…`; an apply is audited.
    #[track_caller]
    pub(crate) fn on(&self, verb: &str, spec: &Path, args: &[&str]) -> Ran {
        let mut all = vec![verb, spec.to_str().expect("a UTF-8 path")];
        all.extend(args);
        if verb != "apply" {
            return self.matrixform(&all);
        }
        self.audited(self.command().args(all))
    }

    /// Runs an apply and audits its changes.
    #[track_caller]
    pub(crate) fn audited(&self, command: &mut Command) -> Ran {
        let caller = std::panic::Location::caller();
        let watch = audit::is_on().then(|| Watch::begin(self)).flatten();
        let ran = Ran::of(command.output().expect("matrixform can be run"));
        watch.into_iter().for_each(|watch| watch.end(&ran, caller));
        ran
    }

    /// Applies without asking; anything but success fails the test.
    #[track_caller]
    pub(crate) fn apply(&self, spec: &Path) -> Ran {
        let ran = self.on("apply", spec, &["--yes"]);
        assert_eq!(ran.status, 0, "apply failed\n{ran}");
        ran
    }

    /// The plan as JSON.
    pub(crate) fn plan(&self, spec: &Path) -> serde_json::Value {
        let ran = self.on("plan", spec, &["--format", "json"]);
        assert_eq!(ran.status, 0, "plan failed\n{ran}");
        serde_json::from_str(&ran.stdout).expect("the plan is JSON")
    }

    /// The addresses that a plan would change.
    pub(crate) fn planned(&self, spec: &Path) -> Vec<String> {
        let plan = self.plan(spec);
        let items = plan["items"].as_array().expect("items").iter();
        items.map(|item| item["address"].as_str().expect("an address").to_owned()).collect()
    }

    /// Runs a script on the guest as root and returns its standard output; it must succeed.
    pub(crate) fn run(&self, script: &str) -> String {
        let (text, stderr, status) = self.try_run(script);
        assert!(status == 0, "on {}: {script}\n{stderr}{text}", self.name);
        text
    }

    /// Runs a script on the guest as root.
    pub(crate) fn try_run(&self, script: &str) -> (String, String, i32) {
        let output = Command::new(lab_program())
            .args(["ssh", &self.name, script])
            .output()
            .expect("the lab can be run");
        let ran = Ran::of(output);
        (ran.stdout, ran.stderr, ran.status)
    }

    /// Writes a file on the guest, of any size.
    pub(crate) fn write(&self, path: &str, content: &str) {
        let mut command = Command::new(lab_program());
        command.args(["ssh", &self.name, &format!("cat >'{path}'")]).stdin(Stdio::piped());
        let mut child = command.spawn().expect("the lab can be run");
        child.stdin.take().expect("a pipe").write_all(content.as_bytes()).expect("it is read");
        assert!(child.wait().expect("it ends").success(), "{path} on {}", self.name);
    }

    /// Ends the guest.
    pub(crate) fn down(&self) {
        lab(&["down", &self.name]);
    }
}

impl Ran {
    pub(crate) fn of(output: Output) -> Ran {
        Ran {
            status: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

impl std::fmt::Display for Ran {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The error first, and again last for readers who only see the end: the plan in between is long.
        let why = self.stderr.trim_end();
        write!(
            f,
            "status {}\n{why}\n--- its output\n{}\n--- again\n{why}",
            self.status, self.stdout
        )
    }
}
