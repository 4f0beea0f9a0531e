//! Requests as received by programs behind nginx, by the options of a route: `strip`, `exact`, `upgrade`, and `*`.

use super::host::Front;
use std::io::{Read, Write};
use std::process::{Command, Stdio};

const SITE: &str = "https://matrix.example.org";

/// The port reached and the request target received there.
fn reached(front: &Front, path: &str) -> Option<(u16, String)> {
    let answer = front.ask(&format!("{SITE}{path}"), &[]);
    let Some(rest) = answer.body.strip_prefix("reached ") else {
        assert!([301, 400, 404].contains(&answer.status), "{path}: {answer:?}");
        return None;
    };
    let mut lines = rest.lines();
    let port = lines.next().and_then(|port| port.parse().ok()).expect("a port");
    let target = lines.next().and_then(|line| line.split(' ').nth(1)).expect("a target");
    Some((port, target.to_owned()))
}

pub(super) fn routes_reach_their_targets(front: &Front) {
    let cases: &[(&str, Option<(u16, &str)>)] = &[
        // Without the route's path, encoded as sent.
        ("/livekit/jwt/sfu/get", Some((8080, "/sfu/get"))),
        ("/livekit/jwt", Some((8080, "/"))),
        ("/livekit/jwt/", Some((8080, "/"))),
        ("/livekit/jwt?a=/x/../y", Some((8080, "/?a=/x/../y"))),
        ("/livekit/jwt/a%2Fb%20%C3%BC/%25?x=%20", Some((8080, "/a%2Fb%20%C3%BC/%25?x=%20"))),
        ("/livekit/jwt/a//b", Some((8080, "/a//b"))),
        ("/livekit/jwtx", None),
        ("/livekit/", None),
        ("/livekit/sfu/rtc?access_token=x", Some((7880, "/rtc?access_token=x"))),
        ("/livekit/sfu", None),
        // Nothing escapes its route, and no target looks like a host name.
        ("/livekit/jwt//evil.example/x", None),
        ("/livekit/jwt/%2fevil.example/x", None),
        ("/livekit/jwt/%2Fevil.example/x", None),
        ("/livekit/jwt/\\evil.example/x", None),
        ("/livekit/jwt/%5cevil.example/x", None),
        ("/livekit//jwt/x", None),
        ("/livekit/jwt/../sfu/x", None),
        ("/livekit/jwt/%2e%2e/sfu/x", None),
        ("/livekit/jwt/..%2fsfu/x", None),
        ("/livekit/%6awt/x", None),
        ("/livekit%2fjwt/x", None),
        ("/livekit/jwt%2fx", None),
        // A short path for Synapse does not expose endpoints that must stay internal.
        ("/short/_matrix/client/versions", Some((8008, "/_matrix/client/versions"))),
        ("/short/_synapse/admin/v1/server_version", None),
        ("/short/%5fsynapse/admin/v1/server_version", None),
        ("/short/_synapse%2fadmin/v1/server_version", None),
        ("/short/_synapse//admin/v1/server_version", None),
        ("/short/x/../_synapse/admin/v1/server_version", None),
        ("/short/_synapse/metrics", None),
        // Nor does `*` before it, which matches one segment in any encoding.
        ("/any/x/_matrix/client/versions", Some((8008, "/_matrix/client/versions"))),
        ("/any/x%20y/_matrix/a%2Fb", Some((8008, "/_matrix/a%2Fb"))),
        ("/any/x/_synapse/client/x", Some((8008, "/_synapse/client/x"))),
        ("/any/x/_synapse/admin/v1/users", None),
        ("/any/a%2Fb/_synapse/admin/v1/users", None),
        ("/any/a%2fb/_matrix/client/versions", None),
        ("/any/%3F/_synapse/admin/v1/users", None),
        ("/any/%3f/_matrix/client/versions", None),
        ("/any/a%5Cb/_matrix/client/versions", None),
        ("/any/x/%5Fs%79napse/%61dmin/v1/users", None),
        ("/any/x/_synapse%2Fadmin/v1/users", None),
        ("/any/x/_synapse//admin/v1/users", None),
        ("/any/x//_synapse/admin/v1/users", None),
        ("/any//x/_synapse/admin/v1/users", None),
        ("/any/x/y/../_synapse/admin/v1/users", None),
        ("/any/x/_synapse/replication/x", None),
        ("/any/x/_synapse/%6Detrics", None),
        // Nor does `*` in its place.
        ("/_synapse/x/v1", Some((8008, "/_synapse/x/v1"))),
        ("/_synapse/admin/v1", None),
        ("/_synapse%2Fadmin/v1", None),
        ("/%5Fsynapse%2fadmin/v1", None),
        ("/_synapse//admin/v1", None),
        ("//_synapse/admin/v1", None),
        ("/%5Fsynapse/%61dmin/v1", None),
        ("/_synapse/%61dmin/v1", None),
        ("/_synapse/metrics/v1", None),
        ("/x/../_synapse/admin/v1", None),
        // Only the start page.
        ("/", Some((8090, "/"))),
        ("/index.html", None),
        // Any single segment.
        ("/_matrix/client/v3/login", Some((8090, "/_matrix/client/v3/login"))),
        ("/_matrix/client/r0/login?x=1", Some((8090, "/_matrix/client/r0/login?x=1"))),
        (
            "/_matrix/client/v3/login/sso/redirect",
            Some((8090, "/_matrix/client/v3/login/sso/redirect")),
        ),
        ("/_matrix/client/unstable/refresh", Some((8090, "/_matrix/client/unstable/refresh"))),
        ("/_matrix/client/v3/refresh/x", Some((8008, "/_matrix/client/v3/refresh/x"))),
        ("/_matrix/client/v3/loginx", Some((8008, "/_matrix/client/v3/loginx"))),
        ("/_matrix/client/v3/rooms/login", Some((8008, "/_matrix/client/v3/rooms/login"))),
        ("/_matrix/client/versions", Some((8008, "/_matrix/client/versions"))),
        // An exact path, and a segment that begins with a dot.
        ("/ping", Some((8090, "/ping"))),
        ("/ping?x", Some((8090, "/ping?x"))),
        ("/ping/", None),
        ("/pingx", None),
        ("/.well-known/acme-challenge/a-b_C", Some((8402, "/.well-known/acme-challenge/a-b_C"))),
        ("/.well-known/acme-challenge/../x", None),
        ("/.well-known/acme-challengx/a", None),
    ];
    for (path, expected) in cases {
        let got = reached(front, path);
        assert_eq!(got, expected.map(|(port, target)| (port, target.to_owned())), "{path}");
    }
}

