//! Marks: placeholders for secrets in rendered text until the text is complete. A mark contains a number generated for
//! every render, so text from a spec or a host cannot name a secret.

use super::failure::{TemplateFailure, refuse};
use super::secret_text::append;
use crate::module::value::{CLOSE, OPEN, RESERVED};
use crate::secret::Content;
use minijinja::{Error, State};

/// The secrets printed so far in one render.
#[derive(Default)]
pub(super) struct Marks {
    nonce: String,
    secrets: Vec<Content>,
}

impl Marks {
    /// The marks of this render.
    pub(super) fn of<'s>(state: &'s mut State<'_, '_>) -> &'s mut Marks {
        state.get_or_insert_extension_with(Marks::default)
    }

    /// A mark for content with secrets.
    pub(super) fn mark(&mut self, content: &Content) -> Result<String, Error> {
        if self.nonce.is_empty() {
            let mut random = [0; 16];
            getrandom::fill(&mut random)
                .map_err(|_| refuse("the system has no random number generator"))?;
            self.nonce = crate::secret::hex(&random);
        }
        self.secrets.push(content.clone());
        Ok(format!("{OPEN}{}:{}{CLOSE}", self.nonce, self.secrets.len() - 1))
    }

    /// The text with its marks replaced by the secrets.
    pub(super) fn fill(&self, text: &str) -> Result<Content, TemplateFailure> {
        let mut content = Content::default();
        let mut rest = text;
        while let Some((before, marked)) = rest.split_once(OPEN) {
            content.push(plain(before)?);
            let (mark, after) = marked.split_once(CLOSE).ok_or_else(foreign)?;
            append(&mut content, self.find(mark).ok_or_else(foreign)?);
            rest = after;
        }
        content.push(plain(rest)?);
        Ok(content)
    }

    fn find(&self, mark: &str) -> Option<&Content> {
        let (nonce, index) = mark.split_once(':')?;
        let known = !self.nonce.is_empty() && nonce == self.nonce;
        self.secrets.get(index.parse::<usize>().ok()?).filter(|_| known)
    }
}

/// The first byte of each reserved character in UTF-8.
const FIRST_BYTE: u8 = 0xef;

/// Whether a text contains a mark or the remains of one. All text passes through here, several times, and nearly none
/// has such a byte: looking for that alone first takes a fraction of the time.
pub(super) fn is_marked(text: &str) -> bool {
    text.as_bytes().contains(&FIRST_BYTE) && text.contains(RESERVED)
}

fn plain(text: &str) -> Result<&[u8], TemplateFailure> {
    if is_marked(text) { Err(foreign()) } else { Ok(text.as_bytes()) }
}

fn foreign() -> TemplateFailure {
    TemplateFailure::new(
        "the text contains a reserved character, or a secret that was changed after printing",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reserved_character_marks_a_text() {
        for reserved in RESERVED {
            let mut bytes = [0; 4];
            assert_eq!(reserved.encode_utf8(&mut bytes).as_bytes().first(), Some(&FIRST_BYTE));
            assert!(is_marked(&format!("a{reserved}b")));
        }
        // The neighbours share the first byte.
        assert!(!is_marked("a\u{fd3e}b, \u{ff21}, no mark"));
    }
}
