//! Kind `apt`: a package from apt. One call installs all packages of a run; anything a module declares that a package
//! `brings` shows up as that package's item in the plan.

use super::apt_removal::Removal;
use super::apt_state::PackageState;
use super::footprint::ACCOUNT_FILES;
use super::managed_file::ManagedFile;
use super::reader::AttributeReader;
use super::stat::path_record;
use super::*;
use crate::diagnostic::Problems;
use crate::secret::Content;

/// The kind.
pub(super) const KIND: Kind = Kind {
    name: "apt",
    summary: "An installed package, pinned if `version` is set.",
    example: "[[resource]]\nkind = \"apt\"\nname = \"nginx\"\nversion = \"1.24.*\"\nhold_units = [\"nginx.service\"]\nbrings = [\"unit:nginx.service\", \"program:nginx\", \"path:/etc/nginx\"]\n",
    attributes: &[
        AttributeDoc {
            name: "installed",
            takes: "boolean",
            required: false,
            default: Some("true"),
            doc: "`false` removes the package (without purging it), and fails if anything else would be removed with it.",
        },
        AttributeDoc {
            name: "version",
            takes: "version, or its start and `*`",
            required: false,
            default: Some("what is installed, else apt's candidate"),
            doc: "The version to install and pin, so that unattended upgrades stay within it. Downgrades are refused.",
        },
        AttributeDoc {
            name: "expected",
            takes: "version",
            required: false,
            default: None,
            doc: "The version in the host's release, shown in a plan while apt has no candidate.",
        },
        AttributeDoc {
            name: "recommends",
            takes: "boolean",
            required: false,
            default: Some("false"),
            doc: "Whether to install recommended packages too.",
        },
        AttributeDoc {
            name: "hold_units",
            takes: "list of units",
            required: false,
            default: Some("none"),
            doc: "Units that the installation must not start because their configuration is not in place yet. They are masked for the installation and always unmasked when it ends.",
        },
        AttributeDoc {
            name: "brings",
            takes: "list of `path:`, `program:`, `unit:`, `user:`, `group:`",
            required: false,
            default: Some("none"),
            doc: "What its installation provides, so that resources which need it come later.",
        },
        AttributeDoc {
            name: "apt_source",
            takes: "name of an `apt_source`",
            required: false,
            default: Some("the distribution"),
            doc: "The apt source that provides it; it comes first.",
        },
    ],
    shell: include_str!("apt.sh"),
    declare,
    phase: Phase::Prepare,
    forget: OrphanPolicy::Package,
    volatile: &[],
    implied: &[],
    footprint: Footprint {
        own: &["package {name}", "path /etc/apt/preferences.d/matrixform-*"],
        by_products: &[
            ByProduct {
                traces: &["package {dependency}"],
                why: "its dependencies, as chosen by apt",
            },
            ByProduct {
                traces: &["path {file}", "path {file}.dpkg-new"],
                why: "the packages' own files, as `dpkg -L` lists them; configuration files as an interrupted installation left them",
            },
            ByProduct {
                traces: &[
                    "path /var/lib/dpkg/**",
                    "path /var/lib/apt/**",
                    "path /var/cache/apt/**",
                    "path /var/lib/ucf/**",
                    "path /var/cache/debconf/**",
                    "path /var/log/dpkg.log",
                    "path /var/log/alternatives.log",
                    "path /var/log/apt/*",
                ],
                why: "state and logs of dpkg, apt, ucf and debconf",
            },
            ByProduct {
                traces: &[
                    "unit {unit}",
                    "path /etc/systemd/system/*.wants/{unit}",
                    "path /etc/systemd/system/{unit}",
                    "path /etc/rc?.d/???{script}",
                    "path /var/lib/systemd/deb-systemd-helper-enabled/**",
                    "path /var/lib/systemd/deb-systemd-user-helper-enabled/**",
                ],
                why: "a package enables and starts its own units, except those in `hold_units`",
            },
            ByProduct {
                traces: &[
                    "path /etc/alternatives/*",
                    "path /usr/share/man/man?/*",
                    "path /etc/ld.so.cache",
                    "path /var/cache/ldconfig/*",
                    "path /var/cache/man/**",
                ],
                why: "shared by packages, updated when one is installed or removed",
            },
            ByProduct {
                traces: &["path {bytecode}"],
                why: "Python compiles the sources of packages when they are installed",
            },
            ACCOUNT_FILES,
        ],
    },
    batch: Some(batch),
};