/// A hand-made WebSocket over TLS: the head of the response, and the echo.
fn socket(front: &Front, path: &str, upgrade: &str) -> String {
    let mut child = Command::new("openssl")
        .args(["s_client", "-quiet", "-servername", "matrix.example.org", "-alpn", "http/1.1"])
        .args(["-connect", &format!("{}:443", front.guest.get("ADDRESS4"))])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("openssl can be run");
    let mut input = child.stdin.take().expect("its input");
    let head = format!(
        "GET {path} HTTP/1.1\r\nHost: matrix.example.org\r\nConnection: Upgrade\r\nUpgrade: {upgrade}\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    );
    let mask = [7u8, 1, 9, 3];
    let hidden = b"hello".iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask);
    let frame: Vec<u8> = [0x81, 0x85].into_iter().chain(mask).chain(hidden).collect();
    input.write_all(head.as_bytes()).expect("a request");
    input.write_all(&frame).expect("a frame");
    let mut output = child.stdout.take().expect("its output");
    let mut seen = Vec::new();
    let mut more = [0; 4096];
    while !String::from_utf8_lossy(&seen).contains("hello") {
        match output.read(&mut more).expect("an answer") {
            0 => break,
            read => seen.extend_from_slice(more.get(..read).unwrap_or_default()),
        }
        if String::from_utf8_lossy(&seen).contains("HTTP/1.1 200") {
            break;
        }
    }
    drop(input);
    let _ = child.kill();
    let _ = child.wait();
    String::from_utf8_lossy(&seen).into_owned()
}

pub(super) fn connections_are_upgraded_only_where_declared(front: &Front) {
    let seen = socket(front, "/livekit/sfu/rtc", "websocket");
    assert!(seen.starts_with("HTTP/1.1 101 "), "{seen}");
    // The value that RFC 6455 gives for this key.
    assert!(seen.contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), "{seen}");
    assert!(seen.contains("X-Target: /rtc\r\n") && seen.contains("sent back: hello"), "{seen}");
    // On other routes, and for other protocols, the program gets no request.
    for (path, upgrade) in [("/livekit/jwt/x", "websocket"), ("/livekit/sfu/rtc", "h2c")] {
        let seen = socket(front, path, upgrade);
        let lower = seen.to_lowercase();
        assert!(seen.starts_with("HTTP/1.1 200 "), "{path}: {seen}");
        assert!(!lower.contains("upgrade: ") && !lower.contains("connection: upgrade"), "{seen}");
    }
}
