//! Kind `venv`: Python packages in an environment of their own behind one symlink. It is built beside the one in use,
//! tested, and switched to; the previous one stays for a rollback.

use super::managed_file::{note_obstacle, paths_above};
use super::reader::AttributeReader;
use super::stat::{path_record, path_type};
use super::*;
use crate::diagnostic::Problems;
use crate::host_path;
use crate::secret::Content;

/// The kind.
pub(super) const KIND: Kind = Kind {
    name: "venv",
    summary: "Python packages in a virtual environment, behind a symlink to the current version.",
    example: "[[resource]]\nkind = \"venv\"\nname = \"/opt/matrixform/synapse\"\n\
              packages = [\"matrix-synapse[postgres]==1.163.2\"]\nimports = [\"synapse\"]\n",
    attributes: &[
        AttributeDoc {
            name: "packages",
            takes: "list of requirements",
            required: true,
            default: None,
            doc: "What pip installs, each with its version (`==`) or URL (`name @ url`). pip chooses the versions of their dependencies when the environment is built: list here those that must not vary.",
        },
        AttributeDoc {
            name: "python",
            takes: "path",
            required: false,
            default: Some("/usr/bin/python3"),
            doc: "The Python to build it with. If its version changes, the environment is rebuilt.",
        },
        AttributeDoc {
            name: "imports",
            takes: "list of modules",
            required: false,
            default: None,
            doc: "Modules that must be importable before the switch, besides `pip check`.",
        },
        AttributeDoc {
            name: "never_older",
            takes: "list of names",
            required: false,
            default: None,
            doc: "Those of `packages` whose data an older version may not be able to read: a plan that would downgrade one is refused.",
        },
    ],
    shell: include_str!("venv.sh"),
    declare,
    phase: Phase::Write,
    forget: OrphanPolicy::Left("rm -r NAME"),
    volatile: &[],
    implied: &[],
    footprint: Footprint {
        own: &["path {name}"],
        by_products: &[
            ByProduct {
                traces: &["path {name}.versions", "path {name}.versions/**"],
                why: "the environment behind the link, and the previous one",
            },
            ByProduct {
                traces: &["path /root/.cache", "path /root/.cache/pip", "path /root/.cache/pip/**"],
                why: "what pip downloaded",
            },
            ByProduct { traces: &["path {directory}"], why: "its parent directory, if missing" },
        ],
    },
    batch: None,
};

#[derive(Debug)]
struct Venv {
    path: String,
    packages: Vec<String>,
    python: String,
    imports: Vec<String>,
    never_older: Vec<String>,
}

fn declare(declared: &Declared) -> Result<Box<dyn Resource>, Problems> {
    let mut reader = AttributeReader::new(declared, KIND.attributes);
    let packages = reader.list("packages");
    if !packages.iter().all(|package| is_pinned(package)) {
        let help = "`packages` takes requirements with a version, such as `name[extra]==1.2`: without one, packages would change by themselves";
        reader.refuse("packages", help);
    } else if packages.is_empty() && reader.has("packages") {
        reader.refuse("packages", "`packages` takes at least one requirement");
    }
    let imports = reader.list("imports");
    if !imports.iter().all(|module| is_module(module)) {
        reader.refuse("imports", "`imports` takes names of Python modules, such as `synapse.app`");
    }
    let python = reader.text("python").unwrap_or_else(|| "/usr/bin/python3".to_owned());
    if !host_path::is_normal(&python) {
        reader.refuse("python", "`python` takes the absolute path of a Python");
    }
    let never_older = reader.list("never_older");
    let is_named = |name: &String| packages.iter().any(|package| pinned(package, name).is_some());
    if !never_older.iter().all(is_named) {
        reader.refuse("never_older", "`never_older` takes names that `packages` pins with `==`");
    }
    let path = reader.path_name();
    reader.finish(Box::new(Venv { path, packages, python, imports, never_older }))
}

impl Resource for Venv {
    fn provides(&self) -> Vec<String> {
        vec![format!("path:{}", self.path), format!("program:{}/bin/python", self.path)]
    }

    fn requires(&self) -> Vec<String> {
        let mut requirements = paths_above(&self.path);
        let program = self.python.rsplit('/').next().unwrap_or_default();
        requirements.extend([&self.python, program].map(|python| format!("program:{python}")));
        requirements
            .extend(["python3", "python3-venv"].map(|package| format!("package:{package}")));
        requirements
    }

    fn ask(&self, _: &Context, questions: &mut Questions) {
        questions.ask("paths_observe", &[&self.path]);
        questions.ask("venv_observe", &[&self.path, &self.python]);
    }

    fn observe(&self, _: &Context, answers: &Answers) -> Observed {
        let stat = match path_record(answers, &self.path) {
            Ok(Some(record)) => record,
            Ok(None) => return Observed::Absent,
            Err(reason) => return Observed::Unknown(reason),
        };
        let kind = path_type(stat);
        if kind != "symbolic link" {
            return Observed::Present(Attributes::from([("type", AttributeValue::word(kind))]));
        }
        let Some(record) = answers.get("venv_observe", &self.path) else {
            return Observed::Unknown("the host did not report its content".to_owned());
        };
        Observed::Present(Attributes::from([
            ("packages", self.packages_of(record)),
            ("python", self.python_of(record)),
            ("installed", installed(record)),
        ]))
    }

