//! Reads a value from standard input, or typed on the terminal without echo. Never from an argument: those are visible
//! in process lists and shell histories.

use crate::bounded;
use crate::cli::terminal;
use crate::diagnostic::{Diagnostic, Problems};
use std::io::IsTerminal;
use zeroize::Zeroizing;

/// A longer value is refused (bytes).
const MAX_BYTES: u64 = 1 << 20;

/// Reads the value; `what` names it.
pub(super) fn read(what: &str) -> Result<Zeroizing<Vec<u8>>, Problems> {
    if std::io::stdin().is_terminal() {
        let typed = terminal::read_twice(&format!("{what}: "));
        let typed = typed.ok_or_else(|| none("nothing was typed, or the two entries differ"))?;
        return Ok(Zeroizing::new(typed.as_bytes().to_vec()));
    }
    let read = bounded::read(std::io::stdin().lock(), MAX_BYTES).map(Zeroizing::new);
    let mut value =
        read.map_err(|error| none(&format!("standard input cannot be read: {error}")))?;
    // `echo` and editors end a line with a newline; a key of several lines is kept to the byte.
    let lines = value.iter().filter(|byte| **byte == b'\n').count();
    if lines == 1 && value.last() == Some(&b'\n') {
        value.pop();
    }
    if value.is_empty() { Err(none("standard input is empty")) } else { Ok(value) }
}

fn none(why: &str) -> Problems {
    vec![
        Diagnostic::error("secret/no-value", why.to_owned())
            .help("pass the value on standard input (`… <FILE`), or type it in a terminal"),
    ]
}
