//! Asks a person for a secret: on the terminal, without an echo, twice where nothing could tell a slip.

use crate::secret::Prompt;
use console::Term;
use zeroize::Zeroizing;

/// The terminal of standard error.
pub(super) struct Terminal;

impl Prompt for Terminal {
    fn ask(&self, name: &str) -> Option<Zeroizing<String>> {
        line(&format!("The secret `{name}` (it is not stored): "))
    }
}

/// One line without an echo; `None` when nothing was typed.
pub(super) fn line(question: &str) -> Option<Zeroizing<String>> {
    let terminal = Term::stderr();
    terminal.write_str(question).ok()?;
    let typed = terminal.read_secure_line().ok().map(Zeroizing::new);
    typed.filter(|typed| !typed.is_empty())
}

/// The same, twice; `None` when the two differ.
pub(super) fn twice(question: &str) -> Option<Zeroizing<String>> {
    let first = line(question)?;
    let again = line("Once more: ")?;
    (first == again).then_some(first)
}
