//! Kind `certificate`: a key and a certificate, self-signed or issued by a local authority, created and renewed on the
//! host. The key never leaves the host, and a renewal keeps it.

use super::certificate_text::{CertificateText, DAY, sorted};
use super::footprint::CERTIFICATE;
use super::reader::{AttributeReader, parents};
use super::stat::{path_attributes, path_record, path_type};
use super::*;
use crate::diagnostic::Problems;
use crate::host_path;
use std::net::IpAddr;

/// The kind.
pub(super) const KIND: Kind = Kind {
    name: "certificate",
    summary: "A certificate and its key (`NAME.crt`, `NAME.key`) of a local authority, or \
              self-signed; renewed when a third of its lifetime is left.",
    example: "[[resource]]\nkind = \"certificate\"\nname = \"/etc/ssl/matrixform/postgres\"\n\
              names = [\"localhost\", \"127.0.0.1\"]\nissuer = \"/etc/ssl/matrixform/ca\"\n\
              group = \"postgres\"\nkey_mode = \"0640\"\n",
    attributes: &[
        AttributeDoc {
            name: "names",
            takes: "list of domains and addresses",
            required: true,
            default: None,
            doc: "The names it is valid for; the first is also its subject.",
        },
        AttributeDoc {
            name: "issuer",
            takes: "path prefix, or `self`",
            required: false,
            default: Some("self"),
            doc: "The `certificate_authority` on the host that signs it.",
        },
        AttributeDoc {
            name: "days",
            takes: "whole number of days",
            required: false,
            default: Some("730"),
            doc: "How long it is valid.",
        },
        AttributeDoc {
            name: "renew_before",
            takes: "whole number of days",
            required: false,
            default: Some("a third of its lifetime"),
            doc: "It is renewed when this much is left.",
        },
        AttributeDoc {
            name: "owner",
            takes: "user",
            required: false,
            default: Some("root"),
            doc: "The user that owns both files.",
        },
        AttributeDoc {
            name: "group",
            takes: "group",
            required: false,
            default: Some("root"),
            doc: "Their group.",
        },
        AttributeDoc {
            name: "key_mode",
            takes: "four octal digits",
            required: false,
            default: Some("0600"),
            doc: "Permissions of the key. The certificate's are 0644.",
        },
        AttributeDoc {
            name: "bootstrap",
            takes: "boolean",
            required: false,
            default: Some("false"),
            doc: "Only a placeholder until a real one is installed: any certificate that matches its key is accepted.",
        },
    ],
    shell: include_str!("certificate.sh"),
    declare,
    phase: Phase::Write,
    forget: OrphanPolicy::Paths,
    volatile: &["renewal"],
    implied: &["renewal", "key"],
    footprint: CERTIFICATE,
    batch: None,
};

#[derive(Debug)]
struct CertificateResource {
    pair: IssuedPair,
    names: Vec<String>,
    issuer: String,
    renew_before: Option<i64>,
    bootstrap: bool,
}

/// The parts that a certificate and an authority share: two files and a lifetime.
#[derive(Debug)]
pub(super) struct IssuedPair {
    pub(super) prefix: String,
    pub(super) days: i64,
    pub(super) owner: String,
    pub(super) group: String,
    pub(super) key_mode: String,
}

fn declare(declared: &Declared) -> Result<Box<dyn Resource>, Problems> {
    let mut reader = AttributeReader::new(declared, KIND.attributes);
    let names = reader.list("names");
    if names.is_empty() || !names.iter().all(|name| is_name(name)) {
        reader.refuse("names", "`names` takes a list of domains and addresses, at least one");
    }
    let issuer = reader.text("issuer").unwrap_or_else(|| "self".to_owned());
    if issuer != "self" && !host_path::is_normal(&issuer) {
        reader.refuse("issuer", "`issuer` takes `self` or the name of a certificate_authority");
    }
    let pair = IssuedPair {
        prefix: reader.path_name(),
        days: positive(&mut reader, "days").unwrap_or(730),
        owner: reader.account("owner", "root"),
        group: reader.account("group", "root"),
        key_mode: reader.mode("key_mode", "0600"),
    };
    let renew_before = positive(&mut reader, "renew_before");
    if renew_before.is_some_and(|before| before >= pair.days) {
        reader.refuse("renew_before", "`renew_before` must be less than its `days`");
    }
    let bootstrap = reader.flag("bootstrap").unwrap_or(false);
    reader.finish(Box::new(CertificateResource { pair, names, issuer, renew_before, bootstrap }))
}

/// Reads a positive integer, if given.
pub(super) fn positive(reader: &mut AttributeReader, name: &str) -> Option<i64> {
    let number = reader.int(name)?;
    if !(1..=36_500).contains(&number) {
        reader.refuse(name, format!("`{name}` takes a number of days from 1 to 36500"));
    }
    Some(number)
}

