//! Ctrl-C: the user's request to stop, and the run's reaction to it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::watch;

/// A request to stop: steps already sent still run, no more are sent.
#[derive(Clone, Debug)]
pub struct Stop {
    asked: Arc<watch::Sender<bool>>,
    /// Whether the user has been shown what the run waits for.
    is_answered: Arc<AtomicBool>,
}

impl Default for Stop {
    fn default() -> Stop {
        Stop { asked: Arc::new(watch::Sender::new(false)), is_answered: Arc::default() }
    }
}

impl Stop {
    /// Requests a stop.
    pub fn ask(&self) {
        self.asked.send_replace(true);
    }

    /// Whether a stop is requested.
    pub fn is_asked(&self) -> bool {
        *self.asked.borrow()
    }

    /// Waits for a request that has not been answered yet: one made between two steps is answered in the next step.
    pub(super) async fn unanswered(&self) {
        // The sender is a field of this value, so the channel is open.
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
    async fn a_request_between_steps_is_answered_once() {
        let stop = Stop::default();
        let soon = Duration::from_millis(50);
        assert!(tokio::time::timeout(soon, stop.unanswered()).await.is_err());
        stop.ask();
        assert!(tokio::time::timeout(soon, stop.unanswered()).await.is_ok());
        assert!(tokio::time::timeout(soon, stop.unanswered()).await.is_err());
    }
}
