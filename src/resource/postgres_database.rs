//! Kind `postgres_database`: a database with its owner, encoding and collation. The last two are fixed at creation: if
//! they are wrong, that is only reported.

use super::postgres_cluster::{Answered, CLUSTER, PostgresCluster};
use super::postgres_name::why_not;
use super::reader::AttributeReader;
use super::*;
use crate::diagnostic::Problems;

/// The kind. Its functions are in `postgres.sh`.
pub(super) const KIND: Kind = Kind {
    name: "postgres_database",
    summary: "A PostgreSQL database, created from template0; its owner can be changed, its collation cannot.",
    example: "[[resource]]\nkind = \"postgres_database\"\nname = \"synapse\"\ncluster = \"16/main\"\n\
              owner = \"synapse_user\"\n",
    attributes: &[
        CLUSTER,
        AttributeDoc {
            name: "owner",
            takes: "role",
            required: true,
            default: None,
            doc: "The role that owns it.",
        },
        AttributeDoc {
            name: "encoding",
            takes: "encoding",
            required: false,
            default: Some("UTF8"),
            doc: "Its character set, in PostgreSQL's spelling.",
        },
        AttributeDoc {
            name: "collate",
            takes: "locale",
            required: false,
            default: Some("C"),
            doc: "Its sort order. `C` does not change with the system's locales.",
        },
        AttributeDoc {
            name: "ctype",
            takes: "locale",
            required: false,
            default: Some("its collation"),
            doc: "Its character classification (`LC_CTYPE`).",
        },
    ],
    shell: "",
    declare,
    phase: Phase::Act,
    forget: OrphanPolicy::Left("runuser -u postgres -- dropdb NAME"),
    volatile: &[],
    implied: &[],
    footprint: Footprint {
        own: &["database {name}"],
        by_products: &[ByProduct {
            traces: &[
                "grant {name}/database",
                "grant {name}/schema public",
                "grant {name}/schema pg_catalog",
                "grant {name}/schema information_schema",
            ],
            why: "what a new database grants by default",
        }],
    },
    batch: None,
};

/// Attributes that cannot be changed after creation.
const FIXED: [&str; 3] = ["encoding", "collate", "ctype"];

#[derive(Debug)]
struct Database {
    name: String,
    cluster: PostgresCluster,
    owner: String,
    encoding: String,
    collate: String,
    ctype: String,
}

fn declare(declared: &Declared) -> Result<Box<dyn Resource>, Problems> {
    let mut reader = AttributeReader::new(declared, KIND.attributes);
    let name = declared.address.name.clone();
    if let Some(why) = why_not(&name) {
        reader.refuse("name", format!("not a database name: {why}"));
    }
    let mut text = |name: &str, default: &str| {
        let text = reader.text(name).unwrap_or_else(|| default.to_owned());
        if let Some(why) = why_not(&text) {
            reader.refuse(name, format!("`{name}` takes letters, digits, `_`, `-` and `.`: {why}"));
        }
        text
    };
    let owner = text("owner", "postgres");
    let encoding = text("encoding", "UTF8");
    let collate = text("collate", "C");
    let ctype = text("ctype", &collate);
    let cluster = PostgresCluster::read(&mut reader);
    reader.finish(Box::new(Database { name, cluster, owner, encoding, collate, ctype }))
}

impl Resource for Database {
    fn provides(&self) -> Vec<String> {
        vec![format!("database:{}/{}", self.cluster.0, self.name)]
    }

    fn requires(&self) -> Vec<String> {
        let mut requirements = self.cluster.requires();
        requirements.push(format!("role:{}/{}", self.cluster.0, self.owner));
        requirements
    }

    fn ask(&self, _: &Context, questions: &mut Questions) {
        self.cluster.ask("database", &self.name, questions);
    }

    fn observe(&self, _: &Context, answers: &Answers) -> Observed {
        let record = match self.cluster.answer(answers, "database", &self.name) {
            Answered::There(record) => record,
            Answered::Not(observed) => return observed,
        };
        let text = |field: &str| record.text(field).unwrap_or_default();
        let provider = match text("provider").as_str() {
            "c" => "",
            "i" => " (of ICU)",
            _ => " (PostgreSQL's own)",
        };
        Observed::Present(Attributes::from([
            ("owner", AttributeValue::word(text("owner"))),
            ("encoding", AttributeValue::word(text("encoding"))),
            ("collate", AttributeValue::word(text("collate") + provider)),
            ("ctype", AttributeValue::word(text("ctype") + provider)),
        ]))
    }

    fn simulate(&self, _: &Context, host: &SimulatedHost<'_>, before: Option<&Wanted>) -> Observed {
        let before = before.filter(|before| self.cluster.is_that_of(before));
        host.observation(&self.provides(), before)
    }

    fn wanted(&self) -> Attributes {
        Attributes::from([
            ("owner", AttributeValue::word(&self.owner)),
            ("encoding", AttributeValue::word(&self.encoding)),
            ("collate", AttributeValue::word(&self.collate)),
            ("ctype", AttributeValue::word(&self.ctype)),
        ])
    }

    fn compare(&self, context: &Context, observed: &Observed) -> Comparison {
        let mut comparison = Comparison::of(&self.wanted(), observed);
        self.cluster.note(context, &mut comparison);
        let fixed = FIXED.iter().any(|attribute| comparison.differs(attribute));
        if fixed && matches!(observed, Observed::Present(_)) {
            comparison.action = self.refuse();
        }
        comparison
    }

    fn converge(&self, context: &Context, _: &Comparison) -> Vec<Step> {
        let label = format!("setting the database {}", self.name);
        let statements = self.statements(context.must_exist);
        vec![self.cluster.run(label, |sql| sql.push(statements.as_bytes()))]
    }
}

impl Database {
    fn refuse(&self) -> Action {
        let (name, cluster, owner) = (&self.name, &self.cluster.0, &self.owner);
        Action::Refuse {
            why: format!(
                "the database {name} was created with a different encoding or collation, which cannot be \
                 fixed in place"
            ),
            help: format!(
                "stop its clients and dump it as user postgres: `pg_dump --cluster {cluster} -Fc -f \
                 {name}.dump {name}`; rename it: `ALTER DATABASE \"{name}\" RENAME TO \
                 \"{name}.old\"`; apply, which recreates it; then `pg_restore --cluster {cluster} \
                 -d {name} --role {owner} {name}.dump`"
            ),
        }
    }

    /// Creates the database if it does not exist (an error if it must), and sets its owner.
    fn statements(&self, must_exist: bool) -> String {
        let Database { name, owner, encoding, collate, ctype, .. } = self;
        // Set explicitly, since a cluster's default may be ICU; servers before 15 only know libc and have no such
        // option.
        let provider = if self.cluster.version() >= 15 { " LOCALE_PROVIDER libc" } else { "" };
        let missing = match must_exist {
            true => format!(
                "DO $$BEGIN RAISE EXCEPTION ''the database {name} of this server is missing: restore it, or pass \
                 --empty-server''; END$$"
            ),
            false => format!(
                "CREATE DATABASE \"{name}\" TEMPLATE template0 OWNER \"{owner}\" \
                 ENCODING ''{encoding}'' LC_COLLATE ''{collate}'' LC_CTYPE ''{ctype}''{provider}"
            ),
        };
        format!(
            "SELECT '{missing}' \
             WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_database WHERE datname = '{name}') \\gexec\n\
             ALTER DATABASE \"{name}\" OWNER TO \"{owner}\";\n"
        )
    }
}
