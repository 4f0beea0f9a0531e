//! Kind `symlink`: a symbolic link and its target. The target is compared as text: it need not exist, and matrixform
//! never touches it.

use super::managed_file::{note_obstacle, paths_above, reread};
use super::reader::AttributeReader;
use super::stat::{path_record, path_type};
use super::*;
use crate::diagnostic::Problems;

/// The kind.
pub(super) const KIND: Kind = Kind {
    name: "symlink",
    summary: "A symbolic link; replaced atomically.",
    example: "[[resource]]\nkind = \"symlink\"\nname = \"/etc/nginx/sites-enabled/matrix\"\ntarget = \"../sites-available/matrix\"\n",
    attributes: &[AttributeDoc {
        name: "target",
        takes: "path",
        required: true,
        default: None,
        doc: "Where it points: absolute, or relative to its own directory.",
    }],
    shell: include_str!("symlink.sh"),
    declare,
    phase: Phase::Write,
    forget: OrphanPolicy::Paths,
    volatile: &[],
    implied: &[],
    footprint: Footprint::only(&["path {name}"]),
    batch: None,
};

#[derive(Debug)]
struct Symlink {
    path: String,
    target: String,
    in_activation: bool,
}

fn declare(declared: &Declared) -> Result<Box<dyn Resource>, Problems> {
    let mut reader = AttributeReader::new(declared, KIND.attributes);
    let link = Symlink {
        path: reader.path_name(),
        target: reader.text("target").unwrap_or_default(),
        in_activation: declared.activation.is_some(),
    };
    if link.target.is_empty() || link.target.contains('\0') {
        reader.refuse("target", "`target` takes a path");
    }
    reader.finish(Box::new(link))
}

impl Resource for Symlink {
    fn provides(&self) -> Vec<String> {
        vec![format!("path:{}", self.path)]
    }

    /// If the target is declared, it comes first, so that the link does not dangle in the meantime.
    fn requires(&self) -> Vec<String> {
        let mut requirements = paths_above(&self.path);
        if self.target.starts_with('/') {
            requirements.push(format!("path:{}", self.target));
        }
        requirements
    }

    fn ask(&self, _: &Context, questions: &mut Questions) {
        questions.ask("paths_observe", &[&self.path]);
        questions.ask("symlink_observe", &[&self.path]);
    }

    fn observe(&self, _: &Context, answers: &Answers) -> Observed {
        let kind = match path_record(answers, &self.path) {
            Ok(Some(record)) => path_type(record),
            Ok(None) => return Observed::Absent,
            Err(reason) => return Observed::Unknown(reason),
        };
        let mut seen = Attributes::new();
        if kind != "symbolic link" {
            seen.insert("type", AttributeValue::word(kind));
            return Observed::Present(seen);
        }
        let record = answers.get("symlink_observe", &self.path);
        seen.insert(
            "target",
            match record.and_then(|record| record.text("target")) {
                Some(target) => AttributeValue::Word(target),
                None => AttributeValue::Unknown("it could not be read".to_owned()),
            },
        );
        Observed::Present(seen)
    }

    fn wanted(&self) -> Attributes {
        let mut wanted = Attributes::new();
        wanted.insert("target", AttributeValue::word(&self.target));
        wanted
    }

    fn compare(&self, _: &Context, observed: &Observed) -> Comparison {
        let comparison = Comparison::of(&self.wanted(), observed);
        note_obstacle(&self.path, observed, comparison)
    }

    fn link(&self) -> Option<&str> {
        Some(&self.target)
    }

    fn converge(&self, _: &Context, change: &Comparison) -> Vec<Step> {
        let label = format!("linking {}", self.path);
        let mut steps = vec![Step::new(label, "symlink_write", &[&self.path, &self.target])];
        steps.extend(reread(&self.path, change, self.in_activation));
        steps
    }
}