#[derive(Debug)]
struct Apt {
    name: String,
    version: Option<String>,
    expected: Option<String>,
    recommends: bool,
    hold_units: Vec<String>,
    brings: Vec<String>,
    source: Option<String>,
    pin: ManagedFile,
}

fn declare(declared: &Declared) -> Result<Box<dyn Resource>, Problems> {
    let mut reader = AttributeReader::new(declared, KIND.attributes);
    let name = declared.address.name.clone();
    let version = reader.text("version");
    if !is_package(&name) {
        reader.refuse("name", "its name must be that of a package: `a-z`, `0-9`, `+`, `-` and `.`");
    }
    if version.as_deref().is_some_and(|version| !is_version(version)) {
        reader.refuse("version", "`version` takes a version, or its start and `*`");
    }
    if !reader.flag("installed").unwrap_or(true) {
        return reader.finish(Box::new(Removal { name }));
    }
    let apt = Apt {
        pin: pin(&name, version.as_deref()),
        expected: reader.text("expected"),
        recommends: reader.flag("recommends").unwrap_or(false),
        hold_units: reader.list("hold_units"),
        brings: reader.list("brings"),
        source: reader.text("apt_source"),
        name,
        version,
    };
    if !apt.brings.iter().all(|provision| is_provision(provision)) {
        reader
            .refuse("brings", "`brings` takes provisions such as `path:/x`, `program:x`, `unit:x`");
    }
    if !apt.hold_units.iter().all(|unit| is_unit(unit)) {
        reader.refuse("hold_units", "`hold_units` takes names such as `nginx.service`");
    }
    reader.finish(Box::new(apt))
}

/// Whether this is a valid package name by Debian policy.
pub fn is_package(name: &str) -> bool {
    name.len() > 1
        && name.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "+-.".contains(c))
}

fn is_version(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || ".+-~:".contains(c);
    let start = text.strip_suffix('*').unwrap_or(text);
    text.starts_with(|c: char| c.is_ascii_digit()) && start.chars().all(fits)
}

fn is_provision(provision: &str) -> bool {
    const KINDS: [&str; 6] = ["path", "program", "unit", "user", "group", "package"];
    provision.split_once(':').is_some_and(|(kind, name)| KINDS.contains(&kind) && !name.is_empty())
}

fn is_unit(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || "@._-:".contains(c);
    text.contains('.') && !text.starts_with('-') && text.chars().all(fits)
}

/// The preferences file that keeps a package at its version. apt ignores such a file if its name contains a dot or a
/// plus sign.
fn pin(name: &str, version: Option<&str>) -> ManagedFile {
    let path = format!("/etc/apt/preferences.d/matrixform-{}", name.replace(['.', '+'], "_"));
    let version = version.unwrap_or("*");
    let text = format!(
        "# Managed by matrixform: unattended upgrades stay within this version too.\nPackage: {name}\nPin: version {version}\nPin-Priority: 995\n"
    );
    ManagedFile::public(path, Content::plain(text))
}

impl Resource for Apt {
    fn provides(&self) -> Vec<String> {
        let mut provisions = vec![format!("package:{}", self.name)];
        provisions.extend(self.brings.iter().cloned());
        if self.version.is_some() {
            provisions.extend(self.pin.provides());
        }
        provisions
    }

    fn requires(&self) -> Vec<String> {
        let mut requirements = vec![format!("debconf:{}", self.name)];
        requirements.extend(self.source.iter().map(|source| format!("apt_source:{source}")));
        requirements
    }

    fn ask(&self, _: &Context, questions: &mut Questions) {
        self.pin.ask(questions);
        let version = self.version.as_deref().unwrap_or("*");
        questions.ask("apt_observe", &[&self.name, version]);
    }

