//! One mistake is one error: a secret under a key that is already refused is reported there, and so is one inside a
//! value that is refused as a whole.

use super::{PLAIN_SECRET, Plain, plain_places, plain_ranges, source_range};
use crate::diagnostic::{Diagnostic, Level, Place, Problems};

const RULE: &str = "a secret must not be in the spec";

/// Adds the secrets that are not reported yet, each to an existing error of its key or value; returns all places that
/// must not be shown.
pub fn merge_plain(problems: &mut Problems, plain: Plain) -> Vec<Place> {
    let reported = plain_places(problems);
    let is_reported = |one: &Diagnostic| {
        one.place
            .as_ref()
            .is_some_and(|(at, _)| reported.iter().any(|reported| contains(reported, at)))
    };
    problems.extend(plain.reported.into_iter().filter(|one| !is_reported(one)));
    let ranges = plain_ranges(problems);
    // Other messages about the value may quote it.
    problems.retain(|one| {
        one.code == PLAIN_SECRET || source_range(one).is_none_or(|at| !ranges.contains(&at))
    });
    let mut places = plain_places(problems);
    places.extend(plain.hidden);
    let mut at = 0;
    while let Some(one) = problems.get(at) {
        let place = one.place.as_ref().map(|(place, _)| place.clone());
        let place = place.filter(|_| one.code == PLAIN_SECRET);
        let refused = place.as_ref().and_then(|place| {
            let mut errors = problems
                .iter_mut()
                .filter(|one| one.level == Level::Error && one.code != PLAIN_SECRET);
            errors.find(|one| refuses(one, place))
        });
        let (Some(refused), Some(place)) = (refused, place) else {
            at += 1;
            continue;
        };
        if !refused.message.contains(RULE) {
            refused.message.push_str(", and ");
            refused.message.push_str(RULE);
        }
        refused.context.push((place, "not shown here".to_owned()));
        problems.remove(at);
    }
    places
}

/// Whether an error is about the key before this secret, or about the value that contains it.
fn refuses(problem: &Diagnostic, secret: &Place) -> bool {
    let Some((place, label)) = &problem.place else { return false };
    if place.source.name != secret.source.name {
        return false;
    }
    // The first line of a PEM file is not secret.
    let between = place.source.text.get(place.span.end..secret.span.start);
    let is_key = between.is_some_and(|between| {
        between.contains('=')
            && between
                .trim_matches(|c: char| {
                    c.is_whitespace() || c.is_ascii_uppercase() || "='\"-".contains(c)
                })
                .is_empty()
    });
    let is_whole = contains(place, secret)
        && (place.text().starts_with(['"', '\'']) || problem.code == "spec/type");
    let quotes = |text: &str| text.to_lowercase().contains(&secret.text().to_lowercase());
    // A finding about a key does not refuse it.
    (is_key && !problem.code.starts_with("MF") || is_whole)
        && !quotes(&problem.message)
        && !quotes(label)
}

fn contains(outer: &Place, inner: &Place) -> bool {
    outer.source.name == inner.source.name
        && outer.span.start <= inner.span.start
        && inner.span.end <= outer.span.end
}