impl Resource for CertificateResource {
    fn provides(&self) -> Vec<String> {
        self.pair.provides()
    }

    fn requires(&self) -> Vec<String> {
        let mut requirements = self.pair.requires();
        if self.issuer != "self" {
            requirements.extend(["crt", "key"].map(|end| format!("path:{}.{end}", self.issuer)));
        }
        requirements
    }

    fn ask(&self, _: &Context, questions: &mut Questions) {
        self.pair.ask(&self.issuer, questions);
        if self.issuer != "self" {
            questions.ask("certificate_observe", &[&self.issuer, "self"]);
        }
    }

    fn observe(&self, _: &Context, answers: &Answers) -> Observed {
        self.pair.observe(answers, |record, seen| {
            let Some(text) = CertificateText::of(record) else { return };
            if self.bootstrap {
                return;
            }
            let names = sorted(text.names.iter().cloned());
            seen.insert("names", AttributeValue::word(names.join(", ")));
            seen.insert("issuer", AttributeValue::word(self.issuer_of(answers, record, &text)));
            seen.insert("days", AttributeValue::word(text.days().to_string()));
            seen.insert("renewal", renewal(record, &text, self.renew_before));
            seen.insert("expires", AttributeValue::word(text.last_day()));
        })
    }

    fn wanted(&self) -> Attributes {
        let mut wanted = Attributes::new();
        if !self.bootstrap {
            wanted.insert(
                "names",
                AttributeValue::word(sorted(self.names.iter().cloned()).join(", ")),
            );
            wanted.insert("issuer", AttributeValue::word(&self.issuer));
            wanted.insert("days", AttributeValue::word(self.pair.days.to_string()));
            wanted.insert("renewal", AttributeValue::word(NOT_DUE));
        }
        wanted.extend(self.pair.wanted());
        wanted
    }

    fn converge(&self, _: &Context, change: &Comparison) -> Vec<Step> {
        let names = self.names.iter().map(|name| match name.parse::<IpAddr>() {
            Ok(address) => format!("IP:{address}"),
            Err(_) => format!("DNS:{name}"),
        });
        let names = names.collect::<Vec<_>>().join(",");
        let first = self.names.first().map(String::as_str).unwrap_or_default();
        vec![self.pair.step(change, &self.issuer, first, &names)]
    }
}

impl CertificateResource {
    /// Returns the wanted issuer's name if it signed the certificate, otherwise the actual issuer. An authority that
    /// has lost its key is replaced, and so is everything it signed.
    fn issuer_of(&self, answers: &Answers, record: &Record, text: &CertificateText) -> String {
        let keyless = || {
            let authority = answers.get("certificate_observe", &self.issuer);
            authority.and_then(|seen| seen.text("key")).as_deref() != Some("fits")
        };
        match record.text("issued").as_deref() {
            Some("yes") if self.issuer == "self" => "self".to_owned(),
            Some("yes") if keyless() => format!("{}, but its key is lost", self.issuer),
            Some("yes") => self.issuer.clone(),
            _ => format!("another: {}", text.issuer),
        }
    }
}

/// The value for a certificate with enough lifetime left.
pub(super) const NOT_DUE: &str = "not due";

/// Tells whether a renewal is due, by the host's own clock.
pub(super) fn renewal(
    record: &Record,
    text: &CertificateText,
    before: Option<i64>,
) -> AttributeValue {
    renewal_at(record, text, before.map_or(text.lifetime() / 3, |days| days * DAY))
}

/// The same, for a renewal that is due `before` seconds before expiry.
pub(super) fn renewal_at(record: &Record, text: &CertificateText, before: i64) -> AttributeValue {
    let Some(now) = record.text("now").and_then(|now| now.parse::<i64>().ok()) else {
        return AttributeValue::Unknown("the host did not report its time".to_owned());
    };
    let left = text.not_after - now;
    match () {
        () if now < text.not_before => AttributeValue::word("due: it is not valid yet"),
        () if left <= 0 => AttributeValue::word(format!("due: it expired on {}", text.last_day())),
        () if left <= before => AttributeValue::word(format!(
            "due: it expires on {}, in {} days",
            text.last_day(),
            left / DAY
        )),
        () => AttributeValue::word(NOT_DUE),
    }
}

impl IssuedPair {
    /// The two paths.
    pub(super) fn paths(&self) -> [String; 2] {
        ["crt", "key"].map(|end| format!("{}.{end}", self.prefix))
    }

    /// Returns what it provides.
    pub(super) fn provides(&self) -> Vec<String> {
        self.paths().map(|path| format!("path:{path}")).to_vec()
    }

