//! How text is painted. Writers name what a text is (a label); which colour that gets stands here alone.

use anstyle::{AnsiColor, Style as Ansi};

/// What the caller decided about the output.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    /// Whether to paint.
    pub colour: bool,
    /// Columns for prose; diffs are never broken, so that they can be copied.
    pub width: usize,
    /// Whether new files are shown whole, however long.
    pub full: bool,
}

impl Style {
    /// No colour, 100 columns, long new files cut.
    pub fn plain() -> Style {
        Style { colour: false, width: 100, full: false }
    }

    /// The text, painted as what it is; `text` must stay on one line.
    pub(super) fn paint(self, label: Label, text: &str) -> String {
        if !self.colour || text.is_empty() {
            return text.to_owned();
        }
        let ansi = label.ansi();
        format!("{ansi}{text}{ansi:#}")
    }
}

/// What a piece of text is.
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
    /// Words that changed are inverted, not only coloured: a changed space is to be seen as well.
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
