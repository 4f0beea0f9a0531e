//! How text is painted. Callers give a label to each text; only this module maps it to a colour.

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

    /// Paints text by its label; `text` must stay on one line.
    pub(super) fn paint(self, label: Label, text: &str) -> String {
        if !self.colour || text.is_empty() {
            return text.to_owned();
        }
        let ansi = label.ansi();
        format!("{ansi}{text}{ansi:#}")
    }
}

/// The meaning of a piece of text.
#[derive(Clone, Copy, Debug)]
pub(super) enum Label {
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

impl Label {
    /// Changed words are inverted, not only coloured: otherwise a changed space would be invisible.
    fn ansi(self) -> Ansi {
        let colour = |colour: AnsiColor| Ansi::new().fg_color(Some(colour.into()));
        match self {
            Label::Heading => Ansi::new().bold(),
            Label::Create => colour(AnsiColor::Green).bold(),
            Label::Update => colour(AnsiColor::Yellow).bold(),
            Label::Remove | Label::Refuse => colour(AnsiColor::Red).bold(),
            Label::Added => colour(AnsiColor::Green),
            Label::Removed => colour(AnsiColor::Red),
            Label::AddedWord => colour(AnsiColor::Green).invert(),
            Label::RemovedWord => colour(AnsiColor::Red).invert(),
            Label::Hunk => colour(AnsiColor::Cyan),
            Label::Quiet => Ansi::new().dimmed(),
        }
    }
}