    /// Returns what must come before it.
    pub(super) fn requires(&self) -> Vec<String> {
        let mut requirements: Vec<String> =
            parents(&self.prefix).iter().map(|parent| format!("path:{parent}")).collect();
        requirements.push("program:openssl".to_owned());
        requirements.push("package:openssl".to_owned());
        requirements.push(format!("user:{}", self.owner));
        requirements.push(format!("group:{}", self.group));
        requirements
    }

    /// Asks for both files and the certificate.
    pub(super) fn ask(&self, issuer: &str, questions: &mut Questions) {
        for path in self.paths() {
            questions.ask("paths_observe", &[&path]);
        }
        questions.ask("certificate_observe", &[&self.prefix, issuer]);
    }

    /// Returns the state of the files, whether the key matches, and what `more` extracts from the certificate.
    pub(super) fn observe(
        &self,
        answers: &Answers,
        more: impl FnOnce(&Record, &mut Attributes),
    ) -> Observed {
        let [crt, key] = self.paths();
        let (crt, key) = match (path_record(answers, &crt), path_record(answers, &key)) {
            (Ok(None), Ok(None)) => return Observed::Absent,
            (Ok(crt), Ok(key)) => (crt, key),
            (Err(reason), _) | (_, Err(reason)) => return Observed::Unknown(reason),
        };
        let Some(record) = answers.get("certificate_observe", &self.prefix) else {
            return Observed::Unknown("openssl is not installed on the host".to_owned());
        };
        let mut seen = Attributes::new();
        more(record, &mut seen);
        seen.insert(
            "key",
            AttributeValue::word(record.text("key").as_deref().unwrap_or("missing")),
        );
        if let Some(kind) = crt.map(path_type).filter(|kind| !kind.starts_with("regular")) {
            seen.insert(
                "key",
                AttributeValue::word(format!("there is a {kind} at the certificate's path")),
            );
        }
        let attributes = [key, crt].map(|record| record.map(path_attributes).unwrap_or_default());
        for name in ["owner", "group"] {
            seen.insert(name, both(attributes.each_ref().map(|found| found.get(name))));
        }
        let [key, crt] = attributes.each_ref().map(|found| found.get("mode").cloned());
        seen.insert("key_mode", key.unwrap_or(AttributeValue::Nothing));
        seen.insert("mode", crt.unwrap_or(AttributeValue::Nothing));
        Observed::Present(seen)
    }

    /// Returns the wanted state of the files.
    pub(super) fn wanted(&self) -> Attributes {
        Attributes::from([
            ("key", AttributeValue::word("fits")),
            ("owner", AttributeValue::word(&self.owner)),
            ("group", AttributeValue::word(&self.group)),
            ("key_mode", AttributeValue::word(&self.key_mode)),
            ("mode", AttributeValue::word("0644")),
        ])
    }

    /// Returns the step that creates, renews or only corrects owners and modes.
    pub(super) fn step(&self, change: &Comparison, issuer: &str, name: &str, names: &str) -> Step {
        let files = ["owner", "group", "key_mode", "mode"];
        let only_files = change.action == Action::Update
            && change.differences.iter().all(|found| files.contains(&found.attribute));
        let prefix = self.prefix.as_str();
        if only_files {
            let args = [prefix, &self.owner, &self.group, &self.key_mode];
            return Step::new(format!("setting {prefix}.key"), "certificate_attributes", &args);
        }
        // A common name is limited to 64 characters (X.520); the names that count are in the subjectAltName extension.
        let subject = if name.len() <= 64 { format!("/CN={name}") } else { "/".to_owned() };
        let days = self.days.to_string();
        let (owner, group, mode) = (&self.owner, &self.group, &self.key_mode);
        let args = [prefix, issuer, &days, owner, group, mode, &subject, names];
        Step::new(format!("creating {prefix}.crt"), "certificate_write", &args)
    }
}

/// The value that both files share, or both values.
fn both(found: [Option<&AttributeValue>; 2]) -> AttributeValue {
    match found {
        [Some(key), Some(crt)] if key == crt => key.clone(),
        [Some(AttributeValue::Word(key)), Some(AttributeValue::Word(crt))] => {
            AttributeValue::word(format!("{key} and {crt} (key and certificate)"))
        }
        _ => AttributeValue::Nothing,
    }
}

/// Whether a certificate can contain this name: an address, or a domain, optionally with a leading `*.`.
fn is_name(name: &str) -> bool {
    let domain = name.strip_prefix("*.").unwrap_or(name);
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    name.parse::<IpAddr>().is_ok()
        || name.len() <= 253
            && domain.split('.').all(|part| !part.is_empty() && part.chars().all(allowed))
}
