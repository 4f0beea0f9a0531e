//! A home with a spec that needs secrets, and no host: for the verbs that make no connection. Debian's `age` command
//! verifies the age files.

use crate::canary::drawn;
use crate::host::{Ran, command, run};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A user's module with a generated, a permanent and a user-provided secret.
pub(crate) const MODULE: &str = r#"format = 1
summary = "Secrets in files"

[params.token]
type = "secret"
generate = "password:40"
doc = "The token."

[params.pepper]
type = "secret"
generate = "pepper:48"
doc = "Never made anew."

[params.key]
type = "secret"
doc = "Brought."

[[resource]]
kind = "file"
name = "/srv/token"
content = "token = {{ vault.token }}\n"

[[resource]]
kind = "file"
when = "vault.key"
name = "/srv/key"
content = "{{ vault.key }}"

[[resource]]
kind = "file"
name = "/srv/mixed.yaml"
format = "yaml"
contents = { port = 1, pepper = "{{ vault.pepper }}", host = "x" }
"#;

/// The spec below `[host]`.
pub(crate) const SPEC: &str = "[vault]\nkey = { secret = \"vault/key\" }\n";

/// An admin's home.
pub(crate) struct Home {
    pub(crate) directory: tempfile::TempDir,
    /// A value unique to this trial.
    pub(crate) canary: String,
}

impl Home {
    /// A home with `inventory/prod.toml`.
    pub(crate) fn new() -> Home {
        let home = Home { directory: tempfile::tempdir().unwrap(), canary: drawn() };
        home.write("inventory/modules/vault/module.toml", MODULE);
        home.write("inventory/prod.toml", &format!("[host]\naddress = \"vps\"\n\n{SPEC}"));
        home
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.directory.path().join(path)
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// Writes a file that only its owner can read.
    pub(crate) fn write_own(&self, path: &str, text: &str) {
        self.write(path, text);
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        std::fs::set_permissions(self.path(path), mode).unwrap();
    }

    /// Prepares `matrixform secrets WORDS`, with the only spec in `inventory/`.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        command(self.directory.path(), &[&["secrets"], args].concat())
    }

    pub(crate) fn secrets(&self, args: &[&str]) -> Ran {
        run(&mut self.command(args))
    }

    /// Runs the command, which must succeed.
    pub(crate) fn does(&self, args: &[&str]) -> Ran {
        let ran = self.secrets(args);
        assert_eq!(ran.status, 0, "{args:?}\n{ran}");
        ran
    }

    /// Runs the command with this on standard input.
    pub(crate) fn given(&self, args: &[&str], input: &str) -> Ran {
        feed(&mut self.command(args), input)
    }

    /// Runs `age` with these arguments.
    pub(crate) fn age(&self, args: &[&str], input: &str) -> Ran {
        let mut age = Command::new("age");
        feed(age.args(args).current_dir(self.directory.path()), input)
    }

    /// Creates an identity in this file and returns its public key.
    pub(crate) fn keygen(&self, file: &str) -> String {
        let path = self.path(file);
        let made = Command::new("age-keygen").arg("-o").arg(&path).output();
        assert!(made.expect("age-keygen: apt-get install age").status.success());
        let text = std::fs::read_to_string(path).unwrap();
        text.lines().find_map(|line| line.strip_prefix("# public key: ")).unwrap().to_owned()
    }

    /// The files below the home that contain these bytes.
    pub(crate) fn holding(&self, bytes: &str) -> Vec<String> {
        holding(self.directory.path(), bytes)
    }
}

/// The files below a directory that contain these bytes.
pub(crate) fn holding(directory: &Path, bytes: &str) -> Vec<String> {
    // The pattern is not an argument, since a watcher of processes would see it.
    let mut grep = Command::new("grep");
    let found = feed(grep.args(["-rlaF", "-f", "-", "."]).current_dir(directory), bytes);
    found.stdout.lines().map(str::to_owned).collect()
}

/// Runs a command with this on its standard input.
pub(crate) fn feed(command: &mut Command, input: &str) -> Ran {
    let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = piped.spawn().expect("it can be run");
    // A command that fails before it reads its input closes the pipe.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    Ran::of(child.wait_with_output().unwrap())
}

pub(crate) fn mode(path: &Path) -> u32 {
    std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(path).unwrap().permissions())
        & 0o7777
}
