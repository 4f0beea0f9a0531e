//! Who is on a server that is lost, and what their devices get afterwards.

use super::super::accounts::{good, name};
use super::super::host::Homeserver;
use super::super::talk::{PASSWORD, with_password};
use serde_json::{Value, json};

/// Two users; of the second one, three devices.
pub(super) struct People {
    ada: String,
    ben: Vec<(String, String)>,
    id: String,
    room: String,
    count: std::cell::Cell<u32>,
}

/// Where two devices are in the time that is lost.
pub(super) struct Positions {
    classic: String,
    sliding: String,
    since: String,
}

const SLIDING: &str = "/_matrix/client/unstable/org.matrix.simplified_msc3575/sync?timeout=0";

impl People {
    pub(super) fn arrive(host: &Homeserver) -> People {
        let (ada, ben) = (name(host, "lostada"), name(host, "lostben"));
        for name in [&ada, &ben] {
            good(host, &["users", "add"], &[name], PASSWORD);
        }
        let login = |name: &str| {
            let session =
                host.asks("POST", "/_matrix/client/v3/login", None, &with_password(name, PASSWORD));
            (word(&session["access_token"]), word(&session["device_id"]))
        };
        let token = login(&ada).0;
        let room = host.asks(
            "POST",
            "/_matrix/client/v3/createRoom",
            Some(&token),
            &json!({"preset": "public_chat"}),
        );
        let room = word(&room["room_id"]).replace('!', "%21").replace(':', "%3A");
        let devices: Vec<(String, String)> = (0..3).map(|_| login(&ben)).collect();
        host.asks(
            "POST",
            &format!("/_matrix/client/v3/rooms/{room}/join"),
            Some(&devices[0].0),
            &json!({}),
        );
        for (at, (token, device)) in devices.iter().enumerate() {
            let key = json!({"key": format!("AAAA{at}"), "signatures": {}});
            let keys = json!({
                "one_time_keys": {format!("signed_curve25519:A{at}"): key},
                "fallback_keys": {format!("signed_curve25519:F{at}"): {"key": format!("FFFF{at}"), "fallback": true, "signatures": {}}},
            });
            let said = host.asks("POST", "/_matrix/client/v3/keys/upload", Some(token), &keys);
            assert_eq!(said["one_time_key_counts"]["signed_curve25519"], 1, "{device}: {said}");
        }
        for size in [1000_u32, 20_000, 300_000] {
            let bytes: Vec<u8> =
                (0..size).map(|n| (n.wrapping_mul(2_654_435_761) >> 11) as u8).collect();
            let (status, said) =
                host.ask("POST", "/_matrix/media/v3/upload?filename=a", Some(&token), &bytes);
            assert_eq!(status, 200, "{}", String::from_utf8_lossy(&said));
        }
        let id = format!("@{ben}:hs.test");
        People { ada: token, ben: devices, id, room, count: std::cell::Cell::new(0) }
    }

    /// A message in the room, and one to each device.
    pub(super) fn say(&self, host: &Homeserver, what: &str) {
        let number = self.count.get();
        let path =
            format!("/_matrix/client/v3/rooms/{}/send/m.room.message/{what}{number}", self.room);
        host.asks("PUT", &path, Some(&self.ada), &json!({"msgtype": "m.text", "body": what}));
        self.tell_devices(host, what);
    }

    fn tell_devices(&self, host: &Homeserver, what: &str) {
        let number = self.count.get() + 1;
        self.count.set(number);
        let path = format!("/_matrix/client/v3/sendToDevice/org.trial/{what}{number}");
        let content = json!({"messages": {&self.id: {"*": {"what": what}}}});
        host.asks("PUT", &path, Some(&self.ada), &content);
    }

    pub(super) fn in_the_time_that_is_lost(&self, host: &Homeserver) -> Positions {
        self.say(host, "lost");
        for _ in 0..30 {
            self.tell_devices(host, "lost");
        }
        let classic = self.classic(host, None);
        assert!(whats(&classic["to_device"]["events"]).contains(&"lost".to_owned()), "{classic}");
        let sliding = self.sliding(host, None, None);
        let since = word(&sliding["extensions"]["to_device"]["next_batch"]);
        Positions { classic: word(&classic["next_batch"]), sliding: word(&sliding["pos"]), since }
    }

    fn classic(&self, host: &Homeserver, since: Option<&str>) -> Value {
        let since = since.map(|since| format!("&since={since}")).unwrap_or_default();
        host.asks(
            "GET",
            &format!("/_matrix/client/v3/sync?timeout=0{since}"),
            Some(&self.ben[0].0),
            &Value::Null,
        )
    }

    /// A client whose connection is not known any more begins another one, and keeps its position of messages to devices.
    fn sliding(&self, host: &Homeserver, pos: Option<&str>, since: Option<&str>) -> Value {
        let body =
            json!({"lists": {}, "extensions": {"to_device": {"enabled": true, "since": since}}})
                .to_string();
        let token = Some(self.ben[1].0.as_str());
        let at = pos.map(|pos| format!("&pos={pos}")).unwrap_or_default();
        let (status, said) = host.ask("POST", &format!("{SLIDING}{at}"), token, body.as_bytes());
        let said: Value = serde_json::from_slice(&said).expect("JSON");
        match status {
            200 => said,
            400 if pos.is_some() && said["errcode"] == "M_UNKNOWN_POS" => {
                self.sliding(host, None, since)
            }
            _ => panic!("{status} {said}"),
        }
    }

    /// What is sent now arrives at devices that are ahead, and at one that never was.
    pub(super) fn after(&self, host: &Homeserver, at: &Positions) {
        let who = host.asks(
            "GET",
            "/_matrix/client/v3/account/whoami",
            Some(&self.ben[2].0),
            &Value::Null,
        );
        assert_eq!(who["user_id"], self.id, "a session of the snapshot works");
        self.say(host, "after");
        let classic = self.classic(host, Some(&at.classic));
        assert_eq!(whats(&classic["to_device"]["events"]), ["after"], "{classic}");
        let room = &classic["rooms"]["join"][self.room.replace("%21", "!").replace("%3A", ":")];
        assert!(room["timeline"].to_string().contains("\"after\""), "{classic}");
        let sliding = self.sliding(host, Some(&at.sliding), Some(&at.since));
        assert_eq!(whats(&sliding["extensions"]["to_device"]["events"]), ["after"], "{sliding}");
        let claim = json!({"one_time_keys": {&self.id: {&self.ben[2].1: "signed_curve25519"}}});
        let claimed = host.asks("POST", "/_matrix/client/v3/keys/claim", Some(&self.ada), &claim);
        let key = &claimed["one_time_keys"][&self.id][&self.ben[2].1];
        assert!(
            key.get("signed_curve25519:F2").is_some(),
            "no one-time key is handed out twice: {claimed}"
        );
    }
}

fn word(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}

/// What the messages to a device say.
fn whats(events: &Value) -> Vec<String> {
    let all = events.as_array().cloned().unwrap_or_default();
    all.iter().map(|event| word(&event["content"]["what"])).collect()
}
