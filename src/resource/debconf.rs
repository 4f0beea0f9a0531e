//! Kind `debconf`: the answer to a package's question, stored before the package is installed. A
//! secret answer is compared by its digest and never fetched.

use super::apt::is_package;
use super::reader::AttributeReader;
use super::*;
use crate::diagnostic::Problems;
use crate::secret::{Content, SecretState};

/// The kind.
pub(super) const KIND: Kind = Kind {
    name: "debconf",
    summary: "An answer to a package's debconf question, set before it is installed.",
    example: "[[resource]]\nkind = \"debconf\"\nname = \"postfix/main_mailer_type\"\npackage = \"postfix\"\ntype = \"select\"\nvalue = \"Local only\"\n",
    attributes: &[
        AttributeDoc {
            name: "package",
            takes: "package",
            required: true,
            default: None,
            doc: "The package that asks; it is installed afterwards.",
        },
        AttributeDoc {
            name: "type",
            takes: "`string`, `boolean`, `select`, `multiselect`, `note`, `text` or `password`",
            required: false,
            default: Some("string"),
            doc: "The question's type, as in the package's templates.",
        },
        AttributeDoc {
            name: "value",
            takes: "text",
            required: true,
            default: None,
            doc: "The answer. A package may read it back from its own files later, so they must agree.",
        },
    ],
    shell: include_str!("debconf.sh"),
    declare,
    phase: Phase::Prepare,
    forget: OrphanPolicy::Nothing("the answers stay until the package is purged"),
    volatile: &[],
    implied: &[],
    footprint: Footprint {
        own: &[],
        by_products: &[ByProduct {
            traces: &["path /var/cache/debconf/*"],
            why: "debconf's database",
        }],
    },
    batch: None,
};

const TYPES: [&str; 7] = ["string", "boolean", "select", "multiselect", "note", "text", "password"];

#[derive(Debug)]
struct Debconf {
    question: String,
    package: String,
    kind: String,
    value: Content,
}

fn declare(declared: &Declared) -> Result<Box<dyn Resource>, Problems> {
    let mut reader = AttributeReader::new(declared, KIND.attributes);
    let debconf = Debconf {
        question: declared.address.name.clone(),
        package: reader.text("package").unwrap_or_default(),
        kind: reader.text("type").unwrap_or("string".to_owned()),
        value: reader.content("value").unwrap_or_default(),
    };
    if debconf.question.is_empty()
        || debconf.question.contains(|c: char| c.is_control() || c == ' ')
    {
        reader.refuse("name", "its name must be that of a question, such as `package/question`");
    }
    if reader.has("package") && !is_package(&debconf.package) {
        reader.refuse("package", "`package` takes the name of a package");
    }
    if !TYPES.contains(&debconf.kind.as_str()) {
        reader.refuse("type", format!("`type` takes one of {}", TYPES.join(", ")));
    }
    if debconf.value.expose().iter().any(|byte| *byte < b' ') {
        reader.refuse("value", "`value` takes a single line");
    }
    reader.finish(Box::new(debconf))
}

impl Resource for Debconf {
    fn provides(&self) -> Vec<String> {
        vec![format!("debconf:{}", self.package)]
    }

    fn requires(&self) -> Vec<String> {
        vec!["program:debconf-set-selections".to_owned()]
    }

    fn ask(&self, _: &Context, questions: &mut Questions) {
        let form = if self.value.has_secrets() { "digest" } else { "value" };
        questions.ask("debconf_observe", &[&self.question, form]);
    }

    fn observe(&self, _: &Context, answers: &Answers) -> Observed {
        if answers.get("debconf_observe", "/").is_none() {
            return Observed::Unknown("debconf's database could not be read".to_owned());
        }
        let Some(record) = answers.get("debconf_observe", &self.question) else {
            return Observed::Absent;
        };
        if record.text("sha256").is_some() && self.value.state() == SecretState::Unchanged {
            let value = AttributeValue::Body(Body::wanted(&self.value));
            return Observed::Present(Attributes::from_iter([("value", value)]));
        }
        let digest = record
            .text("sha256")
            .map(|digest| AttributeValue::Body(Body { digest, size: 0, content: None }));
        let value = digest.or_else(|| record.text("value").map(AttributeValue::Word));
        Observed::Present(Attributes::from_iter([(
            "value",
            value.unwrap_or(AttributeValue::Nothing),
        )]))
    }

    fn wanted(&self) -> Attributes {
        let value = match self.value.as_plain_text() {
            Some(text) => AttributeValue::word(text),
            None => AttributeValue::Body(Body::wanted(&self.value)),
        };
        Attributes::from_iter([("value", value)])
    }

    fn converge(&self, _: &Context, _: &Comparison) -> Vec<Step> {
        let args = [self.package.as_str(), &self.question, &self.kind];
        let label = format!("answering {}", self.question);
        let step = Step::new(label, "debconf_set", &args).input(self.value.clone());
        // It waits up to this long for other users of the database.
        vec![step.ending_after(600)]
    }

    fn pending_secrets(&self) -> Vec<String> {
        let pending = self.value.secrets().iter().filter(|secret| secret.is_pending());
        pending.map(|secret| secret.name.clone()).collect()
    }
}
