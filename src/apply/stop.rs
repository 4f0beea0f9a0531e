//! Ctrl-C: asked for by the user, heard by the run.

use std::sync::Arc;
use tokio::sync::watch;

/// Asked for by the user: those steps that were sent already still run, no more are sent.
#[derive(Clone, Debug)]
pub struct Stop(Arc<watch::Sender<bool>>);

impl Default for Stop {
    fn default() -> Stop {
        Stop(Arc::new(watch::Sender::new(false)))
    }
}

impl Stop {
    /// Asks to stop.
    pub fn ask(&self) {
        self.0.send_replace(true);
    }

    /// Whether someone asked.
    pub fn is_asked(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits until someone asks.
    pub(super) async fn asked(&self) {
        // The sender is this very value, so it is there.
        let _ = self.0.subscribe().wait_for(|asked| *asked).await;
    }
}
