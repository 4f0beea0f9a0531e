//! An encrypted room on a server that is lost, and the backup of its keys. The devices of the time before live on, with all that
//! they remember of the time that is lost.

use super::super::accounts::{good, name};
use super::super::host::Homeserver;
use super::super::js::{Device, word};
use super::super::talk::PASSWORD;
use serde_json::{Value, json};

/// What is said afterwards by a session of Megolm that began in the lost time.
const LOST_SESSION: &str = "ada after, as in the lost time";

/// Two users in a room, one of them with a recovery key.
pub(super) struct Encrypted {
    names: [String; 2],
    ada: Device,
    ben: Device,
    /// A device of the second one, which only the time that is lost knows.
    phone: Option<Device>,
    room: String,
    recovery: Value,
}

impl Encrypted {
    pub(super) fn arrive(host: &Homeserver) -> Encrypted {
        let names = [name(host, "secretada"), name(host, "secretben")];
        for name in &names {
            good(host, &["users", "add"], &[name], PASSWORD);
        }
        let [mut ada, mut ben] = [0, 1].map(|at: usize| Device::login(host, &names[at]));
        let recovery = ada.good("protect", &json!({}))["recovery"].take();
        let room = word(&ada.good("create", &json!({"invite": [ben.user]}))["room"]);
        ben.good("join", &json!({"room": room}));
        meet(&room, &mut [&mut ada, &mut ben]);
        tell(&room, "ada before", &mut ada, &mut [&mut ben]);
        tell(&room, "ben before", &mut ben, &mut [&mut ada]);
        ada.good("saved", &json!({}));
        Encrypted { names, ada, ben, phone: None, room, recovery }
    }

    /// Another device comes, and devices write to it and it to them: one-time keys are claimed. The first user's next messages are
    /// for a session of that time.
    pub(super) fn during_the_lost_period(&mut self, host: &Homeserver) {
        let at = json!({"address": host.guest.get("ADDRESS4")});
        self.ada.good("move", &at);
        self.ben.good("move", &at);
        let mut phone = Device::login(host, &self.names[1]);
        let room = &self.room;
        meet(room, &mut [&mut self.ada, &mut self.ben, &mut phone]);
        tell(room, "ada lost", &mut self.ada, &mut [&mut self.ben, &mut phone]);
        tell(room, "phone lost", &mut phone, &mut [&mut self.ada, &mut self.ben]);
        self.ada.good("rotate", &json!({"room": room}));
        tell(room, "ada lost later", &mut self.ada, &mut [&mut self.ben, &mut phone]);
        self.ada.good("saved", &json!({}));
        self.phone = Some(phone);
    }

    /// Rooms go on between the devices of the time before, whatever they have sent or read since, and with a new one, which reads
    /// from the backup of the keys what was said before.
    pub(super) fn after(self, host: &Homeserver) {
        let Encrypted { names, mut ada, mut ben, phone, room, recovery } = self;
        let at = json!({"address": host.guest.get("ADDRESS4")});
        ada.good("move", &at);
        // Waits for a device that holds a position of the lost time: by its session of that time, and by one whose key is sent now.
        tell(&room, LOST_SESSION, &mut ada, &mut []);
        ada.good("rotate", &json!({"room": room}));
        tell(&room, "ada after", &mut ada, &mut []);
        ben.good("move", &at);
        for text in [LOST_SESSION, "ada after"] {
            ben.good("heard", &json!({"room": room, "text": text}));
        }
        tell(&room, "ben after", &mut ben, &mut [&mut ada]);
        let gone = phone.expect("a device").ask("move", &at);
        assert_eq!(gone["code"], "M_UNKNOWN_TOKEN", "a session of the lost time: {gone}");

        let mut new = Device::login(host, &names[0]);
        let blind = new.good("read", &json!({"room": room}));
        assert_eq!(blind["texts"], json!([]), "nothing is read without keys: {blind}");
        let (texts, unreadable) = recover(&room, &mut new, &recovery);
        assert_eq!(texts, ["ada before", "ben before", "ada after", "ben after"]);
        // Its key went into the backup in the lost time, and clients do not send a key twice, but for another backup.
        assert_eq!(unreadable, 1, "{LOST_SESSION}");
        ada.good("renew", &json!({}));
        ada.good("saved", &json!({}));
        let (texts, unreadable) = recover(&room, &mut new, &recovery);
        assert!(unreadable == 0 && texts.iter().any(|text| text == LOST_SESSION), "{texts:?}");
        meet(&room, &mut [&mut ada, &mut ben, &mut new]);
        tell(&room, "new after", &mut new, &mut [&mut ada, &mut ben]);
        tell(&room, "ben to new", &mut ben, &mut [&mut ada, &mut new]);
        tell(&room, "ada to new", &mut ada, &mut [&mut ben, &mut new]);
    }
}

/// Each of these devices knows each other one, and that its user is in the room.
fn meet(room: &str, devices: &mut [&mut Device]) {
    let all: Vec<(String, String)> =
        devices.iter().map(|device| (device.user.clone(), device.id.clone())).collect();
    for device in devices {
        let own = device.id.clone();
        for (user, id) in all.iter().filter(|(_, id)| *id != own) {
            device.good("meet", &json!({"room": room, "user": user, "device": id}));
        }
    }
}

/// What a device can read in the room with all keys of the backup, and how many messages it cannot.
fn recover(room: &str, new: &mut Device, recovery: &Value) -> (Vec<String>, usize) {
    let recovered = new.good("recover", &json!({"recovery": recovery}));
    assert_eq!(recovered["verified"], true, "{recovered}");
    let seen = new.good("read", &json!({"room": room}));
    let all = |key: &str| seen[key].as_array().expect("a list").iter().map(word).collect();
    let (texts, unreadable): (Vec<String>, Vec<String>) = (all("texts"), all("unreadable"));
    (texts, unreadable.len())
}

/// Something that is said arrives, and can be read.
fn tell(room: &str, text: &str, from: &mut Device, to: &mut [&mut Device]) {
    let message = json!({"room": room, "text": text});
    from.good("say", &message);
    for device in to {
        device.good("heard", &message);
    }
}
