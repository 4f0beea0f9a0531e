//! nginx over time: drift, foreign sites, renewals, refused changes.

use super::host::{Front, spec_with};
use std::path::PathBuf;

const UNIT: &str = "systemctl show -p InvocationID -p ActiveEnterTimestamp nginx.service";

pub(super) fn spec(front: &Front, file: &str, text: &str) -> PathBuf {
    front.guest.spec(file, "user = \"root\"", text)
}

/// Breaks something, expects exactly these addresses in the plan, applies, and expects none.
fn repaired(front: &Front, script: &str, expected: &[&str]) {
    front.guest.run(script);
    let mut planned = front.guest.planned(&front.spec);
    planned.sort();
    let mut expected: Vec<&str> = expected.to_vec();
    expected.sort_unstable();
    assert_eq!(planned, expected, "after: {script}");
    front.guest.apply(&front.spec);
    let left = front.guest.planned(&front.spec);
    assert!(left.is_empty(), "after: {script}\nleft: {left:?}");
}

pub(super) fn stays_unchanged(front: &Front) {
    let look = format!("{UNIT}; find /etc -newer /root/behind.py -printf '%p %T@ %C@\\n'");
    let before = front.guest.run(&look);
    let again = front.guest.apply(&front.spec);
    assert!(again.stdout.contains("no changes"), "{again}");
    assert_eq!(front.guest.run(&look), before);
}

pub(super) fn foreign_sites_stay(front: &Front) {
    front.guest.run(
        "mkdir -p /var/www/club && echo club >/var/www/club/index.html
        printf 'server { listen 80; server_name club.example; root /var/www/club; }\\n' >/etc/nginx/sites-enabled/club
        printf 'map $uri $club { default 1; }\\nssl_session_tickets on;\\n' >/etc/nginx/conf.d/club.conf
        sed -i 's/^http {/&\\n    add_header X-Club yes;/; s/# *server_tokens.*/server_tokens on;/' /etc/nginx/nginx.conf
        nginx -t -q && systemctl reload nginx",
    );
    assert!(front.guest.planned(&front.spec).is_empty(), "what is foreign is no drift");
    assert_eq!(front.ask("http://club.example/", &[]).body, "club\n");
    let ours = front.ask("https://example.org/nothing", &[]);
    assert_eq!(ours.header("server"), ["nginx"], "nginx.conf does not weaken ours: {ours:?}");
    assert_eq!(ours.header("strict-transport-security"), ["max-age=63072000"]);
    // Our next change leaves it alone, too.
    let other = spec(front, "other.toml", &spec_with("\"1r/m\"", "\"2r/m\""));
    front.guest.apply(&other);
    assert_eq!(front.ask("http://club.example/", &[]).body, "club\n");
    front.guest.run(
        "rm /etc/nginx/sites-enabled/club /etc/nginx/conf.d/club.conf
        sed -i '/X-Club/d; s/server_tokens on;/# server_tokens off;/' /etc/nginx/nginx.conf
        systemctl reload nginx",
    );
    front.guest.apply(&front.spec);
}

pub(super) fn drift_is_corrected(front: &Front) {
    let (default, service) = ("file:/etc/nginx/sites-enabled/default", "service:nginx.service");
    repaired(
        front,
        "ln -sf /etc/nginx/sites-available/default /etc/nginx/sites-enabled/default",
        &[default, service],
    );
    let headers = "file:/etc/nginx/matrixform/headers.conf";
    repaired(front, "sed -i s/63072000/1/ /etc/nginx/matrixform/headers.conf", &[headers, service]);
    repaired(
        front,
        "chmod 0644 /etc/ssl/matrixform/front.key",
        &["certificate:/etc/ssl/matrixform/front", service],
    );
    repaired(
        front,
        "echo '{}' >/etc/matrixform/well-known/server.json",
        &["file:/etc/matrixform/well-known/server.json"],
    );
    repaired(front, "systemctl stop nginx", &[service]);
    repaired(front, "systemctl disable nginx", &[service]);
    // Edited and edited back: it runs with the files on disk.
    let before = front.guest.run(UNIT);
    let edited = "cp -p /etc/nginx/matrixform/headers.conf /root/h; echo >>/root/h; cp /root/h /etc/nginx/matrixform/headers.conf; systemctl reload nginx";
    repaired(front, edited, &[headers, service]);
    assert_eq!(front.guest.run(UNIT), before, "a reload is enough");
    repaired(
        front,
        "echo 'server { listen 443; }' >/etc/nginx/matrixform/stray.conf",
        &["directory:/etc/nginx/matrixform"],
    );
}

