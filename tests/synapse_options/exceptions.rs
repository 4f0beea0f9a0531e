//! Names that the scan and the reader cannot judge, each with its reason: exceptions.toml.

use matrixform::for_tests::diagnostic::Source;
use matrixform::for_tests::spec::node::{self, Table};
use std::collections::BTreeMap;

/// The names of one list with their reasons. A name that ends in `…` covers all names with that prefix.
pub(crate) struct Exceptions {
    names: BTreeMap<String, String>,
}

impl Exceptions {
    /// The list of this name.
    pub(crate) fn of(list: &str) -> Exceptions {
        let source = Source::new("exceptions.toml", include_str!("exceptions.toml"));
        let root = node::parse(&source).expect("TOML");
        let table: Table = root.as_table().unwrap()[list].node.as_table().unwrap().clone();
        let reason = |entry: &node::Entry| entry.node.as_str().expect("a reason").to_owned();
        Exceptions {
            names: table.iter().map(|(name, entry)| (name.clone(), reason(entry))).collect(),
        }
    }

    /// Whether a name is in it.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.names.keys().any(|known| covers(known, name))
    }

    /// The entries that none of these names needs any more.
    pub(crate) fn stale<'a>(&'a self, needed: &[String]) -> Vec<&'a String> {
        let names = self.names.keys();
        names.filter(|known| !needed.iter().any(|name| covers(known, name))).collect()
    }
}

fn covers(known: &str, name: &str) -> bool {
    known == name || known.strip_suffix('…').is_some_and(|start| name.starts_with(start))
}

/// Fails unless exactly the excepted names were found.
pub(crate) fn only(list: &str, found: Vec<String>, what: &str) {
    let exceptions = Exceptions::of(list);
    let stale = exceptions.stale(&found);
    let new: Vec<&String> = found.iter().filter(|name| !exceptions.has(name)).collect();
    assert!(new.is_empty(), "{what}:\n  {}", join(&new));
    assert!(stale.is_empty(), "[{list}] in exceptions.toml needs no more:\n  {}", join(&stale));
}

fn join(names: &[&String]) -> String {
    names.iter().map(|name| name.as_str()).collect::<Vec<_>>().join("\n  ")
}
