//! A host behind a real sshd, and an admin's machine that knows it as `vps`: its own home with a key, known_hosts and
//! an ssh configuration, a spec, and matrixform.

use crate::machine::Machine;
use crate::sshd::{Key, Sshd};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

/// A host and its admin.
pub(crate) struct Host {
    /// Declared first, so that it stops before the machine it runs in.
    pub(crate) sshd: Sshd,
    /// The host.
    pub(crate) machine: Machine,
    /// The admin's home, and the working directory of all commands.
    pub(crate) home: tempfile::TempDir,
    /// A value unique to this trial.
    pub(crate) canary: String,
}

impl Host {
    /// A blank host that the admin can log in to.
    pub(crate) fn new() -> Host {
        let machine = Machine::new();
        let sshd = Sshd::started_by(machine.enter(), &machine.shared(), "", &["ed25519"]);
        let home = tempfile::tempdir().unwrap();
        let ssh = home.path().join(".ssh");
        std::fs::create_dir(&ssh).unwrap();
        let key = Key::new(&ssh, "id_ed25519", "ed25519");
        sshd.authorize(&key);
        let host = Host { sshd, machine, home, canary: crate::canary::drawn() };
        host.write(".ssh/config", host.ssh_config());
        host.write(".ssh/known_hosts", host.sshd.known_hosts_line("ed25519"));
        host
    }

    fn ssh_config(&self) -> String {
        format!("Host vps\n  HostName 127.0.0.1\n  Port {}\n  User root\n", self.sshd.port)
    }

    /// Writes a file in the admin's home.
    pub(crate) fn write(&self, path: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.home.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    /// Writes the spec `prod.toml` for this host.
    pub(crate) fn spec(&self, body: &str) {
        self.write("prod.toml", format!("[host]\naddress = \"vps\"\n\n{body}"));
    }

    /// Prepares matrixform with these arguments in the admin's home.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        command(self.home.path(), args)
    }

    /// Runs matrixform without a terminal.
    pub(crate) fn matrixform(&self, args: &[&str]) -> Ran {
        run(&mut self.command(args))
    }

    /// Runs `matrixform VERB prod.toml`.
    pub(crate) fn on(&self, verb: &str) -> Ran {
        self.matrixform(&[verb, "prod.toml"])
    }

    /// Runs `matrixform apply prod.toml --yes`.
    pub(crate) fn apply(&self) -> Ran {
        self.matrixform(&["apply", "prod.toml", "--yes"])
    }

    /// Starts the same in the background.
    pub(crate) fn begin_apply(&self) -> Running {
        let mut command = self.command(&["apply", "prod.toml", "--yes"]);
        Running(command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap())
    }
}

/// Prepares matrixform with this home and nothing else in its environment.
pub(crate) fn command(home: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_matrixform"));
    command.args(args).env_clear().env("HOME", home).env("PATH", "/usr/bin:/bin");
    // The keyring of the user who runs the tests must not be used.
    command.env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere/bus");
    command.current_dir(home).stdin(Stdio::null());
    command
}

/// Runs a command to its end.
pub(crate) fn run(command: &mut Command) -> Ran {
    Ran::of(command.output().expect("matrixform can be run"))
}

/// A running command.
pub(crate) struct Running(pub(crate) Child);

impl Running {
    /// Sends SIGINT, as Ctrl-C does.
    pub(crate) fn interrupt(&self) {
        let id = rustix::process::Pid::from_child(&self.0);
        rustix::process::kill_process(id, rustix::process::Signal::INT).unwrap();
    }

    /// Reads standard error until it contains these words.
    pub(crate) fn await_words(&mut self, text: &str) -> String {
        let stderr = self.0.stderr.as_mut().unwrap();
        let (mut read, mut byte) = (Vec::new(), [0]);
        while !String::from_utf8_lossy(&read).contains(text) {
            assert_eq!(stderr.read(&mut byte).unwrap(), 1, "{}", String::from_utf8_lossy(&read));
            read.push(byte[0]);
        }
        String::from_utf8(read).unwrap()
    }

    /// Waits until it exits.
    pub(crate) fn end(self) -> Ran {
        Ran::of(self.0.wait_with_output().unwrap())
    }
}

/// The outcome of a run.
#[derive(Debug)]
pub(crate) struct Ran {
    /// The exit status; -1 when a signal ended it.
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    pub(crate) fn of(output: Output) -> Ran {
        Ran {
            status: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).expect("UTF-8 on standard output"),
            stderr: String::from_utf8(output.stderr).expect("UTF-8 on standard error"),
        }
    }
}

/// A transcript: the output and the exit status.
impl std::fmt::Display for Ran {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.stdout)?;
        for line in self.stderr.lines() {
            writeln!(f, "2> {line}")?;
        }
        write!(f, "exit status {}", self.status)
    }
}