pub(super) fn certificates_are_renewed(front: &Front) {
    let certificate = "certificate:/etc/ssl/matrixform/front";
    let key = front.guest.run("sha256sum /etc/ssl/matrixform/front.key");
    let expiring = "cd /etc/ssl/matrixform && openssl req -x509 -key front.key -days 20 -subj /CN=example.org \
        -addext subjectAltName=DNS:example.org,DNS:matrix.example.org -out front.crt 2>/dev/null && systemctl reload nginx";
    repaired(front, expiring, &[certificate, "service:nginx.service"]);
    assert_eq!(front.guest.run("sha256sum /etc/ssl/matrixform/front.key"), key, "the key stays");
    let served = front.handshake("example.org", &["-showcerts"]);
    let on_disk = front.guest.run("cat /etc/ssl/matrixform/front.crt");
    let first = on_disk.lines().nth(1).expect("a certificate");
    assert!(served.contains(first), "nginx serves the new one");
    // An additional name needs another certificate.
    let text = spec_with(
        "provider = \"self-signed\"",
        "provider = \"self-signed\"\nextra_names = [\"turn.example.org\"]",
    );
    let more = spec(front, "more.toml", &text);
    let planned = front.guest.planned(&more);
    assert!(planned.iter().any(|one| one == certificate), "{planned:?}");
    front.guest.apply(&more);
    let names = front
        .guest
        .run("openssl x509 -in /etc/ssl/matrixform/front.crt -noout -ext subjectAltName");
    assert!(names.contains("DNS:turn.example.org"), "{names}");
    front.guest.apply(&front.spec);
}

pub(super) fn a_broken_set_is_refused(front: &Front) {
    // Another site claims unknown names, so ours cannot; the run is refused before any change.
    front.guest.run(
        "sed -i 's/listen 80 default_server/listen 80/; /\\[::\\]:80/d' /etc/nginx/sites-enabled/default
        echo 'server { listen 80 default_server; }' >/etc/nginx/sites-enabled/zz
        nginx -t -q && systemctl reload nginx",
    );
    let before = front.guest.run("sha256sum /etc/nginx/sites-enabled/default");
    let ran = front.guest.on("apply", &front.spec, &["--yes"]);
    assert_eq!(ran.status, 1, "{ran}");
    let named = "/etc/nginx/sites-enabled/zz:1: listen 80 default_server";
    assert!(ran.stderr.contains(named) && ran.stderr.contains("default_server = false"), "{ran}");
    assert_eq!(front.guest.run("sha256sum /etc/nginx/sites-enabled/default"), before);
    assert_eq!(front.ask("https://example.org/nothing", &[]).status, 404, "it runs on");
    // With `default_server = false` both coexist.
    let shared = spec(
        front,
        "shared.toml",
        &spec_with("federation_port = true", "federation_port = true\ndefault_server = false"),
    );
    front.guest.apply(&shared);
    front.guest.run("rm /etc/nginx/sites-enabled/zz");
    front.guest.apply(&front.spec);
    assert!(front.guest.planned(&front.spec).is_empty());
}

