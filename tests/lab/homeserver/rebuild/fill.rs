//! What a community leaves behind: users, rooms, events and media, by Synapse's API, in the name of a bridge, whose users need
//! no passwords.

use super::super::host::Homeserver;

/// How much; a sweep fills more.
struct Amount {
    users: u32,
    rooms: u32,
    events: u32,
    media: u32,
}

const SMALL: Amount = Amount { users: 20, rooms: 10, events: 1_000, media: 50 };
const LARGE: Amount = Amount { users: 200, rooms: 100, events: 20_000, media: 1_000 };

/// Over a connection for each of four clients, which is as much as Synapse's one process takes: a process for each request would
/// take longer than what it asks for.
const PROGRAM: &str = r#"import concurrent.futures, http.client, json, os, sys, threading, urllib.parse
users, rooms, events, media = map(int, sys.argv[1:])
own = threading.local()
def call(method, path, body, user=None):
    if not hasattr(own, "api"):
        own.api = http.client.HTTPConnection("127.0.0.1", 8008)
    name = "?user_id=@fill_%d:hs.test" % user if user else ""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    own.api.request(method, "/_matrix/" + path + name, data, {"Authorization": "Bearer trial-as"})
    answer = own.api.getresponse()
    text = answer.read()
    assert answer.status == 200, (path, answer.status, text)
    return json.loads(text)
def register(user):
    call("POST", "client/v3/register", {"type": "m.login.application_service", "username": "fill_%d" % user, "inhibit_login": True})
def talk(room):
    owner = room % users + 1
    other = owner % users + 1
    made = call("POST", "client/v3/createRoom", {"preset": "public_chat"}, owner)
    path = "client/v3/rooms/" + urllib.parse.quote(made["room_id"], safe="")
    call("POST", path + "/join", {}, other)
    for event in range(room, events, rooms):
        body = {"msgtype": "m.text", "body": "fill %d" % event}
        call("PUT", path + "/send/m.room.message/fill%d" % event, body, (owner, other)[event // rooms % 2])
def upload(medium):
    call("POST", "media/v3/upload", os.urandom(1000 + 997 * medium % 100000), medium % users + 1)
with concurrent.futures.ThreadPoolExecutor(4) as clients:
    for work, count in ((register, range(1, users + 1)), (talk, range(rooms)), (upload, range(media))):
        list(clients.map(work, count))
"#;

/// Fills a homeserver.
pub(super) fn fill(host: &Homeserver) {
    let is_sweep = crate::seed::is_sweep();
    let Amount { users, rooms, events, media } = if is_sweep { LARGE } else { SMALL };
    host.guest.run(&format!("python3 -c '{PROGRAM}' {users} {rooms} {events} {media}"));
}
