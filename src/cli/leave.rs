//! Leaving at once, from wherever: what someone has changed on the terminal is put back first, since nothing
//! that waits to be dropped is reached any more.

use crate::diagnostic::Exit;
use rustix::termios::{OptionalActions, Termios, tcsetattr};
use std::fs::File;
use std::sync::{Mutex, PoisonError};

/// The terminal as it was found, while it is otherwise.
static FOUND: Mutex<Option<(File, Termios)>> = Mutex::new(None);

/// Remembers how a terminal was found.
pub(super) fn found(terminal: File, before: Termios) {
    *FOUND.lock().unwrap_or_else(PoisonError::into_inner) = Some((terminal, before));
}

/// Puts the terminal back.
pub(super) fn restore() {
    if let Some((terminal, before)) = FOUND.lock().unwrap_or_else(PoisonError::into_inner).take() {
        // A terminal that is gone has no echo to give back.
        let _ = tcsetattr(&terminal, OptionalActions::Now, &before);
    }
}

/// Ends the program with this status.
pub(super) fn at_once(exit: Exit) -> ! {
    restore();
    std::process::exit(exit as i32)
}
