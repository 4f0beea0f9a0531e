//! Kind `cron`: one job in a file of its own under /etc/cron.d. cron is silent about what it does not
//! understand, so everything it could stumble over is refused here.

use super::cron_schedule::{self, fits_line};
use super::reader::Reader;
use super::written::Written;
use super::*;
use crate::diagnostic::Problems;
use crate::secret::Content;

/// The kind.
pub(super) const KIND: Kind = Kind {
    name: "cron",
    summary: "A cron job in a file of its own under /etc/cron.d.",
    example: "[[resource]]\nkind = \"cron\"\nname = \"clean-cache\"\nschedule = \"17 4 * * sun\"\nuser = \"www-data\"\ncommand = \"find /var/cache/site -mtime +30 -delete\"\n",
    attributes: &[
        AttributeDoc {
            name: "schedule",
            takes: "five cron fields, or a word such as `@daily`",
            required: true,
            default: None,
            doc: "When it runs, in the host's time zone.",
        },
        AttributeDoc {
            name: "command",
            takes: "text",
            required: true,
            default: None,
            doc: "One line for `/bin/sh`; `%` needs no backslash here. It may be seen in the list of processes, so a secret is refused.",
        },
        AttributeDoc {
            name: "user",
            takes: "user",
            required: false,
            default: Some("root"),
            doc: "The user it runs as.",
        },
        AttributeDoc {
            name: "environment",
            takes: "table of text",
            required: false,
            default: Some("PATH with the directories of sbin"),
            doc: "Variables of the job.",
        },
        AttributeDoc {
            name: "mail",
            takes: "address, or empty text",
            required: false,
            default: Some("cron's own: the user"),
            doc: "Who gets what it prints; empty text: nobody.",
        },
        AttributeDoc {
            name: "comment",
            takes: "text",
            required: false,
            default: None,
            doc: "A line about it for those who read the file.",
        },
    ],
    shell: "",
    declare,
    phase: Phase::Write,
    forget: Forget::Paths,
    volatile: &[],
    footprint: Footprint::only(&["path /etc/cron.d/{name}"]),
    together: None,
};

/// cron reads no longer lines.
const LINE_LIMIT: usize = 990;

const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

#[derive(Debug)]
struct Cron {
    user: String,
    written: Written,
}

fn declare(declared: &Declared) -> Result<Box<dyn Resource>, Problems> {
    let mut reader = Reader::new(declared, KIND.attributes);
    let name = &declared.address.name;
    if !is_entry(name) {
        reader.refuse(
            "name",
            "its name must be made of letters, digits, `_` and `-`: cron passes over others",
        );
    }
    let user = reader.account("user", "root");
    let text = format!("{}{}", head(&mut reader), job(&mut reader, &user));
    let written = Written::public(format!("/etc/cron.d/{name}"), Content::plain(text));
    reader.finish(Box::new(Cron { user, written }))
}

fn is_entry(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with('-')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
}

/// The comments and variables above the job.
fn head(reader: &mut Reader) -> String {
    let mut text = "# Managed by matrixform.\n".to_owned();
    if let Some(comment) = line(reader, "comment") {
        text.push_str(&format!("# {comment}\n"));
    }
    let mut variables = reader.table("environment");
    if !variables.iter().any(|(name, _)| name == "PATH") {
        variables.insert(0, ("PATH".to_owned(), PATH.to_owned()));
    }
    if let Some(mail) = line(reader, "mail") {
        variables.push(("MAILTO".to_owned(), mail));
    }
    for (name, value) in variables {
        match assignment(&name, &value) {
            Some(line) => text.push_str(&line),
            None => reader.refuse("environment", format!("cron cannot set `{name}` to this value")),
        }
    }
    text
}

/// The line of the job. cron turns a bare `%` into a newline.
fn job(reader: &mut Reader, user: &str) -> String {
    let schedule = line(reader, "schedule").unwrap_or_default();
    if let Err(why) = cron_schedule::check(&schedule) {
        reader.refuse("schedule", format!("`schedule` takes five cron fields or `@daily`: {why}"));
    }
    let command = line(reader, "command").unwrap_or_default().replace('%', "\\%");
    if command.trim().is_empty() || command.len() > LINE_LIMIT {
        reader.refuse("command", format!("`command` takes one line of at most {LINE_LIMIT} bytes"));
    }
    format!("{schedule} {user} {command}\n")
}

/// Text of one line.
fn line(reader: &mut Reader, name: &str) -> Option<String> {
    let text = reader.text(name)?;
    if !fits_line(&text) {
        reader.refuse(name, format!("`{name}` takes a single line"));
    }
    Some(text)
}

/// A variable as cron reads it: within one sort of quotes there is no escape.
fn assignment(name: &str, value: &str) -> Option<String> {
    let named = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let quote = ['"', '\''].into_iter().find(|quote| !value.contains(*quote))?;
    (named && fits_line(value)).then(|| format!("{name}={quote}{value}{quote}\n"))
}

impl Resource for Cron {
    fn provides(&self) -> Vec<String> {
        self.written.provides()
    }

    fn requires(&self) -> Vec<String> {
        let mut words = self.written.requires();
        words.push("package:cron".to_owned());
        words.push(format!("user:{}", self.user));
        words
    }

    fn ask(&self, _: &Context, questions: &mut Questions) {
        self.written.ask(questions);
    }

    fn observe(&self, _: &Context, answers: &Answers) -> Observed {
        self.written.observe(answers)
    }

    fn wanted(&self) -> Attributes {
        self.written.wanted()
    }

    fn compare(&self, _: &Context, observed: &Observed) -> Comparison {
        self.written.compare(observed)
    }

    fn converge(&self, _: &Context, change: &Comparison) -> Vec<Step> {
        self.written.converge(change)
    }
}
