//! What users say to each other, in rooms and to devices.

use super::super::host::Homeserver;
use super::super::talk::{PASSWORD, with_password};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// The access token and the id of a new device.
pub(super) fn login(host: &Homeserver, name: &str) -> (String, String) {
    let session =
        host.asks("POST", "/_matrix/client/v3/login", None, &with_password(name, PASSWORD));
    (word(&session["access_token"]), word(&session["device_id"]))
}

/// A message in a room.
pub(super) fn say(host: &Homeserver, token: &str, room: &str, what: &str) {
    let path = format!("/_matrix/client/v3/rooms/{room}/send/m.room.message/{what}{}", once());
    host.asks("PUT", &path, Some(token), &json!({"msgtype": "m.text", "body": what}));
}

/// A message to each device of a user.
pub(super) fn list_devices(host: &Homeserver, token: &str, user: &str, what: &str) {
    let path = format!("/_matrix/client/v3/sendToDevice/org.trial/{what}{}", once());
    host.asks("PUT", &path, Some(token), &json!({"messages": {user: {"*": {"what": what}}}}));
}

/// A transaction's number.
fn once() -> u32 {
    static LAST: AtomicU32 = AtomicU32::new(0);
    LAST.fetch_add(1, Ordering::Relaxed)
}

/// Waits until a room's messages say this.
pub(super) fn hears(host: &Homeserver, token: &str, room: &str, what: &str) {
    let path = format!("/_matrix/client/v3/rooms/{room}/messages?dir=b&limit=100");
    awaited(&format!("`{what}` in the room"), || {
        let answer = host.asks("GET", &path, Some(token), &Value::Null);
        let all = answer["chunk"].as_array().cloned().unwrap_or_default();
        all.iter().any(|event| event["content"]["body"] == what)
    });
}

/// Waits until a device has got these, and no others.
pub(super) fn device_gets(host: &Homeserver, token: &str, expected: &[&str]) {
    let mut since = String::new();
    let mut got = Vec::new();
    awaited(&format!("{expected:?} at the device"), || {
        let path = format!("/_matrix/client/v3/sync?timeout=1000{since}");
        let answer = host.asks("GET", &path, Some(token), &Value::Null);
        since = format!("&since={}", word(&answer["next_batch"]));
        got.extend(whats(&answer["to_device"]["events"]));
        assert!(got.len() <= expected.len(), "{got:?}");
        got == expected
    });
    // It says that it has them.
    let answer = host.asks(
        "GET",
        &format!("/_matrix/client/v3/sync?timeout=0{since}"),
        Some(token),
        &Value::Null,
    );
    assert_eq!(whats(&answer["to_device"]["events"]), [] as [&str; 0]);
}

/// How long something may take to arrive. A Synapse whose request to another server found nobody tries again after up to 84 s
/// (`federation.max_long_retry_delay`, times 1.4 at most), and sends nothing else there meanwhile: what it tried while the server
/// was lost comes first.
const PATIENCE: Duration = Duration::from_secs(180);

/// Waits for something that other servers may have to say.
pub(super) fn awaited(what: &str, mut is_there: impl FnMut() -> bool) {
    let since = Instant::now();
    while !is_there() {
        assert!(since.elapsed() < PATIENCE, "not there after {PATIENCE:?}: {what}");
        std::thread::sleep(Duration::from_millis(200));
    }
}

/// A text of an answer.
pub(super) fn word(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}

/// What the messages to a device say.
pub(super) fn whats(events: &Value) -> Vec<String> {
    let all = events.as_array().cloned().unwrap_or_default();
    all.iter().map(|event| word(&event["content"]["what"])).collect()
}
