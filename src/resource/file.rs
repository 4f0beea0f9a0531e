//! Kind `file`: a regular file with content, owner, group and mode. It replaces what is there by a
//! new inode and never follows a symlink; content with a secret is compared by digest.

use super::reader::{Reader, is_path};
use super::top_keys::top_keys;
use super::written::{Written, reread};
use super::*;
use crate::diagnostic::Problems;

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
        AttributeDoc {
            name: IDENTITY,
            takes: "text",
            required: false,
            default: None,
            doc: "The file is what others know this host by; its public half, `ed25519:ID BASE64`, or `not recorded`.",
        },
        AttributeDoc {
            name: KEY_OF,
            takes: "path",
            required: false,
            default: None,
            doc: "The file is the private key of the certificate in that other file: a plan in which they do not fit is refused.",
        },
    ],
    shell: concat!(include_str!("foreign.sh"), include_str!("file.sh")),
    declare,
    phase: Phase::Write,
    forget: Forget::Paths,
    volatile: &[],
    footprint: Footprint::only(&["path {name}"]),
    together: None,
};

/// The attribute that says that the file is what others know the host by. `plan` looks at it.
pub const IDENTITY: &str = "identity";

/// The attribute that names the certificate to which a private key belongs. `plan` looks at it.
pub const KEY_OF: &str = "key_of";

#[derive(Debug)]
struct File {
    written: Written,
    protect: bool,
    joined: bool,
}

fn declare(declared: &Declared) -> Result<Box<dyn Resource>, Problems> {
    let mut reader = Reader::new(declared, KIND.attributes);
    let content = reader.content("content").unwrap_or_default();
    let default = if content.has_secrets() { "0600" } else { "0644" };
    let written = Written {
        path: reader.path_name(),
        owner: reader.account("owner", "root"),
        group: reader.account("group", "root"),
        mode: reader.mode("mode", default),
        content,
    };
    reader.text(IDENTITY);
    if reader.text(KEY_OF).is_some_and(|path| !is_path(&path)) {
        reader.refuse(KEY_OF, "`key_of` takes the absolute path of a certificate");
    }
    let protect = reader.flag("protect").unwrap_or(false);
    let joined = declared.activation.is_some();
    reader.finish(Box::new(File { written, protect, joined }))
}

impl Resource for File {
    fn provides(&self) -> Vec<String> {
        self.written.provides()
    }

    fn requires(&self) -> Vec<String> {
        self.written.requires()
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
        let mut comparison = self.written.compare(observed);
        if self.protect && *observed != Observed::Absent && comparison.differs("content") {
            let path = &self.written.path;
            let why = match observed {
                Observed::Unknown(why) => {
                    format!("{path} is protected, and nobody knows what is there: {why}")
                }
                _ => format!("{path} differs from what it shall be, and is protected"),
            };
            comparison.action = Action::Refuse {
                why,
                help: "if the host's file is right, import it; if not, move it away by hand first"
                    .to_owned(),
            };
        }
        comparison
    }

    fn converge(&self, _: &Context, change: &Comparison) -> Vec<Step> {
        let mut steps = self.written.converge(change);
        steps.extend(reread(&self.written.path, change, self.joined));
        steps
    }

    fn top_keys(&self) -> Option<(&str, Vec<String>)> {
        let path = self.written.path.as_str();
        let keys = || top_keys(&self.written.content.masked());
        path.ends_with(".yaml").then(keys).flatten().map(|keys| (path, keys))
    }

    fn pending_secrets(&self) -> Vec<String> {
        self.written.pending_secrets()
    }
}
