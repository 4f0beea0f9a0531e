//! Kind `postgres_role`: a role with its rights and its password. The password never leaves this machine: the server
//! receives a verifier, and a comparison uses the salt of the stored one.

use super::postgres_cluster::{Answered, CLUSTER, PostgresCluster};
use super::postgres_name::why_not;
use super::reader::AttributeReader;
use super::scram;
use super::*;
use crate::diagnostic::Problems;
use crate::secret::{Content, Secret, SecretState};

/// The kind.
pub(super) const KIND: Kind = Kind {
    name: "postgres_role",
    summary: "A PostgreSQL role: its privileges, connection limit and password.",
    example: "[[resource]]\nkind = \"postgres_role\"\nname = \"synapse_user\"\ncluster = \"16/main\"\n\
              password = { secret = \"synapse/database/password\" }\n",
    attributes: &[
        CLUSTER,
        AttributeDoc {
            name: "password",
            takes: "secret",
            required: false,
            default: Some("none: it cannot log in with a password"),
            doc: "Stored as a SCRAM-SHA-256 verifier, which matrixform computes.",
        },
        AttributeDoc {
            name: "login",
            takes: "boolean",
            required: false,
            default: Some("true"),
            doc: "Whether it may log in.",
        },
        AttributeDoc {
            name: "connections",
            takes: "whole number",
            required: false,
            default: Some("-1: no limit"),
            doc: "How many concurrent connections it may have.",
        },
        right("superuser", "Whether it bypasses all permission checks."),
        right("create_databases", "Whether it may create databases."),
        right("create_roles", "Whether it may create roles."),
        right("replication", "Whether it may stream replication data and take base backups."),
        right("bypass_rls", "Whether it bypasses row-level security."),
    ],
    shell: include_str!("postgres.sh"),
    declare,
    phase: Phase::Act,
    forget: OrphanPolicy::Left("runuser -u postgres -- dropuser NAME"),
    volatile: &[],
    implied: &[],
    footprint: Footprint::only(&["role {name}"]),
    batch: None,
};

/// Defines an attribute for a right that roles seldom need.
const fn right(name: &'static str, doc: &'static str) -> AttributeDoc {
    AttributeDoc { name, takes: "boolean", required: false, default: Some("false"), doc }
}

/// The rights and their SQL keywords.
const RIGHTS: [(&str, &str); 6] = [
    ("login", "LOGIN"),
    ("superuser", "SUPERUSER"),
    ("create_databases", "CREATEDB"),
    ("create_roles", "CREATEROLE"),
    ("replication", "REPLICATION"),
    ("bypass_rls", "BYPASSRLS"),
];

/// PostgreSQL's own roles: without its rights, `postgres` would leave a cluster without a superuser.
const RESERVED: [&str; 3] = ["postgres", "public", "none"];

#[derive(Debug)]
struct PostgresRole {
    name: String,
    cluster: PostgresCluster,
    password: Option<Secret>,
    rights: [bool; 6],
    connections: i64,
}

fn declare(declared: &Declared) -> Result<Box<dyn Resource>, Problems> {
    let mut reader = AttributeReader::new(declared, KIND.attributes);
    let name = declared.address.name.clone();
    if let Some(why) = why_not(&name) {
        reader.refuse("name", format!("not a role name: {why}"));
    }
    if RESERVED.contains(&name.as_str()) {
        let help = format!("`{name}` is reserved by PostgreSQL: choose another name");
        reader.refuse("name", help);
    }
    let password = reader.content("password").map(|content| secret(&content));
    if password.as_ref().is_some_and(|secret| !is_password(secret.expose())) {
        // SASLprep would change other characters, and with them the verifier.
        reader.refuse("password", "its password must be printable ASCII, and not empty");
    }
    let connections = reader.int("connections").unwrap_or(-1);
    if !(-1..=i64::from(i32::MAX)).contains(&connections) {
        reader.refuse("connections", "`connections` takes -1 (no limit) or a whole number from 0");
    }
    let rights = RIGHTS.map(|(right, _)| reader.flag(right).unwrap_or(right == "login"));
    let cluster = PostgresCluster::read(&mut reader);
    reader.finish(Box::new(PostgresRole { name, cluster, password, rights, connections }))
}

