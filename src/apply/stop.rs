//! Ctrl-C: asked for by the user, heard by the run.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::watch;

/// Asked for by the user: those steps that were sent already still run, no more are sent.
#[derive(Clone, Debug)]
pub struct Stop {
    asked: Arc<watch::Sender<bool>>,
    /// Whoever asked knows what is waited for.
    is_answered: Arc<AtomicBool>,
}

impl Default for Stop {
    fn default() -> Stop {
        Stop { asked: Arc::new(watch::Sender::new(false)), is_answered: Arc::default() }
    }
}

impl Stop {
    /// Asks to stop.
    pub fn ask(&self) {
        self.asked.send_replace(true);
    }

    /// Whether someone asked.
    pub fn is_asked(&self) -> bool {
        *self.asked.borrow()
    }

    /// Waits until someone asks who has not been answered yet: whoever asks between two steps hears of it in the next one.
    pub(super) async fn unanswered(&self) {
        // The sender is this very value, so it is there.
        let _ = self.asked.subscribe().wait_for(|asked| *asked).await;
        if self.is_answered.swap(true, Ordering::Relaxed) {
            std::future::pending::<()>().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[tokio::test]
    async fn whoever_asks_between_two_steps_is_answered_once() {
        let stop = Stop::default();
        let soon = Duration::from_millis(50);
        assert!(tokio::time::timeout(soon, stop.unanswered()).await.is_err());
        stop.ask();
        assert!(tokio::time::timeout(soon, stop.unanswered()).await.is_ok());
        assert!(tokio::time::timeout(soon, stop.unanswered()).await.is_err());
    }
}
