//! The content of an explanation: a title, sentences, and rows under headings. Rendered as plain text.

/// One explained thing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExplanationPage {
    /// The subject: `synapse.media.max_upload`.
    pub title: String,
    /// The description, in sentences.
    pub sentences: Vec<String>,
    /// All rows, under their headings.
    pub parts: Vec<Part>,
}

/// Rows under a heading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The heading.
    pub heading: String,
    /// Each name with its text; either may be empty.
    pub rows: Vec<(String, String)>,
}

/// Names wider than this do not move the text column to the right.
const WIDEST: usize = 34;

impl ExplanationPage {
    /// A page without rows.
    pub(super) fn new(title: impl Into<String>) -> ExplanationPage {
        ExplanationPage { title: title.into(), ..ExplanationPage::default() }
    }

    /// Adds a sentence, unless it is empty.
    pub(super) fn sentence(&mut self, text: impl Into<String>) {
        self.sentences.extend(Some(text.into()).filter(|text| !text.is_empty()));
    }

    /// Adds rows under a heading, unless there are none.
    pub(super) fn part(&mut self, heading: &str, rows: Vec<(String, String)>) {
        if !rows.is_empty() {
            self.parts.push(Part { heading: heading.to_owned(), rows });
        }
    }

    /// Returns the page as text.
    pub fn text(&self) -> String {
        let mut text = format!("{}\n", self.title);
        self.sentences.iter().for_each(|sentence| text += &format!("  {sentence}\n"));
        for part in &self.parts {
            text += &format!("\n{}\n", part.heading);
            let named =
                part.rows.iter().filter(|(name, rest)| !name.is_empty() && !rest.is_empty());
            let names = named.map(|(name, _)| name.chars().count());
            let width = names.filter(|width| *width <= WIDEST).max().unwrap_or(0);
            for (name, rest) in &part.rows {
                text += match name.is_empty() {
                    true => format!("    {rest}"),
                    false => format!("  {name:width$}  {rest}"),
                }
                .trim_end();
                text += "\n";
            }
        }
        text
    }
}

/// A name with its text.
pub(super) fn row(name: impl Into<String>, rest: impl Into<String>) -> (String, String) {
    (name.into(), rest.into())
}

/// Text joined to one line, in full: for text that is to be read or acted on.
pub(super) fn whole(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Text joined to one line of limited width: for text that only shows a place.
pub(super) fn line(text: &str) -> String {
    let text = whole(text);
    match text.char_indices().nth(100) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}
