//! Ctrl-C while a host is being changed.

use crate::apply::Stop;
use crate::diagnostic::Exit;
use tokio::signal::unix::{SignalKind, signal};

/// Ends the program at once; the caller must restore the terminal.
pub type Leave = fn(Exit) -> !;

/// The first Ctrl-C stops cleanly after the running steps; the second ends the program at once.
pub(super) fn watch(leave: Leave) -> Stop {
    let stop = Stop::default();
    let asked = stop.clone();
    // A single listener from here on: separate ones would miss an interrupt between two of them.
    let Ok(mut interrupts) = signal(SignalKind::interrupt()) else { return stop };
    tokio::spawn(async move {
        while interrupts.recv().await.is_some() {
            if asked.is_asked() {
                leave(Exit::Partial);
            }
            asked.ask();
        }
    });
    stop
}
