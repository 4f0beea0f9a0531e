//! Renders a diagnostic as text: the caret snippet comes from annotate-snippets, and is plain unless styling is
//! requested. Text from a host is made visible first, so that no control character reaches a terminal.

use super::{Diagnostic, Level, Place};
use annotate_snippets::{AnnotationKind, Group, Level as PlanDocument, Renderer, Snippet};

impl Diagnostic {
    /// Returns the message as the user reads it; `styled` adds colour.
    pub fn render(&self, styled: bool) -> String {
        let renderer = if styled { Renderer::styled() } else { Renderer::plain() };
        let level = match self.level {
            Level::Error => PlanDocument::ERROR,
            Level::Warning => PlanDocument::WARNING,
            Level::Note => PlanDocument::NOTE,
        };
        if self.is_brief {
            let all = std::iter::once(&self.message).chain(&self.notes);
            let all: Vec<String> =
                all.map(|text| text.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
            let message = visible(&all.join(": "));
            let title = Group::with_title(level.primary_title(message.as_str()));
            let place = self.place.iter().map(|(place, _)| one_line(&place.to_string()) + ": ");
            return place.collect::<String>() + &renderer.render(&[title]);
        }
        let message = visible(&self.message);
        let mut group = Group::with_title(level.primary_title(message.as_str()));
        let help = self.help.as_deref().map(visible);
        let places: Vec<(&Place, String, String)> = self
            .place
            .iter()
            .chain(&self.context)
            .map(|(place, label)| (place, one_line(&place.source.name), visible(label)))
            .collect();
        let notes: Vec<String> = self.notes.iter().map(|line| visible(line)).collect();
        for (index, (place, name, label)) in places.iter().enumerate() {
            let kind = if index == 0 { AnnotationKind::Primary } else { AnnotationKind::Context };
            let annotation = kind.span(clamp(place));
            let annotation =
                if label.is_empty() { annotation } else { annotation.label(label.as_str()) };
            group = group.element(
                Snippet::source(place.source.text.as_str())
                    .path(name.as_str())
                    .annotation(annotation),
            );
        }
        for note in &notes {
            group = group.element(PlanDocument::NOTE.message(note.as_str()));
        }
        if let Some(help) = &help {
            group = group.element(PlanDocument::HELP.message(help.as_str()));
        }
        renderer.render(&[group]).to_string()
    }
}

/// The name of a file as one line.
fn one_line(name: &str) -> String {
    visible(name).replace('\n', "\\n")
}

/// The span, clamped to the text and to character boundaries.
fn clamp(place: &Place) -> std::ops::Range<usize> {
    let text = &place.source.text;
    let floor = |mut at: usize| {
        at = at.min(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    };
    let start = floor(place.span.start);
    start..floor(place.span.end).max(start)
}

/// Returns the text with control characters (except line ends and tabs) as `\u{1b}`, so that a host cannot control a
/// terminal.
pub fn visible(text: &str) -> String {
    let hidden = |c: char| (c.is_control() && c != '\n' && c != '\t') || is_direction(c);
    if !text.chars().any(hidden) {
        return text.to_owned();
    }
    text.chars()
        .map(|c| if hidden(c) { c.escape_unicode().to_string() } else { c.to_string() })
        .collect()
}

/// Characters that reorder text on screen (Unicode's bidirectional controls).
fn is_direction(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Source;

    #[test]
    fn shows_place_label_and_help() {
        let source = Source::new("inventory/prod.toml", "[host]\nadress = \"a\"\n");
        let place = Place::new(&source, 7..13);
        let shown = Diagnostic::error("spec/unknown-key", "unknown key `adress`")
            .labelled(&place, "not a key of `[host]`")
            .help("did you mean `address`?")
            .render(false);
        insta::assert_snapshot!(shown);
    }

    #[test]
    fn the_brief_form_is_one_line() {
        let source = Source::new("prod.toml", "[host]\n\n[[accept]]\nid = \"MF1\"\n");
        let problem = Diagnostic::note("MF1", "no backups (MF1): accepted, a lab\nfor tests")
            .at(&Place::new(&source, 8..18))
            .in_brief();
        let line = "prod.toml:3:1: note: no backups (MF1): accepted, a lab for tests";
        assert_eq!(problem.render(false), line);
        assert_eq!(problem.render(true).lines().count(), 1);
    }

    #[test]
    fn control_characters_become_visible() {
        assert_eq!(visible("a\u{1b}[2Jb\n"), "a\\u{1b}[2Jb\n");
    }

    #[test]
    fn a_span_past_the_end_is_clamped() {
        let source = Source::new("x", "ä");
        let place = Place::new(&source, 1..99);
        assert!(Diagnostic::error("x", "m").at(&place).render(false).contains("x:1"));
    }
}
