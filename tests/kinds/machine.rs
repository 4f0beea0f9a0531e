//! This machine as a host, one resource at a time: its questions and steps run through the library in a real shell.

use matrixform::for_tests::resource::{
    Answers, Call, Comparison, Context, Questions, Resource, kinds,
};
use std::io::Write;
use std::process::{Command, Stdio};

/// The shells that the library must run under.
pub(crate) const SHELLS: [&[&str]; 2] = [&["dash"], &["busybox", "sh"]];

/// A shell on this machine.
#[derive(Clone, Copy)]
pub(crate) struct Machine(pub(crate) &'static [&'static str]);

impl Machine {
    /// Runs a script after the prelude and the kinds; returns standard output and whether it succeeded.
    pub(crate) fn run(self, script: &str) -> (Vec<u8>, bool) {
        let mut library = include_str!("../../src/remote/prelude.sh").to_owned();
        kinds().iter().for_each(|kind| library.push_str(kind.shell));
        self.run_with(library, script)
    }

    /// Runs a script after the whole library.
    pub(crate) fn run_all(self, script: &str) -> (Vec<u8>, bool) {
        self.run_with(matrixform::for_tests::run::library(), script)
    }

    /// Runs a script after this library.
    pub(crate) fn run_with(self, mut library: String, script: &str) -> (Vec<u8>, bool) {
        library.push_str(concat!(
            "mf_certificates=",
            env!("CARGO_TARGET_TMPDIR"),
            "/certificates\n"
        ));
        let mut child = Command::new(self.0[0])
            .args(&self.0[1..])
            .args(["-s"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|_| panic!("{}: apt-get install dash busybox openssl", self.0[0]));
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all((library + script).as_bytes()).unwrap();
        drop(stdin);
        let output = child.wait_with_output().unwrap();
        (output.stdout, output.status.success())
    }

    /// Observes a resource on this machine.
    pub(crate) fn answers(self, resource: &dyn Resource, context: &Context) -> Answers {
        let mut questions = Questions::default();
        resource.ask(context, &mut questions);
        let mut answers = Answers::default();
        for (function, words) in questions.calls() {
            let (body, _) = self.run(&line(function, words.into_iter()));
            answers.add(function, 0, &body);
        }
        answers
    }

    /// Observes and compares.
    pub(crate) fn plan(self, resource: &dyn Resource) -> Comparison {
        let context = Context::default();
        let observed = resource.observe(&context, &self.answers(resource, &context));
        resource.compare(&context, &observed)
    }

    /// Plans and converges; asserts that nothing is left to do.
    pub(crate) fn converge(self, resource: &dyn Resource) -> Comparison {
        let planned = self.plan(resource);
        for step in resource.converge(&Context::default(), &planned) {
            let (output, ok) = self.run(&call(&step.call));
            assert!(ok, "{}: {}", step.label, String::from_utf8_lossy(&output));
        }
        assert_eq!(self.plan(resource), Comparison::unchanged());
        planned
    }
}

fn call(call: &Call) -> String {
    assert!(call.input.is_none());
    line(call.function, call.args.iter().map(String::as_str))
}

fn line<'a>(function: &str, words: impl Iterator<Item = &'a str>) -> String {
    let quoted = words.map(|word| format!(" '{}'", word.replace('\'', r"'\''")));
    format!("{function}{}\n", quoted.collect::<String>())
}

/// The name and group of the account that runs the tests.
pub(crate) fn account() -> (String, String) {
    let (output, _) = Machine(SHELLS[0]).run("id -un; id -gn\n");
    let output = String::from_utf8(output).unwrap();
    let mut lines = output.lines().map(str::to_owned);
    (lines.next().unwrap(), lines.next().unwrap())
}