    fn wanted(&self) -> Attributes {
        Attributes::from([
            ("packages", AttributeValue::word(self.packages.join(", "))),
            ("python", AttributeValue::word(&self.python)),
            ("installed", AttributeValue::word(AS_BUILT)),
        ])
    }

    fn compare(&self, _: &Context, observed: &Observed) -> Comparison {
        let comparison = Comparison::of(&self.wanted(), observed);
        let mut comparison = note_obstacle(&self.path, observed, comparison);
        if let Some(refusal) = self.downgrade(observed) {
            comparison.action = refusal;
        }
        comparison
    }

    fn prepares(&self) -> bool {
        true
    }

    fn converge(&self, _: &Context, _: &Comparison) -> Vec<Step> {
        let digest = self.digest();
        let imports = self.imports.join(", ");
        let mut args = vec![self.path.as_str(), &self.python, &digest, &imports];
        args.extend(self.packages.iter().map(String::as_str));
        let switch = [self.path.as_str(), &self.python, &digest];
        vec![
            Step::new(format!("building {}", self.path), "venv_prepare", &args)
                .long_running()
                .at(Phase::Prepare)
                .begun_by("venv_begin"),
            Step::new(format!("switching {}", self.path), "venv_switch", &switch),
        ]
    }
}

/// The value for an environment without any package changes since it was built.
const AS_BUILT: &str = "as built";

impl Venv {
    /// Returns the name of the directory for this set of packages.
    fn digest(&self) -> String {
        let text = format!("{}\n{}", self.python, self.packages.join("\n"));
        Content::plain(text).digest().chars().take(16).collect()
    }

    /// Refuses to install a version older than the one in use.
    fn downgrade(&self, observed: &Observed) -> Option<Action> {
        let Observed::Present(attributes) = observed else { return None };
        let Some(AttributeValue::Word(installed)) = attributes.get("packages") else { return None };
        self.never_older.iter().find_map(|name| {
            let installed = installed.split(", ").find_map(|package| pinned(package, name))?;
            let wanted = self.packages.iter().find_map(|package| pinned(package, name))?;
            python_version::compare(wanted, installed)?.is_lt().then(|| Action::Refuse {
                why: format!("{name} {installed} is in use, which is newer than {wanted}"),
                help: format!(
                    "matrixform does not downgrade, because an older version may not read what the newer one wrote: allow the newer version, or, if its release notes say that it can go back to {wanted}, remove the link on the host \
                     (`rm {}`) and apply",
                    self.path
                ),
            })
        })
    }

    fn packages_of(&self, record: &Record) -> AttributeValue {
        match record.text("packages") {
            Some(lines) => AttributeValue::word(lines.lines().collect::<Vec<_>>().join(", ")),
            None => AttributeValue::Nothing,
        }
    }

    /// Returns the path of the Python it was built with, if that is still the same Python.
    fn python_of(&self, record: &Record) -> AttributeValue {
        let Some(built) = record.text("built") else { return AttributeValue::Nothing };
        let now = record.text("python").unwrap_or_default();
        match built.split_once(' ') {
            Some((path, version)) if version == now => AttributeValue::word(path),
            Some((path, version)) => AttributeValue::word(format!("{path} {version}; now {now}")),
            None => AttributeValue::Nothing,
        }
    }
}

fn installed(record: &Record) -> AttributeValue {
    match record.text("changed") {
        None => AttributeValue::Nothing,
        Some(changed) if changed.is_empty() => AttributeValue::word(AS_BUILT),
        Some(changed) => AttributeValue::word(format!("changed by hand: {}", changed.trim_end())),
    }
}

/// Whether it names exactly one version (or one address), and is not a pip option. Unless they are listed too, pip
/// chooses the versions of its dependencies on the day of the build; `installed` reports any later change.
fn is_pinned(package: &str) -> bool {
    let exact = package.contains("==") && !package.contains('*') || package.contains(" @ ");
    exact
        && package.starts_with(|c: char| c.is_ascii_alphanumeric())
        && !package.contains(char::is_control)
}

/// Returns the version to which a requirement pins this package; names ignore case, and dashes, dots and underscores
/// are equivalent.
fn pinned<'p>(package: &'p str, name: &str) -> Option<&'p str> {
    let (own, version) = package.split_once("==")?;
    let own = own.split('[').next().unwrap_or_default().trim();
    let spelt = |name: &str| name.to_ascii_lowercase().replace(['_', '.'], "-");
    // Ignores a marker such as `; python_version < "3.13"`.
    let version = version.split([';', ',']).next().unwrap_or_default().trim();
    (spelt(own) == spelt(name)).then_some(version)
}

fn is_module(name: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let part =
        |part: &str| part.chars().all(allowed) && part.starts_with(|c: char| !c.is_ascii_digit());
    name.split('.').all(part)
}
