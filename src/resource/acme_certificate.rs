//! Kind `acme_certificate`: a certificate from an authority that speaks ACME (RFC 8555), kept by certbot as one of its
//! lineages. certbot renews it; this kind ensures that the renewal is configured correctly and that services read a
//! copy.

use super::acme_deploy_hook::is_lineage;
use super::acme_lineage::Lineage;
use super::certificate::NOT_DUE;
use super::certificate_text::sorted;
use super::reader::{AttributeReader, parents};
use super::service::is_unit;
use super::*;
use crate::diagnostic::Problems;
use crate::host_path;
use crate::secret::Content;

/// The kind.
pub(super) const KIND: Kind = Kind {
    name: "acme_certificate",
    summary: "A certificate from an ACME authority, managed by certbot: issued with the http-01 challenge, renewed by certbot's own timer when a third of its lifetime is left, and copied to where services read it.",
    example: "[[resource]]\nkind = \"acme_certificate\"\nname = \"www.example.org\"\nnames = [\"www.example.org\"]\n\
              directory = \"https://acme-v02.api.letsencrypt.org/directory\"\nwebroot = \"/var/lib/acme-challenge\"\n\
              certificate = \"/etc/ssl/matrixform/front\"\nhook = \"/usr/local/lib/matrixform/deploy-certificate\"\n\
              units = [\"nginx.service\"]\nserved = [\"www.example.org:443\"]\n",
    attributes: &[
        AttributeDoc {
            name: "names",
            takes: "list of domains",
            required: true,
            default: None,
            doc: "The names it is valid for. Each must point to this host, on port 80.",
        },
        AttributeDoc {
            name: "directory",
            takes: "URL",
            required: true,
            default: None,
            doc: "The authority's directory URL. A different one issues a new certificate.",
        },
        AttributeDoc {
            name: "directory_authority",
            takes: "path",
            required: false,
            default: Some("the host's trust store"),
            doc: "The CA certificates on the host that the directory's own certificate is checked with.",
        },
        AttributeDoc {
            name: "contact",
            takes: "email address",
            required: false,
            default: Some("none"),
            doc: "The address that the authority may write to; used when the account is created.",
        },
        AttributeDoc {
            name: "account",
            takes: "URL",
            required: false,
            default: Some("the certificate's, or the host's newest, or a new one"),
            doc: "The URL of the host's account at the authority. No other account is used.",
        },
        AttributeDoc {
            name: "eab_key_id",
            takes: "text",
            required: false,
            default: Some("none"),
            doc: "The key id of an external account binding.",
        },
        AttributeDoc {
            name: "eab_key",
            takes: SECRET,
            required: false,
            default: Some("none"),
            doc: "The key of the external account binding, in base64url.",
        },
        AttributeDoc {
            name: "profile",
            takes: "text",
            required: false,
            default: Some("the authority's default"),
            doc: "The certificate profile; needs certbot 4.0.",
        },
        AttributeDoc {
            name: "webroot",
            takes: "path",
            required: true,
            default: None,
            doc: "The directory on the host whose `.well-known/acme-challenge` is served on port 80.",
        },
        AttributeDoc {
            name: "certificate",
            takes: "path prefix",
            required: true,
            default: None,
            doc: "Where the copy goes: `.crt` and `.key` are added. Some pair must exist there before the first issue.",
        },
        AttributeDoc {
            name: "hook",
            takes: "path",
            required: true,
            default: None,
            doc: "The `acme_deploy_hook` that certbot runs after each renewal.",
        },
        AttributeDoc {
            name: "units",
            takes: "list of units",
            required: false,
            default: Some("none"),
            doc: "Units to reload when the copy changes.",
        },
        AttributeDoc {
            name: "served",
            takes: "list of NAME:PORT",
            required: false,
            default: Some("none"),
            doc: "Where the host must answer with this certificate afterwards.",
        },
    ],
    shell: include_str!("acme_certificate.sh"),
    declare,
    phase: Phase::Outside,
    volatile: &["ends", "issuer", "renewal"],
    implied: &["renewal"],
    footprint: Footprint {
        own: &["path /etc/letsencrypt", "path /etc/letsencrypt/**"],
        by_products: &[ByProduct {
            traces: &[
                "path /var/log/letsencrypt",
                "path /var/log/letsencrypt/**",
                "path /var/lib/letsencrypt",
                "path /var/lib/letsencrypt/**",
            ],
            why: "certbot's log and working files",
        }],
    },
    forget: OrphanPolicy::Left("certbot delete --cert-name NAME"),
    batch: None,
};

/// Shown when no profile is requested.
const DEFAULT_PROFILE: &str = "the authority's default";

/// The value of `copied` when the copy is current.
const COPIED: &str = "yes";

