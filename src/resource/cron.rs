//! Kind `cron`: one job in its own file under /etc/cron.d. cron silently ignores what it does not understand, so
//! anything it could reject is refused here.

use super::cron_schedule::{CronSchedule, fits_line};
use super::managed_file::ManagedFile;
use super::reader::AttributeReader;
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
            takes: "five cron fields, or a keyword such as `@daily`",
            required: true,
            default: None,
            doc: "When it runs, in the host's time zone.",
        },
        AttributeDoc {
            name: "command",
            takes: "text",
            required: true,
            default: None,
            doc: "One line for `/bin/sh`; `%` needs no backslash here. It is visible in the process list, so secrets are refused.",
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
            doc: "Environment variables of the job.",
        },
        AttributeDoc {
            name: "mail",
            takes: "address, or empty text",
            required: false,
            default: Some("cron's own: the user"),
            doc: "Who receives its output; empty text: nobody.",
        },
        AttributeDoc {
            name: "comment",
            takes: "text",
            required: false,
            default: None,
            doc: "A comment line for the file.",
        },
    ],
    shell: "",
    declare,
    phase: Phase::Write,
    forget: OrphanPolicy::Paths,
    volatile: &[],
    implied: &[],
    footprint: Footprint::only(&["path /etc/cron.d/{name}"]),
    batch: None,
};

/// The longest line that cron reads.
const LINE_LIMIT: usize = 990;

const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

#[derive(Debug)]
struct Cron {
    user: String,
    file: ManagedFile,
}

fn declare(declared: &Declared) -> Result<Box<dyn Resource>, Problems> {
    let mut reader = AttributeReader::new(declared, KIND.attributes);
    let name = &declared.address.name;
    if !is_entry(name) {
        reader.refuse(
            "name",
            "its name must be made of letters, digits, `_` and `-`: cron ignores other names",
        );
    }
    let user = reader.account("user", "root");
    let text = format!("{}{}", head(&mut reader), job(&mut reader, &user));
    let file = ManagedFile::public(format!("/etc/cron.d/{name}"), Content::plain(text));
    reader.finish(Box::new(Cron { user, file }))
}

fn is_entry(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with('-')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
}

/// Builds the comments and variables above the job.
fn head(reader: &mut AttributeReader) -> String {
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

/// Builds the job's line. cron turns an unescaped `%` into a newline.
fn job(reader: &mut AttributeReader, user: &str) -> String {
    let schedule = line(reader, "schedule").unwrap_or_default();
    if let Err(fault) = schedule.parse::<CronSchedule>() {
        reader
            .refuse("schedule", format!("`schedule` takes five cron fields or `@daily`: {fault}"));
    }
    let command = line(reader, "command").unwrap_or_default().replace('%', "\\%");
    if command.trim().is_empty() || command.len() > LINE_LIMIT {
        reader.refuse("command", format!("`command` takes one line of at most {LINE_LIMIT} bytes"));
    }
    format!("{schedule} {user} {command}\n")
}

/// Reads text that fits in one line.
fn line(reader: &mut AttributeReader, name: &str) -> Option<String> {
    let text = reader.text(name)?;
    if !fits_line(&text) {
        reader.refuse(name, format!("`{name}` takes a single line"));
    }
    Some(text)
}

/// Formats a variable as cron reads it: inside quotes there is no escape, so the value can contain only one kind.
fn assignment(name: &str, value: &str) -> Option<String> {
    let named = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let quote = ['"', '\''].into_iter().find(|quote| !value.contains(*quote))?;
    (named && fits_line(value)).then(|| format!("{name}={quote}{value}{quote}\n"))
}

impl Resource for Cron {
    fn provides(&self) -> Vec<String> {
        self.file.provides()
    }

    fn requires(&self) -> Vec<String> {
        let mut requirements = self.file.requires();
        requirements.push("package:cron".to_owned());
        requirements.push(format!("user:{}", self.user));
        requirements
    }

    fn ask(&self, _: &Context, questions: &mut Questions) {
        self.file.ask(questions);
    }

    fn observe(&self, _: &Context, answers: &Answers) -> Observed {
        self.file.observe(answers)
    }

    fn wanted(&self) -> Attributes {
        self.file.wanted()
    }

    fn compare(&self, _: &Context, observed: &Observed) -> Comparison {
        self.file.compare(observed)
    }

    fn converge(&self, _: &Context, change: &Comparison) -> Vec<Step> {
        self.file.converge(change)
    }
}
