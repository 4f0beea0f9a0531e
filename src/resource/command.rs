//! Kind `command`: for whatever no other kind can describe. It runs when its check fails or its path is missing, so it
//! needs one of the two; secrets reach it only on standard input.

use super::reader::AttributeReader;
use super::stat::path_record;
use super::*;
use crate::diagnostic::Problems;
use crate::host_path;
use crate::secret::Content;

/// The kind.
pub(super) const KIND: Kind = Kind {
    name: "command",
    summary: "A shell command that runs if its check fails or the path it creates is missing.",
    example: "[[resource]]\nkind = \"command\"\nname = \"enable the event module\"\nrun = \"a2enmod mpm_event\"\ncheck = \"a2query -q -m mpm_event\"\n",
    attributes: &[
        AttributeDoc {
            name: "run",
            takes: "shell command",
            required: true,
            default: None,
            doc: "The command, run by `/bin/sh` in `/`. Afterwards the check must pass.",
        },
        AttributeDoc {
            name: "check",
            takes: "shell command",
            required: false,
            default: None,
            doc: "Exit status 0 means there is nothing to do. It runs with every plan, so it must not write anything; its limit is 10 seconds.",
        },
        AttributeDoc {
            name: "creates",
            takes: "path",
            required: false,
            default: None,
            doc: "If this exists, there is nothing to do. Set `check` or `creates`.",
        },
        AttributeDoc {
            name: "as_user",
            takes: "user",
            required: false,
            default: Some("root"),
            doc: "The user that command and check run as.",
        },
        AttributeDoc {
            name: "environment",
            takes: "table of text",
            required: false,
            default: None,
            doc: "Environment variables of command and check; no secrets, because other users may read them.",
        },
        AttributeDoc {
            name: "secret_stdin",
            takes: "secret",
            required: false,
            default: Some("empty"),
            doc: "What the command reads from standard input; the only way to pass a secret.",
        },
        AttributeDoc {
            name: "timeout",
            takes: "seconds",
            required: false,
            default: Some("300"),
            doc: "After this time the command is killed and counts as failed.",
        },
    ],
    shell: include_str!("command.sh"),
    declare,
    phase: Phase::Act,
    forget: OrphanPolicy::Nothing("what it did stays"),
    volatile: &[],
    implied: &[],
    footprint: Footprint::NONE,
    batch: None,
};

/// Seconds that a check may take, since every plan waits for it.
const CHECK_LIMIT: &str = "10";

#[derive(Debug)]
struct Command {
    name: String,
    run: String,
    check: Option<String>,
    creates: Option<String>,
    as_user: String,
    environment: String,
    input: Content,
    timeout: i64,
}

fn declare(declared: &Declared) -> Result<Box<dyn Resource>, Problems> {
    let mut reader = AttributeReader::new(declared, KIND.attributes);
    let command = Command {
        name: declared.address.name.clone(),
        run: reader.text("run").unwrap_or_default(),
        check: reader.text("check"),
        creates: reader.text("creates"),
        as_user: reader.account("as_user", "root"),
        environment: environment(&mut reader),
        input: reader.content("secret_stdin").unwrap_or_default(),
        timeout: reader.int("timeout").unwrap_or(300),
    };
    if !reader.has("check") && !reader.has("creates") {
        reader.refuse(
            "run",
            "it needs a `check` or a path that it `creates`: otherwise it would run every time",
        );
    }
    if command.creates.as_deref().is_some_and(|path| !host_path::is_normal(path)) {
        reader.refuse("creates", "`creates` takes an absolute path");
    }
    if command.timeout < 1 {
        reader.refuse("timeout", "`timeout` takes a number of seconds, at least 1");
    }
    if command.name.contains(['\0', '\n']) {
        reader.refuse("name", "its name must be a single line");
    }
    reader.finish(Box::new(command))
}

/// The variables, one per line.
fn environment(reader: &mut AttributeReader) -> String {
    let mut lines = Vec::new();
    for (name, value) in reader.table("environment") {
        let named = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if !named || value.contains(['\n', '\0']) {
            reader.refuse(
                "environment",
                format!("`{name}` must be a variable's name with a single line"),
            );
        }
        lines.push(format!("{name}={value}"));
    }
    lines.join("\n")
}

