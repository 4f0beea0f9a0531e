//! Who is on a server that is lost, and what their devices get afterwards.

use super::super::accounts::{good, name};
use super::super::host::Homeserver;
use super::super::talk::PASSWORD;
use super::words::{device_gets, hears, list_devices, login, say, whats, word};
use serde_json::{Value, json};

/// Two users; of the second one, three devices.
pub(super) struct People {
    ada: String,
    ben: Vec<(String, String)>,
    /// Somebody whose sessions are ended afterwards: name and token.
    pub(super) cid: (String, String),
    /// Of the second user.
    pub(super) id: String,
    /// As a part of a path.
    pub(super) room: String,
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
        let cid = name(host, "lostcid");
        for name in [&ada, &ben, &cid] {
            good(host, &["users", "add"], &[name], PASSWORD);
        }
        good(host, &["invite", "create"], &[], "");
        let cid = (cid.clone(), login(host, &cid).0);
        let token = login(host, &ada).0;
        let room = host.asks(
            "POST",
            "/_matrix/client/v3/createRoom",
            Some(&token),
            &json!({"preset": "public_chat"}),
        );
        let room = word(&room["room_id"]).replace('!', "%21").replace(':', "%3A");
        let devices: Vec<(String, String)> = (0..4).map(|_| login(host, &ben)).collect();
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
            let answer = host.asks("POST", "/_matrix/client/v3/keys/upload", Some(token), &keys);
            assert_eq!(answer["one_time_key_counts"]["signed_curve25519"], 1, "{device}: {answer}");
        }
        for size in [1000_u32, 20_000, 300_000] {
            let bytes: Vec<u8> =
                (0..size).map(|n| (n.wrapping_mul(2_654_435_761) >> 11) as u8).collect();
            let (status, answer) =
                host.ask("POST", "/_matrix/media/v3/upload?filename=a", Some(&token), &bytes);
            assert_eq!(status, 200, "{}", String::from_utf8_lossy(&answer));
        }
        let id = format!("@{ben}:hs.test");
        People { ada: token, ben: devices, cid, id, room }
    }

    /// A message in the room, and one to each device.
    pub(super) fn say(&self, host: &Homeserver, what: &str) {
        say(host, &self.ada, &self.room, what);
        list_devices(host, &self.ada, &self.id, what);
    }

    /// A message to the devices of a user of another server.
    pub(super) fn tell(&self, host: &Homeserver, user: &str, what: &str) {
        list_devices(host, &self.ada, user, what);
    }

    /// Waits for a message in the room.
    pub(super) fn hears(&self, host: &Homeserver, what: &str) {
        hears(host, &self.ada, &self.room, what);
    }

    /// Waits for what the second user's last device gets, which asked for nothing yet.
    pub(super) fn device_gets(&self, host: &Homeserver, all: &[&str]) {
        device_gets(host, &self.ben[3].0, all);
    }

    /// A day that no backup has: messages, and a key that is used.
    pub(super) fn during_the_lost_period(&self, host: &Homeserver) -> Positions {
        self.say(host, "lost");
        for _ in 0..30 {
            list_devices(host, &self.ada, &self.id, "lost");
        }
        assert_eq!(self.claimed(host), "signed_curve25519:A2");
        let classic = self.classic(host, None);
        assert!(whats(&classic["to_device"]["events"]).contains(&"lost".to_owned()), "{classic}");
        let sliding = self.sliding(host, None, None);
        let since = word(&sliding["extensions"]["to_device"]["next_batch"]);
        Positions { classic: word(&classic["next_batch"]), sliding: word(&sliding["pos"]), since }
    }

    /// The id of the key that another user is given for the second one's third device.
    fn claimed(&self, host: &Homeserver) -> String {
        let device = &self.ben[2].1;
        let claim = json!({"one_time_keys": {&self.id: {device: "signed_curve25519"}}});
        let answer = host.asks("POST", "/_matrix/client/v3/keys/claim", Some(&self.ada), &claim);
        let keys = answer["one_time_keys"][&self.id][device].as_object().cloned();
        keys.and_then(|keys| keys.keys().next().cloned()).unwrap_or_else(|| panic!("{answer}"))
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
        let (status, answer) = host.ask("POST", &format!("{SLIDING}{at}"), token, body.as_bytes());
        let answer: Value = serde_json::from_slice(&answer).expect("JSON");
        match status {
            200 => answer,
            400 if pos.is_some() && answer["errcode"] == "M_UNKNOWN_POS" => {
                self.sliding(host, None, since)
            }
            _ => panic!("{status} {answer}"),
        }
    }

    /// What is sent now arrives at devices that are ahead, and at one that never was.
    pub(super) fn after(&self, host: &Homeserver, at: &Positions) {
        let whoami = "/_matrix/client/v3/account/whoami";
        let who = host.asks("GET", whoami, Some(&self.ben[2].0), &Value::Null);
        assert_eq!(who["user_id"], self.id, "a session of the snapshot works");
        assert_eq!(host.ask("GET", whoami, Some(&self.cid.1), b"").0, 401, "one was ended");
        self.say(host, "after");
        let classic = self.classic(host, Some(&at.classic));
        assert_eq!(whats(&classic["to_device"]["events"]), ["after"], "{classic}");
        let room = &classic["rooms"]["join"][self.room.replace("%21", "!").replace("%3A", ":")];
        assert!(room["timeline"].to_string().contains("\"after\""), "{classic}");
        let sliding = self.sliding(host, Some(&at.sliding), Some(&at.since));
        assert_eq!(whats(&sliding["extensions"]["to_device"]["events"]), ["after"], "{sliding}");
        assert_eq!(self.claimed(host), "signed_curve25519:F2", "no key is handed out twice");
    }

    /// The same on a server that was restored and just started: all of it is lost, for good, and every answer is 200. (One-time
    /// keys are not in the dump, so that none is handed out twice here either.)
    pub(super) fn without_raised_sequences(&self, host: &Homeserver, at: &Positions) {
        self.say(host, "after");
        let (mut since, mut later) = (at.classic.clone(), at.since.clone());
        for _ in 0..3 {
            let classic = self.classic(host, Some(&since));
            let sliding = self.sliding(host, None, Some(&later));
            let extension = &sliding["extensions"]["to_device"];
            for events in [&classic["to_device"]["events"], &extension["events"]] {
                assert_eq!(whats(events), [] as [&str; 0], "{classic} {sliding}");
            }
            (since, later) = (word(&classic["next_batch"]), word(&extension["next_batch"]));
        }
    }
}
