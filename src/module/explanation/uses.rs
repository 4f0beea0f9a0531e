//! Everything that an option affects: all its readers, including those through derived values and through rows that
//! modules contribute to each other.

use super::chains::Chain;
use super::sites::{NameReader, sites};
use crate::diagnostic::Place;
use crate::module::Manifest;
use std::collections::BTreeSet;

/// One reader of a name.
#[derive(Clone, Debug)]
pub(super) struct Use<'m> {
    /// The module of the reader.
    pub(super) manifest: &'m Manifest,
    /// The reader itself.
    pub(super) site: NameReader<'m>,
    /// Where the name is read.
    pub(super) place: Place,
    /// The intermediate names: `front.routes`, `nginx.routes`.
    pub(super) through: Vec<String>,
    /// Whether it reads the value itself, rather than only a list or table that contains it.
    exact: bool,
}

/// A reader in a module, with the names that it reads.
pub(super) type ModuleReads<'m> = (&'m Manifest, NameReader<'m>, Vec<Chain>);

/// All names that these modules read.
pub(super) fn readings<'m>(modules: &[&'m Manifest]) -> Vec<ModuleReads<'m>> {
    let of = |manifest: &&'m Manifest| {
        let manifest = *manifest;
        sites(manifest).into_iter().map(move |(site, chains)| (manifest, site, chains))
    };
    modules.iter().flat_map(of).collect()
}

/// Returns everything that reads `path` in these modules, given all their reads; direct readers come first.
pub(super) fn uses<'m>(
    modules: &[&'m Manifest],
    all: &[ModuleReads<'m>],
    path: &[String],
) -> Vec<Use<'m>> {
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    let mut waiting = std::collections::VecDeque::from([(path.to_vec(), Vec::<String>::new())]);
    while let Some((path, through)) = waiting.pop_front() {
        for (manifest, site, chains) in all {
            let reading = chains.iter().filter(|chain| reads(modules, &chain.names, &path));
            let mut lines = BTreeSet::new();
            for chain in reading {
                if let Some(next) = leads_to(modules, manifest, site, chain, &path)
                    && seen.insert(next.clone())
                {
                    let name = next.iter().take(2).cloned().collect::<Vec<_>>().join(".");
                    waiting.push_back((next, [through.as_slice(), &[name]].concat()));
                }
                if lines.insert(chain.place.line_column().0) {
                    let (place, through) = (chain.place.clone(), through.clone());
                    let exact = chain.names.len() >= path.len();
                    found.push(Use { manifest, site: *site, place, through, exact });
                }
            }
        }
    }
    // Resources that only pass the rows around are left out if another one uses the value itself.
    let resource =
        |one: &Use<'_>| matches!(one.site, NameReader::Resource(_)) && !one.through.is_empty();
    if found.iter().any(|one| one.exact && resource(one)) {
        found.retain(|one| one.exact || one.through.is_empty());
    }
    found
}

/// The name under which a reader's result is read in turn: a value read for one key of a row continues under that key,
/// and a reader of a whole row passes it on unchanged.
fn leads_to(
    modules: &[&Manifest],
    manifest: &Manifest,
    site: &NameReader<'_>,
    chain: &Chain,
    path: &[String],
) -> Option<Vec<String>> {
    let mut next = match site {
        NameReader::Derive(name) => vec![manifest.name.clone(), (*name).to_owned()],
        NameReader::Contribution(contribution) => {
            let to = behind(modules, &contribution.to.module).next()?;
            vec![to.name.clone(), contribution.to.collect.clone()]
        }
        _ => return None,
    };
    match &chain.under {
        Some(key) => next.push(key.clone()),
        None => next.extend(path.iter().skip(chain.names.len()).cloned()),
    }
    Some(next)
}

/// Whether a read is of this path, of something inside it, or of a table that contains it.
pub(super) fn reads(modules: &[&Manifest], chain: &[String], path: &[String]) -> bool {
    let (Some((root, rest)), Some((module, below))) = (chain.split_first(), path.split_first())
    else {
        return false;
    };
    // `if nginx` only asks whether a module is used, and reads none of its values.
    if rest.is_empty() {
        return false;
    }
    let root = behind(modules, root).any(|manifest| manifest.name == *module);
    root && rest.iter().zip(below).all(|(one, other)| one == other)
}

/// The module with this name, or those that fill this role.
fn behind<'a>(modules: &'a [&Manifest], name: &'a str) -> impl Iterator<Item = &'a Manifest> {
    let is = move |one: &&&Manifest| one.name == name || one.role.as_deref() == Some(name);
    modules.iter().filter(is).copied()
}