#[derive(Debug)]
struct Acme {
    lineage: String,
    names: Vec<String>,
    directory: String,
    directory_authority: String,
    contact: String,
    account: String,
    settings: Content,
    profile: String,
    webroot: String,
    certificate: String,
    hook: String,
    units: Vec<String>,
    served: Vec<String>,
}

fn declare(declared: &Declared) -> Result<Box<dyn Resource>, Problems> {
    let mut reader = AttributeReader::new(declared, KIND.attributes);
    let lineage = declared.address.name.clone();
    if !is_lineage(&lineage) {
        reader.refuse("name", "its name must consist of letters, digits, `.`, `_` and `-`");
    }
    let names = reader.list("names");
    if names.is_empty() || !names.iter().all(|name| is_domain(name)) {
        reader.refuse(
            "names",
            "`names` takes a list of at least one domain, without `*`: http-01 cannot prove wildcards",
        );
    }
    let mut text = |name: &'static str, fits: fn(&str) -> bool, takes: &str| {
        let text = reader.text(name).unwrap_or_default();
        if reader.has(name) && !fits(&text) {
            reader.refuse(name, format!("`{name}` takes {takes}"));
        }
        text
    };
    let path = "an absolute path without `.`, `..` or `//`";
    let directory = text("directory", is_https, "a URL that starts with `https://`");
    let directory_authority = text("directory_authority", host_path::is_normal, path);
    let contact = text("contact", is_mail, "an email address");
    let account = text("account", is_https, "a URL that starts with `https://`");
    let key_id = text("eab_key_id", is_word, "letters, digits and `._~+/=-`");
    let profile = text("profile", is_word, "letters, digits and `._~+/=-`");
    let [webroot, certificate, hook] =
        ["webroot", "certificate", "hook"].map(|name| text(name, host_path::is_normal, path));
    let key = reader.content("eab_key");
    let settings = settings(&key_id, key);
    if settings.is_none() {
        reader.refuse("eab_key", "`eab_key_id` and `eab_key` must be set together");
    }
    let (units, served) = (reader.list("units"), reader.list("served"));
    if !units.iter().all(|unit| is_unit(unit)) {
        reader.refuse("units", "`units` takes names such as `nginx.service`");
    }
    if !served.iter().all(|site| is_site(site)) {
        reader.refuse("served", "`served` takes names with a port, such as `www.example.org:443`");
    }
    reader.finish(Box::new(Acme {
        lineage,
        names,
        directory,
        directory_authority,
        contact,
        account,
        settings: settings.unwrap_or_else(|| Content::plain("")),
        profile,
        webroot,
        certificate,
        hook,
        units,
        served,
    }))
}

/// The external account binding as certbot's settings; `None` when either half is missing.
fn settings(key_id: &str, key: Option<Content>) -> Option<Content> {
    match (key_id, key) {
        ("", None) => Some(Content::plain("")),
        ("", _) | (_, None) => None,
        (id, Some(key)) => {
            let mut settings = Content::plain(format!("eab-kid = {id}\neab-hmac-key = "));
            settings.append(&key);
            settings.push(b"\n");
            Some(settings)
        }
    }
}

fn is_domain(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let is_label =
        |label: &str| !label.is_empty() && !label.starts_with('-') && label.chars().all(fits);
    text.len() <= 253 && text.contains('.') && text.split('.').all(is_label)
}

fn is_https(text: &str) -> bool {
    let rest = text.strip_prefix("https://");
    rest.is_some_and(|rest| {
        !rest.is_empty() && rest.chars().all(|c| c.is_ascii_graphic() && !"'\"\\".contains(c))
    })
}

fn is_mail(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || "@.+-_".contains(c);
    !text.starts_with('-')
        && text.split('@').filter(|part| !part.is_empty()).count() == 2
        && text.chars().all(fits)
}

fn is_word(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || "._~+/=-".contains(c);
    !text.is_empty() && !text.starts_with('-') && text.chars().all(fits)
}

fn is_site(text: &str) -> bool {
    text.rsplit_once(':').is_some_and(|(name, port)| is_domain(name) && port.parse::<u16>().is_ok())
}

impl Resource for Acme {
    fn provides(&self) -> Vec<String> {
        vec![format!("lineage:{}", self.lineage)]
    }

    fn requires(&self) -> Vec<String> {
        let mut requirements: Vec<String> =
            ["certbot", "openssl", "curl"].map(|program| format!("program:{program}")).to_vec();
        requirements.extend(["crt", "key"].map(|end| format!("path:{}.{end}", self.certificate)));
        let paths = [&self.hook, &self.webroot, &self.directory_authority];
        requirements.extend(
            paths.iter().filter(|path| !path.is_empty()).map(|path| format!("path:{path}")),
        );
        requirements.extend(parents(&self.webroot).iter().map(|path| format!("path:{path}")));
        requirements.extend(self.units.iter().map(|unit| format!("unit:{unit}")));
        requirements
    }

