//! Turns what the ledger knows and the spec no longer asks for into ordinary resources that are wanted absent:
//! observed, compared, ordered, shown and carried out like all others.

use super::Orphans;
use super::{Ledger, LedgerEntry};
use crate::diagnostic::{Place, quote};
use crate::host_path;
use crate::resource::{
    Address, Attribute, Declared, DeclaredValue, Need, Origin, OrphanPolicy, Wanted, is_package,
    is_sshd, is_unit, kind,
};
use crate::secret::Content;
use indexmap::IndexMap;
use std::collections::BTreeSet;

/// The module name under which they are shown.
pub(in crate::plan) const MODULE: &str = "no longer in the spec";

/// Returns the resources that are no longer wanted. `allow` is what the user allowed by name, `place` the spec.
pub fn orphans(
    ledger: &Ledger,
    wanted: &[Wanted],
    allow: &BTreeSet<String>,
    place: &Place,
) -> Orphans {
    let still_wanted = StillWanted::of(wanted);
    let gone: Vec<&LedgerEntry> = ledger
        .resources
        .iter()
        .filter(|entry| !still_wanted.covers(entry) && !is_sshd(&entry.address))
        .collect();
    let mut forgotten = Orphans::default();
    for entry in &gone {
        one(entry, &still_wanted, allow, place, &mut forgotten);
    }
    fold(&mut forgotten.declared, place);
    order(&mut forgotten.declared);
    // A spec that lost more than half of its resources is more likely truncated than intended.
    if gone.len() * 2 > ledger.resources.len() {
        let why = "more than half of what matrixform manages here would be removed";
        for declared in &forgotten.declared {
            let address = declared.address.clone();
            forgotten.destroys.entry(address).or_insert_with(|| why.to_owned());
        }
    }
    forgotten
}

/// The reasons why something stays.
const WAS_THERE: &str = "it was there before matrixform (the command next to it removes it)";
const IS_KEY: &str = "it is a key, and may be needed again";
const IS_PACKAGE: &str = "packages are removed only if you allow it";
const HAS_DATA: &str = "data may depend on it";

/// What is still wanted: addresses, paths and units.
struct StillWanted {
    addresses: BTreeSet<String>,
    provisions: BTreeSet<String>,
}

impl StillWanted {
    fn of(wanted: &[Wanted]) -> StillWanted {
        let addresses = wanted.iter().map(|item| item.address().to_string()).collect();
        let provisions = wanted.iter().flat_map(|item| item.resource.provides()).collect();
        StillWanted { addresses, provisions }
    }

    /// Returns whether nothing of the entry is gone: it is still wanted, or another resource has all its paths or its
    /// unit.
    fn covers(&self, entry: &LedgerEntry) -> bool {
        if self.addresses.contains(&entry.address) {
            return true;
        }
        let address = Address::written(&entry.address);
        let is_unit =
            address.unit().is_some_and(|unit| self.provisions.contains(&format!("unit:{unit}")));
        is_unit || !entry.paths.is_empty() && entry.paths.iter().all(|path| self.has_path(path))
    }

    /// Returns whether the spec declares this path, as present or absent.
    fn has_path(&self, path: &str) -> bool {
        ["path", "absent"]
            .iter()
            .any(|prefix| self.provisions.contains(&format!("{prefix}:{path}")))
    }
}

fn one(
    entry: &LedgerEntry,
    still_wanted: &StillWanted,
    allow: &BTreeSet<String>,
    place: &Place,
    forgotten: &mut Orphans,
) {
    let Some((name_of_kind, name)) = entry.address.split_once(':') else { return };
    // A kind of a newer version is not known here.
    let Some(kind) = kind(name_of_kind) else { return };
    let absents = |if_empty: bool| {
        // The ledger comes from the host: a path in it is used only if a spec could have declared it.
        let paths = entry
            .paths
            .iter()
            .filter(|path| !still_wanted.has_path(path) && host_path::is_normal(path));
        paths.map(move |path| absent(entry, path, if_empty, place)).collect::<Vec<Declared>>()
    };
    let is_allowed = allow.contains(&format!("destroy:{}", entry.address));
    if kind.forget == OrphanPolicy::Package {
        forgotten.declared.extend(absents(false));
    }
    let address = entry.address.as_str();
    match kind.forget {
        OrphanPolicy::Paths
        | OrphanPolicy::EmptyDirectory
        | OrphanPolicy::Unit
        | OrphanPolicy::Package
            if !entry.made =>
        {
            forgotten.leave(WAS_THERE, address, by_hand(entry, name));
        }
        OrphanPolicy::Paths if entry.key => forgotten.leave(IS_KEY, address, rm(name)),
        OrphanPolicy::Paths | OrphanPolicy::EmptyDirectory => {
            forgotten.declared.extend(absents(kind.forget == OrphanPolicy::EmptyDirectory));
        }
        // Skip it: an invalid unit name would be refused later, and the whole plan with it.
        OrphanPolicy::Unit if !is_unit(name) => {}
        OrphanPolicy::Unit => {
            let declared = stopped(entry, name, place);
            let why = "a running service would be stopped and disabled".to_owned();
            forgotten.destroys.insert(declared.address.clone(), why);
            forgotten.declared.push(declared);
        }
        OrphanPolicy::Package if !is_package(name) => {}
        OrphanPolicy::Package if is_allowed => {
            let declared = removed(entry, name, place);
            let why = "the package would be removed".to_owned();
            forgotten.destroys.insert(declared.address.clone(), why);
            forgotten.declared.push(declared);
        }
        OrphanPolicy::Package => {
            let allowed = quote(&format!("destroy:{}", entry.address));
            let allow = format!("matrixform apply SPEC --allow {allowed}");
            forgotten.leave(IS_PACKAGE, address, allow);
        }
        OrphanPolicy::Left(command) => {
            let name = name.rsplit_once('/').map_or(name, |(_, last)| last);
            let command = command.replace("NAME", name);
            forgotten.leave(HAS_DATA, address, command);
        }
        OrphanPolicy::Nothing(_) => {}
    }
}

