//! The wanted state of a host as resources, each with what it must know about the others. Two resources with one
//! address or one path are an error, and so are other conflicts (`conflict`) and what no host survives (`essential`).

use super::conflict::{conflicts, is_managed};
use super::essential::essentials;
use super::{Address, Context, Declared, Resource, kind, kinds};
use crate::diagnostic::{Diagnostic, Problems, nearest};
use std::collections::BTreeMap;
use std::sync::Arc;

/// One wanted resource.
#[derive(Debug)]
pub struct Wanted {
    /// The declaration.
    pub declared: Declared,
    /// The resource that its kind made of it.
    pub resource: Box<dyn Resource>,
    /// What it must know about the others.
    pub context: Context,
}

impl Wanted {
    /// Returns its address.
    pub fn address(&self) -> &Address {
        &self.declared.address
    }
}

/// Has the kinds read all declarations; returns all problems at once.
///
/// # Errors
///
/// The declarations that the kinds refuse.
pub fn declare(declarations: Vec<Declared>) -> Result<Vec<Wanted>, Problems> {
    let mut wanted = Vec::new();
    let mut problems = Vec::new();
    for declared in declarations {
        match read(&declared) {
            Ok(resource) => {
                wanted.push(Wanted { declared, resource, context: Context::default() });
            }
            Err(more) => problems.extend(more),
        }
    }
    problems.extend(conflicts(&wanted));
    problems.extend(essentials(&wanted));
    if !problems.is_empty() {
        return Err(problems);
    }
    share_paths(&mut wanted);
    Ok(wanted)
}

fn read(declared: &Declared) -> Result<Box<dyn Resource>, Problems> {
    let name = declared.address.kind.as_str();
    match kind(name) {
        Some(kind) => (kind.declare)(declared),
        None => {
            let unknown = format!("there is no kind `{name}`");
            let mut problem = Diagnostic::error("resource/unknown-kind", unknown);
            let known: Vec<&str> = kinds().iter().map(|kind| kind.name).collect();
            problem = problem.at(declared.origin.place());
            problem = problem.help(match nearest(name, known.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("the kinds are: {}", known.join(", ")),
            });
            Err(vec![problem])
        }
    }
}

/// Gives each resource the declared paths, and members of an activation the paths of its files.
fn share_paths(wanted: &mut [Wanted]) {
    let declared = declared_paths(wanted);
    let keys = wanted.iter().filter_map(|item| item.resource.top_keys());
    let keys = Arc::new(keys.map(|(path, keys)| (path.to_owned(), keys)).collect());
    for item in wanted.iter_mut() {
        item.context.declared_paths = Arc::clone(&declared);
        item.context.top_keys = Arc::clone(&keys);
    }
    let mut members: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for item in wanted.iter().filter(|item| is_managed(item)) {
        let Some(activation) = &item.declared.activation else { continue };
        members.entry(activation.clone()).or_default().extend(item.resource.provided_paths());
    }
    let members: BTreeMap<String, Arc<Vec<String>>> = members
        .into_iter()
        .map(|(name, mut paths)| {
            paths.sort();
            (name, Arc::new(paths))
        })
        .collect();
    for item in wanted {
        let activation = item.declared.activation.as_ref();
        if let Some(paths) = activation.and_then(|name| members.get(name)) {
            item.context.members = Arc::clone(paths);
        }
    }
}

/// Returns all paths that any resource provides, including packages.
fn declared_paths(wanted: &[Wanted]) -> Arc<Vec<String>> {
    let mut paths: Vec<String> =
        wanted.iter().flat_map(|item| item.resource.provided_paths()).collect();
    paths.sort();
    Arc::new(paths)
}
