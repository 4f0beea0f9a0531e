//! Kind `synapse_token`: a token for jobs on the host. Synapse has no tokens with limited rights, and those from
//! ordinary logins end with the session: so a dedicated account gets one through the database, where root has admin
//! rights anyway. The token is created on the host and never leaves it.

use super::reader::{AttributeReader, parents};
use super::stat::{path_attributes, path_record, path_type};
use super::*;
use crate::diagnostic::Problems;
use crate::host_path;
use crate::secret::Content;

/// The kind.
pub(super) const KIND: Kind = Kind {
    name: "synapse_token",
    summary: "An admin access token for Synapse on this host, in a file for `curl --config`; replaced when it no longer works.",
    example: "[[resource]]\nkind = \"synapse_token\"\nname = \"/etc/matrixform/maintenance.curl\"\n\
              server_name = \"example.org\"\naccount = \"maintenance\"\npython = \"/opt/matrixform/synapse/bin/python\"\n\
              database = \"host=localhost dbname=synapse user=synapse_user passfile=/etc/matrix-synapse/pgpass sslmode=verify-full \
              sslrootcert=/etc/ssl/matrixform/postgres-ca.crt\"\n",
    attributes: &[
        AttributeDoc {
            name: "port",
            takes: "number",
            required: false,
            default: Some(PORT),
            doc: "The port on 127.0.0.1 that Synapse listens on.",
        },
        AttributeDoc {
            name: "listener",
            takes: "user",
            required: false,
            default: Some(LISTENER),
            doc: "The user that Synapse runs as. The token goes to nobody else: while Synapse is down, any user of the host may \
                  take its port.",
        },
        AttributeDoc {
            name: "server_name",
            takes: "text",
            required: true,
            default: None,
            doc: "Its server name, as in its user ids.",
        },
        AttributeDoc {
            name: "account",
            takes: "the part of a user id before the `:`",
            required: true,
            default: None,
            doc: "The account of the token; created without a password if missing.",
        },
        AttributeDoc {
            name: "database",
            takes: "text",
            required: true,
            default: None,
            doc: "The libpq connection string for Synapse's database. The password belongs in `passfile`, never here: other users on the host may see this.",
        },
        AttributeDoc {
            name: "python",
            takes: "path",
            required: false,
            default: Some("/usr/bin/python3"),
            doc: "A Python on the host with psycopg2, such as Synapse's own.",
        },
    ],
    shell: concat!(include_str!("loopback.sh"), include_str!("synapse_token.sh")),
    declare,
    phase: Phase::Act,
    forget: OrphanPolicy::Paths,
    volatile: &[],
    implied: &[],
    footprint: Footprint::only(&["path {name}"]),
    batch: None,
};

/// The default for Synapse's port.
const PORT: &str = "8008";

/// The default for the user that Synapse runs as: that of Debian's package.
const LISTENER: &str = "matrix-synapse";

/// The program that the host's Python runs.
const PROGRAM: &str = include_str!("synapse_token.py");

/// The value of a valid token.
const WORKS: &str = "works";

#[derive(Debug)]
struct Token {
    path: String,
    port: String,
    listener: String,
    server_name: String,
    account: String,
    database: String,
    python: String,
}

fn declare(declared: &Declared) -> Result<Box<dyn Resource>, Problems> {
    let mut reader = AttributeReader::new(declared, KIND.attributes);
    let mut text = |name: &str, default: &str, fits: fn(&str) -> bool, takes: &str| {
        let text = reader.text(name).unwrap_or_else(|| default.to_owned());
        if reader.has(name) && !fits(&text) {
            reader.refuse(name, format!("`{name}` takes {takes}"));
        }
        text
    };
    let local = "lowercase letters, digits and `._=/+-`";
    let token = Token {
        port: text("port", PORT, is_port, "a number from 1 to 65535"),
        listener: text("listener", LISTENER, is_user, "the name of a user"),
        server_name: text("server_name", "", is_server_name, "a name, with its port if it has one"),
        account: text("account", "", is_local, local),
        database: text(
            "database",
            "",
            is_connection,
            "a libpq connection string (`key=value …`) with the server and a `passfile`, without a password",
        ),
        python: text("python", "/usr/bin/python3", host_path::is_normal, "an absolute path"),
        path: reader.path_name(),
    };
    reader.finish(Box::new(token))
}

fn is_port(text: &str) -> bool {
    text.parse::<u16>().is_ok_and(|port| port.to_string() == text && port > 0)
}

/// Whether this is a user name that Debian's useradd accepts.
fn is_user(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    !text.is_empty() && !text.starts_with('-') && text.chars().all(fits)
}

fn is_server_name(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || ".-:[]".contains(c);
    !text.is_empty() && text.chars().all(fits)
}

/// The libpq keys that locate and identify a server. Other keys hold secrets (`password`, `sslpassword`), refer to
/// files that do (`service`), or are passed on to the server (`options`).
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

