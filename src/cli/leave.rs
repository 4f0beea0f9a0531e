//! Exits at once, from anywhere. Changed terminal settings are restored first, since no destructor runs.

use crate::diagnostic::Exit;
use rustix::termios::{OptionalActions, Termios, tcsetattr};
use std::fs::File;
use std::sync::{Mutex, PoisonError};

/// The terminal and its original settings, while they are changed.
static FOUND: Mutex<Option<(File, Termios)>> = Mutex::new(None);

/// Remembers a terminal's original settings.
pub(super) fn found(terminal: File, before: Termios) {
    *FOUND.lock().unwrap_or_else(PoisonError::into_inner) = Some((terminal, before));
}

/// Restores the terminal.
pub(super) fn restore() {
    if let Some((terminal, before)) = FOUND.lock().unwrap_or_else(PoisonError::into_inner).take() {
        // If the terminal is gone, there is no echo to restore.
        let _ = tcsetattr(&terminal, OptionalActions::Now, &before);
    }
}

/// Exits with this status.
pub(super) fn at_once(exit: Exit) -> ! {
    restore();
    std::process::exit(exit as i32)
}
