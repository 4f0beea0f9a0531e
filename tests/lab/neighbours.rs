//! Existing services on a host before the first apply: they are reported, and continue to answer afterwards.

use crate::guest::{Guest, Ran};
use crate::noble_like::FRONT;
use crate::timing;
use libtest_mimic::Trial;
use std::path::{Path, PathBuf};

/// The trials of this file.
pub(crate) fn trials() -> Vec<Trial> {
    vec![timing::trial("neighbours::existing_services_keep_working", || {
        existing_services_keep_working();
        Ok(())
    })]
}

struct Host {
    guest: Guest,
}

/// A foreign web site on port 80.
const CLUB: &str = "mkdir -p /var/www/club && echo club >/var/www/club/index.html
    printf 'server {\\n    listen 80;\\n    server_name club.example example.org;\\n    root /var/www/club;\\n}\\n' >/etc/nginx/sites-enabled/club
    nginx -t -q && systemctl reload nginx && sleep 0.3";

/// A foreign web server on port 443.
const OTHER: &str = "import socket
s = socket.create_server((\"0.0.0.0\", 443))
while True:
    c, _ = s.accept()
    c.recv(999)
    c.send(b\"HTTP/1.0 200 OK\\r\\n\\r\\nclub\\n\")
    c.close()";

impl Host {
    fn spec(&self, name: &str, nginx: &str, more: &str) -> PathBuf {
        let front = FRONT.replace("[nginx]\n", &format!("[nginx]\n{nginx}\n"));
        self.guest.spec(name, "user = \"root\"", &format!("{front}\n[postgres]\n{more}\n"))
    }

    /// Apply is refused with these words, before anything is written to the host.
    fn refused(&self, spec: &Path, words: &[&str]) -> Ran {
        let planned = self.guest.on("plan", spec, &[]);
        assert_eq!(planned.status, 0, "{planned}");
        let ran = self.guest.on("apply", spec, &["--yes"]);
        assert_eq!(ran.status, 1, "{ran}");
        for word in words {
            assert!(planned.stdout.contains(word), "{word}: {planned}");
            assert!(ran.stderr.contains(word), "{word}: {ran}");
        }
        self.guest.run("[ ! -e /etc/nginx/conf.d/matrixform.conf ] && [ ! -e /etc/matrixform ]");
        ran
    }

    fn answers(&self, name: &str) -> String {
        let url = format!(
            "curl -q -sS -o /dev/null -w '%{{http_code}}' -H 'Host: {name}' http://127.0.0.1/"
        );
        self.guest.run(&url)
    }
}

fn existing_services_keep_working() {
    let host = Host { guest: Guest::blank("t-beside", "trixie") };
    let guest = &host.guest;
    guest.run("apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install nginx postgresql curl >/dev/null 2>&1");
    let spec = host.spec("front.toml", "", "");

    guest.run(CLUB);
    assert_eq!(host.answers("example.org"), "200");
    let taken = "/etc/nginx/sites-enabled/club:3: server_name example.org, port 80";
    host.refused(
        &spec,
        &["nginx on this host already serves one of the spec's names (MF120)", taken],
    );
    assert_eq!(host.answers("example.org"), "200");
    let accept = "\n[[accept]]\nid = \"MF120\"\nreason = \"the club moves\"\n";
    let accepted = guest.on("plan", &host.spec("accepted.toml", "", accept), &[]);
    let note = "(MF120): accepted, the club moves";
    assert!(accepted.stdout.contains(note) && accepted.stdout.contains(taken), "{accepted}");
    assert!(!accepted.stderr.contains("no longer needed"), "{accepted}");
    guest.run("sed -i 's/ example.org//' /etc/nginx/sites-enabled/club && systemctl reload nginx");

    // Foreign default servers, wherever they are configured.
    guest.run("sed 's/# *server_tokens.*//; s/root .*/root \\/var\\/www\\/club;/' /etc/nginx/sites-available/default >/root/d
        rm /etc/nginx/sites-enabled/default; cp /root/d /etc/nginx/sites-enabled/default; systemctl reload nginx; sleep 0.3");
    host.refused(
        &spec,
        &[
            "the default site on this host was edited",
            "/etc/nginx/sites-enabled/default",
            "default_server = false",
        ],
    );
    guest.run("mv /etc/nginx/sites-enabled/default /etc/nginx/sites-enabled/main && systemctl reload nginx");
    let default = "/etc/nginx/sites-enabled/main:22: listen 80 default_server";
    host.refused(
        &spec,
        &["another server block already handles unknown names on this port (MF121)", default],
    );
    assert_eq!(host.answers("unknown.example"), "200");

    // Another program on a port, and a configuration that would not include our files.
    guest.run(&format!("systemd-run -q --unit other-web python3 -c '{OTHER}' && sleep 0.5"));
    let shared = host.spec("shared.toml", "default_server = false", "");
    host.refused(
        &shared,
        &[
            "another program listens on a port that nginx needs (MF123)",
            "port 443: python3 (pid ",
            "other-web.service)",
        ],
    );
    assert_eq!(guest.run("curl -sS http://127.0.0.1:443/"), "club\n");
    guest.run("systemctl stop other-web; sed -i '/conf\\.d/d' /etc/nginx/nginx.conf && systemctl reload nginx");
    host.refused(
        &shared,
        &[
            "does not include a file that matrixform writes (MF124)",
            "`include /etc/nginx/conf.d/*.conf;`",
        ],
    );
    guest.run("sed -i 's/^http {/&\\n    include \\/etc\\/nginx\\/conf.d\\/*.conf;/' /etc/nginx/nginx.conf && systemctl reload nginx");

    // A foreign database: it is reported, and an accepted or declared one does not stop the run.
    guest.run("cd / && runuser -u postgres -- psql -qc \"create role bob login password 'x'\" -c 'create database blog owner bob'
        cd /etc/postgresql/17/main && echo 'host blog bob 127.0.0.1/32 scram-sha-256' >>pg_hba.conf
        echo 'host all all 10.0.0.0/8 ldap ldapserver=x ldapbasedn=y ldapbinddn=z ldapbindpasswd=hushhush' >>pg_hba.conf
        echo \"listen_addresses = '*'\" >>postgresql.conf && systemctl restart postgresql@17-main");
    let planned = guest.on("plan", &shared, &[]);
    let risks = planned.stdout.split_whitespace().collect::<Vec<&str>>().join(" ");
    for words in [
        "clients that use them refused (MF126): /etc/postgresql/17/main/pg_hba.conf:",
        "host blog bob 127.0.0.1/32 scram-sha-256",
        "ldapbindpasswd=…",
        "database blog of bob",
        "listen_addresses = *, here 127.0.0.1",
        "`[[postgres.access]]`",
    ] {
        assert!(risks.contains(words), "{words}: {planned}");
    }
    assert!(!planned.stdout.contains("hushhush"), "{planned}");

    let access =
        "[[postgres.access]]\ndatabase = \"blog\"\nrole = \"bob\"\nfrom = \"127.0.0.1/32\"\n";
    let applied = guest.apply(&host.spec("whole.toml", "default_server = false", access));
    assert!(!applied.stdout.contains("MF127"), "{applied}");
    for name in ["club.example", "unknown.example"] {
        assert_eq!(host.answers(name), "200", "{name}");
    }
    let blog = "PGPASSWORD=x psql -h 127.0.0.1 -U bob -XAtc 'select 1' blog";
    assert_eq!(guest.run(blog), "1\n");
    guest.run("nginx -T 2>/dev/null | grep -q 'server_name example.org;'");
    guest.down();
}
