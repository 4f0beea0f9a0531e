//! A community: a thousand clients wait in `/sync` at once, each over its own TLS connection, and one gets its news.

#[path = "../../support/waiting.rs"]
mod waiting;

use super::host::Homeserver;
use super::talk::{PASSWORD, with_password};
use matrixform::for_tests::net::TlsTrust;
use serde_json::Value;
use std::time::{Duration, Instant};
use waiting::{Clients, Counts, Session};

const CLIENTS: usize = 1000;
const ACCOUNTS: [&str; 4] = ["crowd-a", "crowd-b", "crowd-c", "crowd-d"];

/// Debian's 768 connections per worker suffice for 384 clients, and its limit of 1024 files for not many more.
pub(super) fn many_clients_wait_simultaneously(host: &Homeserver) {
    let conf = host.guest.run("cat /etc/nginx/nginx.conf");
    let shipped = host.guest.run(
        "cd /tmp && apt-get -qq download nginx-common && dpkg --fsys-tarfile nginx-common_*.deb | tar -xO ./etc/nginx/nginx.conf
        rm nginx-common_*.deb",
    );
    let is_ours =
        |line: &&str| line.contains("worker_connections") || line.contains("worker_rlimit_nofile");
    let rest = |text: &str| {
        text.lines().filter(|line| !is_ours(line)).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(rest(&conf), rest(&shipped), "all else is as the package ships it");

    let before = memory(host);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(async {
        let address = format!("{}:443", host.guest.get("ADDRESS4")).parse().expect("an address");
        let authority = host.guest.run("cat /etc/ssl/matrixform/front.crt");
        let trust = TlsTrust::pem(authority.as_bytes()).expect("a certificate");
        let mut clients = Clients::of(address, "matrix.hs.test", trust);
        for (at, name) in ACCOUNTS.iter().enumerate() {
            let session = session(host, name);
            clients.join(&session, CLIENTS / ACCOUNTS.len());
            // A session ends after a minute, so the next account logs in only when these clients wait.
            let all = CLIENTS / ACCOUNTS.len() * (at + 1);
            until(&clients, |_| in_flight(host) >= all).await;
        }
        let (outside, inside) = (connections(host), in_flight(host));
        let during = memory(host);
        println!(
            "{} of {CLIENTS}: {outside} connections to nginx, {inside} requests that Synapse holds; PSS in KiB: nginx {} -> {}, Synapse {} -> {}",
            clients.counts(), before[0], during[0], before[1], during[1],
        );
        assert!(outside >= CLIENTS && inside >= CLIENTS, "{outside} outside, {inside} inside");

        // One account's clients get news, and all others go on waiting. A login is news to the account's other
        // sessions.
        let answered = clients.counts().answered;
        login(host, ACCOUNTS[0]);
        let share = CLIENTS / ACCOUNTS.len();
        let counts = until(&clients, |counts| counts.answered + counts.refused() >= answered + share).await;
        assert!(counts.waiting + share >= CLIENTS, "{counts}");
    });
}

/// An account made by `users add`, logged in and synced once.
fn session(host: &Homeserver, name: &str) -> Session {
    let made = host.on_accounts(&["users", "add"], &[name], PASSWORD);
    assert!(made.status == 0 || made.stderr.contains("already exists"), "{made}");
    let token = login(host, name);
    let path = "/_matrix/client/v3/sync?set_presence=offline&timeout=0";
    let first = host.asks("GET", path, Some(&token), &Value::Null);
    Session { token, since: first["next_batch"].as_str().expect("a place").to_owned() }
}

fn login(host: &Homeserver, name: &str) -> String {
    let login = with_password(name, PASSWORD);
    let session = host.asks("POST", "/_matrix/client/v3/login", None, &login);
    session["access_token"].as_str().expect("a token").to_owned()
}

/// Waits until the condition holds; fails as soon as a client is refused before that.
async fn until(clients: &Clients, holds: impl Fn(&Counts) -> bool) -> Counts {
    let since = Instant::now();
    loop {
        let counts = clients.counts();
        if holds(&counts) {
            return counts;
        }
        assert!(counts.refused() == 0 && since.elapsed() < Duration::from_secs(120), "{counts}");
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

/// Connections to nginx, counted on the host.
fn connections(host: &Homeserver) -> usize {
    let script = "cat /proc/net/tcp /proc/net/tcp6 | awk '$4 == \"01\" && $2 ~ /:01BB$/' | wc -l";
    host.guest.run(script).trim().parse().expect("a number")
}

/// `/sync` requests that Synapse has read and not answered, by its own count.
fn in_flight(host: &Homeserver) -> usize {
    let script = "curl -sS http://127.0.0.1:9000/_synapse/metrics | awk '
        /^synapse_http_server_in_flight_requests_count[{].*servlet=\"SyncRestServlet\"/ { sum += $2 } END { print int(sum) }'";
    host.guest.run(script).trim().parse().expect("a number")
}

/// The memory of nginx and of Synapse: proportional set sizes in KiB.
fn memory(host: &Homeserver) -> [u64; 2] {
    let of = |unit: &str| {
        let script = format!(
            "main=$(systemctl show -p MainPID --value {unit})
            for process in $main $(cat /proc/$main/task/*/children); do cat /proc/$process/smaps_rollup; done |
                awk '/^Pss:/ {{ sum += $2 }} END {{ print sum }}'"
        );
        host.guest.run(&script).trim().parse().expect("a number")
    };
    [of("nginx.service"), of("matrix-synapse.service")]
}
