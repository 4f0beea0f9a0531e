//! Kind `acme_certificate`: a certificate of an authority that speaks ACME (RFC 8555), kept by certbot as one of its
//! lineages. certbot renews it; what is held here is that it does so right, and that services read a copy.

use super::acme_deploy_hook::is_lineage;
use super::acme_lineage::Lineage;
use super::certificate::NOT_DUE;
use super::certificate_text::sorted;
use super::reader::{Reader, is_path, parents};
use super::service::is_unit;
use super::*;
use crate::diagnostic::Problems;
use crate::secret::Content;

/// The kind.
pub(super) const KIND: Kind = Kind {
    name: "acme_certificate",
    summary: "A certificate of an authority that speaks ACME, as a lineage of certbot's: issued by the challenge http-01, \
              renewed by certbot's own timer when a third of its life is left, copied to where services read it.",
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
            doc: "What it is valid for. Each must lead to this host, to port 80.",
        },
        AttributeDoc {
            name: "directory",
            takes: "URL",
            required: true,
            default: None,
            doc: "The authority's directory. Another one issues the certificate again.",
        },
        AttributeDoc {
            name: "directory_authority",
            takes: "path",
            required: false,
            default: Some("the host's own store"),
            doc: "The certificates on the host by which the directory itself is known.",
        },
        AttributeDoc {
            name: "contact",
            takes: "mail address",
            required: false,
            default: Some("none"),
            doc: "The address that the authority may write to; used when the account is made.",
        },
        AttributeDoc {
            name: "account",
            takes: "URL",
            required: false,
            default: Some("the lineage's, or the newest of the host's, or a new one"),
            doc: "The host's account at the authority, as the authority names it. With no other one is asked.",
        },
        AttributeDoc {
            name: "eab_key_id",
            takes: "text",
            required: false,
            default: Some("none"),
            doc: "The id of the key that binds the account to one which the authority knows already.",
        },
        AttributeDoc {
            name: "eab_key",
            takes: SECRET,
            required: false,
            default: Some("none"),
            doc: "That key, in base64url.",
        },
        AttributeDoc {
            name: "profile",
            takes: "text",
            required: false,
            default: Some("the authority's default"),
            doc: "The profile of the certificate; certbot knows it from 4.0 on.",
        },
        AttributeDoc {
            name: "webroot",
            takes: "path",
            required: true,
            default: None,
            doc: "The folder whose `.well-known/acme-challenge` is served on port 80.",
        },
        AttributeDoc {
            name: "certificate",
            takes: "path prefix",
            required: true,
            default: None,
            doc: "Where the copy lies: its `.crt` and `.key`. Before the first issue some pair must be there.",
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
            doc: "Units that are reloaded when the copy changes.",
        },
        AttributeDoc {
            name: "served",
            takes: "list of NAME:PORT",
            required: false,
            default: Some("none"),
            doc: "Where the host must answer with this very certificate then.",
        },
    ],
    shell: include_str!("acme_certificate.sh"),
    declare,
    phase: Phase::Outside,
    volatile: &["ends", "issuer", "renewal"],
    footprint: Footprint {
        own: &["path /etc/letsencrypt", "path /etc/letsencrypt/**"],
        beside: &[ByProduct {
            traces: &[
                "path /var/log/letsencrypt",
                "path /var/log/letsencrypt/**",
                "path /var/lib/letsencrypt",
                "path /var/lib/letsencrypt/**",
            ],
            why: "certbot's log and what it works with",
        }],
    },
    forget: Forget::Left("certbot delete --cert-name NAME"),
    together: None,
};

/// Said where no profile is asked for.
const DEFAULT_PROFILE: &str = "the authority's default";

