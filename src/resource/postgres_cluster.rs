//! The parts that roles and databases share: the cluster, names that need no escaping in SQL, and what can be reported
//! before and while the server answers.

use super::reader::AttributeReader;
use super::*;
use crate::secret::Content;

/// A cluster as Debian names it: `16/main`.
#[derive(Debug)]
pub(super) struct PostgresCluster(pub(super) String);

/// The cluster's answer about a role or database.
pub(super) enum Answered<'a> {
    /// The record found.
    There(&'a Record),
    /// Not found, or not known.
    Not(Observed),
}

/// The attribute's documentation, shared by both kinds.
pub(super) const CLUSTER: AttributeDoc = AttributeDoc {
    name: "cluster",
    takes: "version/name",
    required: true,
    default: None,
    doc: "The PostgreSQL cluster, as `16/main`.",
};

/// Keeps statements out of the server's log (and out of pg_stat_statements, if that is loaded).
const QUIET: &str = "SET log_statement = 'none';\nSET log_min_error_statement = 'panic';\n\
                     SET log_min_duration_statement = -1;\n\
                     SET pg_stat_statements.track_utility = off;\n";

impl PostgresCluster {
    /// Reads the attribute.
    pub(super) fn read(reader: &mut AttributeReader) -> PostgresCluster {
        let cluster = reader.text("cluster").unwrap_or_default();
        let well = cluster.split_once('/').is_some_and(|(version, name)| {
            version.parse::<u16>().is_ok_and(|version| (9..100).contains(&version))
                && !name.is_empty()
                // The unit's name cannot contain a dash: systemd reads it as `/`.
                && name.chars().all(|c| c.is_ascii_alphanumeric() || "_.".contains(c))
        });
        if reader.has("cluster") && !well {
            reader.refuse("cluster", "`cluster` takes a version and a name, such as `16/main`");
        }
        PostgresCluster(cluster)
    }

    /// Returns the major version.
    pub(super) fn version(&self) -> u16 {
        self.0.split('/').next().and_then(|version| version.parse().ok()).unwrap_or_default()
    }

    /// Whether another role or database was in the same cluster.
    pub(super) fn is_that_of(&self, other: &Wanted) -> bool {
        other.attribute_text("cluster") == Some(&self.0)
    }

    /// Returns what must run before the cluster can be queried.
    pub(super) fn requires(&self) -> Vec<String> {
        let version = self.version();
        vec![
            format!("unit:postgresql@{}.service", self.0.replace('/', "-")),
            format!("package:postgresql-{version}"),
            "package:postgresql".to_owned(),
            "program:psql".to_owned(),
            "user:postgres".to_owned(),
        ]
    }

    /// Asks about one role or database.
    pub(super) fn ask(&self, kind: &str, name: &str, questions: &mut Questions) {
        questions.ask("postgres_observe", &[&self.0, kind, name]);
    }

    /// Returns the answer about it. In a cluster that does not exist yet, it is absent; in one that does not answer, it
    /// may exist.
    pub(super) fn answer<'a>(&self, answers: &'a Answers, kind: &str, name: &str) -> Answered<'a> {
        let cluster = answers.get("postgres_observe", &format!("cluster {}", self.0));
        let state = cluster.and_then(|record| record.text("state"));
        let key = format!("{kind} {} {name}", self.0);
        match (state.as_deref(), answers.get("postgres_observe", &key)) {
            (Some("up"), Some(record)) => Answered::There(record),
            (Some("up" | "absent"), _) => Answered::Not(Observed::Absent),
            (Some(_), _) => {
                let reason = cluster.and_then(|record| record.text("reason")).unwrap_or_default();
                let line = reason.lines().next().unwrap_or_default();
                Answered::Not(Observed::Unknown(format!("PostgreSQL {} says: {line}", self.0)))
            }
            (None, _) => Answered::Not(Observed::Unknown("psql did not answer".to_owned())),
        }
    }

    /// Notes what provides the server, if that is still pending.
    pub(super) fn note(&self, context: &Context, comparison: &mut Comparison) {
        let coming =
            self.requires().iter().find_map(|requirement| context.comes_with(requirement).cloned());
        if let (true, Some(address)) = (comparison.is_change(), coming) {
            comparison.notes.push(format!("after {address}"));
        }
    }

    /// Returns the step that runs these statements, unlogged.
    pub(super) fn run(&self, label: String, statements: impl FnOnce(&mut Content)) -> Step {
        let mut sql = Content::plain(QUIET);
        statements(&mut sql);
        Step::new(label, "postgres_run", &[&self.0]).input(sql)
    }
}
