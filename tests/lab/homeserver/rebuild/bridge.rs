//! A bridge that lives elsewhere: it remembers the transactions of the time that was lost, and drops an id that it knows, as
//! the specification has it.

use super::words::awaited;
use crate::guest::Guest;

/// Its registration, which somebody placed on the host.
pub(super) const REGISTRATION: &str = "id: irc
url: http://127.0.0.1:29328
as_token: trial-as
hs_token: trial-hs
sender_localpart: irc
rate_limited: false
namespaces: {users: [{exclusive: true, regex: '@fill_.*'}], aliases: [], rooms: [{exclusive: false, regex: '.*'}]}
";

/// It writes a line for each transaction, into one file for those that are new to it, into the other one for those that it
/// drops: the id, and what the events say. It says that it closes the connection, as Python's server does after each answer:
/// Twisted would use it again otherwise, fail, and Synapse would take the bridge for down.
const PROGRAM: &str = r#"import http.server as s, json
class H(s.BaseHTTPRequestHandler):
    def do_PUT(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        id = self.path.split("?")[0].rsplit("/", 1)[1]
        known = [line.split()[0] for line in open("/srv/transactions")]
        with open("/srv/dropped" if id in known else "/srv/transactions", "a") as file:
            texts = [event["content"].get("body", "-") for event in body["events"]]
            file.write(" ".join([id, *texts]) + "\n")
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(b"{}")
    def log_message(self, *all):
        pass
s.HTTPServer(("127.0.0.1", 29328), H).serve_forever()"#;

/// Starts it on a host, with what it remembers.
pub(super) fn start(guest: &Guest, remembered: &str) {
    guest.write("/srv/transactions", remembered);
    guest.run(&format!(
        ": >/srv/dropped
        systemd-run -q --collect --unit bridge python3 -c '{PROGRAM}'
        for _ in $(seq 100); do ss -Hltn 'sport = :29328' | grep -q . && break; sleep 0.1; done"
    ));
}

/// What it remembers.
pub(super) fn remembered(guest: &Guest) -> String {
    guest.run("cat /srv/transactions")
}

/// Waits until it has taken a transaction that says this.
pub(super) fn takes(guest: &Guest, what: &str) {
    awaited(&format!("`{what}` at the bridge"), || is_in(&remembered(guest), what));
}

/// Waits until it has dropped one that says this.
pub(super) fn drops(guest: &Guest, what: &str) {
    awaited(&format!("`{what}`, dropped"), || is_in(&guest.run("cat /srv/dropped"), what));
}

fn is_in(text: &str, what: &str) -> bool {
    text.lines().any(|line| line.split(' ').skip(1).any(|field| field == what))
}

/// Ends it.
pub(super) fn end(guest: &Guest) {
    guest.run("systemctl stop bridge; rm /srv/transactions /srv/dropped");
}
