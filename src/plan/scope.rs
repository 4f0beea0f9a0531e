//! `--only` and `--skip`: limits a run to a part of the spec. What is included brings along what it needs and what
//! takes effect together with it; what is omitted takes with it whatever depends on it.

use crate::diagnostic::{Diagnostic, Problems, nearest};
use crate::resource::Wanted;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The part of the spec that a run is about. Each pattern is a module (`nginx`; `spec` for resources of the spec itself)
/// or an address, which may end in `*`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// Only these; everything if empty.
    pub only: Vec<String>,
    /// Not these, even if `only` includes them.
    pub skip: Vec<String>,
}

/// The effect of a scope on a plan.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scoped {
    /// The `--only` patterns of the user.
    pub only: Vec<String>,
    /// The `--skip` patterns of the user.
    pub skip: Vec<String>,
    /// Changes that were not asked for, made because another one needs them.
    pub with: Vec<ScopeReason>,
    /// Changes that are not made.
    pub omitted: Vec<ScopeReason>,
}

/// A resource, and why it is inside or outside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScopeReason {
    /// Its address.
    pub address: String,
    /// Why, as the end of a sentence.
    pub why: String,
}

impl Scope {
    /// Returns whether it is the whole spec.
    pub fn is_whole(&self) -> bool {
        self.only.is_empty() && self.skip.is_empty()
    }

    /// Returns an error for each pattern that matches nothing: a typo would silently omit everything.
    pub fn check(&self, wanted: &[Wanted]) -> Problems {
        let options = self.only.iter().map(|pattern| ("only", pattern));
        let options = options.chain(self.skip.iter().map(|pattern| ("skip", pattern)));
        let idle = options.filter(|(_, pattern)| !wanted.iter().any(|item| matches(pattern, item)));
        idle.map(|(option, pattern)| unknown(option, pattern, wanted)).collect()
    }
}

impl Scoped {
    /// Returns, for example, `--only nginx --skip spec`.
    pub fn options(&self) -> String {
        let only = self.only.iter().map(|pattern| format!("--only {pattern}"));
        let all: Vec<String> =
            only.chain(self.skip.iter().map(|pattern| format!("--skip {pattern}"))).collect();
        all.join(" ")
    }
}

fn matches(pattern: &str, item: &Wanted) -> bool {
    match (pattern.contains(':'), pattern.strip_suffix('*')) {
        (false, _) => item.declared.origin.module == pattern,
        (true, Some(prefix)) => item.address().to_string().starts_with(prefix),
        (true, None) => item.address().to_string() == pattern,
    }
}

fn unknown(option: &str, pattern: &str, wanted: &[Wanted]) -> Diagnostic {
    let modules: BTreeSet<&str> =
        wanted.iter().map(|item| item.declared.origin.module.as_str()).collect();
    let addresses: Vec<String> = wanted.iter().map(|item| item.address().to_string()).collect();
    let near = match pattern.contains(':') {
        true => nearest(pattern, addresses.iter().map(String::as_str)),
        false => nearest(pattern, modules.iter().copied()),
    };
    let help = match near {
        Some(near) => format!("did you mean `{near}`?"),
        None => {
            let modules: Vec<&str> = modules.into_iter().collect();
            format!(
                "name a module ({}) or an address as `matrixform plan` shows it, which may end in `*`",
                modules.join(", ")
            )
        }
    };
    let message = format!("`--{option} {pattern}` matches nothing in this spec");
    Diagnostic::error("plan/scope", message).help(help)
}

/// The changes within a scope.
pub(super) struct ScopedChanges {
    /// For each resource, whether its change is made.
    pub(super) inside: Vec<bool>,
    /// How the scope is reported.
    pub(super) scoped: Scoped,
}

/// Limits the changes to the scope. `needs` are the positions of what must come before each resource, `changed` says
/// whether each one changes.
pub(super) fn limit_to(
    scope: &Scope,
    wanted: &[Wanted],
    needs: &[Vec<usize>],
    changed: &[bool],
) -> ScopedChanges {
    let limiter = Limiter { wanted, needs, changed };
    let omitted = limiter.omitted(&scope.skip);
    let inside = limiter.inside(&scope.only, &omitted);
    let is_inside = |index: usize| inside.get(index).is_some_and(Option::is_some);
    let mut scoped =
        Scoped { only: scope.only.clone(), skip: scope.skip.clone(), ..Scoped::default() };
    for index in (0..wanted.len()).filter(|index| limiter.is_changed(*index)) {
        let because =
            |why: &str| ScopeReason { address: limiter.address(index), why: why.to_owned() };
        match (inside.get(index).and_then(Option::as_ref), omitted.get(index)) {
            (Some(Reason::Asked), _) => {}
            (Some(Reason::Because(why)), _) => scoped.with.push(because(why)),
            (None, Some(Some(Reason::Because(why)))) => scoped.omitted.push(because(why)),
            (None, Some(Some(Reason::Asked))) => scoped.omitted.push(because("skipped")),
            _ => scoped.omitted.push(because("not selected")),
        }
    }
    ScopedChanges { inside: (0..wanted.len()).map(is_inside).collect(), scoped }
}

