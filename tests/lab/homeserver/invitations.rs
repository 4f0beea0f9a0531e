//! Invitations as used by a third-party client.

use super::accounts::{good, name, refused, user};
use super::client;
use super::host::{Homeserver, spec_with};
use serde_json::{Value, json};

fn invitation(host: &Homeserver, token: &str) -> Value {
    let ran = good(host, &["invite", "list"], &["--format", "json"], "");
    let all: Vec<Value> = serde_json::from_str(&ran.stdout).expect("JSON");
    all.into_iter().find(|one| one["token"] == token).unwrap_or_default()
}

pub(super) fn are_used_once(host: &Homeserver) {
    let closed = host.spec(
        "closed.toml",
        &spec_with("registration.mode = \"token\"", "registration.mode = \"closed\""),
    );
    let ran = host.guest.matrixform(&["invite", "create", closed.to_str().expect("a UTF-8 path")]);
    assert!(
        ran.status == 1
            && ran.stderr.contains("closed.toml:")
            && ran.stderr.contains("mode = \"closed\""),
        "{ran}"
    );

    let made = good(host, &["invite", "create"], &["--count", "3", "--expires", "1h"], "");
    let tokens: Vec<&str> = made.stdout.lines().collect();
    let [used, ended, revoked] = tokens.as_slice() else { panic!("{made}") };
    assert!(made.stderr.contains("Element X cannot register"), "{made}");
    let new = invitation(host, used);
    assert_eq!(
        (&new["uses"], &new["pending"], &new["completed"]),
        (&1.into(), &0.into(), &0.into())
    );

    let guest = name(host, "guest");
    let came = client::register(host, &guest, used);
    assert_eq!(came, json!({"user": format!("@{guest}:hs.test"), "read": "hello"}));
    assert_eq!(user(host, &format!("@{guest}:hs.test"))["admin"], false);
    let counts = |token: &str| {
        let one = invitation(host, token);
        (one["pending"].as_u64(), one["completed"].as_u64())
    };
    assert_eq!(counts(used), (Some(0), Some(1)));
    let refuse = |token: &str, why: &str| {
        let came = client::register(host, &name(host, "nobody"), token);
        assert_eq!(came["refused"], "M_UNAUTHORIZED", "{why}: {came}");
    };
    refuse(used, "used already");
    host.sql(&format!("update registration_tokens set expiry_time = 1000 where token = '{ended}'"));
    refuse(ended, "expired");
    good(host, &["invite", "revoke"], &[&revoked[..6]], "");
    refuse(revoked, "revoked");
    refused(host, &["invite", "revoke"], &[revoked], "no invitation");
    // Refused attempts are not counted.
    assert_eq!((counts(used), counts(ended)), ((Some(0), Some(1)), (Some(0), Some(0))));
    let listed = good(host, &["invite", "list"], &[], "").stdout;
    let state =
        |token: &str| listed.lines().find(|line| line.starts_with(token)).unwrap_or_default();
    assert!(state(used).ends_with("used up") && state(ended).ends_with("expired"), "{listed}");
    assert!(!listed.contains(revoked), "{listed}");
    for token in [used, ended] {
        good(host, &["invite", "revoke"], &[token], "");
    }
    // Only the beginning of a token is recorded.
    let kept = host
        .guest
        .run("cat /var/lib/matrixform/history.jsonl; journalctl --no-pager -o cat -t matrixform");
    assert!(kept.contains(&format!("invitation:{}…", &used[..4])), "{kept}");
    for token in tokens {
        assert!(!kept.contains(&token[..6]), "{token}");
    }
}
