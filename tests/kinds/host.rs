//! This machine as a host: `[[resource]]` tables are planned and applied by the generated shell, under dash and
//! busybox, in a temporary directory. The lab covers everything that needs a real host.

use crate::local_shell::LocalShell;
use indexmap::IndexMap;
use matrixform::for_tests::apply::{RunProgress, Stop, run, schedule};
use matrixform::for_tests::diagnostic::{Diagnostic, Place, Problems, Source};
use matrixform::for_tests::plan::{Item, Plan, make};
use matrixform::for_tests::remote::{CONNECT_TIMEOUT, Shell};
use matrixform::for_tests::resource::{
    Address, Answers, Attribute, Declared, DeclaredValue, INSPECT, Origin, Questions, Wanted,
    declare,
};
use matrixform::for_tests::secret::{Content, Secret};
use matrixform::for_tests::spec::node::{self as spec, Node};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;

/// The shells found on hosts.
pub(crate) const SHELLS: [&[&str]; 2] = [&["dash", "-s"], &["busybox", "sh", "-s"]];

/// A shell on this machine, and a directory for its files.
pub(crate) struct Host {
    shell: Shell<LocalShell>,
    directory: TempDir,
}

impl Host {
    /// A host with this shell.
    pub(crate) fn new(program: &[&str]) -> Host {
        Host::with(program, "", Duration::from_secs(90))
    }

    /// A host with additional library functions and another time limit for questions.
    pub(crate) fn with(program: &[&str], functions: &str, questions: Duration) -> Host {
        let library = matrixform::for_tests::run::library() + functions;
        let shell = Shell::new(LocalShell::start(program), &library, CONNECT_TIMEOUT).unwrap();
        let shell = shell.answers_within(questions);
        Host { shell, directory: tempfile::tempdir().unwrap() }
    }

    /// Observes, which must fail; returns the error.
    pub(crate) async fn look_fails(&mut self, toml: &str) -> Diagnostic {
        let questions = matrixform::for_tests::observe::questions(&self.wanted(toml));
        matrixform::for_tests::observe::observe(&mut self.shell, &[], &questions).await.unwrap_err()
    }

    /// Asks other questions without arguments, which must fail; returns the error.
    pub(crate) async fn ask_fails(&mut self, functions: &[&'static str]) -> Diagnostic {
        let mut questions = Questions::default();
        functions.iter().for_each(|function| questions.ask(function, &[]));
        matrixform::for_tests::observe::observe(&mut self.shell, &[], &questions).await.unwrap_err()
    }

    /// Asks checkers about the files on disk: name, user, command, since when, where, and whether more is watched.
    pub(crate) async fn inspect(&mut self, checks: &[[&str; 6]]) -> Answers {
        let mut questions = Questions::default();
        checks.iter().for_each(|check| questions.ask(INSPECT, check));
        matrixform::for_tests::observe::observe(&mut self.shell, &[], &questions).await.unwrap()
    }

    /// Runs one step; returns its output and status.
    pub(crate) async fn step(&mut self, limit: Duration, function: &str) -> (String, u32) {
        let id = self.shell.step(limit, function, &[], None);
        self.shell.flush().await;
        let (body, status) = self.shell.body(id, limit, |_| {}).await.unwrap();
        (String::from_utf8(body).unwrap(), status)
    }

    /// A path in its directory.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// The changes of a plan. `@` in the text stands for the host's directory.
    pub(crate) async fn plan(&mut self, toml: &str) -> Vec<Item> {
        let wanted = self.wanted(toml);
        self.planned(&wanted).await.items
    }

    /// The whole plan.
    pub(crate) async fn planned_of(&mut self, toml: &str) -> Plan {
        let wanted = self.wanted(toml);
        self.planned(&wanted).await
    }

    /// Plans and applies; asserts that the plan was carried out and nothing is left to do.
    pub(crate) async fn apply(&mut self, toml: &str) -> Vec<Item> {
        let wanted = self.wanted(toml);
        let planned = self.planned(&wanted).await;
        self.run(&planned).await.unwrap();
        let left = self.planned(&wanted).await.items;
        assert!(left.is_empty(), "left to do: {left:?}");
        planned.items
    }

    /// Applies, which must fail; returns the error.
    pub(crate) async fn apply_fails(&mut self, toml: &str) -> Diagnostic {
        let wanted = self.wanted(toml);
        let planned = self.planned(&wanted).await;
        self.run(&planned).await.unwrap_err()
    }

    /// The sorted names in its directory, to check that nothing is left over.
    pub(crate) fn names(&self, under: &str) -> Vec<String> {
        let entries = std::fs::read_dir(self.path(under)).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into()).collect();
        names.sort();
        names
    }

