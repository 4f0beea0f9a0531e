//! What a plan says about secrets: names, and versions for those who hold the plan key.

use crate::secret::PLAN_KEY;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Versions of secrets, by name.
pub type SecretVersions = BTreeMap<String, String>;

/// The number of characters shown of a version: 128 bits.
const MAX_SHOWN: usize = 32;

/// The secrets of a plan.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Secrets {
    /// Whether it was made without their values.
    pub withheld: bool,
    /// The secrets assumed unchanged, since their values were not at hand.
    pub unchanged: Vec<String>,
    /// Those of `unchanged` for which the host keeps no version, so that it can never be checked.
    pub uncompared: Vec<String>,
    /// The secrets of which the host gets a new value, each with its version; `None` without a plan key or a value.
    pub changed: BTreeMap<String, Option<String>>,
}

/// What is known about the values when a plan is made.
#[derive(Clone, Copy, Debug)]
pub struct KnownVersions<'a> {
    /// All secrets' names.
    pub names: &'a BTreeSet<String>,
    /// The secrets that the host has.
    pub in_use: Option<&'a BTreeSet<String>>,
    /// The versions kept on the host.
    pub on_host: &'a SecretVersions,
    /// The versions of the values at hand; `None` without the plan key.
    pub at_hand: Option<&'a SecretVersions>,
}

impl Secrets {
    /// Describes a plan made without values: the new secrets are those that the host does not have.
    pub fn withheld(values: KnownVersions<'_>) -> Secrets {
        let is_there = |name: &&String| values.in_use.is_none_or(|names| names.contains(*name));
        let (unchanged, new): (Vec<&String>, Vec<&String>) =
            values.names.iter().partition(is_there);
        let uncompared = unchanged.iter().filter(|name| !values.on_host.contains_key(**name));
        Secrets {
            withheld: !values.names.is_empty(),
            uncompared: uncompared.map(|name| (*name).clone()).collect(),
            unchanged: unchanged.into_iter().cloned().collect(),
            changed: new.into_iter().map(|name| (name.clone(), None)).collect(),
        }
    }

    /// Describes a plan by which the host gets new values of these secrets.
    pub fn changed(names: &BTreeSet<String>, at_hand: Option<&SecretVersions>) -> Secrets {
        let version = |name: &String| {
            let version = at_hand?.get(name)?;
            Some(version.chars().take(MAX_SHOWN).collect::<String>())
        };
        let changed = names.iter().map(|name| (name.clone(), version(name))).collect();
        Secrets { changed, ..Secrets::default() }
    }

    /// Returns whether there is nothing to report.
    pub fn is_empty(&self) -> bool {
        *self == Secrets::default()
    }

    /// Returns whether the plan was made with values but without a plan key, so that it cannot say which values they
    /// are.
    pub fn is_unversioned(&self) -> bool {
        !self.withheld && self.changed.values().any(Option::is_none)
    }

    /// Returns why this plan must not be carried out with these values: each secret whose value is not known to be the
    /// host's although the plan assumes so, or for which the plan has no version to tell two values apart.
    pub fn unfit(&self, values: KnownVersions<'_>) -> Vec<String> {
        let untold = self.changed.iter().filter(|(_, version)| version.is_none() && !self.withheld);
        let untold: Vec<&String> = untold.map(|(name, _)| name).collect();
        if self.unchanged.is_empty() && untold.is_empty() {
            return Vec::new();
        }
        let Some(at_hand) = values.at_hand else {
            return vec![format!(
                "`{PLAN_KEY}` is missing here, and the plan needs it to compare secrets: {}",
                self.unchanged.iter().chain(untold).cloned().collect::<Vec<_>>().join(", ")
            )];
        };
        let is_same = |name: &&String| {
            let version = at_hand.get(*name);
            version.is_some() && version == values.on_host.get(*name)
        };
        let other = self.unchanged.iter().filter(|name| !is_same(name)).map(|name| {
            format!("the secret `{name}` differs from the host's, and the plan did not show that")
        });
        let untold = untold.into_iter().filter(|name| !is_same(name)).map(|name| {
            format!("the plan does not say which value of `{name}` it is for: it was made without the plan key")
        });
        other.chain(untold).collect()
    }

