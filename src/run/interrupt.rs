//! Ctrl-C while a host is being changed.

use crate::apply::Stop;
use crate::diagnostic::Exit;

/// Ends the program at once; the terminal is its owner's to put back.
pub type Leave = fn(Exit) -> !;

/// The first Ctrl-C stops cleanly after the steps under way; the second ends the program at once.
pub(super) fn watch(leave: Leave) -> Stop {
    let stop = Stop::default();
    let asked = stop.clone();
    tokio::spawn(async move {
        while tokio::signal::ctrl_c().await.is_ok() {
            if asked.is_asked() {
                leave(Exit::Partial);
            }
            asked.ask();
        }
    });
    stop
}
