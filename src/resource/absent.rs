//! Kind `absent`: nothing exists at this path. Files, symlinks and empty directories are removed; a directory that
//! contains anything never is.

use super::managed_file::reread;
use super::reader::AttributeReader;
use super::stat::{path_record, path_type};
use super::*;
use crate::diagnostic::Problems;

/// The kind.
pub(super) const KIND: Kind = Kind {
    name: "absent",
    summary: "Ensures that nothing exists at this path: removes a file, a symlink or an empty directory.",
    example: "[[resource]]\nkind = \"absent\"\nname = \"/etc/nginx/sites-enabled/default\"\n",
    attributes: &[
        AttributeDoc {
            name: "if_empty",
            takes: "boolean",
            required: false,
            default: Some("false"),
            doc: "Keep a directory that is not empty and report it, instead of refusing the plan.",
        },
        AttributeDoc {
            name: "but_for",
            takes: "list of path",
            required: false,
            default: Some("none"),
            doc: "Paths in the directory that are removed first.",
        },
    ],
    shell: include_str!("absent.sh"),
    declare,
    phase: Phase::Write,
    forget: OrphanPolicy::Nothing("there is nothing to remove"),
    volatile: &[],
    implied: &[],
    footprint: Footprint::only(&["gone {name}"]),
    batch: None,
};

#[derive(Debug)]
struct Absent {
    path: String,
    in_activation: bool,
    if_empty: bool,
    but_for: Vec<String>,
}

fn declare(declared: &Declared) -> Result<Box<dyn Resource>, Problems> {
    let mut reader = AttributeReader::new(declared, KIND.attributes);
    let path = reader.path_name();
    let in_activation = declared.activation.is_some();
    let if_empty = reader.flag("if_empty").unwrap_or(false);
    let but_for = reader.paths("but_for");
    reader.finish(Box::new(Absent { path, in_activation, if_empty, but_for }))
}

impl Resource for Absent {
    fn provides(&self) -> Vec<String> {
        vec![format!("absent:{}", self.path)]
    }

    /// The package that would create the path, if one declares it.
    fn requires(&self) -> Vec<String> {
        vec![format!("path:{}", self.path)]
    }

    fn ask(&self, _: &Context, questions: &mut Questions) {
        questions.ask("paths_observe", &[&self.path]);
        questions.ask("absent_observe", &[&self.path]);
        if !self.but_for.is_empty() {
            questions.ask("absent_inside", &[&self.path]);
        }
    }

    fn observe(&self, _: &Context, answers: &Answers) -> Observed {
        let record = match path_record(answers, &self.path) {
            Ok(Some(record)) => record,
            Ok(None) => return Observed::Absent,
            Err(reason) => return Observed::Unknown(reason),
        };
        let mut seen = Attributes::new();
        seen.insert("type", AttributeValue::word(path_type(record)));
        let is_going = |(_, path): (&str, &[u8])| {
            let path = String::from_utf8_lossy(path);
            self.but_for.iter().any(|known| *known == path)
        };
        let inside = answers.get("absent_inside", &self.path).filter(|_| !self.but_for.is_empty());
        let empty = answers.get("absent_observe", &self.path).is_some()
            || inside.is_some_and(|record| record.fields().all(is_going));
        seen.insert("empty", AttributeValue::flag(empty));
        Observed::Present(seen)
    }

    /// A path that was already declared absent is absent; any other undeclared path may exist.
    fn simulate(
        &self,
        context: &Context,
        host: &SimulatedHost<'_>,
        before: Option<&Wanted>,
    ) -> Observed {
        if before.is_some() {
            return Observed::Absent;
        }
        let Some(provider) = host.provider_of(&format!("path:{}", self.path)) else {
            return Observed::Unknown("not checked: removed if it exists".to_owned());
        };
        let Some(kind) = host.path_type(&self.path) else {
            return Observed::Unknown(format!("provided by {}", provider.address()));
        };
        let inside = format!("{}/", self.path);
        let empty = match context.declared_paths.iter().any(|path| path.starts_with(&inside)) {
            true => AttributeValue::flag(false),
            false if kind == "directory" => AttributeValue::Unknown(UNSEEN.to_owned()),
            false => AttributeValue::flag(true),
        };
        Observed::Present(Attributes::from([
            ("type", AttributeValue::word(kind)),
            ("empty", empty),
        ]))
    }

    fn wanted(&self) -> Attributes {
        Attributes::new()
    }

    /// A path absent on the host is right, unless a pending change creates it (a package's default site).
    fn compare(&self, context: &Context, observed: &Observed) -> Comparison {
        let coming = context.comes_with(&format!("path:{}", self.path));
        let (action, from, note) = match (observed, coming) {
            (Observed::Absent, None) => return Comparison::unchanged(),
            (Observed::Absent, Some(by)) => {
                (Action::Remove, AttributeValue::Nothing, Some(format!("provided by {by}")))
            }
            (Observed::Unknown(why), _) => {
                (Action::Remove, AttributeValue::Unknown(why.clone()), None)
            }
            (Observed::Present(seen), _) if self.if_empty && is_full(seen) => {
                let note = format!("{} is kept: it is not empty", self.path);
                return Comparison { notes: vec![note], ..Comparison::unchanged() };
            }
            (Observed::Present(seen), _) => {
                let kind = seen.get("type").cloned().unwrap_or(AttributeValue::Nothing);
                let note = matches!(seen.get("empty"), Some(AttributeValue::Unknown(_)));
                (self.removal(seen), kind, note.then(|| UNSEEN.to_owned()))
            }
        };
        let difference = Difference { attribute: "type", from, to: AttributeValue::Nothing };
        let notes = note.into_iter().collect();
        Comparison { action, differences: vec![difference], notes, ..Comparison::unchanged() }
    }

    fn replaces(&self) -> Vec<String> {
        vec![self.path.clone()]
    }

    fn converge(&self, _: &Context, change: &Comparison) -> Vec<Step> {
        let label = format!("removing {}", self.path);
        let mut steps = vec![Step::new(label, "absent_remove", &[&self.path])];
        steps.extend(reread(&self.path, change, self.in_activation));
        steps
    }

    fn top_keys(&self) -> Option<(&str, Vec<String>)> {
        Some((&self.path, Vec::new()))
    }
}

impl Absent {
    fn removal(&self, seen: &Attributes) -> Action {
        if !is_full(seen) {
            return Action::Remove;
        }
        Action::Refuse {
            why: format!("{} is a directory that is not empty", self.path),
            help: "check what it contains, and remove it by hand".to_owned(),
        }
    }
}

/// Note on a directory whose contents were not checked.
const UNSEEN: &str = "it is kept if it contains anything else";

/// Whether this is a directory that is not empty.
fn is_full(seen: &Attributes) -> bool {
    let is = |name: &str, word: &str| seen.get(name) == Some(&AttributeValue::word(word));
    is("type", "directory") && is("empty", "no")
}
