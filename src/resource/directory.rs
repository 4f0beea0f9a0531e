//! Kind `directory`: owner, group and mode of one directory; with `purge`, also that no undeclared files matching a
//! pattern are in it. A purge removes only what the plan listed; files that appear later wait for the next plan.

use super::managed_file::paths_above;
use super::reader::AttributeReader;
use super::stat::{path_attributes, path_record, path_type};
use super::*;
use crate::diagnostic::Problems;

/// The kind.
pub(super) const KIND: Kind = Kind {
    name: "directory",
    summary: "A directory: owner, group and mode; can remove undeclared files that match a pattern.",
    example: "[[resource]]\nkind = \"directory\"\nname = \"/etc/nginx/sites-enabled\"\npurge = \"*.conf\"\n",
    attributes: &[
        AttributeDoc {
            name: "owner",
            takes: "user",
            required: false,
            default: Some("root"),
            doc: "The user that owns it.",
        },
        AttributeDoc {
            name: "group",
            takes: "group",
            required: false,
            default: Some("root"),
            doc: "Its group.",
        },
        AttributeDoc {
            name: "mode",
            takes: "four octal digits",
            required: false,
            default: Some("0755"),
            doc: "Its permissions.",
        },
        AttributeDoc {
            name: "purge",
            takes: "glob",
            required: false,
            default: Some("nothing is removed"),
            doc: "Removes files and symlinks directly in it that match this shell pattern and are not declared. A bare `*` is refused, because a package may put files there.",
        },
    ],
    shell: include_str!("directory.sh"),
    declare,
    phase: Phase::Write,
    forget: OrphanPolicy::EmptyDirectory,
    volatile: &[],
    implied: &[],
    footprint: Footprint {
        own: &["path {name}"],
        by_products: &[ByProduct {
            traces: &["gone {name}/*"],
            why: "what `purge` removes: the plan lists each",
        }],
    },
    batch: None,
};

#[derive(Debug)]
struct Directory {
    path: String,
    owner: String,
    group: String,
    mode: String,
    purge: Option<String>,
}

fn declare(declared: &Declared) -> Result<Box<dyn Resource>, Problems> {
    let mut reader = AttributeReader::new(declared, KIND.attributes);
    let directory = Directory {
        path: reader.path_name(),
        owner: reader.account("owner", "root"),
        group: reader.account("group", "root"),
        mode: reader.mode("mode", "0755"),
        purge: reader.text("purge"),
    };
    if directory.purge.as_deref().is_some_and(|glob| !is_narrow(glob)) {
        reader
            .refuse("purge", "`purge` takes a pattern for names that contains some plain letters");
    }
    reader.finish(Box::new(directory))
}

/// Whether a glob selects a class of files rather than all of them.
fn is_narrow(glob: &str) -> bool {
    glob.chars().any(|c| c.is_ascii_alphanumeric()) && !glob.contains(['/', '\\', '\n', '\0'])
}

impl Resource for Directory {
    fn provides(&self) -> Vec<String> {
        vec![format!("path:{}", self.path)]
    }

    fn requires(&self) -> Vec<String> {
        let mut requirements = paths_above(&self.path);
        requirements.push(format!("user:{}", self.owner));
        requirements.push(format!("group:{}", self.group));
        requirements
    }

    fn ask(&self, _: &Context, questions: &mut Questions) {
        questions.ask("paths_observe", &[&self.path]);
        if let Some(glob) = &self.purge {
            questions.ask("directory_observe", &[&self.path, glob]);
        }
    }

    fn observe(&self, context: &Context, answers: &Answers) -> Observed {
        let record = match path_record(answers, &self.path) {
            Ok(Some(record)) => record,
            Ok(None) => return Observed::Absent,
            Err(reason) => return Observed::Unknown(reason),
        };
        let mut seen = path_attributes(record);
        seen.insert("type", AttributeValue::word(path_type(record)));
        if self.purge.is_some() {
            seen.insert("undeclared", self.undeclared(context, answers));
        }
        Observed::Present(seen)
    }

    /// Here, undeclared files are those that were declared before.
    fn simulate(
        &self,
        context: &Context,
        host: &SimulatedHost<'_>,
        before: Option<&Wanted>,
    ) -> Observed {
        let mut found = host.observation(&self.provides(), before);
        if let (Observed::Present(seen), Some(glob)) = (&mut found, &self.purge) {
            let names = host.names_in(&self.path).filter(|name| matches_glob(glob, name));
            seen.insert("undeclared", self.none_of(context, names.collect()));
        }
        found
    }