    fn observe(&self, _: &Context, answers: &Answers) -> Observed {
        let mut seen = match PackageState::attributes(&self.name, answers) {
            Ok(seen) => seen,
            Err(reason) => return Observed::Unknown(reason),
        };
        seen.insert(
            "pin",
            match (self.pin.observe(answers), path_record(answers, &self.pin.path)) {
                (Observed::Present(pin), _) => {
                    pin.get("content").cloned().unwrap_or(AttributeValue::word("odd"))
                }
                (_, Ok(None)) => AttributeValue::Nothing,
                (_, _) => AttributeValue::Unknown("it could not be read".to_owned()),
            },
        );
        Observed::Present(seen)
    }

    fn simulate(&self, _: &Context, host: &SimulatedHost<'_>, before: Option<&Wanted>) -> Observed {
        let mut seen = PackageState::of_simulated(&self.name, host, before);
        let pin = before.and_then(|before| before.resource.wanted().shift_remove("pin"));
        seen.insert("pin", pin.unwrap_or(AttributeValue::Nothing));
        Observed::Present(seen)
    }

    fn wanted(&self) -> Attributes {
        let mut wanted = Attributes::new();
        wanted.insert("state", AttributeValue::word("installed"));
        wanted.insert(
            "pin",
            match self.version {
                Some(_) => AttributeValue::Body(Body::wanted(&self.pin.content)),
                None => AttributeValue::Nothing,
            },
        );
        wanted
    }

    fn compare(&self, context: &Context, observed: &Observed) -> Comparison {
        let mut found = Comparison::of(&self.wanted(), observed);
        let Observed::Present(seen) = observed else { return found };
        let state = PackageState {
            name: &self.name,
            version: self.version.as_deref(),
            expected: self.expected.as_deref(),
            source_comes: self.source.is_some()
                || context.coming.iter().any(|(word, _)| word.starts_with("apt_source:")),
            seen,
        };
        state.complete(&mut found);
        found
    }

    /// Of a package whose installation was interrupted, configuration files, links and accounts come at its end.
    fn is_missing(&self, change: &Comparison) -> bool {
        change.action == Action::Create || change.differs("state")
    }

    /// Pins come first, so that apt picks the right version even for a dependency.
    fn converge(&self, _: &Context, change: &Comparison) -> Vec<Step> {
        let mut steps = Vec::new();
        if change.differs("pin") {
            steps.push(self.pin_step(change));
        }
        if change.differs("state") || change.differs("version") {
            let package = match &self.version {
                Some(version) => format!("{}={version}", self.name),
                None => self.name.clone(),
            };
            let recommends = if self.recommends { "true" } else { "false" };
            let args = [recommends, &self.hold_units.join(" "), &package];
            steps.push(
                Step::new(format!("installing {}", self.name), INSTALL, &args).long_running(),
            );
        }
        steps
    }
}

impl Apt {
    fn pin_step(&self, change: &Comparison) -> Step {
        let path = self.pin.path.as_str();
        if self.version.is_none() {
            return Step::new(format!("unpinning {}", self.name), "absent_remove", &[path]);
        }
        let pinning = Comparison { action: Action::Create, ..change.clone() };
        let step = self.pin.converge(&pinning).into_iter().next();
        step.unwrap_or_else(|| Step::new("", "absent_remove", &[path]))
    }
}

/// The function that installs. Its arguments: whether to install recommended packages, units to hold, packages.
const INSTALL: &str = "apt_install";

/// One installation for all packages (two if some want their recommended packages).
fn batch(changes: &[(&dyn Resource, &Comparison)]) -> Vec<Step> {
    let context = Context::default();
    let all = changes.iter().flat_map(|(resource, change)| resource.converge(&context, change));
    let (installs, mut steps): (Vec<Step>, Vec<Step>) =
        all.partition(|step| step.call.function == INSTALL);
    for recommends in ["false", "true"] {
        let of = |step: &&Step| step.call.args.first().is_some_and(|arg| arg == recommends);
        let (mut units, mut packages) = (Vec::new(), Vec::new());
        for step in installs.iter().filter(of) {
            units.extend(step.call.args.get(1).cloned().filter(|units| !units.is_empty()));
            packages.extend(step.call.args.iter().skip(2).map(String::as_str));
        }
        if !packages.is_empty() {
            let label = format!("installing {}", packages.join(", "));
            let units = units.join(" ");
            let mut args = vec![recommends, units.as_str()];
            args.extend(packages);
            steps.push(Step::new(label, INSTALL, &args).long_running());
        }
    }
    steps
}
