//! Finds conflicts that no host can satisfy: two resources with one path, a path below a file or below something that
//! must be absent, links in a loop. Silently, the last one written would win, or none would be written.

use super::reader::parents;
use super::{Wanted, kind};
use crate::diagnostic::{Diagnostic, Problems};
use indexmap::IndexSet;
use std::collections::{HashMap, HashSet};

/// Kinds whose path is a regular file.
const FILES: [&str; 4] = ["certificate", "cron", "file", "synapse_token"];

/// Returns all conflicts.
pub(super) fn conflicts(wanted: &[Wanted]) -> Problems {
    let paths = Paths::of(wanted);
    let mut problems = duplicates(wanted);
    problems.extend(cycles(wanted, &paths));
    for item in wanted {
        problems.extend(removed(item, &paths));
        problems.extend(below_a_file(item, &paths));
    }
    problems
}

/// The declared paths, by what is there.
struct Paths<'a> {
    /// Regular files.
    files: HashMap<String, &'a Wanted>,
    /// Resolved targets of the declared links.
    links: HashMap<&'a str, String>,
    /// For each directory with a resource in or below it: the first such resource.
    inhabited: HashMap<String, &'a Wanted>,
}

impl<'a> Paths<'a> {
    fn of(wanted: &'a [Wanted]) -> Paths<'a> {
        let (mut files, mut links) = (HashMap::new(), HashMap::new());
        let mut inhabited = HashMap::new();
        for item in wanted.iter().filter(|item| is_managed(item)) {
            let (name, kind) = (item.address().name.as_str(), item.address().kind.as_str());
            if let Some(target) = item.resource.link() {
                links.insert(name, resolved(name, target));
            }
            for path in item.resource.provided_paths() {
                for parent in parents(&path) {
                    inhabited.entry(parent).or_insert(item);
                }
                if FILES.contains(&kind) {
                    files.entry(path).or_insert(item);
                }
            }
        }
        Paths { files, links, inhabited }
    }
}

/// Addresses and paths that are declared twice.
fn duplicates(wanted: &[Wanted]) -> Problems {
    let mut seen: HashMap<String, &Wanted> = HashMap::new();
    let mut problems = Vec::new();
    for item in wanted {
        let address = item.address().to_string();
        let paths = item.resource.replaces().into_iter().filter(|_| is_managed(item));
        let paths = paths.map(|path| format!("path:{path}"));
        for name in std::iter::once(address).chain(paths) {
            if let Some(first) = seen.insert(name.clone(), item) {
                let what = name.strip_prefix("path:").unwrap_or(&name).to_owned();
                let message = format!("{what} is declared twice");
                let problem = Diagnostic::error("resource/twice", message);
                let problem = problem.labelled(item.declared.origin.place(), "here");
                let mut problem = problem.see(first.declared.origin.place(), "and here");
                if [first, item].iter().any(|one| one.address().kind == "nginx_capacity") {
                    problem =
                        problem.help("write `clients = 0` under `[nginx]`, and the file is yours");
                }
                problems.push(problem);
                break;
            }
        }
    }
    problems
}

/// Whether the resource itself creates what it provides (a package's paths do not count).
pub(super) fn is_managed(item: &Wanted) -> bool {
    kind(&item.address().kind).is_some_and(|kind| kind.batch.is_none())
}

/// Reports a directory that must be absent but is needed.
fn removed(item: &Wanted, paths: &Paths<'_>) -> Option<Diagnostic> {
    let path = item.address().absent()?;
    let inside = paths.inhabited.get(path)?;
    let message = format!("{path} must be absent, but {} is inside it", inside.address());
    let problem = Diagnostic::error("resource/absent", message).at(item.declared.origin.place());
    let problem = problem.see(inside.declared.origin.place(), "in it");
    Some(problem.help("remove one of the two"))
}

fn below_a_file(item: &Wanted, paths: &Paths<'_>) -> Option<Diagnostic> {
    if !is_managed(item) {
        return None;
    }
    let above = item
        .resource
        .provided_paths()
        .iter()
        .flat_map(|path| parents(path))
        .collect::<Vec<String>>();
    let file = above.iter().find_map(|path| paths.files.get(path))?;
    let message = format!("{} lies below {}, which is a file", item.address(), file.address());
    let problem = Diagnostic::error("resource/below-a-file", message);
    let problem = problem.at(item.declared.origin.place());
    let problem = problem.see(file.declared.origin.place(), "the file");
    Some(problem.help("a path is a file or a directory: rename one of the two"))
}

/// Reports links that lead back to themselves through other declared links; each cycle once.
fn cycles(wanted: &[Wanted], paths: &Paths<'_>) -> Problems {
    let mut done: HashSet<&str> = HashSet::new();
    let mut problems = Problems::new();
    for item in wanted.iter().filter(|item| item.resource.link().is_some()) {
        let mut way: IndexSet<&str> = IndexSet::new();
        let mut at = item.address().name.as_str();
        while let Some(next) = paths.links.get(at).filter(|_| !done.contains(at)) {
            let (place, is_new) = way.insert_full(at);
            if !is_new {
                let cycle: Vec<&str> = way.iter().skip(place).copied().collect();
                problems.push(cycle_problem(item, &cycle));
                break;
            }
            at = next;
        }
        done.extend(way);
    }
    problems
}

fn cycle_problem(item: &Wanted, cycle: &[&str]) -> Diagnostic {
    let message = match cycle {
        [one] => format!("symlink:{one} points to itself"),
        several => {
            let first = several.first().copied().unwrap_or_default();
            format!("these links point to each other: {} → {first}", several.join(" → "))
        }
    };
    let problem = Diagnostic::error("resource/link-cycle", message);
    let problem = problem.at(item.declared.origin.place());
    problem.help("set `target` to the file that the link should point to")
}

/// Resolves the path that a link points to, without `.` and `..`.
fn resolved(link: &str, target: &str) -> String {
    let directory = link.rsplit_once('/').map_or("", |(directory, _)| directory);
    let whole =
        if target.starts_with('/') { target.to_owned() } else { format!("{directory}/{target}") };
    let mut parts: Vec<&str> = Vec::new();
    for part in whole.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}
