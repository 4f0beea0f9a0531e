//! Kind `certificate_authority`: a key and a self-signed certificate that sign others on this host. A renewal keeps key
//! and name, so every certificate it signed is valid under the old and the new one.

use super::certificate::{IssuedPair, NOT_DUE, positive, renewal};
use super::certificate_text::CertificateText;
use super::footprint::CERTIFICATE;
use super::reader::AttributeReader;
use super::*;
use crate::diagnostic::Problems;

/// The kind. Its functions are in `certificate.sh`.
pub(super) const KIND: Kind = Kind {
    name: "certificate_authority",
    summary: "A small local authority (`NAME.crt`, `NAME.key`) that signs certificates on this host.",
    example: "[[resource]]\nkind = \"certificate_authority\"\nname = \"/etc/ssl/matrixform/ca\"\n\
              common_name = \"matrixform local authority\"\n",
    attributes: &[
        AttributeDoc {
            name: "common_name",
            takes: "text",
            required: true,
            default: None,
            doc: "Its name. It cannot be changed later, because certificates it signed depend on it.",
        },
        AttributeDoc {
            name: "days",
            takes: "whole number of days",
            required: false,
            default: Some("7300"),
            doc: "How long it is valid; it is renewed when a third of that is left.",
        },
    ],
    shell: "",
    declare,
    phase: Phase::Write,
    forget: OrphanPolicy::Paths,
    volatile: &["renewal"],
    implied: &["renewal", "key"],
    footprint: CERTIFICATE,
    batch: None,
};

#[derive(Debug)]
struct Authority {
    pair: IssuedPair,
    common_name: String,
}

fn declare(declared: &Declared) -> Result<Box<dyn Resource>, Problems> {
    let mut reader = AttributeReader::new(declared, KIND.attributes);
    let common_name = reader.text("common_name").unwrap_or_default();
    let allowed = |c: char| c.is_ascii_alphanumeric() || " .-_:".contains(c);
    let plain = common_name.chars().all(allowed) && common_name.trim() == common_name;
    if reader.has("common_name") && !(plain && (1..=64).contains(&common_name.len())) {
        let help = "`common_name` takes 1 to 64 letters, digits, spaces and `.-_:`";
        reader.refuse("common_name", help);
    }
    let pair = IssuedPair {
        prefix: reader.path_name(),
        days: positive(&mut reader, "days").unwrap_or(7300),
        owner: "root".to_owned(),
        group: "root".to_owned(),
        key_mode: "0600".to_owned(),
    };
    reader.finish(Box::new(Authority { pair, common_name }))
}

impl Resource for Authority {
    fn provides(&self) -> Vec<String> {
        self.pair.provides()
    }

    fn requires(&self) -> Vec<String> {
        self.pair.requires()
    }

    fn ask(&self, _: &Context, questions: &mut Questions) {
        self.pair.ask("self", questions);
    }

    fn observe(&self, _: &Context, answers: &Answers) -> Observed {
        self.pair.observe(answers, |record, seen| {
            let Some(text) = CertificateText::of(record) else { return };
            let name = text.subject.strip_prefix("CN=").unwrap_or(&text.subject);
            seen.insert("common_name", AttributeValue::word(name));
            let signed = record.text("issued").as_deref() == Some("yes");
            let issuer = if signed { "self".to_owned() } else { text.issuer.clone() };
            seen.insert("issuer", AttributeValue::word(issuer));
            seen.insert("days", AttributeValue::word(text.days().to_string()));
            seen.insert("renewal", renewal(record, &text, None));
            seen.insert("expires", AttributeValue::word(text.last_day()));
        })
    }

    fn wanted(&self) -> Attributes {
        let mut wanted = Attributes::from([
            ("common_name", AttributeValue::word(&self.common_name)),
            ("issuer", AttributeValue::word("self")),
            ("days", AttributeValue::word(self.pair.days.to_string())),
            ("renewal", AttributeValue::word(NOT_DUE)),
        ]);
        wanted.extend(self.pair.wanted());
        wanted
    }

    fn compare(&self, _: &Context, observed: &Observed) -> Comparison {
        let mut comparison = Comparison::of(&self.wanted(), observed);
        let Observed::Present(seen) = observed else { return comparison };
        if seen.contains_key("common_name") && comparison.differs("common_name") {
            comparison.action = Action::Refuse {
                why: format!("{}.crt belongs to a different authority", self.pair.prefix),
                help: "keep its common_name, or move both files away; then everything it signed is reissued"
                    .to_owned(),
            };
        } else if comparison.differs("key") {
            comparison.notes.push("everything it signed is reissued too".to_owned());
        }
        comparison
    }

    fn converge(&self, _: &Context, change: &Comparison) -> Vec<Step> {
        vec![self.pair.step(change, "self", &self.common_name, "authority")]
    }
}
