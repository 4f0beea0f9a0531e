//! The supported releases, as facts about a fresh host: `check` checks a spec against them, and `explain` assumes one for a
//! host of which nothing is remembered.

use crate::diagnostic::{Diagnostic, Level, Problems};
use crate::facts::Facts;
use crate::module::golden;
use std::collections::HashMap;
use std::time::{SystemTime, UNIX_EPOCH};

/// A supported release.
pub(super) struct Release {
    /// Its common name: `Debian 12`.
    pub(super) name: String,
    /// The facts of a new host, today.
    pub(super) facts: Facts,
}

/// Returns all supported releases.
pub(super) fn all() -> Vec<Release> {
    let facts = golden::facts_names().filter_map(facts);
    facts.map(|facts| Release { name: name(&facts), facts }).collect()
}

/// Returns the facts recorded for a release, such as `debian-12`, with today's date.
pub(super) fn facts(release: &str) -> Option<Facts> {
    Some(Facts { time: now(), ..golden::facts(release)? })
}

/// Returns this machine's clock, in seconds since 1970; it decides whether a certificate beside the spec has expired.
pub(super) fn now() -> Option<u64> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
    Some(since.as_secs())
}

fn name(facts: &Facts) -> String {
    let id = facts.os.id.as_deref().unwrap_or_default();
    let (first, rest) = id.split_at(id.len().min(1));
    let version = facts.os.version.as_deref().unwrap_or_default();
    format!("{}{rest} {version}", first.to_uppercase())
}

/// The identity of a problem: code, file and byte range.
type ProblemKey = (String, String, usize, usize);

/// The problems with one key, each with the releases on which it occurs.
type ProblemGroup = Vec<(Diagnostic, Vec<usize>)>;

/// Adds the problems found on each release to those of any host. A problem on every release is reported as it is; one
/// on only some is a warning that names them, since the host may run another.
pub(super) fn add(known: &mut Problems, names: &[String], found: Vec<Problems>) {
    let mut known_messages: HashMap<ProblemKey, Vec<String>> = HashMap::new();
    for problem in known.iter() {
        known_messages.entry(key(problem)).or_default().push(problem.message.clone());
    }
    let mut groups: Vec<ProblemGroup> = Vec::new();
    let mut at: HashMap<ProblemKey, usize> = HashMap::new();
    for (release, problems) in found.into_iter().enumerate() {
        for problem in problems {
            let key = key(&problem);
            if known_messages.get(&key).is_some_and(|messages| messages.contains(&problem.message))
            {
                continue;
            }
            let next = groups.len();
            let index = *at.entry(key).or_insert(next);
            if index == next {
                groups.push(ProblemGroup::new());
            }
            let Some(group) = groups.get_mut(index) else { continue };
            match group.iter_mut().find(|(one, _)| one.message == problem.message) {
                Some((_, on)) => on.push(release),
                None => group.push((problem, vec![release])),
            }
        }
    }
    for group in groups {
        let everywhere =
            (0..names.len()).all(|release| group.iter().any(|(_, on)| on.contains(&release)));
        for (problem, on) in group {
            known.extend(on_releases(problem, &on, everywhere, names));
        }
    }
}

fn key(problem: &Diagnostic) -> ProblemKey {
    let (file, span) = match &problem.place {
        Some((place, _)) => (place.source.name.clone(), place.span.clone()),
        None => (String::new(), 0..0),
    };
    (problem.code.to_string(), file, span.start, span.end)
}

/// Returns a problem that names its releases; `everywhere`: the others have a different problem at the same place. A
/// note is shown only if it holds on all of them.
fn on_releases(
    mut problem: Diagnostic,
    on: &[usize],
    everywhere: bool,
    names: &[String],
) -> Option<Diagnostic> {
    let releases: Vec<&str> =
        on.iter().filter_map(|release| names.get(*release).map(String::as_str)).collect();
    if releases.len() == names.len() {
        return Some(problem);
    }
    problem.message = format!("on {}: {}", releases.join(" and "), problem.message);
    match (problem.level, everywhere) {
        (Level::Note, false) => return None,
        (Level::Error, false) => problem.level = Level::Warning,
        _ => {}
    }
    Some(problem)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::{Place, Source};

    fn added(known: &[&Diagnostic], found: [&[&Diagnostic]; 3]) -> Vec<(Level, String)> {
        let names: Vec<String> = all().into_iter().map(|release| release.name).collect();
        let owned = |list: &[&Diagnostic]| list.iter().map(|one| (*one).clone()).collect();
        let mut known: Problems = owned(known);
        add(&mut known, &names, found.map(owned).into());
        known.into_iter().map(|one| (one.level, one.message)).collect()
    }

    #[test]
    fn problems_are_grouped_by_release() {
        let place = Place::new(&Source::new("a.toml", "abc"), 0..1);
        let error = |message: &str| Diagnostic::error("x/y", message).at(&place);
        let (one, other) = (error("one"), error("other"));
        let note = Diagnostic::note("x/z", "a note").at(&place);
        let text = |level, text: &str| (level, text.to_owned());
        assert_eq!(added(&[], [&[&one], &[&one], &[&one]]), [text(Level::Error, "one")]);
        assert_eq!(added(&[&one], [&[&one], &[], &[&one]]), [text(Level::Error, "one")]);
        assert_eq!(
            added(&[], [&[], &[&one], &[&one]]),
            [text(Level::Warning, "on Debian 12 and Debian 13: one")]
        );
        assert_eq!(
            added(&[], [&[&other], &[&one], &[&one]]),
            [
                text(Level::Error, "on Ubuntu 24.04: other"),
                text(Level::Error, "on Debian 12 and Debian 13: one")
            ]
        );
        assert_eq!(added(&[], [&[&note], &[], &[]]), []);
        assert_eq!(added(&[], [&[&note], &[&note], &[&note]]), [text(Level::Note, "a note")]);
    }
}
