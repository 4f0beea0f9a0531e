//! The progress of a sweep: kept while it runs, and written as a record when it is complete.

use matrixform::for_tests::synapse::options;
use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The trials already done in an interrupted sweep of this commit.
pub(super) struct Done {
    /// `None` for a sample.
    path: Option<PathBuf>,
    pub(super) names: BTreeSet<String>,
}

impl Done {
    pub(super) fn read() -> Done {
        let full = crate::seed::is_sweep();
        let head = output(Command::new("git").args(["rev-parse", "--short=12", "HEAD"]));
        let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/options");
        std::fs::create_dir_all(&directory).expect("a directory");
        let path = full.then(|| directory.join(head));
        let text = path.as_ref().and_then(|path| std::fs::read_to_string(path).ok());
        Done { path, names: text.unwrap_or_default().lines().map(str::to_owned).collect() }
    }

    /// Records trials that were applied, or refused where they should be.
    pub(super) fn add<'a>(&mut self, names: impl Iterator<Item = &'a String>) {
        let Some(path) = &self.path else { return };
        let mut file =
            std::fs::OpenOptions::new().create(true).append(true).open(path).expect("rows");
        for name in names {
            writeln!(file, "{name}").expect("a row");
            self.names.insert(name.clone());
        }
    }

    /// Writes the record of a full sweep, the source of docs/extra.md.
    pub(super) fn record(&self, suite: &str) {
        let Some(path) = &self.path else { return };
        let date = output(Command::new("date").args(["-u", "+%F"]));
        let commit = path.file_name().unwrap_or_default().display();
        let synapse = &options().version;
        let head = format!("{date}, {suite}, Synapse {synapse} from PyPI, commit {commit}");
        let names: Vec<&str> = self.names.iter().map(String::as_str).collect();
        let to = path.with_file_name("options_applied.txt");
        std::fs::write(&to, format!("{head}\n{}\n", names.join("\n"))).expect("the record");
        println!("{} done; to keep it: cp {} tests/support/", names.len(), to.display());
    }
}

fn output(command: &mut Command) -> String {
    let output = command.output().expect("it can be run");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}