    /// Describes the differences from an approved plan's secrets.
    pub(super) fn differs_from(&self, approved: &Secrets) -> Vec<String> {
        let mut differences = Vec::new();
        for (name, version) in &self.changed {
            match approved.changed.get(name) {
                None => differences.push(format!("the secret `{name}` would change too")),
                Some(then) if then == version => {}
                Some(Some(_)) if version.is_none() => {
                    differences.push(format!(
                        "`{PLAN_KEY}` is missing here, so the value of `{name}` cannot be compared"
                    ));
                }
                Some(_) => differences.push(format!("the secret `{name}` has a different value")),
            }
        }
        let gone = approved.changed.keys().filter(|name| !self.changed.contains_key(*name));
        differences.extend(gone.map(|name| format!("the secret `{name}` would no longer change")));
        let (now, then) = (&self.unchanged, &approved.unchanged);
        if now != then && differences.is_empty() {
            differences.push("the host has different secrets".to_owned());
        }
        if self.uncompared != approved.uncompared {
            differences.push("the host has records of different secrets".to_owned());
        }
        differences
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn versions(all: &[(&str, &str)]) -> SecretVersions {
        all.iter().map(|(name, version)| ((*name).to_owned(), version.repeat(64))).collect()
    }

    fn names(all: &[&str]) -> BTreeSet<String> {
        all.iter().map(|name| (*name).to_owned()).collect()
    }

    /// Returns a plan made without values for a host that has `a/a` and `b/b`; `c/c` is new.
    fn withheld(on_host: &SecretVersions) -> Secrets {
        let (names, in_use) = (names(&["a/a", "b/b", "c/c"]), names(&["a/a", "b/b"]));
        let values = KnownVersions { names: &names, in_use: Some(&in_use), on_host, at_hand: None };
        Secrets::withheld(values)
    }

    fn unfit(plan: &Secrets, on_host: &SecretVersions, at_hand: Option<&SecretVersions>) -> String {
        let none = BTreeSet::new();
        plan.unfit(KnownVersions { names: &none, in_use: None, on_host, at_hand }).join("\n")
    }

    #[test]
    fn without_values_secrets_must_match_the_host() {
        let on_host = versions(&[("a/a", "1"), ("b/b", "2")]);
        let plan = withheld(&on_host);
        assert_eq!(plan.unchanged, ["a/a", "b/b"]);
        assert_eq!(plan.changed, BTreeMap::from([("c/c".to_owned(), None)]));
        assert!(plan.uncompared.is_empty() && !plan.is_unversioned());
        let same = versions(&[("a/a", "1"), ("b/b", "2"), ("c/c", "3")]);
        assert_eq!(unfit(&plan, &on_host, Some(&same)), "");
        for other in [&[("a/a", "1"), ("b/b", "9")][..], &[("a/a", "1")]] {
            let reasons = unfit(&plan, &on_host, Some(&versions(other)));
            assert!(
                reasons.contains("`b/b` differs from the host's") && !reasons.contains("`a/a`"),
                "{reasons}"
            );
        }
        assert!(unfit(&plan, &on_host, None).contains("a/a, b/b"), "no key to compare with");
        let lost = versions(&[("a/a", "1")]);
        assert_eq!(withheld(&lost).uncompared, ["b/b"]);
        assert!(unfit(&plan, &lost, Some(&same)).contains("`b/b`"), "the ledger lost it");
    }

    #[test]
    fn a_change_to_a_value_that_is_not_named_is_refused() {
        let (on_host, at_hand) = (versions(&[("a/a", "1")]), versions(&[("a/a", "2")]));
        let plan = Secrets::changed(&names(&["a/a"]), None);
        assert!(plan.is_unversioned());
        assert!(unfit(&plan, &on_host, Some(&at_hand)).contains("made without the plan key"));
        assert_eq!(unfit(&plan, &on_host, Some(&on_host)), "", "only its file is made again");
        assert!(unfit(&plan, &on_host, None).contains("a/a"));
        let named = Secrets::changed(&names(&["a/a"]), Some(&at_hand));
        assert_eq!(unfit(&named, &on_host, Some(&at_hand)), "");
        assert_eq!(named.changed["a/a"].as_ref().unwrap().len(), MAX_SHOWN);
    }

    #[test]
    fn each_difference_from_an_approved_plan_is_named() {
        let to = |version: &str| {
            Secrets::changed(&names(&["a/a"]), Some(&versions(&[("a/a", version)])))
        };
        let (none, untold) = (Secrets::default(), Secrets::changed(&names(&["a/a"]), None));
        for (now, approved, expected) in [
            (to("1"), to("1"), ""),
            (to("1"), to("2"), "has a different value"),
            (to("1"), none.clone(), "would change too"),
            (none.clone(), to("1"), "would no longer change"),
            (untold, to("1"), "`matrixform/plan-key` is missing here"),
            (
                withheld(&SecretVersions::new()),
                withheld(&versions(&[("a/a", "1")])),
                "has records of different secrets",
            ),
        ] {
            let differs = now.differs_from(&approved).join("\n");
            assert!(
                differs.contains(expected) && differs.is_empty() == expected.is_empty(),
                "{differs}"
            );
        }
    }
}
