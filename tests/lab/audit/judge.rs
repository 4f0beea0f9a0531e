//! Compares the changes on a host with those announced and with declared by-products: kinds and modules declare these
//! (docs/kinds.md), and noise.rs lists changes that a host makes without matrixform. Anything else is unexplained.

use super::noise::NOISE;
use super::pattern::{Traces, is_match};
use super::records::Packages;
use super::trials;
use super::upper::Fate;
use matrixform::for_tests::module::Modules;
use matrixform::for_tests::resource::{self, OF_EVERY_RUN};
use std::collections::BTreeSet;
use std::sync::LazyLock;

/// A change: `path /etc/motd`, `role synapse_user`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) name: String,
    pub(crate) fate: Fate,
}

/// The verdict on the changes of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Verdict {
    pub(crate) announced: usize,
    pub(crate) by_products: usize,
    /// Changes neither announced nor declared.
    pub(crate) unexplained: Vec<String>,
    /// Announced resources of which nothing changed.
    pub(crate) unseen: Vec<String>,
}

static MODULES: LazyLock<Modules> =
    LazyLock::new(|| Modules::built_in(&[]).expect("the built-in modules"));

/// Judges the changes of a run that announced these addresses.
pub(crate) fn judge(
    changes: &[Change],
    announced: &[String],
    before: &Packages,
    after: &Packages,
    family: &str,
) -> Verdict {
    let packages = Brought::by(changes, announced, before, after);
    let own: Vec<(&String, Traces)> =
        announced.iter().map(|address| (address, packages.own(address))).collect();
    let mut of_any = Traces::default();
    announced.iter().for_each(|address| packages.add_own(address, &mut of_any));
    let mut beside = packages.beside(announced);
    trials::traces(family).for_each(|trace| beside.add(trace.to_owned()));
    let mut verdict = Verdict::default();
    let mut seen = Vec::new();
    for change in changes {
        if change.is_in(&of_any) {
            verdict.announced += 1;
            seen.push(change);
        } else if change.is_in(&beside) || change.is_directory_of(changes, announced) {
            verdict.by_products += 1;
        } else {
            verdict.unexplained.push(change.to_string());
        }
    }
    let is_unseen = |(address, traces): &&(&String, Traces)| {
        !traces.is_empty()
            && !trials::is_unseen(family, address)
            && !seen.iter().any(|change| change.is_in(traces))
    };
    verdict.unseen = own.iter().filter(is_unseen).map(|(address, _)| (*address).clone()).collect();
    verdict
}

impl Change {
    fn is_in(&self, traces: &Traces) -> bool {
        let gone = self.name.strip_prefix("path ").filter(|_| self.fate == Fate::Gone);
        traces.has(&self.name) || gone.is_some_and(|path| traces.has(&format!("gone {path}")))
    }

    fn path(&self) -> Option<&str> {
        self.name.strip_prefix("path ")
    }

    /// A directory whose time alone changed, because an entry was added or removed, or was written there first.
    fn is_directory_of(&self, changes: &[Change], announced: &[String]) -> bool {
        let Some(path) = self.path().filter(|_| self.fate == Fate::Stirred) else { return false };
        let holds = |other: &str| {
            let other = other.trim_end_matches('/');
            other.rsplit_once('/').is_some_and(|(up, _)| up == path)
        };
        let other = changes.iter().filter(|other| other.fate != Fate::Stirred);
        other.filter_map(Change::path).any(holds)
            || announced
                .iter()
                .filter_map(|address| address.split_once(':'))
                .any(|(_, name)| holds(name))
    }
}

impl std::fmt::Display for Change {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let fate = match self.fate {
            Fate::Changed => "",
            Fate::Gone => " (gone)",
            Fate::Stirred => " (its time alone)",
        };
        write!(f, "{}{fate}", self.name)
    }
}

/// All declared traces, except those that contain the name of a resource or come from dpkg's lists.
pub(super) fn declared() -> impl Iterator<Item = &'static str> {
    let kinds = resource::kinds().iter().flat_map(|kind| {
        let beside = kind.footprint.by_products.iter().flat_map(|one| one.traces);
        kind.footprint.own.iter().chain(beside)
    });
    let modules = MODULES.iter().flat_map(|module| &module.by_products);
    let every = OF_EVERY_RUN.iter().flat_map(|one| one.traces);
    let fixed = kinds.chain(every).chain(NOISE.iter().flat_map(|one| one.0)).copied();
    fixed
        .chain(modules.flat_map(|one| one.traces.iter().map(String::as_str)))
        .filter(|trace| !trace.contains('{'))
}