    fn ask(&self, _: &Context, questions: &mut Questions) {
        questions.ask("acme_observe", &[&self.lineage, &self.certificate]);
    }

    fn observe(&self, _: &Context, answers: &Answers) -> Observed {
        let Some(record) = answers.get("acme_observe", &self.lineage) else {
            return Observed::Absent;
        };
        let conf = record.text("conf").unwrap_or_default();
        let lineage = Lineage::of(&conf);
        let mut seen = Attributes::new();
        seen.insert(
            "directory",
            AttributeValue::word(lineage.directory.as_deref().unwrap_or("none")),
        );
        seen.insert("challenges", AttributeValue::word(lineage.challenges()));
        seen.insert("hooks", AttributeValue::word(lineage.hooks()));
        seen.insert(
            "copied",
            AttributeValue::word(record.text("deployed").as_deref().unwrap_or("no")),
        );
        let profile = lineage.profile.as_deref().unwrap_or(DEFAULT_PROFILE);
        seen.insert("profile", AttributeValue::word(profile));
        seen.insert(
            "account",
            AttributeValue::word(record.text("account").as_deref().unwrap_or("none")),
        );
        let Some(text) = certificate_text::CertificateText::of(record) else {
            seen.insert(
                "renewal",
                AttributeValue::Unknown("its certificate cannot be read".to_owned()),
            );
            return Observed::Present(seen);
        };
        seen.insert("names", AttributeValue::word(text.names.join(", ")));
        seen.insert("issuer", AttributeValue::word(&text.issuer));
        seen.insert("ends", AttributeValue::word(text.last_day()));
        seen.insert("renews", AttributeValue::word(lineage.renews(&text)));
        seen.insert("renewal", certificate::renewal_at(record, &text, text.lifetime() / 4));
        Observed::Present(seen)
    }

    fn wanted(&self) -> Attributes {
        let profile = Some(self.profile.as_str()).filter(|profile| !profile.is_empty());
        let mut wanted = Attributes::from([
            ("names", AttributeValue::word(sorted(self.names.iter().cloned()).join(", "))),
            ("directory", AttributeValue::word(&self.directory)),
            ("challenges", AttributeValue::word(format!("webroot {}", self.webroot))),
            ("hooks", AttributeValue::word(format!("deploy {}", self.hook))),
            ("copied", AttributeValue::word(COPIED)),
            ("renews", AttributeValue::word(acme_lineage::A_THIRD)),
            ("profile", AttributeValue::word(profile.unwrap_or(DEFAULT_PROFILE))),
            ("renewal", AttributeValue::word(NOT_DUE)),
        ]);
        if !self.account.is_empty() {
            wanted.insert("account", AttributeValue::word(&self.account));
        }
        wanted
    }

    fn compare(&self, _: &Context, observed: &Observed) -> Comparison {
        let mut found = Comparison::of(&self.wanted(), observed);
        let Observed::Present(seen) = observed else { return found };
        let word = |name: &str| match seen.get(name) {
            Some(AttributeValue::Word(word)) => Some(word.as_str()),
            _ => None,
        };
        if let (true, Some(issuer), Some(ends)) = (found.is_change(), word("issuer"), word("ends"))
        {
            found
                .notes
                .push(format!("the current certificate is from {issuer} and expires on {ends}"));
        }
        if found.differs("directory") {
            found.notes.push("it is replaced by one from another authority".to_owned());
        }
        found
    }

    fn converge(&self, _: &Context, change: &Comparison) -> Vec<Step> {
        let issued =
            ["names", "directory", "profile", "account"].iter().any(|name| change.differs(name));
        let (action, label) = match () {
            () if issued => {
                ("issue", format!("requesting a certificate for {}", self.names.join(", ")))
            }
            () if change.differs("renewal") => ("renew", format!("renewing {}", self.lineage)),
            () => ("keep", format!("configuring the renewal of {}", self.lineage)),
        };
        let (names, units) = (self.names.join(" "), self.units.join(" "));
        let served = self.served.join(" ");
        let args = [
            action,
            &self.lineage,
            &self.certificate,
            &self.directory,
            &self.directory_authority,
            &self.contact,
            &self.webroot,
            &self.hook,
            &self.profile,
            &names,
            &units,
            &served,
            &self.account,
        ];
        let step = Step::new(label, "acme_converge", &args).input(self.settings.clone());
        let step = step.ending_after(15 * 60);
        let proof = NameProof { names: self.names.clone(), webroot: self.webroot.clone() };
        vec![if action == "issue" { step.after_proof_of(proof) } else { step }]
    }
}