/// Returns the command that removes it by hand.
fn by_hand(entry: &LedgerEntry, name: &str) -> String {
    match entry.address.split(':').next() {
        Some("apt") => format!("apt-get remove {name}"),
        Some("service") => format!("systemctl disable --now {name}"),
        Some("directory") => format!("rmdir {name}"),
        _ => rm(&entry.paths.join(" ")),
    }
}

fn rm(path: &str) -> String {
    format!("rm {path}")
}

fn absent(entry: &LedgerEntry, path: &str, if_empty: bool, place: &Place) -> Declared {
    let attributes = [("if_empty", if_empty)].into_iter().filter(|(_, is)| *is);
    declared(entry, Address::new("absent", path), attributes, place)
}

fn stopped(entry: &LedgerEntry, unit: &str, place: &Place) -> Declared {
    let attributes = [("running", false), ("enabled", false)];
    declared(entry, Address::new("service", unit), attributes, place)
}

fn removed(entry: &LedgerEntry, package: &str, place: &Place) -> Declared {
    declared(entry, Address::new("apt", package), [("installed", false)], place)
}

fn declared(
    entry: &LedgerEntry,
    address: Address,
    attributes: impl IntoIterator<Item = (&'static str, bool)>,
    place: &Place,
) -> Declared {
    let flag = |(name, is): (&'static str, bool)| {
        (name.to_owned(), Attribute { value: DeclaredValue::Bool(is), place: place.clone() })
    };
    let attributes: IndexMap<String, Attribute> = attributes.into_iter().map(flag).collect();
    Declared {
        attributes,
        needs: Vec::new(),
        activation: None,
        effect: None,
        why: Some(format!("an earlier spec asked for {}", entry.address)),
        origin: Origin { module: MODULE.to_owned(), declared: place.clone(), requested: None },
        address,
    }
}

/// A directory is removed together with those of its contents that are removed as well.
fn fold(declared: &mut [Declared], place: &Place) {
    let paths = declared.iter().filter_map(|one| one.address.absent());
    let paths: Vec<String> = paths.map(str::to_owned).collect();
    for one in declared.iter_mut().filter(|one| one.attributes.contains_key("if_empty")) {
        let directory = format!("{}/", one.address.name);
        let inside = paths.iter().filter(|path| path.starts_with(&directory));
        let inside = inside.map(|path| DeclaredValue::Text(Content::plain(path.as_bytes())));
        let value = DeclaredValue::List(inside.collect());
        one.attributes.insert("but_for".to_owned(), Attribute { value, place: place.clone() });
    }
}

/// Orders removals backwards: units stop before their files are removed, packages go last, and a directory goes after
/// its contents.
fn order(declared: &mut [Declared]) {
    let all: Vec<Address> = declared.iter().map(|one| one.address.clone()).collect();
    for one in declared {
        let comes_first = |other: &&Address| match (one.address.kind.as_str(), other.kind.as_str())
        {
            ("absent", "service") | ("apt", "absent" | "service") => true,
            ("absent", "absent") => {
                let inside = other.name.strip_prefix(&one.address.name);
                inside.is_some_and(|rest| rest.starts_with('/'))
            }
            _ => false,
        };
        let first = all.iter().filter(comes_first);
        one.needs =
            first.map(|other| Need { pattern: other.to_string(), optional: true }).collect();
    }
}
