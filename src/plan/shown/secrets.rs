//! What a plan says of secrets: names, and versions for those who hold the plan key.

use crate::secret::PLAN_KEY;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Versions of secrets, by name.
pub type Versions = BTreeMap<String, String>;

/// Of a version as many characters are shown: 128 bits.
const SHOWN: usize = 32;

/// The secrets of a plan.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Secrets {
    /// It was made without their values.
    pub withheld: bool,
    /// Those that were taken as unchanged, since their values were not at hand.
    pub unchanged: Vec<String>,
    /// Those among them of which the host keeps no version: nobody can tell later whether they were unchanged.
    pub uncompared: Vec<String>,
    /// Those of which the host gets another value, each with its version; none where there was no plan key or no value.
    pub changed: BTreeMap<String, Option<String>>,
}

/// What is known of the values when a plan is made.
#[derive(Clone, Copy, Debug)]
pub struct Values<'a> {
    /// All names.
    pub names: &'a BTreeSet<String>,
    /// Those that the host has.
    pub in_use: Option<&'a BTreeSet<String>>,
    /// Their versions, as the host keeps them.
    pub on_host: &'a Versions,
    /// The versions of the values at hand; none without the plan key.
    pub at_hand: Option<&'a Versions>,
}

impl Secrets {
    /// Of a plan that was made without values: new secrets are those that the host does not have.
    pub fn withheld(values: Values<'_>) -> Secrets {
        let is_there = |name: &&String| values.in_use.is_none_or(|names| names.contains(*name));
        let (there, new): (Vec<&String>, Vec<&String>) = values.names.iter().partition(is_there);
        let uncompared = there.iter().filter(|name| !values.on_host.contains_key(**name));
        Secrets {
            withheld: !values.names.is_empty(),
            uncompared: uncompared.map(|name| (*name).clone()).collect(),
            unchanged: there.into_iter().cloned().collect(),
            changed: new.into_iter().map(|name| (name.clone(), None)).collect(),
        }
    }

    /// Of a plan by which the host gets another value of these secrets.
    pub fn changed(names: &BTreeSet<String>, at_hand: Option<&Versions>) -> Secrets {
        let version = |name: &String| {
            let version = at_hand?.get(name)?;
            Some(version.chars().take(SHOWN).collect::<String>())
        };
        let changed = names.iter().map(|name| (name.clone(), version(name))).collect();
        Secrets { changed, ..Secrets::default() }
    }

    /// Nothing to say.
    pub fn is_empty(&self) -> bool {
        *self == Secrets::default()
    }

    /// Whether the plan was made with values, and without the key by which they are told apart.
    pub fn is_unversioned(&self) -> bool {
        !self.withheld && self.changed.values().any(Option::is_none)
    }

    /// Why this plan must not be carried out with these values: each secret whose value is not known to be the one that
    /// the host has, although the plan says so, or says nothing that would tell two values apart.
    pub fn unfit(&self, values: Values<'_>) -> Vec<String> {
        let untold = self.changed.iter().filter(|(_, version)| version.is_none() && !self.withheld);
        let untold: Vec<&String> = untold.map(|(name, _)| name).collect();
        if self.unchanged.is_empty() && untold.is_empty() {
            return Vec::new();
        }
        let Some(at_hand) = values.at_hand else {
            return vec![format!(
                "there is no `{PLAN_KEY}` here to compare secrets with, and the plan depends on it: {}",
                self.unchanged.iter().chain(untold).cloned().collect::<Vec<_>>().join(", ")
            )];
        };
        let is_same = |name: &&String| {
            let version = at_hand.get(*name);
            version.is_some() && version == values.on_host.get(*name)
        };
        let other = self.unchanged.iter().filter(|name| !is_same(name)).map(|name| {
            format!(
                "the secret `{name}` is not the one that the host has, and the plan did not show it"
            )
        });
        let untold = untold.into_iter().filter(|name| !is_same(name)).map(|name| {
            format!("the plan does not say which value of `{name}` it is for: it was made without the plan key")
        });
        other.chain(untold).collect()
    }

    /// In what it differs from an approved one, in words.
    pub(super) fn differs_from(&self, approved: &Secrets) -> Vec<String> {
        let mut said = Vec::new();
        for (name, version) in &self.changed {
            match approved.changed.get(name) {
                None => said.push(format!("the secret `{name}` would change, too")),
                Some(then) if then == version => {}
                Some(Some(_)) if version.is_none() => {
                    said.push(format!(
                        "there is no `{PLAN_KEY}` here to tell which value `{name}` has"
                    ));
                }
                Some(_) => said.push(format!("the secret `{name}` has another value")),
            }
        }
        let gone = approved.changed.keys().filter(|name| !self.changed.contains_key(*name));
        said.extend(gone.map(|name| format!("the secret `{name}` would not change any more")));
        let (now, then) = (&self.unchanged, &approved.unchanged);
        if now != then && said.is_empty() {
            said.push("the secrets that the host has are others".to_owned());
        }
        if self.uncompared != approved.uncompared {
            said.push("the secrets of which the host keeps a version are others".to_owned());
        }
        said
    }
}