pub(super) fn a_taken_name_is_refused(front: &Front) {
    let digest = "sha256sum /etc/nginx/matrixform/headers.conf /etc/nginx/conf.d/matrixform.conf";
    let before = front.guest.run(digest);
    front.guest.run(
        "printf 'server { listen 443 ssl; server_name club.example\\n  matrix.example.org; return 503; }\\n' >/etc/nginx/conf.d/aa.conf",
    );
    let named = "/etc/nginx/conf.d/aa.conf: this server has the name matrix.example.org too";
    let planned = front.guest.on("plan", &front.spec, &[]);
    assert!(planned.status == 0 && planned.stderr.contains(named), "{planned}");
    let other = spec(front, "taken.toml", &spec_with("\"1r/m\"", "\"2r/m\""));
    let ran = front.guest.on("apply", &other, &["--yes"]);
    assert_eq!(ran.status, 1, "{ran}");
    let read = "/etc/nginx/conf.d/aa.conf:1: server_name matrix.example.org, port 443, and nginx reads it before ours: accepting it does not help";
    assert!(ran.stderr.contains(named) && ran.stderr.contains(read), "{ran}");
    assert_eq!(front.guest.run(digest), before);
    let url = "https://matrix.example.org/_matrix/x";
    assert_eq!(front.ask(url, &[]).status, 200, "nginx never read it");
    // A site that is read later does no harm: it is reported, and the name stays ours.
    front.guest.run("mv /etc/nginx/conf.d/aa.conf /etc/nginx/conf.d/zz.conf");
    let ran = front.guest.apply(&other);
    let warning = "the check passed with warnings";
    assert!(
        ran.stderr.contains(warning) && ran.stderr.contains("conflicting server name"),
        "{ran}"
    );
    assert_eq!(front.ask(url, &[]).status, 200);
    front.guest.run("rm /etc/nginx/conf.d/zz.conf");
    front.guest.apply(&front.spec);
}

/// The sites were already unhealthy before the run: the same failure afterwards does not count as a failed rollback.
pub(super) fn earlier_failures_do_not_fail_a_rollback(front: &Front) {
    front.guest.run(
        "printf 'server { listen 127.0.0.1:443 ssl default_server; server_name _; ssl_reject_handshake on; }\\n' \
            >/etc/nginx/conf.d/zz.conf; systemctl restart nginx",
    );
    let digest = "sha256sum /etc/nginx/matrixform/headers.conf /etc/nginx/conf.d/*.conf";
    let before = front.guest.run(digest);
    let other = spec(front, "ill.toml", &spec_with("\"1r/m\"", "\"2r/m\""));
    let ran = front.guest.on("apply", &other, &["--yes"]);
    assert_eq!(ran.status, 4, "{ran}");
    assert!(ran.stderr.contains("not healthy before either: nginx.service"), "{ran}");
    assert_eq!(front.guest.run(digest), before);
    assert_eq!(front.guest.run("ls -A /var/lib/matrixform/switch"), "", "its journal is gone");
    front.guest.run("rm /etc/nginx/conf.d/zz.conf; systemctl restart nginx");
    front.guest.apply(&other);
    front.guest.apply(&front.spec);
}

pub(super) fn a_taken_port_is_detected(front: &Front) {
    let without = spec_with("federation_port = true", "federation_port = false");
    let without = spec(front, "without.toml", &without.replace(":8448", ":443"));
    front.guest.apply(&without);
    front.guest.run(
        "systemd-run -q --unit squatter python3 -c 'import socket, time
s = socket.create_server((\"0.0.0.0\", 8448)); time.sleep(600)' && sleep 0.5",
    );
    let ran = front.guest.on("apply", &front.spec, &["--yes"]);
    assert_eq!(ran.status, 1, "{ran}");
    assert!(ran.stderr.contains("port 8448: python3 (pid "), "{ran}");
    // A program that takes the port during the switch.
    front.guest.run(
        "systemctl stop squatter; systemd-run -q --unit squatter python3 -c 'import os, socket, time
while not any(name.isdigit() for name in os.listdir(\"/var/lib/matrixform/switch\")): time.sleep(0.01)
s = socket.create_server((\"0.0.0.0\", 8448)); time.sleep(600)'; mkdir -p -m 0700 /var/lib/matrixform/switch",
    );
    // nginx -t finds nothing wrong, and the failing reload reports nothing.
    let ran = front.guest.on("apply", &front.spec, &["--yes"]);
    assert_eq!(ran.status, 4, "{ran}");
    assert!(ran.stderr.contains("does not answer on port 8448"), "{ran}");
    assert_eq!(front.ask("https://example.org/nothing", &[]).status, 404, "the rest runs on");
    let document = front.ask("https://example.org/.well-known/matrix/server", &[]);
    assert!(document.body.contains(":443"), "nobody is sent to a foreign port: {}", document.body);
    front.guest.run("nginx -t -q && systemctl restart nginx");
    assert!(front.guest.planned(&front.spec).len() > 1, "all of it stays a change");
    front.guest.run("systemctl stop squatter");
    front.guest.apply(&front.spec);
    let url = "https://matrix.example.org:8448/_matrix/x";
    assert_eq!(front.ask(url, &[]).status, 200, "and the port is ours");
}
