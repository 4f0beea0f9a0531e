//! An installed Synapse: a virtual environment below target/, made once.

use serde_json::Value;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The Python interpreter of its environment.
pub(crate) struct Synapse {
    python: PathBuf,
}

impl Synapse {
    /// Installs the version of the table. An error says why it is unavailable.
    pub(crate) fn install() -> Result<Synapse, String> {
        Synapse::with("", "")
    }

    /// The same with the Python packages that options need: all extras except those that need a compiler.
    pub(crate) fn with_extras(&self) -> Synapse {
        let extras =
            "cache-memory,jwt,matrix-synapse-ldap3,oidc,opentracing,saml2,sentry,url-preview";
        Synapse::with(&format!("[{extras}]"), "-extras").expect("Synapse could be installed before")
    }

    fn with(extras: &str, suffix: &str) -> Result<Synapse, String> {
        let version = &matrixform::for_tests::synapse::options().version;
        let directory = format!("synapse-{version}{suffix}");
        let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(directory);
        let python = directory.join("bin/python");
        // Written last: an interrupted installation is started over.
        let whole = directory.join("whole");
        if !whole.exists() {
            let _ = std::fs::remove_dir_all(&directory);
            done(Command::new("python3").args(["-m", "venv"]).arg(&directory))?;
            let wanted = format!("matrix-synapse{extras}=={version}");
            let pip = ["-m", "pip", "-q", "--disable-pip-version-check", "install", &wanted];
            done(Command::new(&python).args(pip))?;
            std::fs::write(&whole, "").map_err(|error| error.to_string())?;
        }
        Ok(Synapse { python })
    }

    /// The names read by its source, each with the kinds found there.
    pub(crate) fn derived(&self) -> BTreeMap<String, Vec<String>> {
        let answer = self.run("derive.py", &[], "");
        assert_eq!(answer["version"], matrixform::for_tests::synapse::options().version.as_str());
        serde_json::from_value(answer["options"].clone()).expect("names with kinds")
    }

    /// Its complaint about each configuration; none if it accepts it.
    pub(crate) fn read(&self, configurations: &[Value]) -> Vec<Option<String>> {
        let answer = self.run("parse.py", &[], &serde_json::to_string(configurations).unwrap());
        serde_json::from_value(answer).expect("an answer to each")
    }

    /// The complaints of our reader on the host: each of `own` in a file beside the rest.
    pub(crate) fn complaints(&self, rest: &Value, own: &[Value]) -> Vec<Vec<String>> {
        let reader = concat!(env!("CARGO_MANIFEST_DIR"), "/modules/synapse/files/effective.py");
        let given = serde_json::json!({ "rest": rest, "own": own }).to_string();
        serde_json::from_value(self.run("accept.py", &[reader], &given)).expect("an answer to each")
    }

    fn run(&self, script: &str, arguments: &[&str], input: &str) -> Value {
        let script =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/synapse_options").join(script);
        let mut command = Command::new(&self.python);
        command.arg("-B").arg(script).args(arguments);
        let module = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/trial_files/module");
        command.env("PYTHONPATH", module).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("Python can be run");
        child.stdin.take().expect("a pipe").write_all(input.as_bytes()).expect("it reads");
        let output = child.wait_with_output().expect("it ends");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
        serde_json::from_slice(&output.stdout).expect("JSON")
    }
}

fn done(command: &mut Command) -> Result<(), String> {
    let output = command.output().map_err(|error| format!("python3: {error}"))?;
    let stderr = String::from_utf8_lossy(&output.stderr);
    let last = stderr.lines().last().unwrap_or("it says nothing").to_owned();
    if output.status.success() { Ok(()) } else { Err(last) }
}
