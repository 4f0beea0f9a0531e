//! How text is painted. Callers give a role to each text; only this module maps it to a colour.

use anstyle::{AnsiColor, Style as Ansi};

/// The caller's settings for the output.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    /// Whether to use colour.
    pub colour: bool,
    /// Width of prose in columns; diffs are never wrapped, so that they can be copied.
    pub width: usize,
    /// Whether new files are shown in full, however long.
    pub full: bool,
}

impl Style {
    /// No colour, 100 columns, long new files truncated.
    pub fn plain() -> Style {
        Style { colour: false, width: 100, full: false }
    }

    /// Paints text by its role; `text` must stay on one line.
    pub(super) fn paint(self, role: TextRole, text: &str) -> String {
        if !self.colour || text.is_empty() {
            return text.to_owned();
        }
        let ansi = role.ansi();
        format!("{ansi}{text}{ansi:#}")
    }
}

/// The meaning of a piece of text.
#[derive(Clone, Copy, Debug)]
pub(super) enum TextRole {
    Heading,
    Create,
    Update,
    Remove,
    Refuse,
    Added,
    Removed,
    AddedWord,
    RemovedWord,
    Hunk,
    Quiet,
}

impl TextRole {
    /// Changed words are inverted, not only coloured: otherwise a changed space would be invisible.
    fn ansi(self) -> Ansi {
        let colour = |colour: AnsiColor| Ansi::new().fg_color(Some(colour.into()));
        match self {
            TextRole::Heading => Ansi::new().bold(),
            TextRole::Create => colour(AnsiColor::Green).bold(),
            TextRole::Update => colour(AnsiColor::Yellow).bold(),
            TextRole::Remove | TextRole::Refuse => colour(AnsiColor::Red).bold(),
            TextRole::Added => colour(AnsiColor::Green),
            TextRole::Removed => colour(AnsiColor::Red),
            TextRole::AddedWord => colour(AnsiColor::Green).invert(),
            TextRole::RemovedWord => colour(AnsiColor::Red).invert(),
            TextRole::Hunk => colour(AnsiColor::Cyan),
            TextRole::Quiet => Ansi::new().dimmed(),
        }
    }
}
