//! Temporarily unobservable resources: a service whose database was restarted takes a while to notice, and a busy one
//! answers late. They are observed again.

use std::time::{Duration, Instant};

/// How long to keep trying.
const RETRY_FOR: Duration = Duration::from_secs(30);

/// Whether to try again, after the first attempt at this time.
pub(super) fn may_retry(first: Instant) -> bool {
    first.elapsed() <= RETRY_FOR
}

/// Waits between two attempts.
pub(super) async fn wait_before_retry() {
    tokio::time::sleep(Duration::from_millis(500)).await;
}
