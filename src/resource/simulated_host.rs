//! A host in the state that earlier resources declare, without asking a real one: the basis for comparing two specs.
//! What these resources do not determine is unknown, never guessed.

use super::{
    Address, Attribute, AttributeValue, Attributes, Body, DeclaredValue, Observed, Wanted,
};
use indexmap::IndexMap;
use std::collections::{BTreeMap, HashMap};

/// Larger content is compared but not shown, as with a real host (bytes).
const MAX_SHOWN_BYTES: u64 = 256 * 1024;

/// Versions by package; `None` for one that is not installed.
pub type PackageVersions = IndexMap<String, Option<String>>;

/// The simulated host.
#[derive(Debug)]
pub struct SimulatedHost<'a> {
    resources: HashMap<&'a Address, &'a Wanted>,
    providers: BTreeMap<String, &'a Wanted>,
    packages: &'a PackageVersions,
    candidates: &'a PackageVersions,
}

impl<'a> SimulatedHost<'a> {
    /// Creates a host in the state that these resources declare; the versions come from the facts.
    pub fn of(
        wanted: &'a [Wanted],
        packages: &'a PackageVersions,
        candidates: &'a PackageVersions,
    ) -> SimulatedHost<'a> {
        let mut providers = BTreeMap::new();
        // A resource that is declared itself takes precedence over a package's `brings`.
        let (packaged, own): (Vec<&Wanted>, Vec<&Wanted>) =
            wanted.iter().partition(|item| item.address().is_package());
        for item in packaged.into_iter().chain(own) {
            providers
                .extend(item.resource.provides().into_iter().map(|provision| (provision, item)));
        }
        let resources = wanted.iter().map(|item| (item.address(), item)).collect();
        SimulatedHost { resources, providers, packages, candidates }
    }

    /// Returns the resource with this address.
    pub fn get(&self, address: &Address) -> Option<&'a Wanted> {
        self.resources.get(address).copied()
    }

    /// Returns the provider of `path:/x`, `unit:x` and the like.
    pub fn provider_of(&self, provision: &str) -> Option<&'a Wanted> {
        self.providers.get(provision).copied()
    }

    /// Returns the names that are provided directly in a directory.
    pub(super) fn names_in(&self, directory: &str) -> impl Iterator<Item = &str> {
        let start = format!("path:{directory}/");
        let from = self.providers.range(start.clone()..);
        let names = from.map_while(move |(provision, _)| provision.strip_prefix(&start));
        names.filter(|name| !name.contains('/'))
    }

    /// Whether another package provides this package.
    pub(super) fn is_package_provided(&self, name: &str) -> bool {
        self.provider_of(&format!("package:{name}")).is_some()
    }

    /// Returns the version of an installed package, from the facts.
    pub(super) fn package(&self, name: &str) -> Option<&str> {
        self.packages.get(name)?.as_deref()
    }

    /// Returns apt's candidate for a package that is not installed, from the facts.
    pub(super) fn candidate(&self, name: &str) -> Option<&str> {
        self.candidates.get(name)?.as_deref()
    }

    /// Returns the file type at a provided path; `None` if it is not known.
    pub(super) fn path_type(&self, path: &str) -> Option<&'static str> {
        match self.provider_of(&format!("path:{path}"))?.address().kind.as_str() {
            "apt" | "command" => None,
            "directory" => Some("directory"),
            "symlink" | "venv" => Some("symbolic link"),
            _ => Some("regular file"),
        }
    }

    /// The observation for most kinds: what `before` declares, or absent. If another resource provides the path, its
    /// type, if known.
    pub(super) fn observation(&self, provisions: &[String], before: Option<&Wanted>) -> Observed {
        if let Some(before) = before {
            let mut seen = before.resource.wanted();
            seen.values_mut().for_each(drop_large_content);
            return Observed::Present(seen);
        }
        let mut paths = provisions.iter().filter_map(|provision| provision.strip_prefix("path:"));
        if let Some(kind) = paths.find_map(|path| self.path_type(path)) {
            return Observed::Present(Attributes::from([("type", AttributeValue::word(kind))]));
        }
        match provisions.iter().find_map(|provision| self.provider_of(provision)) {
            Some(other) => Observed::Unknown(format!("provided by {}", other.address())),
            None => Observed::Absent,
        }
    }
}

/// Keeps only the digest of large content.
fn drop_large_content(seen: &mut AttributeValue) {
    let AttributeValue::Body(Body { size, content, .. }) = seen else { return };
    if *size > MAX_SHOWN_BYTES {
        *content = None;
    }
}

impl Wanted {
    /// Returns an attribute as declared.
    pub(super) fn attribute(&self, name: &str) -> Option<&DeclaredValue> {
        self.declared.attributes.get(name).map(|Attribute { value, .. }| value)
    }

    /// Returns an attribute as plain text.
    pub(super) fn attribute_text(&self, name: &str) -> Option<&str> {
        match self.attribute(name)? {
            DeclaredValue::Text(content) => content.as_plain_text(),
            _ => None,
        }
    }
}