/// Whether this consists of key-value pairs without spaces around `=` or in the value: quotes and backslashes could
/// hide a key.
fn is_connection(text: &str) -> bool {
    let is_pair = |part: &str| {
        let pair = part.split_once('=').filter(|(_, value)| !value.is_empty());
        pair.is_some_and(|(key, _)| CONNECTION_KEYS.contains(&key))
    };
    !text.contains(|c: char| c.is_control() || c == '\'' || c == '\\')
        && !text.trim().is_empty()
        && text.split(' ').filter(|part| !part.is_empty()).all(is_pair)
}

/// Whether this is a localpart by the specification's grammar of user ids.
fn is_local(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "._=/+-".contains(c);
    !text.is_empty() && text.chars().all(fits)
}

impl Resource for Token {
    fn provides(&self) -> Vec<String> {
        vec![format!("path:{}", self.path)]
    }

    fn requires(&self) -> Vec<String> {
        let mut requirements: Vec<String> =
            parents(&self.path).iter().map(|parent| format!("path:{parent}")).collect();
        requirements.extend([&self.python, "curl"].map(|program| format!("program:{program}")));
        requirements
    }

    fn ask(&self, _: &Context, questions: &mut Questions) {
        questions.ask("paths_observe", &[&self.path]);
        questions
            .ask("synapse_token_observe", &[&self.path, &self.port, &self.listener, &self.user()]);
    }

    fn side_effects(&self) -> Option<Vec<String>> {
        let Self { path, port, listener, .. } = self;
        Some(vec![format!("send the token in {path} to {listener}'s program on 127.0.0.1:{port}")])
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
            seen.insert("type", AttributeValue::word(kind));
        }
        seen.insert("token", self.token(answers));
        Observed::Present(seen)
    }

    fn simulate(&self, _: &Context, host: &SimulatedHost<'_>, before: Option<&Wanted>) -> Observed {
        let mut found = host.observation(&self.provides(), before);
        if let (Observed::Present(seen), Some(before)) = (&mut found, before) {
            let is = |name: &str, now: &str, default: &str| {
                before.attribute_text(name).unwrap_or(default) == now
            };
            if !is("account", &self.account, "") || !is("server_name", &self.server_name, "") {
                seen.insert("token", AttributeValue::word("for a different account"));
            } else if before_port(before) != self.port || !is("listener", &self.listener, LISTENER)
            {
                seen.insert("token", AttributeValue::Unknown("Synapse was not asked".to_owned()));
            }
        }
        found
    }

    fn wanted(&self) -> Attributes {
        let root = || AttributeValue::word("root");
        let mode = AttributeValue::word("0600");
        let token = AttributeValue::word(WORKS);
        Attributes::from([("owner", root()), ("group", root()), ("mode", mode), ("token", token)])
    }

    fn converge(&self, _: &Context, change: &Comparison) -> Vec<Step> {
        let path = self.path.as_str();
        if change.action == Action::Update && !change.differs("token") {
            let label = format!("setting {path}");
            return vec![Step::new(label, "synapse_token_attributes", &[path])];
        }
        let user = self.user();
        let args = [path, &self.port, &self.listener, &user, &self.database, &self.python];
        let label = format!("minting a token for {user}");
        vec![
            Step::new(label, "synapse_token_write", &args).input(Content::plain(PROGRAM)),
            Step::new(format!("setting {path}"), "synapse_token_attributes", &[path]),
        ]
    }
}

/// Returns the port of the earlier declaration, given as a number or as text.
fn before_port(before: &Wanted) -> String {
    match before.attribute("port") {
        Some(DeclaredValue::Int(number)) => number.to_string(),
        _ => before.attribute_text("port").unwrap_or(PORT).to_owned(),
    }
}

/// Whether the answer is about a problem of Synapse or its database rather than about the token.
fn server_error(answer: &str) -> bool {
    let mut digits =
        answer.rsplit(['(', ' ']).next().unwrap_or_default().trim_end_matches(')').chars();
    digits.clone().count() == 3 && digits.next() == Some('5') && digits.all(|c| c.is_ascii_digit())
}

impl Token {
    fn user(&self) -> String {
        format!("@{}:{}", self.account, self.server_name)
    }

    fn token(&self, answers: &Answers) -> AttributeValue {
        let answer = answers.get("synapse_token_observe", &self.path);
        match answer.and_then(|record| record.text("answer")).as_deref() {
            None => AttributeValue::Unknown("curl is not installed on the host".to_owned()),
            Some("down") => AttributeValue::Unknown("Synapse does not answer".to_owned()),
            Some(answer) if answer.starts_with("foreign ") => AttributeValue::Unknown(format!(
                "port {} is used by a user other than {} (user id {})",
                self.port,
                self.listener,
                answer.trim_start_matches("foreign ")
            )),
            Some(answer) if server_error(answer) => {
                AttributeValue::Unknown("Synapse answers with errors, or too late".to_owned())
            }
            Some("401") => AttributeValue::word("no longer valid (401)"),
            Some(answer) => AttributeValue::word(answer),
        }
    }
}
