//! Kind `synapse_token`: a token for jobs on the host. Synapse has no tokens with narrow rights, and
//! those of ordinary logins end with the session: so an account of their own gets one through the
//! database, by which root is admin anyway. The token is made on the host and never leaves it.

use super::reader::{Reader, is_path, parents};
use super::stat::{path_attributes, path_record, path_type};
use super::*;
use crate::diagnostic::Problems;
use crate::secret::Content;

/// The kind.
pub(super) const KIND: Kind = Kind {
    name: "synapse_token",
    summary: "An admin's token of an account of Synapse on this host, in a file for `curl --config`; \
              minted anew when it no longer works.",
    example: "[[resource]]\nkind = \"synapse_token\"\nname = \"/etc/matrixform/maintenance.curl\"\n\
              server_name = \"example.org\"\naccount = \"maintenance\"\npython = \"/opt/matrixform/synapse/bin/python\"\n\
              database = \"host=localhost dbname=synapse user=synapse_user passfile=/etc/matrix-synapse/pgpass sslmode=verify-full \
              sslrootcert=/etc/ssl/matrixform/postgres-ca.crt\"\n",
    attributes: &[
        AttributeDoc {
            name: "url",
            takes: "URL",
            required: false,
            default: Some(LOCAL),
            doc: "Where Synapse listens on this host.",
        },
        AttributeDoc {
            name: "server_name",
            takes: "text",
            required: true,
            default: None,
            doc: "Its server name: the end of all its user ids.",
        },
        AttributeDoc {
            name: "account",
            takes: "the part of a user id before the `:`",
            required: true,
            default: None,
            doc: "The account of the token; it is made where there is none, without a password.",
        },
        AttributeDoc {
            name: "database",
            takes: "text",
            required: true,
            default: None,
            doc: "How Synapse's database is reached, as libpq reads it. A password is in the file of `passfile`, \
                  never here: others on the host may see this.",
        },
        AttributeDoc {
            name: "python",
            takes: "path",
            required: false,
            default: Some("/usr/bin/python3"),
            doc: "A Python on the host that has psycopg2, as Synapse's own does.",
        },
    ],
    shell: include_str!("synapse_token.sh"),
    declare,
    phase: Phase::Act,
    forget: Forget::Paths,
    together: None,
};

/// Where Synapse listens, unless it is said.
const LOCAL: &str = "http://127.0.0.1:8008";

/// What is run on the host, by its Python.
const PROGRAM: &str = include_str!("synapse_token.py");

/// Said of a token that is right.
const WORKS: &str = "works";

#[derive(Debug)]
struct Token {
    path: String,
    url: String,
    server_name: String,
    account: String,
    database: String,
    python: String,
}

fn declare(declared: &Declared) -> Result<Box<dyn Resource>, Problems> {
    let mut reader = Reader::new(declared, KIND.attributes);
    let mut text = |name: &str, default: &str, fits: fn(&str) -> bool, takes: &str| {
        let text = reader.text(name).unwrap_or_else(|| default.to_owned());
        if reader.has(name) && !fits(&text) {
            reader.refuse(name, format!("`{name}` takes {takes}"));
        }
        text
    };
    let local = "small letters, digits and `._=/+-`";
    let token = Token {
        url: text("url", LOCAL, is_url, "a URL without a path"),
        server_name: text(
            "server_name",
            "",
            is_server_name,
            "a name, with its port where it has one",
        ),
        account: text("account", "", is_local, local),
        database: text(
            "database",
            "",
            is_connection,
            "what libpq reads as `key=value`, with spaces between: where the server is and a `passfile`, no password",
        ),
        python: text("python", "/usr/bin/python3", is_path, "an absolute path"),
        path: reader.path_name(),
    };
    reader.finish(Box::new(token))
}

fn is_url(text: &str) -> bool {
    let rest = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://"));
    rest.is_some_and(is_server_name)
}

fn is_server_name(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || ".-:[]".contains(c);
    !text.is_empty() && text.chars().all(fits)
}

/// What of libpq's keys says where a server is and how it is known. Others hold secrets (`password`, `sslpassword`), lead
/// to files that do (`service`), or run what the server gets to see (`options`).
const CONNECTION_KEYS: [&str; 13] = [
    "host",
    "hostaddr",
    "port",
    "dbname",
    "user",
    "passfile",
    "sslmode",
    "sslrootcert",
    "sslcert",
    "sslkey",
    "sslcrl",
    "connect_timeout",
    "application_name",
];

