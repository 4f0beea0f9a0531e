//! Waiting for a condition in a test.

use std::time::{Duration, Instant};

/// Waits for a condition, for at most a minute.
pub(crate) fn await_that(what: &str, mut holds: impl FnMut() -> bool) {
    let limit = Instant::now() + Duration::from_secs(60);
    while !holds() {
        assert!(Instant::now() < limit, "this did not come about in a minute: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}