/// Returns the whole attribute as one secret, named after the first secret in it.
fn secret(content: &Content) -> Secret {
    let first = content.secrets().first();
    let name = first.map_or("password", |secret| secret.name.as_str());
    match content.state() {
        SecretState::Pending => Secret::pending(name),
        state => Secret::new(name, content.expose()).with_state(state),
    }
}

fn is_password(bytes: &[u8]) -> bool {
    !bytes.is_empty() && bytes.iter().all(|byte| (b' '..=b'~').contains(byte))
}

impl Resource for PostgresRole {
    fn provides(&self) -> Vec<String> {
        vec![format!("role:{}/{}", self.cluster.0, self.name)]
    }

    fn requires(&self) -> Vec<String> {
        self.cluster.requires()
    }

    fn ask(&self, _: &Context, questions: &mut Questions) {
        self.cluster.ask("role", &self.name, questions);
    }

    fn observe(&self, _: &Context, answers: &Answers) -> Observed {
        let record = match self.cluster.answer(answers, "role", &self.name) {
            Answered::There(record) => record,
            Answered::Not(observed) => return observed,
        };
        let mut seen = Attributes::new();
        for (right, _) in RIGHTS {
            seen.insert(right, AttributeValue::flag(record.text(right).as_deref() == Some("true")));
        }
        let connections = record.text("connections").unwrap_or_default();
        seen.insert("connections", AttributeValue::word(connections));
        seen.insert("expires", expires(&record.text("expires").unwrap_or_default()));
        seen.insert("password", self.password_of(record));
        Observed::Present(seen)
    }

    fn simulate(&self, _: &Context, host: &SimulatedHost<'_>, before: Option<&Wanted>) -> Observed {
        let before = before.filter(|before| self.cluster.is_that_of(before));
        let mut found = host.observation(&self.provides(), before);
        if let (Observed::Present(seen), Some(DeclaredValue::Text(password))) =
            (&mut found, before.and_then(|before| before.attribute("password")))
            && self.password.as_ref() != Some(&secret(password))
        {
            seen.insert("password", AttributeValue::word("differs"));
        }
        found
    }

    fn wanted(&self) -> Attributes {
        let mut wanted = Attributes::new();
        for ((right, _), granted) in RIGHTS.iter().zip(self.rights) {
            wanted.insert(right, AttributeValue::flag(granted));
        }
        wanted.insert("connections", AttributeValue::word(self.connections.to_string()));
        wanted.insert("expires", AttributeValue::word(NEVER));
        let password = if self.password.is_some() { AS_WANTED } else { NONE };
        wanted.insert("password", AttributeValue::word(password));
        wanted
    }

    fn compare(&self, context: &Context, observed: &Observed) -> Comparison {
        let mut comparison = Comparison::of(&self.wanted(), observed);
        self.cluster.note(context, &mut comparison);
        comparison
    }

    fn converge(&self, _: &Context, change: &Comparison) -> Vec<Step> {
        let label = format!("setting the role {}", self.name);
        let password = self.password.as_ref().filter(|_| change.differs("password"));
        let salted = password
            .map(|password| SaltedPassword { password: password.clone(), rest: format!("'{END}") });
        vec![self.cluster.run(label, |sql| self.statements(sql, change)).salted(salted)]
    }

    fn pending_secrets(&self) -> Vec<String> {
        let pending = self.password.iter().filter(|secret| secret.is_pending());
        pending.map(|secret| secret.name().to_owned()).collect()
    }
}

/// The end of the statements.
const END: &str = ";\nCOMMIT;\n";
const NEVER: &str = "never";
const NONE: &str = "none";
/// The value of a correct password, which itself is never shown.
const AS_WANTED: &str = "as in the spec";

impl PostgresRole {
    fn password_of(&self, record: &Record) -> AttributeValue {
        let Some(stored) = record.text("verifier") else {
            return AttributeValue::Unknown("PostgreSQL did not show it".to_owned());
        };
        self.password_behind(&stored)
    }

