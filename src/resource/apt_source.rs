//! Kind `apt_source`: a repository and the key that signs it. The key is compared with its pinned fingerprint before it
//! is installed: locally if it is given, on the host if it is fetched there.

use super::apt_key::AptKey;
use super::managed_file::ManagedFile;
use super::reader::AttributeReader;
use super::*;
use crate::diagnostic::Problems;
use crate::secret::Content;

/// The kind.
pub(super) const KIND: Kind = Kind {
    name: "apt_source",
    summary: "A package repository with a pinned key that is trusted only for that repository.",
    example: "[[resource]]\nkind = \"apt_source\"\nname = \"matrix-org\"\nuris = [\"https://packages.matrix.org/debian/\"]\nsuites = [\"noble\"]\ncomponents = [\"main\"]\narchitectures = [\"amd64\"]\nkey_url = \"https://packages.matrix.org/debian/matrix-org-archive-keyring.gpg\"\nfingerprint = \"AAF9AE843A7584B5A3E4CD2BCF45A512DE2DA058\"\n",
    attributes: &[
        AttributeDoc {
            name: "uris",
            takes: "list of URLs",
            required: true,
            default: None,
            doc: "The repository's URLs.",
        },
        AttributeDoc {
            name: "suites",
            takes: "list of text",
            required: true,
            default: None,
            doc: "Its suites, such as the release's codename; or a path that ends in `/`, without components.",
        },
        AttributeDoc {
            name: "components",
            takes: "list of text",
            required: false,
            default: Some("none"),
            doc: "Its components, such as `main`.",
        },
        AttributeDoc {
            name: "architectures",
            takes: "list of text",
            required: false,
            default: Some("the host's"),
            doc: "The architectures to use from it.",
        },
        AttributeDoc {
            name: "fingerprint",
            takes: "40 or 64 hexadecimal digits",
            required: true,
            default: None,
            doc: "The fingerprint of its primary signing key (spaces are allowed). No other key is ever installed.",
        },
        AttributeDoc {
            name: "key",
            takes: "text",
            required: false,
            default: None,
            doc: "The public key: armored, base64 or the bytes of a file. Only the pinned key is installed from it.",
        },
        AttributeDoc {
            name: "key_url",
            takes: "URL",
            required: false,
            default: None,
            doc: "Where the host fetches the key instead. It is checked in a directory owned by root, and installed only if its fingerprint matches.",
        },
    ],
    shell: include_str!("apt_source.sh"),
    declare,
    phase: Phase::Prepare,
    forget: OrphanPolicy::Paths,
    volatile: &[],
    implied: &[],
    footprint: Footprint::only(&[
        "path /etc/apt/sources.list.d/{name}.sources",
        "path /etc/apt/keyrings/{name}.gpg",
    ]),
    batch: None,
};

#[derive(Debug)]
struct AptSource {
    name: String,
    uses_tls: bool,
    file: ManagedFile,
    key: AptKey,
}

fn declare(declared: &Declared) -> Result<Box<dyn Resource>, Problems> {
    let mut reader = AttributeReader::new(declared, KIND.attributes);
    let name = declared.address.name.clone();
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if name.is_empty() || name.starts_with('-') || !name.chars().all(is_plain) {
        reader.refuse("name", "its name must be made of letters, digits, `_` and `-`");
    }
    let key = AptKey::read(&mut reader, &name);
    let text = source(&mut reader, &key.path);
    let uses_tls = text.contains("https://") || key.is_fetched_over_tls();
    let path = format!("/etc/apt/sources.list.d/{name}.sources");
    let file = ManagedFile::public(path, Content::plain(text));
    reader.finish(Box::new(AptSource { name, uses_tls, file, key }))
}

/// Builds the file that apt reads.
fn source(reader: &mut AttributeReader, key: &str) -> String {
    let mut text = "# Managed by matrixform.\nTypes: deb\n".to_owned();
    let fields = [
        ("URIs", "uris"),
        ("Suites", "suites"),
        ("Components", "components"),
        ("Architectures", "architectures"),
    ];
    for (field, name) in fields {
        let values = reader.list(name);
        if values.iter().any(|value| {
            value.is_empty() || value.contains(|c: char| c.is_whitespace() || c.is_control())
        }) {
            reader.refuse(name, format!("`{name}` takes a list of words without spaces"));
        }
        if reader.has(name) && values.is_empty() {
            reader.refuse(name, format!("`{name}` must not be empty"));
        }
        if name == "uris" && !values.iter().all(|uri| is_url(uri)) {
            reader.refuse(name, "`uris` takes URLs that start with `https://` or `http://`");
        }
        if !values.is_empty() {
            text.push_str(&format!("{field}: {}\n", values.join(" ")));
        }
    }
    text.push_str(&format!("Signed-By: {key}\n"));
    text
}

/// Whether apt can fetch from this URL. Anything fetched over plain HTTP is checked by signature or fingerprint.
pub(super) fn is_url(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    rest.is_some_and(|rest| {
        !rest.is_empty() && !rest.contains(|c: char| c.is_control() || c == ' ')
    })
}

impl Resource for AptSource {
    fn provides(&self) -> Vec<String> {
        let mut provisions = vec![format!("apt_source:{}", self.name)];
        provisions.extend(self.file.provides());
        provisions.push(format!("path:{}", self.key.path));
        provisions
    }

    fn requires(&self) -> Vec<String> {
        let mut requirements = self.file.requires();
        if self.uses_tls {
            requirements.push("package:ca-certificates".to_owned());
        }
        requirements
    }

    fn ask(&self, _: &Context, questions: &mut Questions) {
        self.file.ask(questions);
        self.key.ask(questions);
    }

    fn observe(&self, _: &Context, answers: &Answers) -> Observed {
        let key = self.key.observe(answers);
        let mut seen = match self.file.observe(answers) {
            Observed::Present(seen) => seen,
            Observed::Absent if key == AttributeValue::Nothing => return Observed::Absent,
            Observed::Absent => Attributes::new(),
            Observed::Unknown(reason) => return Observed::Unknown(reason),
        };
        seen.insert("key", key);
        Observed::Present(seen)
    }

    fn wanted(&self) -> Attributes {
        let mut wanted = self.file.wanted();
        wanted.insert("key", self.key.wanted());
        wanted
    }

    fn compare(&self, _: &Context, observed: &Observed) -> Comparison {
        let comparison = Comparison::of(&self.wanted(), observed);
        managed_file::note_obstacle(&self.file.path, observed, comparison)
    }

    /// The key comes first: otherwise apt would reject the source in between.
    fn converge(&self, _: &Context, change: &Comparison) -> Vec<Step> {
        let mut steps = Vec::new();
        if change.differs("key") {
            steps.extend(self.key.place());
        }
        if ["content", "owner", "group", "mode"].iter().any(|name| change.differs(name)) {
            steps.extend(self.file.converge(change));
        }
        steps
    }
}