impl Resource for Command {
    fn provides(&self) -> Vec<String> {
        let mut provisions = vec![format!("command:{}", self.name)];
        provisions.extend(self.creates.iter().map(|path| format!("path:{path}")));
        provisions
    }

    fn requires(&self) -> Vec<String> {
        vec![format!("user:{}", self.as_user)]
    }

    fn ask(&self, _: &Context, questions: &mut Questions) {
        if let Some(path) = &self.creates {
            questions.ask("paths_observe", &[path]);
        }
        if let Some(check) = &self.check {
            let args = [&self.name, check, &self.as_user, &self.environment, CHECK_LIMIT];
            questions.ask("command_observe", &args.map(|arg| arg as &str));
        }
    }

    fn side_effects(&self) -> Option<Vec<String>> {
        let check = self.check.clone()?;
        Some(vec![check, format!("as {}", self.as_user), self.environment.clone()])
    }

    fn observe(&self, _: &Context, answers: &Answers) -> Observed {
        let mut seen = Attributes::new();
        if self.check.is_some() {
            seen.insert("check", self.checked(answers));
        }
        if let Some(path) = &self.creates {
            seen.insert(
                "creates",
                match path_record(answers, path) {
                    Ok(Some(_)) => AttributeValue::word(path),
                    Ok(None) => AttributeValue::Nothing,
                    Err(reason) => AttributeValue::Unknown(reason),
                },
            );
        }
        Observed::Present(seen)
    }

    fn simulate(&self, _: &Context, host: &SimulatedHost<'_>, before: Option<&Wanted>) -> Observed {
        let mut seen = Attributes::new();
        if self.check.is_some() {
            let same = before.filter(|before| {
                let now = [("check", self.check.as_deref()), ("as_user", Some(&self.as_user))];
                now.iter().all(|(name, now)| before.attribute_text(name).or(default(name)) == *now)
            });
            let check = same.map(|_| AttributeValue::word("passes"));
            let unseen = || AttributeValue::Unknown("its check was not run".to_owned());
            seen.insert("check", check.unwrap_or_else(unseen));
        }
        if let Some(path) = &self.creates {
            let created =
                host.provider_of(&format!("path:{path}")).map(|_| AttributeValue::word(path));
            seen.insert("creates", created.unwrap_or(AttributeValue::Nothing));
        }
        Observed::Present(seen)
    }

    fn wanted(&self) -> Attributes {
        let mut wanted = Attributes::new();
        wanted.extend(self.check.as_ref().map(|_| ("check", AttributeValue::word("passes"))));
        wanted.extend(self.creates.as_ref().map(|path| ("creates", AttributeValue::word(path))));
        wanted
    }

    fn compare(&self, _: &Context, observed: &Observed) -> Comparison {
        let mut found = Comparison::of(&self.wanted(), observed);
        if found.is_change() {
            found.notes.push(format!("runs: {}", self.run));
            let made = found.differences.iter().any(|d| d.from == AttributeValue::Nothing);
            found.action = if made { Action::Create } else { Action::Update };
        }
        found
    }

    fn converge(&self, _: &Context, _: &Comparison) -> Vec<Step> {
        let seconds = self.timeout.to_string();
        let args = [self.run.as_str(), &self.as_user, &self.environment, &seconds];
        let step = Step::new(format!("running {}", self.name), "command_run", &args)
            .ending_after(self.timeout.unsigned_abs());
        vec![if self.input.expose().is_empty() { step } else { step.input(self.input.clone()) }]
    }

    fn pending_secrets(&self) -> Vec<String> {
        let pending = self.input.secrets().iter().filter(|secret| secret.is_pending());
        pending.map(|secret| secret.name.clone()).collect()
    }
}

/// The value of an attribute that is not given.
fn default(name: &str) -> Option<&'static str> {
    (name == "as_user").then_some("root")
}

impl Command {
    fn checked(&self, answers: &Answers) -> AttributeValue {
        let record = answers.get("command_observe", &self.name);
        match record.and_then(|record| record.text("status")).as_deref() {
            Some("0") => AttributeValue::word("passes"),
            Some("124" | "137") => {
                AttributeValue::Unknown(format!("its check took over {CHECK_LIMIT} s"))
            }
            Some(status) => AttributeValue::word(format!("fails ({status})")),
            None => AttributeValue::Unknown("its check did not run".to_owned()),
        }
    }
}