    fn password_behind(&self, stored: &str) -> AttributeValue {
        let is_it = |secret: &Secret| scram::is_verifier_of(stored, secret.expose());
        match &self.password {
            _ if stored.is_empty() => AttributeValue::word(NONE),
            // The stored verifier cannot be checked without the password.
            Some(secret)
                if secret.state() == SecretState::Unchanged && scram::is_verifier(stored) =>
            {
                AttributeValue::word(AS_WANTED)
            }
            Some(secret) if is_it(secret) => AttributeValue::word(AS_WANTED),
            _ => AttributeValue::word("differs"),
        }
    }

    /// Creates the role if it does not exist, and sets all its properties. A correct password keeps its verifier: a new
    /// salt would end no session, but would be a change that nobody asked for.
    fn statements(&self, sql: &mut Content, change: &Comparison) {
        let name = &self.name;
        let rights = RIGHTS.iter().zip(self.rights);
        let options =
            rights.map(
                |((_, option), granted)| {
                    if granted { (*option).to_owned() } else { format!("NO{option}") }
                },
            );
        let options = options.collect::<Vec<_>>().join(" ");
        let limit = self.connections;
        sql.push(
            format!(
                "BEGIN;\nSELECT 'CREATE ROLE \"{name}\"' WHERE NOT EXISTS \
                 (SELECT FROM pg_catalog.pg_roles WHERE rolname = '{name}') \\gexec\n\
                 ALTER ROLE \"{name}\" WITH {options} CONNECTION LIMIT {limit} VALID UNTIL 'infinity'"
            )
            .as_bytes(),
        );
        match &self.password {
            // The verifier and `END` follow.
            Some(_) if change.differs("password") => return sql.push(b" PASSWORD '"),
            Some(_) => {}
            None => sql.push(b" PASSWORD NULL"),
        }
        sql.push(END.as_bytes());
    }
}

fn expires(stored: &str) -> AttributeValue {
    AttributeValue::word(if stored == "infinity" { NEVER } else { stored })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(password: &str) -> String {
        let role = PostgresRole {
            name: "app".to_owned(),
            cluster: PostgresCluster("16/main".to_owned()),
            password: Some(Secret::new("app/password", password)),
            rights: [false; 6],
            connections: -1,
        };
        let change = Comparison::of(&role.wanted(), &Observed::Absent);
        let mut steps = role.converge(&Context::default(), &change);
        assert_eq!(steps, role.converge(&Context::default(), &change), "nothing is drawn before");
        let input = steps.remove(0).with_salt().call.input.unwrap();
        String::from_utf8(input.expose().to_vec()).unwrap()
    }

    /// If the password is not available, any verifier counts as that of the wanted one; nothing else does.
    #[test]
    fn without_a_password_any_verifier_is_accepted() {
        let verifier = step("pencil");
        let verifier = verifier.split('\'').find(|word| word.starts_with("SCRAM")).unwrap();
        let role = |state| PostgresRole {
            name: "app".to_owned(),
            cluster: PostgresCluster("16/main".to_owned()),
            password: Some(Secret::withheld("app/password", state)),
            rights: [false; 6],
            connections: -1,
        };
        for (stored, state, seen) in [
            (verifier, SecretState::Unchanged, AS_WANTED),
            (verifier, SecretState::Unread, "differs"),
            ("md5abc", SecretState::Unchanged, "differs"),
            ("", SecretState::Unchanged, NONE),
        ] {
            let found = role(state).password_behind(stored);
            assert_eq!(found, AttributeValue::word(seen), "{stored} {state:?}");
        }
    }

    /// A stranger can learn the salt, so it must reveal nothing about the password: no two salts are the same.
    #[test]
    fn a_verifier_has_a_salt_of_its_own() {
        let (one, other) = (step("pencil"), step("pencil"));
        let verifier =
            |sql: &str| sql.split('\'').find(|word| word.starts_with("SCRAM")).unwrap().to_owned();
        assert_ne!(verifier(&one), verifier(&other));
        assert!(scram::is_verifier_of(&verifier(&one), b"pencil"));
        assert!(one.ends_with("';\nCOMMIT;\n"), "{one}");
    }
}
