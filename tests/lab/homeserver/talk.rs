//! The purpose of a homeserver, from outside: a login, a room, a message, a file.

use super::host::Homeserver;
use serde_json::{Value, json};

pub(super) fn users_talk(host: &Homeserver) {
    let refused = host.ask("POST", "/_matrix/client/v3/register", None, b"{}");
    assert_eq!(refused.0, 401, "nobody registers without a token");
    let session = login(host, "alice");
    let token = session["access_token"].as_str().expect("a token");
    assert!(session["expires_in_ms"].as_u64().is_none_or(|ms| ms <= 60_000), "{session}");

    let made = host.asks("POST", "/_matrix/client/v3/createRoom", Some(token), &json!({}));
    let room = made["room_id"].as_str().expect("a room").replace('!', "%21").replace(':', "%3A");
    let path = format!("/_matrix/client/v3/rooms/{room}/send/m.room.message/1");
    let text = json!({"msgtype": "m.text", "body": "hello"});
    let sent = host.asks("PUT", &path, Some(token), &text);
    let event = sent["event_id"].as_str().expect("an event").replace('$', "%24");
    let path = format!("/_matrix/client/v3/rooms/{room}/event/{event}");
    let read = host.asks("GET", &path, Some(token), &Value::Null);
    assert_eq!(read["content"]["body"], "hello");

    let file: Vec<u8> = (0..1_500_000_u32).map(|at| (at % 251) as u8).collect();
    let (status, answer) = host.ask("POST", "/_matrix/media/v3/upload", Some(token), &file);
    assert_eq!(status, 200, "{}", String::from_utf8_lossy(&answer));
    let answer: Value = serde_json::from_slice(&answer).expect("JSON");
    let uri = answer["content_uri"].as_str().expect("a URI").strip_prefix("mxc://").expect("mxc");
    let path = format!("/_matrix/client/v1/media/download/{uri}");
    assert_eq!(host.ask("GET", &path, Some(token), b""), (200, file));
    assert_eq!(host.ask("GET", &path, None, b"").0, 401, "media need a login");
    let large = vec![0; 3 << 20];
    assert_eq!(host.ask("POST", "/_matrix/media/v3/upload", Some(token), &large).0, 413);
    // The one-minute session expires.
    std::thread::sleep(std::time::Duration::from_secs(61));
    assert_eq!(host.ask("GET", "/_matrix/client/v3/account/whoami", Some(token), b"").0, 401);
}

/// Makes an account with `users add` and logs in from outside.
fn login(host: &Homeserver, name: &str) -> Value {
    let made = host.on_accounts(&["users", "add"], &[name], PASSWORD);
    if made.status != 0 {
        assert!(made.stderr.contains("already exists"), "{made}");
        let reset = host.on_accounts(&["users", "reset-password"], &[name], PASSWORD);
        assert_eq!(reset.status, 0, "{reset}");
    }
    host.asks("POST", "/_matrix/client/v3/login", None, &with_password(name, PASSWORD))
}

pub(super) const PASSWORD: &str = "a long password";

/// The body of a login request.
pub(super) fn with_password(name: &str, password: &str) -> Value {
    json!({
        "type": "m.login.password",
        "identifier": {"type": "m.id.user", "user": name},
        "password": password,
    })
}