    fn wanted(&self) -> Attributes {
        let mut wanted = Attributes::new();
        wanted.insert("type", AttributeValue::word("directory"));
        wanted.insert("owner", AttributeValue::word(&self.owner));
        wanted.insert("group", AttributeValue::word(&self.group));
        wanted.insert("mode", AttributeValue::word(&self.mode));
        if self.purge.is_some() {
            wanted.insert("undeclared", AttributeValue::Nothing);
        }
        wanted
    }

    fn compare(&self, _: &Context, observed: &Observed) -> Comparison {
        let mut found = Comparison::of(&self.wanted(), observed);
        found.differences.retain(|difference| difference.from != difference.to);
        let Observed::Present(seen) = observed else { return found };
        match (seen.get("type"), seen.get("undeclared")) {
            (Some(AttributeValue::Word(kind)), _) if kind != "directory" => {
                found.action = Action::Refuse {
                    why: format!("there is a {kind} at {}", self.path),
                    help: "move it away, or choose another path".to_owned(),
                };
            }
            (_, Some(AttributeValue::Unknown(why))) => {
                found.action = Action::Refuse {
                    why: why.clone(),
                    help: "check them, and remove them by hand".to_owned(),
                };
            }
            _ => {}
        }
        found
    }

    fn converge(&self, _: &Context, change: &Comparison) -> Vec<Step> {
        let mut steps = Vec::new();
        let attributes = ["owner", "group", "mode"].iter().any(|name| change.differs(name));
        if attributes || change.action == Action::Create {
            let args = [self.path.as_str(), &self.owner, &self.group, &self.mode];
            let step = Step::new(format!("setting {}", self.path), "directory_make", &args);
            steps.push(step.on_directory());
        }
        let mut undeclared = change.differences.iter().filter(|d| d.attribute == "undeclared");
        if let Some(Difference { from: AttributeValue::Word(names), .. }) = undeclared.next() {
            let mut args = vec![self.path.as_str()];
            args.extend(names.lines());
            let step = Step::new(format!("purging {}", self.path), "directory_purge", &args);
            steps.push(step.on_directory());
        }
        steps
    }
}

impl Directory {
    /// Returns the matching names in the directory that no resource declares, one per line.
    fn undeclared(&self, context: &Context, answers: &Answers) -> AttributeValue {
        let Some(record) = answers.get("directory_observe", &self.path) else {
            return AttributeValue::Unknown(format!("{} could not be listed", self.path));
        };
        let mut names = Vec::new();
        for (field, name) in record.fields() {
            match std::str::from_utf8(name) {
                _ if !field.starts_with("entry") => {}
                Ok(name) if !name.contains('\n') => names.push(name),
                _ => {
                    return AttributeValue::Unknown(format!(
                        "{} contains unusual names",
                        self.path
                    ));
                }
            }
        }
        self.none_of(context, names)
    }

    fn none_of(&self, context: &Context, mut names: Vec<&str>) -> AttributeValue {
        names.retain(|name| !is_declared(context, &format!("{}/{name}", self.path)));
        names.sort_unstable();
        if names.is_empty() {
            AttributeValue::Nothing
        } else {
            AttributeValue::word(names.join("\n"))
        }
    }
}

fn is_declared(context: &Context, path: &str) -> bool {
    context.declared_paths.binary_search_by(|declared| declared.as_str().cmp(path)).is_ok()
}

/// Whether a shell pattern of `*`, `?` and plain characters matches. From a bracket on, anything matches, since it may.
pub(super) fn matches_glob(glob: &str, name: &str) -> bool {
    let mut rest = glob.chars();
    match rest.next() {
        None => name.is_empty(),
        Some('*') => (0..=name.len())
            .filter_map(|at| name.get(at..))
            .any(|name| matches_glob(rest.as_str(), name)),
        Some('[') => true,
        Some(c) => {
            let mut name = name.chars();
            name.next().is_some_and(|first| c == '?' || c == first)
                && matches_glob(rest.as_str(), name.as_str())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs_match_as_in_a_shell() {
        for (glob, name, matches) in [
            ("*.conf", "a.conf", true),
            ("*.conf", ".conf", true),
            ("*.conf", "a.conf.bak", false),
            ("50-?.yaml", "50-a.yaml", true),
            ("50-?.yaml", "50-ab.yaml", false),
            ("a*b*c", "aXbYc", true),
            ("a*b*c", "acb", false),
        ] {
            assert_eq!(matches_glob(glob, name), matches, "{glob} {name}");
        }
    }
}
