//! Kind `file`: a regular file with content, owner, group and mode. It replaces an existing file by a new inode and
//! never follows a symlink; content with a secret is compared by digest.

use super::managed_file::{ManagedFile, reread};
use super::reader::AttributeReader;
use super::top_keys::top_keys;
use super::*;
use crate::diagnostic::Problems;
use crate::host_path;

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
            doc: "Its content; or set `template` or `source` to a file beside the spec.",
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
            default: Some("0644, or 0600 if it contains a secret"),
            doc: "Its permissions.",
        },
        AttributeDoc {
            name: "protect",
            takes: "boolean",
            required: false,
            default: Some("false"),
            doc: "Never overwrite a file that differs: refuse instead (for example, a signing key).",
        },
        AttributeDoc {
            name: IDENTITY,
            takes: "text",
            required: false,
            default: None,
            doc: "The file is the host's identity to others; its public half, `ed25519:ID BASE64`, or `not recorded`.",
        },
        AttributeDoc {
            name: KEY_OF,
            takes: "path",
            required: false,
            default: None,
            doc: "The file is the private key of the certificate in this other file: a plan is refused if they do not match.",
        },
    ],
    shell: concat!(include_str!("foreign.sh"), include_str!("file.sh")),
    declare,
    phase: Phase::Write,
    forget: OrphanPolicy::Paths,
    volatile: &[],
    implied: &[],
    footprint: Footprint::only(&["path {name}"]),
    batch: None,
};

/// The attribute that marks a file as part of the host's identity to others. `plan` reads it.
pub const IDENTITY: &str = "identity";

/// The attribute that names the certificate of a private key. `plan` reads it.
pub const KEY_OF: &str = "key_of";

#[derive(Debug)]
struct FileResource {
    file: ManagedFile,
    protect: bool,
    in_activation: bool,
}

fn declare(declared: &Declared) -> Result<Box<dyn Resource>, Problems> {
    let mut reader = AttributeReader::new(declared, KIND.attributes);
    let content = reader.content("content").unwrap_or_default();
    let default = if content.has_secrets() { "0600" } else { "0644" };
    let file = ManagedFile {
        path: reader.path_name(),
        owner: reader.account("owner", "root"),
        group: reader.account("group", "root"),
        mode: reader.mode("mode", default),
        content,
    };
    reader.text(IDENTITY);
    if reader.text(KEY_OF).is_some_and(|path| !host_path::is_normal(&path)) {
        reader.refuse(KEY_OF, "`key_of` takes the absolute path of a certificate");
    }
    let protect = reader.flag("protect").unwrap_or(false);
    let in_activation = declared.activation.is_some();
    reader.finish(Box::new(FileResource { file, protect, in_activation }))
}

impl Resource for FileResource {
    fn provides(&self) -> Vec<String> {
        self.file.provides()
    }

    fn requires(&self) -> Vec<String> {
        self.file.requires()
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
        let mut comparison = self.file.compare(observed);
        if self.protect && *observed != Observed::Absent && comparison.differs("content") {
            let path = &self.file.path;
            let why = match observed {
                Observed::Unknown(why) => {
                    format!("{path} is protected, and its content is unknown: {why}")
                }
                _ => format!("{path} differs from the spec, and is protected"),
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
        let mut steps = self.file.converge(change);
        steps.extend(reread(&self.file.path, change, self.in_activation));
        steps
    }

    fn top_keys(&self) -> Option<(&str, Vec<String>)> {
        let path = self.file.path.as_str();
        let keys = || top_keys(&self.file.content.masked());
        path.ends_with(".yaml").then(keys).flatten().map(|keys| (path, keys))
    }

    fn pending_secrets(&self) -> Vec<String> {
        self.file.pending_secrets()
    }
}
