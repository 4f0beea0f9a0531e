//! A directory with specs, and the program run in it with an empty environment.

use std::path::Path;
use std::process::{Command, Stdio};

/// A small spec that yields nothing but advice.
pub(crate) const GOOD: &str = r#"
[host]
address = "matrix.example.org"
[postgres]
[synapse]
server_name = "example.org"
public_baseurl = "https://matrix.example.org/"
[tls]
provider = "self-signed"
[nginx]
[well_known]
support_page = "https://example.org/help"
[[accept]]
id = "MF053"
reason = "a lab"
"#;

/// A temporary directory.
pub(crate) struct Workspace(pub(crate) tempfile::TempDir);

/// The outcome of a run.
pub(crate) struct Ran {
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Workspace {
    pub(crate) fn new() -> Workspace {
        Workspace(tempfile::tempdir().unwrap())
    }

    /// A workspace with this spec as `prod.toml`.
    pub(crate) fn with(spec: &str) -> Workspace {
        let workspace = Workspace::new();
        workspace.write("prod.toml", spec);
        workspace
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.0.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    pub(crate) fn command(&self, args: &[&str]) -> Command {
        command(self.0.path(), args)
    }

    pub(crate) fn run(&self, args: &[&str]) -> Ran {
        run(&mut self.command(args))
    }
}

pub(crate) fn command(directory: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_matrixform"));
    command.args(args).env_clear().env("HOME", directory).env("PATH", "/usr/bin:/bin");
    command.current_dir(directory).stdin(Stdio::null());
    command
}

pub(crate) fn run(command: &mut Command) -> Ran {
    let output = command.output().unwrap();
    Ran {
        status: output.status.code().unwrap(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

impl std::fmt::Display for Ran {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.stdout)?;
        if !self.stderr.is_empty() {
            write!(f, "--- stderr\n{}", self.stderr)?;
        }
        writeln!(f, "--- status {}", self.status)
    }
}
