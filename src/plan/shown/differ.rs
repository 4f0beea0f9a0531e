//! Describes how a plan differs from an approved one.

use super::{Note, PlanDocument, PlanInputs, ShownItem};
use crate::diagnostic::visible;
use crate::plan::Scoped;
use std::collections::{BTreeMap, BTreeSet};

impl PlanDocument {
    /// Returns the differences from the approved plan, in sentences; none if everything that counts is the same.
    pub fn differs_from(&self, approved: &PlanDocument) -> Vec<String> {
        if self.computed_id() == approved.computed_id() {
            return Vec::new();
        }
        let mut differences = self.bound.differs_from(&approved.bound);
        if self.host != approved.host {
            differences.push(now_then("the host", &self.host, &approved.host));
        }
        if self.allow != approved.allow {
            let (now, then) = (self.allow.join(", "), approved.allow.join(", "));
            differences.push(now_then("what is allowed", &now, &then));
        }
        differences.extend(self.secrets.differs_from(&approved.secrets));
        if self.scope != approved.scope {
            differences.push(scopes(self.scope.as_ref(), approved.scope.as_ref()));
        }
        differences.extend(items(&self.items, &approved.items));
        differences.extend(self.unchanged_from(approved));
        differences.extend(one_sided("risk", &self.risks, &approved.risks));
        let texts = |notes: &[Note]| notes.iter().map(Note::sentence).collect::<Vec<_>>();
        differences.extend(one_sided(
            "refusal",
            &texts(&self.refusals),
            &texts(&approved.refusals),
        ));
        differences.extend(one_sided("note", &texts(&self.notes), &texts(&approved.notes)));
        if differences.is_empty() {
            differences.push("the order of its notes differs".to_owned());
        }
        differences.into_iter().map(|sentence| visible(&sentence).replace('\n', "\\n")).collect()
    }

    /// Reports resources that were as wanted in only one of the two; those that change were named already.
    fn unchanged_from(&self, approved: &PlanDocument) -> Vec<String> {
        let addresses = |plan: &PlanDocument| -> BTreeSet<String> {
            let items = plan.items.iter().map(|item| item.address.clone());
            items.chain(plan.unchanged.iter().cloned()).collect()
        };
        let (now, then) = (addresses(self), addresses(approved));
        let gone = then.difference(&now).filter(|one| approved.unchanged.contains(one));
        let come = now.difference(&then).filter(|one| self.unchanged.contains(one));
        let gone = gone.map(|one| format!("{one} is no longer managed"));
        gone.chain(come.map(|one| format!("{one} was not managed then"))).collect()
    }
}

impl PlanInputs {
    fn differs_from(&self, approved: &PlanInputs) -> Vec<String> {
        let mut differences = Vec::new();
        let mut compare = |what: &str, now: &str, then: &str| {
            if now != then {
                differences.push(now_then(what, now, then));
            }
        };
        let or_none = |text: &Option<String>| text.clone().unwrap_or_else(|| "unknown".to_owned());
        compare("matrixform's version", &self.tool, &approved.tool);
        compare("the installation", &self.installation, &approved.installation);
        compare("the host key", &or_none(&self.host_key), &or_none(&approved.host_key));
        if self.machine != approved.machine {
            differences.push("it is a different machine: its machine-id differs".to_owned());
        }
        if self.spec != approved.spec {
            differences.push("the spec's text differs".to_owned());
        }
        differences.extend(facts(&self.facts, &approved.facts));
        differences
    }
}

/// Describes a difference in what a plan is about, or in what its scope omits.
fn scopes(now: Option<&Scoped>, then: Option<&Scoped>) -> String {
    let options = |scope: Option<&Scoped>| {
        scope.map_or_else(|| "all of the spec".to_owned(), Scoped::options)
    };
    match (options(now), options(then)) {
        (now, then) if now != then => now_then("the scope", &now, &then),
        (about, _) => format!("with {about}, different changes are skipped or included"),
    }
}

fn facts(
    now: &BTreeMap<String, serde_json::Value>,
    then: &BTreeMap<String, serde_json::Value>,
) -> Vec<String> {
    let names: BTreeSet<&String> = now.keys().chain(then.keys()).collect();
    let shown = |value: Option<&serde_json::Value>| {
        value.map_or_else(|| "not read".to_owned(), ToString::to_string)
    };
    let differ = names.into_iter().filter(|name| now.get(*name) != then.get(*name));
    let sentence = |name: &String| {
        now_then(&format!("the fact `{name}`"), &shown(now.get(name)), &shown(then.get(name)))
    };
    differ.map(sentence).collect()
}

fn items(now: &[ShownItem], then: &[ShownItem]) -> Vec<String> {
    let find = |list: &[ShownItem], address: &str| {
        list.iter().find(|item| item.address == address).cloned()
    };
    let mut differences = Vec::new();
    for item in now {
        match find(then, &item.address) {
            None => differences.push(format!("{} would change too", item.address)),
            Some(before) if !item.is_unchanged_since(&before) => {
                differences.push(format!("{}: {}", item.address, what_differs(item, &before)));
            }
            Some(_) => {}
        }
    }
    let gone = then.iter().filter(|item| find(now, &item.address).is_none());
    differences.extend(gone.map(|item| format!("{} would no longer change", item.address)));
    let order =
        |list: &[ShownItem]| list.iter().map(|item| item.address.clone()).collect::<Vec<_>>();
    if differences.is_empty() && order(now) != order(then) {
        differences.push("the order of the changes differs".to_owned());
    }
    differences
}

/// Names the attributes whose differences are not the same, or else says how the items differ.
fn what_differs(now: &ShownItem, then: &ShownItem) -> String {
    if now.action != then.action {
        return "a different action".to_owned();
    }
    let names = now.differences.iter().chain(&then.differences).map(|one| &one.attribute);
    let names: BTreeSet<&String> = names.collect();
    let of = |item: &ShownItem, name: &String| {
        item.differences.iter().find(|one| one.attribute == *name).cloned()
    };
    let differ: Vec<&str> = names
        .into_iter()
        .filter(|name| of(now, name) != of(then, name))
        .map(String::as_str)
        .collect();
    match differ.as_slice() {
        [] => "its text differs".to_owned(),
        names => format!("{} differs", names.join(", ")),
    }
}

/// Describes what only one side has.
pub(in crate::plan) fn one_sided(what: &str, now: &[String], then: &[String]) -> Vec<String> {
    let come = now.iter().filter(|one| !then.contains(one));
    let gone = then.iter().filter(|one| !now.contains(one));
    let come = come.map(|one| format!("a {what} that was not shown: {one}"));
    come.chain(gone.map(|one| format!("a {what} is gone: {one}"))).collect()
}

fn now_then(what: &str, now: &str, then: &str) -> String {
    format!("{what} is {now}, and was {then}")
}

impl Note {
    /// Returns its message and what was found, on one line.
    pub(in crate::plan) fn sentence(&self) -> String {
        let found = self.found.iter().map(String::as_str);
        std::iter::once(self.message.as_str()).chain(found).collect::<Vec<_>>().join("; ")
    }
}
