//! What an explanation is: a heading, words, and rows under headings. Plain text in the end.

/// One explained thing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExplanationPage {
    /// What it is about: `synapse.media.max_upload`.
    pub title: String,
    /// What it is, in sentences.
    pub words: Vec<String>,
    /// Everything else.
    pub parts: Vec<Part>,
}

/// Rows under a heading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The heading.
    pub heading: String,
    /// A name and what belongs to it; either may be empty.
    pub rows: Vec<(String, String)>,
}

/// Names wider than this do not push the rest to the right.
const WIDEST: usize = 34;

impl ExplanationPage {
    /// A page without rows.
    pub(super) fn new(title: impl Into<String>) -> ExplanationPage {
        ExplanationPage { title: title.into(), ..ExplanationPage::default() }
    }

    /// Adds a sentence, if there is one.
    pub(super) fn say(&mut self, words: impl Into<String>) {
        self.words.extend(Some(words.into()).filter(|words| !words.is_empty()));
    }

    /// Adds rows under a heading, if there are any.
    pub(super) fn part(&mut self, heading: &str, rows: Vec<(String, String)>) {
        if !rows.is_empty() {
            self.parts.push(Part { heading: heading.to_owned(), rows });
        }
    }

    /// As text.
    pub fn text(&self) -> String {
        let mut text = format!("{}\n", self.title);
        self.words.iter().for_each(|words| text += &format!("  {words}\n"));
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

/// A name with what belongs to it.
pub(super) fn row(name: impl Into<String>, rest: impl Into<String>) -> (String, String) {
    (name.into(), rest.into())
}

/// Text on one line, whole: for what is to be read or done.
pub(super) fn whole(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Text on one line, of bounded width: for what only shows where something stands.
pub(super) fn line(text: &str) -> String {
    let text = whole(text);
    match text.char_indices().nth(100) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}
