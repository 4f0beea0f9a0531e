//! Kind `file`: a regular file with content, owner, group and mode. It replaces what is there by a
//! new inode and never follows a symlink; content with a secret is compared by digest.

use super::reader::{Reader, parents};
use super::*;
use crate::diagnostic::Problems;
use crate::secret::Content;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Larger files are compared, but not fetched for a diff (bytes).
const DIFF_LIMIT: u64 = 256 * 1024;

/// The kind.
pub(super) const KIND: Kind = Kind {
    name: "file",
    summary: "A regular file: content, owner, group and mode; replaced atomically.",
    example: "[[resource]]\nkind = \"file\"\nname = \"/etc/motd\"\ncontent = \"Welcome.\\n\"\nmode = \"0644\"\n",
    attributes: &[
        AttributeDoc {
            name: "content",
            takes: "text",
            required: true,
            default: None,
            doc: "What is in it; `template` or `source` name a file beside the spec instead.",
        },
        AttributeDoc {
            name: "owner",
            takes: "user",
            required: false,
            default: Some("root"),
            doc: "The user that owns it.",
        },
        AttributeDoc {
            name: "group",
            takes: "group",
            required: false,
            default: Some("root"),
            doc: "Its group.",
        },
        AttributeDoc {
            name: "mode",
            takes: "four octal digits",
            required: false,
            default: Some("0644, and 0600 when it holds a secret"),
            doc: "Its permissions.",
        },
        AttributeDoc {
            name: "protect",
            takes: "boolean",
            required: false,
            default: Some("false"),
            doc: "Never overwrite a file that differs: refuse instead (a signing key, say).",
        },
    ],
    shell: include_str!("file.sh"),
    declare,
    together: None,
};

#[derive(Debug)]
struct File {
    path: String,
    content: Content,
    owner: String,
    group: String,
    mode: String,
    protect: bool,
}

fn declare(declared: &Declared) -> Result<Box<dyn Resource>, Problems> {
    let mut reader = Reader::new(declared, KIND.attributes);
    let content = reader.content("content").unwrap_or_default();
    let default = if content.has_secrets() { "0600" } else { "0644" };
    let file = File {
        path: reader.path_name(),
        owner: reader.account("owner", "root"),
        group: reader.account("group", "root"),
        mode: reader.mode("mode", default),
        protect: reader.flag("protect").unwrap_or(false),
        content,
    };
    reader.finish(Box::new(file))
}

impl Resource for File {
    fn provides(&self) -> Vec<String> {
        vec![format!("path:{}", self.path)]
    }

    fn requires(&self) -> Vec<String> {
        let mut words: Vec<String> =
            parents(&self.path).iter().map(|parent| format!("path:{parent}")).collect();
        words.push(format!("user:{}", self.owner));
        words.push(format!("group:{}", self.group));
        words
    }

    fn ask(&self, _: &Context, questions: &mut Questions) {
        questions.ask("paths_observe", &[&self.path]);
        let limit = if self.content.is_only_secret() { 0 } else { DIFF_LIMIT };
        let digest = self.content.digest();
        questions.ask("file_observe", &[&self.path, &digest, &limit.to_string()]);
    }

    fn observe(&self, _: &Context, answers: &Answers) -> Observed {
        let record = match path_record(answers, &self.path) {
            Ok(Some(record)) => record,
            Ok(None) => return Observed::Absent,
            Err(reason) => return Observed::Unknown(reason),
        };
        let mut seen = path_attributes(record);
        let kind = record.text("type").unwrap_or_default();
        if kind.starts_with("regular") {
            seen.insert("content", self.body(answers, record));
        } else {
            seen.insert("type", Seen::word(kind));
        }
        Observed::Present(seen)
    }

    fn wanted(&self) -> Attributes {
        let mut wanted = Attributes::new();
        wanted.insert("content", Seen::Body(Body::wanted(&self.content)));
        wanted.insert("owner", Seen::word(&self.owner));
        wanted.insert("group", Seen::word(&self.group));
        wanted.insert("mode", Seen::word(&self.mode));
        wanted
    }

    fn compare(&self, _: &Context, observed: &Observed) -> Comparison {
        let mut comparison = Comparison::of(&self.wanted(), observed);
        let Observed::Present(seen) = observed else { return comparison };
        if let Some(Seen::Word(kind)) = seen.get("type") {
            comparison.notes.push(format!("there is a {kind} at this path"));
            if kind == "directory" {
                comparison.action = Action::Refuse {
                    why: format!("there is a directory at {}", self.path),
                    help: "move the directory away, or choose another path".to_owned(),
                };
            }
        }
        if self.protect && comparison.differs("content") {
            comparison.action = Action::Refuse {
                why: format!("{} differs from what it shall be, and is protected", self.path),
                help: "if the host's file is right, import it; if not, move it away by hand first"
                    .to_owned(),
            };
        }
        comparison
    }

    fn converge(&self, _: &Context, change: &Comparison) -> Vec<Step> {
        let words: [&str; 4] = [&self.path, &self.owner, &self.group, &self.mode];
        let only_attributes = change.action == Action::Update && !change.differs("content");
        if only_attributes {
            return vec![Step::new(format!("setting {}", self.path), "file_attributes", &words)];
        }
        vec![
            Step::new(format!("writing {}", self.path), "file_write", &words)
                .input(self.content.clone()),
        ]
    }

    fn pending_secrets(&self) -> Vec<String> {
        pending(&self.content)
    }
}

impl File {
    fn body(&self, answers: &Answers, stat: &Record) -> Seen {
        let Some(record) = answers.get("file_observe", &self.path) else {
            return Seen::Unknown("it could not be read".to_owned());
        };
        let size = stat.text("size").and_then(|size| size.parse().ok()).unwrap_or(0);
        let bytes = record.bytes("content").and_then(|text| STANDARD.decode(text).ok());
        let whole = bytes.filter(|bytes| bytes.len() as u64 == size && size <= DIFF_LIMIT);
        Seen::Body(Body {
            digest: record.text("sha256").unwrap_or_default(),
            size,
            content: whole.and_then(|bytes| self.content.like(&bytes)),
        })
    }
}

/// The names of a content's secrets that are still to be generated.
pub(super) fn pending(content: &Content) -> Vec<String> {
    let pending = content.secrets().iter().filter(|secret| secret.pending);
    pending.map(|secret| secret.name.clone()).collect()
}

/// What `paths_observe` said about a path: `None` = absent; an error when it said nothing at all.
pub(super) fn path_record<'a>(
    answers: &'a Answers,
    path: &str,
) -> Result<Option<&'a Record>, String> {
    if answers.get("paths_observe", "/").is_none() {
        return Err("the host's `stat` did not answer".to_owned());
    }
    Ok(answers.get("paths_observe", path))
}

/// Owner, group and mode of a path.
pub(super) fn path_attributes(record: &Record) -> Attributes {
    let mut seen = Attributes::new();
    for (name, field) in [("owner", "owner"), ("group", "group")] {
        seen.insert(name, Seen::word(record.text(field).unwrap_or_default()));
    }
    let mode = record.text("mode").unwrap_or_default();
    seen.insert("mode", Seen::word(format!("{mode:0>4}")));
    seen
}