/// Pairs of a key and a value without spaces around `=` or in the value: quotes and backslashes could hide a key.
fn is_connection(text: &str) -> bool {
    let is_pair = |part: &str| {
        let pair = part.split_once('=').filter(|(_, value)| !value.is_empty());
        pair.is_some_and(|(key, _)| CONNECTION_KEYS.contains(&key))
    };
    !text.contains(|c: char| c.is_control() || c == '\'' || c == '\\')
        && !text.trim().is_empty()
        && text.split(' ').filter(|part| !part.is_empty()).all(is_pair)
}

/// As in the specification's grammar of user ids.
fn is_local(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "._=/+-".contains(c);
    !text.is_empty() && text.chars().all(fits)
}

impl Resource for Token {
    fn provides(&self) -> Vec<String> {
        vec![format!("path:{}", self.path)]
    }

    fn requires(&self) -> Vec<String> {
        let mut words: Vec<String> =
            parents(&self.path).iter().map(|parent| format!("path:{parent}")).collect();
        words.extend([&self.python, "curl"].map(|program| format!("program:{program}")));
        words
    }

    fn ask(&self, _: &Context, questions: &mut Questions) {
        questions.ask("paths_observe", &[&self.path]);
        questions.ask("synapse_token_observe", &[&self.path, &self.url, &self.user()]);
    }

    fn acts(&self) -> Option<Vec<String>> {
        Some(vec![format!("send the token in {} to {}", self.path, self.url)])
    }

    fn observe(&self, _: &Context, answers: &Answers) -> Observed {
        let record = match path_record(answers, &self.path) {
            Ok(Some(record)) => record,
            Ok(None) => return Observed::Absent,
            Err(reason) => return Observed::Unknown(reason),
        };
        let mut seen = path_attributes(record);
        let kind = path_type(record);
        if !kind.starts_with("regular") {
            seen.insert("type", Seen::word(kind));
        }
        seen.insert("token", self.token(answers));
        Observed::Present(seen)
    }

    fn find(&self, _: &Context, settled: &Settled<'_>, before: Option<&Wanted>) -> Observed {
        let mut found = settled.find(&self.provides(), before);
        if let (Observed::Present(seen), Some(before)) = (&mut found, before) {
            let is = |name: &str, now: &str, default: &str| {
                before.said_text(name).unwrap_or(default) == now
            };
            if !is("account", &self.account, "") || !is("server_name", &self.server_name, "") {
                seen.insert("token", Seen::word("of another account"));
            } else if !is("url", &self.url, LOCAL) {
                seen.insert("token", Seen::Unknown("nobody asked Synapse there".to_owned()));
            }
        }
        found
    }

    fn wanted(&self) -> Attributes {
        let root = || Seen::word("root");
        let mode = Seen::word("0600");
        let token = Seen::word(WORKS);
        Attributes::from([("owner", root()), ("group", root()), ("mode", mode), ("token", token)])
    }

    fn converge(&self, _: &Context, change: &Comparison) -> Vec<Step> {
        let path = self.path.as_str();
        if change.action == Action::Update && !change.differs("token") {
            let says = format!("setting {path}");
            return vec![Step::new(says, "synapse_token_attributes", &[path])];
        }
        let user = self.user();
        let words = [path, &self.url, &user, &self.database, &self.python];
        let says = format!("minting a token for {user}");
        vec![
            Step::new(says, "synapse_token_write", &words).input(Content::plain(PROGRAM)),
            Step::new(format!("setting {path}"), "synapse_token_attributes", &[path]),
        ]
    }
}

/// Whether this is no answer about the token, but that Synapse, or its database, is not well.
fn server_error(answer: &str) -> bool {
    let mut digits =
        answer.rsplit(['(', ' ']).next().unwrap_or_default().trim_end_matches(')').chars();
    digits.clone().count() == 3 && digits.next() == Some('5') && digits.all(|c| c.is_ascii_digit())
}

impl Token {
    fn user(&self) -> String {
        format!("@{}:{}", self.account, self.server_name)
    }

    fn token(&self, answers: &Answers) -> Seen {
        let answer = answers.get("synapse_token_observe", &self.path);
        match answer.and_then(|record| record.text("answer")).as_deref() {
            None => Seen::Unknown("there is no curl on this host to ask with".to_owned()),
            Some("down") => Seen::Unknown("Synapse does not answer".to_owned()),
            Some(answer) if server_error(answer) => {
                Seen::Unknown("Synapse cannot say: it answers with errors, or late".to_owned())
            }
            Some("401") => Seen::word("has ended (401)"),
            Some(answer) => Seen::word(answer),
        }
    }
}