/// Why a change is made or omitted.
#[derive(Clone)]
enum Reason {
    Asked,
    Because(String),
}

struct Limiter<'a> {
    wanted: &'a [Wanted],
    needs: &'a [Vec<usize>],
    changed: &'a [bool],
}

impl Limiter<'_> {
    fn is_changed(&self, index: usize) -> bool {
        self.changed.get(index).copied().unwrap_or(false)
    }

    fn address(&self, index: usize) -> String {
        self.wanted.get(index).map(|item| item.address().to_string()).unwrap_or_default()
    }

    fn is_matched(&self, patterns: &[String], index: usize) -> bool {
        self.wanted
            .get(index)
            .is_some_and(|item| patterns.iter().any(|pattern| matches(pattern, item)))
    }

    /// Returns the pending changes that this one waits for, also through resources that are already as wanted.
    fn waits_for(&self, index: usize) -> Vec<usize> {
        let mut open: Vec<usize> = self.needs.get(index).cloned().unwrap_or_default();
        let (mut seen, mut found) = (BTreeSet::new(), Vec::new());
        while let Some(at) = open.pop() {
            if !seen.insert(at) {
                continue;
            }
            match self.is_changed(at) {
                true => found.push(at),
                false => open.extend(self.needs.get(at).into_iter().flatten()),
            }
        }
        found.sort_unstable();
        found
    }

    /// Returns the pending changes that take effect together with this one.
    fn activation_peers(&self, index: usize) -> Vec<usize> {
        let activation = |at: usize| self.wanted.get(at)?.declared.activation.as_deref();
        let Some(own) = activation(index) else { return Vec::new() };
        let is_peer =
            |at: &usize| *at != index && activation(*at) == Some(own) && self.is_changed(*at);
        (0..self.wanted.len()).filter(is_peer).collect()
    }

    /// Returns what `skip` omits, and everything that depends on it.
    fn omitted(&self, skip: &[String]) -> Vec<Option<Reason>> {
        let all = || (0..self.wanted.len()).filter(|index| self.is_changed(*index));
        let mut omitted: Vec<Option<Reason>> = vec![None; self.wanted.len()];
        for index in all().filter(|index| self.is_matched(skip, *index)) {
            put(&mut omitted, index, Reason::Asked);
        }
        loop {
            let is_omitted = |at: &usize| omitted.get(*at).is_some_and(Option::is_some);
            let next = all().filter(|index| !is_omitted(index)).find_map(|index| {
                let needed = self.waits_for(index).into_iter().find(is_omitted);
                let needed = needed.map(|at| format!("it needs {}", self.address(at)));
                let peer = || self.activation_peers(index).into_iter().find(is_omitted);
                let why = needed.or_else(|| peer().map(|at| self.batch(at)))?;
                Some((index, why))
            });
            let Some((index, why)) = next else { return omitted };
            put(&mut omitted, index, Reason::Because(why));
        }
    }

    /// Returns what `only` asks for (everything if empty), and what that needs.
    fn inside(&self, only: &[String], omitted: &[Option<Reason>]) -> Vec<Option<Reason>> {
        let is_omitted = |at: usize| omitted.get(at).is_some_and(Option::is_some);
        let mut inside: Vec<Option<Reason>> = vec![None; self.wanted.len()];
        let is_asked = |at: &usize| only.is_empty() || self.is_matched(only, *at);
        let all = (0..self.wanted.len()).filter(|at| self.is_changed(*at) && !is_omitted(*at));
        let mut open: Vec<usize> = all.filter(is_asked).collect();
        open.iter().for_each(|index| put(&mut inside, *index, Reason::Asked));
        while let Some(index) = open.pop() {
            let needed = self.waits_for(index).into_iter();
            let needed = needed.map(|at| (at, format!("{} needs it", self.address(index))));
            let activation_peers =
                self.activation_peers(index).into_iter().map(|at| (at, self.batch(index)));
            for (at, why) in needed.chain(activation_peers) {
                if inside.get(at).is_some_and(Option::is_none) {
                    put(&mut inside, at, Reason::Because(why));
                    open.push(at);
                }
            }
        }
        inside
    }

    fn batch(&self, with: usize) -> String {
        format!("it takes effect together with {}", self.address(with))
    }
}

fn put(list: &mut [Option<Reason>], index: usize, reason: Reason) {
    if let Some(slot) = list.get_mut(index) {
        *slot = Some(reason);
    }
}

#[cfg(test)]
mod tests;
