//! A host that is as earlier resources want it, without asking one: what a comparison of two specs goes by. What these
//! resources do not say is unknown, never guessed.

use super::{
    Address, Attribute, AttributeValue, Attributes, Body, DeclaredValue, Observed, Wanted,
};
use indexmap::IndexMap;
use std::collections::{BTreeMap, HashMap};

/// Content beyond this is compared and not shown, as when a host is asked (bytes).
const SHOWN: u64 = 256 * 1024;

/// Versions by package; none of one that is not there.
pub type PackageVersions = IndexMap<String, Option<String>>;

/// The host.
#[derive(Debug)]
pub struct Settled<'a> {
    resources: HashMap<&'a Address, &'a Wanted>,
    providers: BTreeMap<String, &'a Wanted>,
    packages: &'a PackageVersions,
    candidates: &'a PackageVersions,
}

impl<'a> Settled<'a> {
    /// As these resources want it; the versions are facts.
    pub fn of(
        wanted: &'a [Wanted],
        packages: &'a PackageVersions,
        candidates: &'a PackageVersions,
    ) -> Settled<'a> {
        let mut providers = BTreeMap::new();
        // What is declared itself counts more than what a package is said to bring.
        let (packaged, own): (Vec<&Wanted>, Vec<&Wanted>) =
            wanted.iter().partition(|item| item.address().kind == "apt");
        for item in packaged.into_iter().chain(own) {
            providers.extend(item.resource.provides().into_iter().map(|word| (word, item)));
        }
        let resources = wanted.iter().map(|item| (item.address(), item)).collect();
        Settled { resources, providers, packages, candidates }
    }

    /// The resource of this address.
    pub fn get(&self, address: &Address) -> Option<&'a Wanted> {
        self.resources.get(address).copied()
    }

    /// What brings `path:/x`, `unit:x` and the like.
    pub fn brings(&self, word: &str) -> Option<&'a Wanted> {
        self.providers.get(word).copied()
    }

    /// The names of what it brings directly in a folder.
    pub(super) fn names_in(&self, folder: &str) -> impl Iterator<Item = &str> {
        let start = format!("path:{folder}/");
        let from = self.providers.range(start.clone()..);
        let names = from.map_while(move |(word, _)| word.strip_prefix(&start));
        names.filter(|name| !name.contains('/'))
    }

    /// Whether a package comes with another one.
    pub(super) fn brings_package(&self, name: &str) -> bool {
        self.brings(&format!("package:{name}")).is_some()
    }

    /// The version of a package that is there, by the facts.
    pub(super) fn package(&self, name: &str) -> Option<&str> {
        self.packages.get(name)?.as_deref()
    }

    /// apt's candidate of one that is not, by the facts.
    pub(super) fn candidate(&self, name: &str) -> Option<&str> {
        self.candidates.get(name)?.as_deref()
    }

    /// What stands at a path that something brings; none where that is not known.
    pub(super) fn path_type(&self, path: &str) -> Option<&'static str> {
        match self.brings(&format!("path:{path}"))?.address().kind.as_str() {
            "apt" | "command" => None,
            "directory" => Some("directory"),
            "symlink" | "venv" => Some("symbolic link"),
            _ => Some("regular file"),
        }
    }

    /// What most kinds find there: what `before` wants, or nothing; where something else brings it, what that is, if known.
    pub(super) fn find(&self, words: &[String], before: Option<&Wanted>) -> Observed {
        if let Some(before) = before {
            let mut seen = before.resource.wanted();
            seen.values_mut().for_each(cut);
            return Observed::Present(seen);
        }
        let mut paths = words.iter().filter_map(|word| word.strip_prefix("path:"));
        if let Some(kind) = paths.find_map(|path| self.path_type(path)) {
            return Observed::Present(Attributes::from([("type", AttributeValue::word(kind))]));
        }
        match words.iter().find_map(|word| self.brings(word)) {
            Some(other) => Observed::Unknown(format!("provided by {}", other.address())),
            None => Observed::Absent,
        }
    }
}

/// Of a large content the digest alone is kept.
fn cut(seen: &mut AttributeValue) {
    let AttributeValue::Body(Body { size, content, .. }) = seen else { return };
    if *size > SHOWN {
        *content = None;
    }
}

impl Wanted {
    /// An attribute as it was declared.
    pub(super) fn said(&self, name: &str) -> Option<&DeclaredValue> {
        self.declared.attributes.get(name).map(|Attribute { value, .. }| value)
    }

    /// The same as plain text.
    pub(super) fn said_text(&self, name: &str) -> Option<&str> {
        match self.said(name)? {
            DeclaredValue::Text(content) => content.as_plain_text(),
            _ => None,
        }
    }
}
