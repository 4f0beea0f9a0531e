//! Snippets show whole lines, so every problem that points into a text with secrets gets a copy with stars in their
//! place. The number of bytes stays the same, so no place moves.

use super::{Diagnostic, Place, Source};
use std::sync::Arc;

/// Replaces secrets by stars in all texts that the problems point to.
pub fn redact(problems: &mut [Diagnostic], secrets: &[Place]) {
    if secrets.is_empty() {
        return;
    }
    let mut hidden: Vec<(Arc<Source>, Arc<Source>)> = Vec::new();
    for problem in problems {
        let places = problem.place.iter_mut().chain(&mut problem.context);
        for (place, _) in places {
            place.source = redacted_source(&place.source, secrets, &mut hidden);
        }
    }
}

/// The redacted text, created once for each text.
fn redacted_source(
    source: &Arc<Source>,
    secrets: &[Place],
    hidden: &mut Vec<(Arc<Source>, Arc<Source>)>,
) -> Arc<Source> {
    if let Some((_, made)) = hidden.iter().find(|(known, _)| Arc::ptr_eq(known, source)) {
        return Arc::clone(made);
    }
    let places: Vec<&Place> =
        secrets.iter().filter(|secret| secret.source.name == source.name).collect();
    let made = if places.is_empty() { Arc::clone(source) } else { starred(source, &places) };
    hidden.push((Arc::clone(source), Arc::clone(&made)));
    made
}

/// The text with every character of these places replaced, except line ends.
fn starred(source: &Source, secrets: &[&Place]) -> Arc<Source> {
    // There may be very many secrets and characters, so this visits each of them once.
    let mut hidden = vec![false; source.text.len()];
    for secret in secrets {
        hidden.get_mut(secret.span.clone()).unwrap_or_default().fill(true);
    }
    let mut text = String::with_capacity(source.text.len());
    for (at, c) in source.text.char_indices() {
        match hidden.get(at) {
            Some(true) if c != '\n' => text.extend(std::iter::repeat_n('*', c.len_utf8())),
            _ => text.push(c),
        }
    }
    Source::new(source.name.clone(), text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_problem_of_the_text_shows_the_secret() {
        let source = Source::new("s.toml", "a = \"hunter2 ä\"\nb = 1\n");
        let secret = Place::new(&source, 4..16);
        let other = Place::new(&Source::new("t.toml", "c = \"hunter2 ä\"\n"), 0..1);
        let mut problems = vec![
            Diagnostic::error("x", "m").at(&Place::new(&source, 0..1)).see(&secret, "here"),
            Diagnostic::error("x", "m").at(&other),
        ];
        redact(&mut problems, &[secret]);
        let shown = problems[0].render(false);
        assert!(!shown.contains("hunter2") && shown.contains("a = ************"), "{shown}");
        assert!(problems[1].render(false).contains("hunter2"), "another file's text is its own");
    }
}