/// Said of what is right.
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
    let mut reader = Reader::new(declared, KIND.attributes);
    let lineage = declared.address.name.clone();
    if !is_lineage(&lineage) {
        reader.refuse("name", "its name must be made of letters, digits, `.`, `_` and `-`");
    }
    let names = reader.list("names");
    if names.is_empty() || !names.iter().all(|name| is_domain(name)) {
        reader.refuse(
            "names",
            "`names` takes a list of domains, at least one, without `*`: http-01 proves whole names",
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
    let directory = text("directory", is_https, "a URL that begins with `https://`");
    let directory_authority = text("directory_authority", is_path, path);
    let contact = text("contact", is_mail, "a mail address");
    let account = text("account", is_https, "a URL that begins with `https://`");
    let key_id = text("eab_key_id", is_word, "letters, digits and `._~+/=-`");
    let profile = text("profile", is_word, "letters, digits and `._~+/=-`");
    let [webroot, certificate, hook] =
        ["webroot", "certificate", "hook"].map(|name| text(name, is_path, path));
    let key = reader.content("eab_key");
    let settings = settings(&key_id, key);
    if settings.is_none() {
        reader.refuse("eab_key", "`eab_key_id` and `eab_key` go together");
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

/// What certbot reads of the binding of an account; `None` when half of it is missing.
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
        let mut words: Vec<String> =
            ["certbot", "openssl", "curl"].map(|program| format!("program:{program}")).to_vec();
        words.extend(["crt", "key"].map(|end| format!("path:{}.{end}", self.certificate)));
        let paths = [&self.hook, &self.webroot, &self.directory_authority];
        words.extend(
            paths.iter().filter(|path| !path.is_empty()).map(|path| format!("path:{path}")),
        );
        words.extend(parents(&self.webroot).iter().map(|path| format!("path:{path}")));
        words.extend(self.units.iter().map(|unit| format!("unit:{unit}")));
        words
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
        seen.insert("directory", Seen::word(lineage.directory.as_deref().unwrap_or("none")));
        seen.insert("challenges", Seen::word(lineage.challenges()));
        seen.insert("hooks", Seen::word(lineage.hooks()));
        seen.insert("copied", Seen::word(record.text("deployed").as_deref().unwrap_or("no")));
        let profile = lineage.profile.as_deref().unwrap_or(DEFAULT_PROFILE);
        seen.insert("profile", Seen::word(profile));
        seen.insert("account", Seen::word(record.text("account").as_deref().unwrap_or("none")));
        let Some(text) = certificate_text::CertificateText::of(record) else {
            seen.insert("renewal", Seen::Unknown("its certificate cannot be read".to_owned()));
            return Observed::Present(seen);
        };
        seen.insert("names", Seen::word(text.names.join(", ")));
        seen.insert("issuer", Seen::word(&text.issuer));
        seen.insert("ends", Seen::word(text.last_day()));
        seen.insert("renews", Seen::word(lineage.renews(&text)));
        seen.insert("renewal", certificate::renewal_at(record, &text, text.life() / 4));
        Observed::Present(seen)
    }

    fn wanted(&self) -> Attributes {
        let profile = Some(self.profile.as_str()).filter(|profile| !profile.is_empty());
        let mut wanted = Attributes::from([
            ("names", Seen::word(sorted(self.names.iter().cloned()).join(", "))),
            ("directory", Seen::word(&self.directory)),
            ("challenges", Seen::word(format!("webroot {}", self.webroot))),
            ("hooks", Seen::word(format!("deploy {}", self.hook))),
            ("copied", Seen::word(COPIED)),
            ("renews", Seen::word(acme_lineage::A_THIRD)),
            ("profile", Seen::word(profile.unwrap_or(DEFAULT_PROFILE))),
            ("renewal", Seen::word(NOT_DUE)),
        ]);
        if !self.account.is_empty() {
            wanted.insert("account", Seen::word(&self.account));
        }
        wanted
    }

    fn compare(&self, _: &Context, observed: &Observed) -> Comparison {
        let mut found = Comparison::of(&self.wanted(), observed);
        let Observed::Present(seen) = observed else { return found };
        let word = |name: &str| match seen.get(name) {
            Some(Seen::Word(word)) => Some(word.as_str()),
            _ => None,
        };
        if let (true, Some(issuer), Some(ends)) = (found.is_change(), word("issuer"), word("ends"))
        {
            found.notes.push(format!("the certificate there is of {issuer} and ends on {ends}"));
        }
        if found.differs("directory") {
            found.notes.push("one of another authority takes its place".to_owned());
        }
        found
    }

    fn converge(&self, _: &Context, change: &Comparison) -> Vec<Step> {
        let issued =
            ["names", "directory", "profile", "account"].iter().any(|name| change.differs(name));
        let (action, says) = match () {
            () if issued => {
                ("issue", format!("asking for a certificate for {}", self.names.join(", ")))
            }
            () if change.differs("renewal") => ("renew", format!("renewing {}", self.lineage)),
            () => ("keep", format!("setting how certbot renews {}", self.lineage)),
        };
        let (names, units) = (self.names.join(" "), self.units.join(" "));
        let served = self.served.join(" ");
        let words = [
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
        let step = Step::new(says, "acme_converge", &words).input(self.settings.clone());
        let step = step.ending_after(15 * 60);
        let proof = NameProof { names: self.names.clone(), webroot: self.webroot.clone() };
        vec![if action == "issue" { step.proving(proof) } else { step }]
    }
}