/// The content of the packages of a run.
struct Brought {
    files: BTreeSet<String>,
    units: BTreeSet<String>,
    scripts: BTreeSet<String>,
    /// Python bytecode compiled from the packages' sources.
    bytecode: BTreeSet<String>,
    dependencies: BTreeSet<String>,
    /// The dependencies that changed, as `package:NAME`.
    changed: Vec<String>,
}

impl Brought {
    fn by(
        changes: &[Change],
        announced: &[String],
        before: &Packages,
        after: &Packages,
    ) -> Brought {
        let asked: Vec<String> = announced
            .iter()
            .filter_map(|address| address.strip_prefix("apt:").map(str::to_owned))
            .collect();
        let changed = changes.iter().filter_map(|change| change.name.strip_prefix("package "));
        let dependencies = match asked.is_empty() {
            true => BTreeSet::new(),
            false => after.with_dependencies(&asked),
        };
        let changed: Vec<&str> = changed.filter(|name| dependencies.contains(*name)).collect();
        let files: BTreeSet<String> = changed
            .iter()
            .flat_map(|package| before.files(package).chain(after.files(package)))
            .collect();
        let below = |directory: &'static str| {
            let names = files.iter().filter_map(move |path| path.strip_prefix(directory));
            names.filter(|name| !name.contains('/')).map(str::to_owned).collect()
        };
        let (units, scripts) = (below("/usr/lib/systemd/system/"), below("/etc/init.d/"));
        let bytecode = bytecode(&files, changes);
        let changed = changed.iter().map(|name| format!("package:{name}")).collect();
        Brought { files, units, scripts, bytecode, dependencies, changed }
    }

    /// The traces of a resource itself.
    fn own(&self, address: &str) -> Traces {
        let mut traces = Traces::default();
        self.add_own(address, &mut traces);
        traces
    }

    fn add_own(&self, address: &str, traces: &mut Traces) {
        let Some((kind, name)) = address.split_once(':') else { return };
        let kind = resource::kind(kind).expect("a kind");
        kind.footprint.own.iter().for_each(|trace| self.fill(trace, name, traces));
    }

    /// The traces of by-products.
    fn beside(&self, announced: &[String]) -> Traces {
        let mut traces = Traces::default();
        for trace in
            OF_EVERY_RUN.iter().flat_map(|one| one.traces).chain(NOISE.iter().flat_map(|one| one.0))
        {
            traces.add((*trace).to_owned());
        }
        for address in announced {
            let Some((kind, name)) = address.split_once(':') else { continue };
            let kind = resource::kind(kind).expect("a kind");
            let beside = kind.footprint.by_products.iter().flat_map(|one| one.traces);
            beside.for_each(|trace| self.fill(trace, name, &mut traces));
        }
        for one in MODULES.iter().flat_map(|module| &module.by_products) {
            let all = || announced.iter().chain(&self.changed);
            let brings = |with: &String| all().any(|address| is_match(with, address));
            if one.with.as_ref().is_none_or(brings) {
                one.traces.iter().for_each(|trace| traces.add(trace.clone()));
            }
        }
        traces
    }

    fn fill(&self, trace: &str, name: &str, traces: &mut Traces) {
        let lists = [
            ("{file}", &self.files),
            ("{unit}", &self.units),
            ("{script}", &self.scripts),
            ("{bytecode}", &self.bytecode),
            ("{dependency}", &self.dependencies),
        ];
        let stem = name.strip_suffix(".service").unwrap_or(name);
        let trace = trace.replace("{name}", name).replace("{stem}", stem);
        let directory = name.rsplit_once('/').map_or("", |(directory, _)| directory);
        let trace = trace.replace("{directory}", directory);
        match lists.iter().find(|(word, _)| trace.contains(word)) {
            Some((word, all)) => all.iter().for_each(|one| traces.add(trace.replace(word, one))),
            None => traces.add(trace),
        }
    }
}

/// `__pycache__` beside the sources of packages, and the compiled files in it.
fn bytecode(files: &BTreeSet<String>, changes: &[Change]) -> BTreeSet<String> {
    let tag = |change: &Change| {
        let (_, file) = change.name.rsplit_once("/__pycache__/")?;
        let (_, tag) = file.strip_suffix(".pyc")?.rsplit_once(".cpython-")?;
        tag.bytes().all(|byte| byte.is_ascii_digit()).then(|| tag.to_owned())
    };
    let tags: BTreeSet<String> = changes.iter().filter_map(tag).collect();
    let mut found = BTreeSet::new();
    for (directory, stem) in
        files.iter().filter_map(|path| path.strip_suffix(".py")?.rsplit_once('/'))
    {
        found.insert(format!("{directory}/__pycache__"));
        found.extend(
            tags.iter().map(|tag| format!("{directory}/__pycache__/{stem}.cpython-{tag}.pyc")),
        );
    }
    found
}
