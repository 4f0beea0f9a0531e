//! The content of record files on a host: dpkg's packages, and accounts.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// Names with their states: `package nginx`, `user postgres`, `group adm`, `member adm/postgres`.
pub(crate) type Rows = BTreeMap<String, String>;

/// The accounts of a host.
pub(crate) fn accounts(root: &Path) -> Rows {
    let mut rows = Rows::new();
    let files = [("user", "passwd"), ("user", "shadow"), ("user", "subuid"), ("user", "subgid")];
    for (word, file) in files {
        for line in lines(root, &format!("etc/{file}")) {
            let Some((name, rest)) = line.split_once(':') else { continue };
            let state: &mut String = rows.entry(format!("{word} {name}")).or_default();
            *state += &format!("{file}={rest} ");
        }
    }
    for file in ["group", "gshadow"] {
        for line in lines(root, &format!("etc/{file}")) {
            let Some((head, members)) = line.rsplit_once(':') else { continue };
            let Some((name, rest)) = head.split_once(':') else { continue };
            *rows.entry(format!("group {name}")).or_default() += &format!("{file}={rest} ");
            for member in members.split(',').filter(|member| !member.is_empty()) {
                *rows.entry(format!("member {name}/{member}")).or_default() += file;
            }
        }
    }
    rows
}

fn lines(root: &Path, path: &str) -> Vec<String> {
    let text = std::fs::read_to_string(root.join(path)).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

/// The state known to dpkg.
#[derive(Clone, Debug, Default)]
pub(crate) struct Packages {
    status: String,
    rows: Rows,
    lists: BTreeMap<String, String>,
}

/// The last records of each host, since most applies change no package.
static READ: Mutex<BTreeMap<PathBuf, Arc<Packages>>> = Mutex::new(BTreeMap::new());

impl Packages {
    /// Reads dpkg's records.
    pub(crate) fn read(root: &Path) -> Arc<Packages> {
        let directory = root.join("var/lib/dpkg");
        let status = std::fs::read_to_string(directory.join("status")).unwrap_or_default();
        let mut read = READ.lock().unwrap_or_else(PoisonError::into_inner);
        match read.get(root).filter(|known| known.status == status) {
            Some(known) => known.clone(),
            None => {
                let new = Arc::new(Packages::of(&directory, status));
                read.insert(root.to_owned(), new.clone());
                new
            }
        }
    }

    fn of(directory: &Path, status: String) -> Packages {
        let mut lists = BTreeMap::new();
        for entry in std::fs::read_dir(directory.join("info")).into_iter().flatten().flatten() {
            let file = entry.file_name().to_string_lossy().into_owned();
            if let Some(package) = file.strip_suffix(".list") {
                let package = package.split(':').next().unwrap_or(package).to_owned();
                lists.insert(package, std::fs::read_to_string(entry.path()).unwrap_or_default());
            }
        }
        let mut packages = Packages { status, rows: Rows::new(), lists };
        packages.rows = packages.states();
        packages
    }

    fn stanzas(&self) -> impl Iterator<Item = BTreeMap<&str, &str>> {
        self.status
            .split("\n\n")
            .map(|stanza| stanza.lines().filter_map(|line| line.split_once(": ")).collect())
    }

    /// Versions and states.
    pub(crate) fn rows(&self) -> Rows {
        self.rows.clone()
    }

    fn states(&self) -> Rows {
        let stanzas = self.stanzas();
        stanzas
            .filter_map(|one| {
                let state = format!("{} {}", one.get("Status")?, one.get("Version")?);
                Some((format!("package {}", one.get("Package")?), state))
            })
            .collect()
    }

    /// The packages themselves and everything they depend on.
    pub(crate) fn with_dependencies(&self, names: &[String]) -> BTreeSet<String> {
        let mut needs: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for one in self.stanzas() {
            let Some(package) = one.get("Package") else { continue };
            let words = ["Depends", "Pre-Depends"].into_iter().filter_map(|key| one.get(key));
            let named = words.flat_map(|text| text.split([',', '|'])).map(bare);
            needs.entry(package).or_default().extend(named);
            for provided in one.get("Provides").into_iter().flat_map(|text| text.split(',')) {
                needs.entry(bare(provided)).or_default().push(package);
            }
        }
        let mut found: BTreeSet<String> = BTreeSet::new();
        let mut open: Vec<&str> = names.iter().map(String::as_str).collect();
        while let Some(name) = open.pop() {
            if found.insert(name.to_owned()) {
                open.extend(needs.get(name).into_iter().flatten().copied());
            }
        }
        found
    }

    /// The paths of a package.
    pub(crate) fn files(&self, package: &str) -> impl Iterator<Item = String> {
        let list = self.lists.get(package).map(String::as_str).unwrap_or_default();
        list.lines().map(|path| {
            let merged = ["/bin/", "/sbin/", "/lib/", "/lib64/"];
            let is_merged = merged.iter().any(|directory| path.starts_with(directory));
            if is_merged { format!("/usr{path}") } else { path.to_owned() }
        })
    }
}

/// A package name without version and architecture.
fn bare(text: &str) -> &str {
    let text = text.trim();
    text.split([' ', '(', ':']).next().unwrap_or(text)
}
