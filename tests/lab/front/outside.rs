//! nginx as seen from the network.

use super::host::Front;

const MATRIX: &str = "https://matrix.example.org";
const APEX: &str = "https://example.org";

pub(super) fn documents_are_right(front: &Front) {
    let expected = [
        ("server", r#"{"m.server":"matrix.example.org:8448"}"#),
        ("client", r#"{"m.homeserver":{"base_url":"https://matrix.example.org"}}"#),
        (
            "support",
            r#"{"contacts":[{"role":"m.role.admin","email_address":"abuse@example.org"}]}"#,
        ),
    ];
    for address in front.addresses() {
        for (name, body) in expected {
            let url = format!("{APEX}/.well-known/matrix/{name}");
            let answer = front.ask_at(&address, &url, &["-H", "Origin: https://app.element.io"]);
            assert_eq!(answer.status, 200, "{url}: {answer:?}");
            assert_eq!(answer.header("content-type"), ["application/json"], "{answer:?}");
            assert_eq!(answer.header("access-control-allow-origin"), ["*"], "{answer:?}");
            assert_eq!(answer.header("cache-control"), ["public, max-age=3600"], "{answer:?}");
            let json = |text: &str| serde_json::from_str::<serde_json::Value>(text).expect("JSON");
            assert_eq!(json(&answer.body), json(body));
        }
    }
}

pub(super) fn hsts_is_on_every_response(front: &Front) {
    let large = front.guest.home.path().join("large");
    std::fs::write(&large, vec![0; 3 << 20]).expect("a large file");
    let large = format!("@{}", large.display());
    let cases: [(u16, &str, &[&str]); 9] = [
        (200, "https://example.org/.well-known/matrix/server", &[]),
        (200, "https://matrix.example.org/_matrix/client/versions", &[]),
        (200, "https://matrix.example.org:8448/_matrix/federation/v1/version", &[]),
        (301, "https://example.org/", &[]),
        (404, "https://example.org/nothing", &[]),
        (404, "https://matrix.example.org/nothing", &[]),
        (405, "https://example.org/.well-known/matrix/server", &["-X", "DELETE"]),
        (413, "https://matrix.example.org/_matrix/media/v3/upload", &["--data-binary", &large]),
        (421, "https://matrix.example.org/", &["-H", "Host: other.example"]),
    ];
    for address in front.addresses() {
        for (status, url, args) in cases {
            let answer = front.ask_at(&address, url, args);
            assert_eq!(answer.status, status, "{url}: {answer:?}");
            let hsts = answer.header("strict-transport-security");
            assert_eq!(hsts, ["max-age=63072000"], "{url}, once: {answer:?}");
            assert_eq!(answer.header("server"), ["nginx"], "no version: {answer:?}");
        }
        let plain = front.ask_at(&address, "http://example.org/a?b=c", &[]);
        assert_eq!(plain.status, 301);
        assert_eq!(plain.header("location"), ["https://example.org/a?b=c"]);
        // RFC 6797, 7.2: never without TLS.
        assert!(plain.header("strict-transport-security").is_empty());
        let unknown = front.ask_at(&address, "http://other.example/", &[]);
        assert_eq!(unknown.status, 404, "{unknown:?}");
    }
}

pub(super) fn old_tls_and_unknown_names_are_refused(front: &Front) {
    let name = "matrix.example.org";
    for version in ["-tls1", "-tls1_1"] {
        let output = front.handshake(name, &[version]);
        assert!(output.contains("alert protocol version"), "{version}: {output}");
    }
    for version in ["-tls1_2", "-tls1_3"] {
        let output = front.handshake(name, &[version]);
        assert!(output.contains("Verify return code"), "{version}: {output}");
        assert!(!output.contains("Cipher is (NONE)"), "{version}: {output}");
    }
    for suites in ["DHE", "AES128-SHA:AES256-GCM-SHA384", "ECDHE-ECDSA-AES256-SHA384"] {
        let output = front.handshake(name, &["-tls1_2", "-cipher", suites]);
        assert!(output.contains("alert handshake failure"), "{suites}: {output}");
    }
    for name in ["", "other.example"] {
        let output = front.handshake(name, &[]);
        assert!(output.contains("no peer certificate available"), "`{name}`: {output}");
    }
    let output = front.handshake(name, &["-tls1_2"]);
    assert!(output.contains("TLS session ticket:").eq(&false), "no tickets: {output}");
}

pub(super) fn the_admin_api_is_out_of_reach(front: &Front) {
    let paths = [
        "/_synapse/admin/v1/server_version",
        "//_synapse/admin/v1/server_version",
        "/_synapse//admin/v1/server_version",
        "/./_synapse/admin/v1/server_version",
        "/%5fsynapse/admin/v1/server_version",
        "/_synapse%2fadmin/v1/server_version",
        "/_synapse/client/../admin/v1/server_version",
        "/_synapse/client/..%2fadmin/v1/server_version",
        "/_synapse/client/%2e%2e/admin/v1/server_version",
        "/_matrix/../_synapse/admin/v1/server_version",
        "/_matrix/..%2f_synapse/admin/v1/server_version",
        "/_matrix/%2e%2e/_synapse/admin/v1/server_version",
        "/_matrix/..;/_synapse/admin/../../../_synapse/admin/v1/server_version",
        // nginx resolves these to /_matrix/, while Synapse would read them as its admin API.
        "/_synapse/admin/v2/users/..%2f..%2f..%2f..%2f_matrix/x",
        "/_synapse/admin/v1/x/../../../../_matrix/client/versions",
        // These match both prefixes, and would only mislead a program that resolves dots.
        "/_matrix/x/..%2F..%2f_synapse/admin/../../_matrix/x",
        "/_matrix/client/%2e./x",
        "/_matrix/client/.",
        "/_synapse/replication/x",
        "/_synapse/metrics",
        "/_synapse/mas/x",
        "/metrics",
        "/health",
    ];
    for address in front.addresses() {
        for port in [443, 8448] {
            for path in paths {
                let answer = front.ask_at(&address, &format!("{MATRIX}:{port}{path}"), &[]);
                assert!([400, 404].contains(&answer.status), "{path} on {port}: {answer:?}");
                assert!(!answer.body.contains("reached"), "{path} on {port}: {answer:?}");
            }
        }
    }
    // The absolute URL in the request line, as sent to a proxy.
    let target = "https://matrix.example.org/_synapse/admin/v1/server_version";
    let answer = front.ask(MATRIX, &["--http1.1", "--request-target", target]);
    assert!(!answer.body.contains("reached"), "{answer:?}");
}

pub(super) fn requests_are_forwarded_unchanged(front: &Front) {
    for (address, from) in front.addresses().iter().zip([".1", "::1"]) {
        let path = "/_matrix/client/v3/rooms/%21a%2Fb:example.org/state?x=%20";
        let args = ["-H", "X-Forwarded-For: 192.0.2.1", "-H", "X-Forwarded-Proto: http"];
        let answer = front.ask_at(address, &format!("{MATRIX}{path}"), &args);
        let line = |name: &str| {
            let lines = answer.body.lines();
            let of = lines.filter_map(|line| line.split_once(": "));
            of.filter(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value).collect()
        };
        let (seen, scheme, host): (Vec<&str>, Vec<&str>, Vec<&str>) =
            (line("X-Forwarded-For"), line("X-Forwarded-Proto"), line("Host"));
        assert!(answer.body.contains(&format!("GET {path} HTTP/1.1")), "{answer:?}");
        assert!(matches!(seen.as_slice(), [one] if one.ends_with(from)), "{answer:?}");
        assert_eq!(scheme, ["https"]);
        assert_eq!(host, ["matrix.example.org:443"]);
    }
    let answer = front.ask(&format!("{MATRIX}/_synapse/client/pick_username"), &[]);
    assert_eq!(answer.status, 200, "{answer:?}");
}

pub(super) fn limits_answer_with_matrix_errors(front: &Front) {
    let large = front.guest.home.path().join("larger");
    std::fs::write(&large, vec![0; (2 << 20) + 1]).expect("a large file");
    let upload = format!("{MATRIX}/_matrix/media/v3/upload");
    let data = format!("@{}", large.display());
    let refused = front.ask(&upload, &["--data-binary", &data]);
    assert_eq!(refused.status, 413, "{refused:?}");
    assert!(refused.body.contains("M_TOO_LARGE"), "{refused:?}");
    assert_eq!(refused.header("access-control-allow-origin"), ["*"]);
    std::fs::write(&large, vec![0; 2 << 20]).expect("a large file");
    assert_eq!(front.ask(&upload, &["--data-binary", &data]).status, 200, "exactly the limit");

    let login = format!("{MATRIX}/_matrix/client/v3/login");
    let post = || front.ask(&login, &["--data", "{}"]);
    let answers: Vec<_> = (0..6).map(|_| post()).collect();
    let refused = answers.iter().find(|answer| answer.status == 429).expect("a limit");
    assert!(refused.body.contains("M_LIMIT_EXCEEDED"), "{refused:?}");
    assert_eq!(refused.header("access-control-allow-origin"), ["*"]);
    assert_eq!(refused.header("strict-transport-security"), ["max-age=63072000"]);
    assert_eq!(front.ask(&login, &[]).status, 200, "asking for the flows is no login");
    // Two addresses in one /64 count as one client.
    let spent = "for one in 1 2 3 4 5 6; do
            ip -6 address replace fd00:9::$one/128 dev lo nodad
            curl -skg -o /dev/null -w '%{http_code}\\n' --interface fd00:9::$one --data '{}' \
                --resolve 'matrix.example.org:443:[fd00:9::1]' \
                https://matrix.example.org/_matrix/client/v3/login
            ip -6 address del fd00:9::$one/128 dev lo 2>/dev/null
            ip -6 address replace fd00:9::1/128 dev lo nodad
        done; ip -6 address del fd00:9::1/128 dev lo";
    let codes = front.guest.run(spent);
    assert!(codes.contains("200") && codes.contains("429"), "{codes}");
}

pub(super) fn the_log_keeps_no_tokens(front: &Front) {
    front.ask(&format!("{MATRIX}/_matrix/client/v3/a%2Fb?access_token=hunter2"), &[]);
    let log = front.guest.run("tail -n 1 /var/log/nginx/access.log");
    assert!(log.contains("GET /_matrix/client/v3/a%2Fb HTTP"), "{log}");
    assert!(!log.contains("hunter2"), "{log}");
}
