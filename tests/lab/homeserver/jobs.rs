//! The purge by cron, with a token that outlasts sessions and is replaced when it no longer works.

use super::host::{Homeserver, spec_with};
use super::service::TOKEN;
use std::time::{Duration, Instant};

/// The last output of the job after `since` (seconds since 1970).
fn word(host: &Homeserver, since: &str) -> String {
    host.guest.run(&format!(
        "journalctl -t matrixform-purge -o cat --no-pager --since @{since} | tail -n 1"
    ))
}

/// Waits until cron has run the job.
fn by_cron(host: &Homeserver) -> String {
    let since = host.guest.run("date +%s");
    let until = Instant::now() + Duration::from_secs(90);
    loop {
        let logged = word(host, since.trim());
        if !logged.is_empty() || Instant::now() > until {
            return logged;
        }
        std::thread::sleep(Duration::from_secs(2));
    }
}

pub(super) fn the_purge_runs_with_short_sessions(host: &Homeserver) {
    let file = "/etc/matrixform/synapse-maintenance.curl";
    assert_eq!(host.guest.run(&format!("stat -c '%U:%G %a' {file}")), "root:root 600\n");
    assert!(host.guest.run("cat /etc/cron.d/matrixform-purge").contains("# every minute\n"));
    // The token is older than a session, and the real cron runs the job.
    let age = host.guest.run(&format!("echo $(($(date +%s) - $(stat -c %Y {file})))"));
    let age: u64 = age.trim().parse().expect("seconds");
    std::thread::sleep(Duration::from_secs(65_u64.saturating_sub(age)));
    let logged = by_cron(host);
    assert!(logged.contains("{\"deleted\":0}"), "{logged}");

    // The token expires: the job reports it and fails, the plan shows it, apply creates another.
    let ended = "update access_tokens set valid_until_ms = 1 where user_id like '@matrixform-maintenance:%' \
        or puppets_user_id like '@matrixform-maintenance:%'";
    host.sql(ended);
    host.guest.run("systemctl restart matrix-synapse");
    let (output, error, status) = host.guest.try_run("/usr/local/lib/matrixform/cron-purge");
    assert!(
        status != 0 && error.contains("401") || output.contains("401"),
        "{status} {output}{error}"
    );
    let before = host.guest.run(&format!("sha256sum {file}"));
    host.repaired("true", &[TOKEN]);
    assert_ne!(host.guest.run(&format!("sha256sum {file}")), before);
    host.guest.run("/usr/local/lib/matrixform/cron-purge");
    // Our accounts, which nobody can log in to (except that of `users`, which exists if that trial ran before). The
    // job's account has one token, whose id does not collide with Synapse's.
    let own =
        "from users where name like '@matrixform%' and name not like '@matrixform-operator:%'";
    assert_eq!(
        host.sql(&format!("select name, password_hash, admin {own}")),
        "@matrixform-maintenance:hs.test||1\n"
    );
    let tokens = host
        .sql("select count(*), max(id) < 0 from access_tokens where user_id like '@matrixform%'");
    assert_eq!(tokens, "1|t\n");
    host.repaired(&format!("rm {file}"), &[TOKEN]);
    host.repaired(&format!("chmod 644 {file}"), &[TOKEN]);
    host.repaired("rm /etc/cron.d/matrixform-purge", &["cron:matrixform-purge"]);
    let seen = host.guest.run(
        "ps -eo args; cat /proc/*/environ 2>/dev/null | tr '\\0' '\\n'; journalctl --no-pager",
    );
    let token = host.guest.run(&format!("sed 's/.*Bearer \\(.*\\)\"/\\1/' {file}"));
    assert!(!seen.contains(token.trim()), "the token stands in no argument, environment or log");
}

/// While Synapse is down, another user of the host takes its port: the token is not sent there.
pub(super) fn the_token_is_sent_only_to_synapse(host: &Homeserver) {
    host.guest.run(
        "systemctl stop matrix-synapse
        systemd-run -q --unit port-thief -p User=nobody -p Type=exec -p StandardOutput=file:/tmp/stolen \
            python3 -u -c 'import http.server as s
class H(s.BaseHTTPRequestHandler):
    def do_GET(self): print(self.path, self.headers, flush=True); self.send_error(401)
    do_POST = do_PUT = do_GET
s.HTTPServer((\"127.0.0.1\", 8008), H).serve_forever()'
        for _ in $(seq 100); do ! ss -Hltn 'sport = :8008' | grep -q . || break; sleep 0.1; done",
    );
    let (_, error, status) = host.guest.try_run("/usr/local/lib/matrixform/cron-purge");
    assert!(status == 1 && error.contains("is held by user 65534"), "{status} {error}");
    let ran = host.guest.on("plan", &host.spec, &[]);
    assert!(ran.stdout.contains("port 8008 is used by a user other than matrix-synapse"), "{ran}");
    let stolen = host.guest.run("systemctl stop port-thief; cat /tmp/stolen; rm /tmp/stolen");
    assert!(!stolen.to_ascii_lowercase().contains("bearer"), "{stolen}");
    host.guest.run(
        "systemctl start matrix-synapse
        until curl -qfs -o /dev/null http://127.0.0.1:8008/health; do sleep 0.2; done
        /usr/local/lib/matrixform/cron-purge",
    );
    assert!(host.guest.planned(&host.spec).is_empty());
}

pub(super) fn the_purge_needs_no_passwords(host: &Homeserver) {
    let text = spec_with(
        "[tls]",
        "[[accept]]\nid = \"MF110\"\nreason = \"a trial\"\n\n[synapse.passwords]\nlogin = false\n\n[tls]",
    );
    let spec = host.spec("no-passwords.toml", &text);
    host.guest.run("rm /etc/matrixform/synapse-maintenance.curl");
    host.guest.apply(&spec);
    let flows = host.asks("GET", "/_matrix/client/v3/login", None, &serde_json::Value::Null);
    assert!(!flows.to_string().contains("m.login.password"), "{flows}");
    let logged = by_cron(host);
    assert!(logged.contains("{\"deleted\":0}"), "{logged}");
    host.guest.apply(&host.spec);
    host.settles("with passwords again");
}

/// An account of this name that somebody else uses stays theirs, and does not become an admin.
pub(super) fn accounts_of_other_users_get_no_rights(host: &Homeserver) {
    let account = "where name like '@matrixform-maintenance:%'";
    // Users who log in through LDAP or a module only have devices.
    let device = "insert into devices (user_id, device_id) select name, 'THEIRS' from users";
    for (theirs, undone) in [
        (
            format!("update users set password_hash = 'x' {account}"),
            format!("update users set password_hash = null {account}"),
        ),
        (
            format!("{device} {account}"),
            "delete from devices where device_id = 'THEIRS'".to_owned(),
        ),
    ] {
        host.sql(&format!("update users set admin = 0 {account}"));
        host.sql(&theirs);
        host.guest.run("rm -f /etc/matrixform/synapse-maintenance.curl");
        let ran = host.guest.on("apply", &host.spec, &["--yes"]);
        assert!(ran.status != 0 && ran.stderr.contains("is somebody's account"), "{ran}");
        assert_eq!(host.sql(&format!("select admin from users {account}")), "0\n");
        host.sql(&undone);
    }
    host.sql(&format!("update users set admin = 1 {account}"));
    host.guest.run("systemctl restart matrix-synapse");
    host.repaired("true", &[TOKEN]);
}