    fn wanted(&self, toml: &str) -> Vec<Wanted> {
        let directory = escaped(self.directory.path());
        declare(declarations(&toml.replace('@', &directory))).unwrap()
    }

    async fn planned(&mut self, wanted: &[Wanted]) -> Plan {
        let questions = matrixform::for_tests::observe::questions(wanted);
        let answers = matrixform::for_tests::observe::observe(&mut self.shell, &[], &questions)
            .await
            .unwrap();
        make("here", wanted, &[], &answers).unwrap()
    }

    async fn run(&mut self, planned: &Plan) -> Result<(), Diagnostic> {
        let schedule = schedule(planned, &[]);
        let steps = [schedule.prepare, schedule.rest].concat();
        let mut progress = RunProgress::new(steps.len());
        run(&mut self.shell, &steps, &mut progress, &Stop::default(), &mut |_| {}).await
    }
}

/// A path as written inside a TOML string.
pub(crate) fn escaped(path: &Path) -> String {
    let text = format!("{:?}", path.to_str().unwrap());
    text[1..text.len() - 1].to_owned()
}

/// The result of declaring one `[[resource]]`.
pub(crate) fn declared(toml: &str) -> Result<Vec<Wanted>, Problems> {
    declare(declarations(toml))
}

/// The `[[resource]]` tables of a text, as expansion passes them on.
pub(crate) fn declarations(toml: &str) -> Vec<Declared> {
    let source = Source::new("test.toml", toml);
    let tree = spec::parse(&source).unwrap();
    let tables = tree.as_table().unwrap()["resource"].node.as_array().unwrap();
    tables.iter().map(declaration).collect()
}

fn declaration(node: &Node) -> Declared {
    let table = node.as_table().unwrap();
    let text = |key: &str| table[key].node.as_str().unwrap().to_owned();
    let own = table.iter().filter(|(key, _)| !["kind", "name"].contains(&key.as_str()));
    let attributes = own.map(|(key, entry)| {
        let attribute = Attribute { value: value(&entry.node), place: entry.node.place.clone() };
        (key.clone(), attribute)
    });
    Declared {
        address: Address::new(text("kind"), text("name")),
        attributes: attributes.collect(),
        needs: vec![],
        activation: None,
        effect: None,
        why: None,
        origin: origin(&node.place),
    }
}

fn origin(place: &Place) -> Origin {
    Origin { module: "spec".into(), declared: place.clone(), requested: None }
}

fn value(node: &Node) -> DeclaredValue {
    match &node.value {
        spec::Value::String(text) => DeclaredValue::Text(Content::plain(text.as_str())),
        spec::Value::Integer(number) => DeclaredValue::Int(*number),
        spec::Value::Float(number) => DeclaredValue::Float(*number),
        spec::Value::Boolean(flag) => DeclaredValue::Bool(*flag),
        spec::Value::Datetime(text) => DeclaredValue::Text(Content::plain(text.as_str())),
        spec::Value::Array(items) => DeclaredValue::List(items.iter().map(value).collect()),
        spec::Value::Table(table) if table.contains_key("secret") => {
            let name = table["secret"].node.as_str().unwrap();
            DeclaredValue::Text(Content::secret(&Secret::new(name, "a value")))
        }
        spec::Value::Table(table) => {
            let rows = table.iter().map(|(key, entry)| (key.clone(), value(&entry.node)));
            DeclaredValue::Table(rows.collect::<IndexMap<_, _>>())
        }
    }
}
