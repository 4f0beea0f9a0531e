//! What cannot be seen for a moment: a service whose database was restarted takes a while to notice, and a busy one
//! answers late. It is looked at again.

use std::time::{Duration, Instant};

/// How long it is looked at again.
const WITHIN: Duration = Duration::from_secs(30);

/// Whether it is worth another look, after the first one at this time.
pub(super) fn is_soon(first: Instant) -> bool {
    first.elapsed() <= WITHIN
}

/// Between two looks.
pub(super) async fn a_moment() {
    tokio::time::sleep(Duration::from_millis(500)).await;
}
