//! `[[hint]]`: what people write who do not know a module yet, and what to write instead.

use crate::diagnostic::Problems;
use crate::spec::keys::TableReader;
use crate::spec::node::Node;

/// Help for several mistakes.
#[derive(Clone, Debug)]
pub struct Hint {
    /// Names and values that are mistaken for those of an option, anywhere in the section.
    pub words: Vec<String>,
    /// Names that are mistaken for those of an option, directly under the section's header: `name` means something
    /// else in each table.
    pub keys: Vec<String>,
    /// Names that are mistaken for the section's.
    pub sections: Vec<String>,
    /// What to write.
    pub help: String,
}

impl Hint {
    /// Reads a `[[hint]]`.
    ///
    /// # Errors
    ///
    /// The node is not a table, or a key is missing, unknown or of the wrong type.
    pub(super) fn read(node: &Node) -> Result<Hint, Problems> {
        let mut keys = TableReader::of_node("`[[hint]]`", node).map_err(|problem| vec![problem])?;
        let mut names = |key| -> Vec<String> {
            keys.texts(key).into_iter().map(|(name, _)| name.to_owned()).collect()
        };
        let (words, at_top, sections) = (names("words"), names("keys"), names("sections"));
        let help = keys.required_text("help", "what to write").unwrap_or_default().to_owned();
        let problems = keys.finish();
        let hint = Hint { words, keys: at_top, sections, help };
        if problems.is_empty() { Ok(hint) } else { Err(problems) }
    }
}
