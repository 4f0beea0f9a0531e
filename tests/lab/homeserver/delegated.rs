//! An authentication service beside Synapse: it handles logins, and Synapse asks it about tokens.

use super::host::{Homeserver, spec_with};
use serde_json::{Value, json};
use std::io::Write;
use std::process::Stdio;

/// A stand-in for the service, as far as Synapse and a client use it.
const SERVICE: &str = include_str!("service.py");

fn text() -> String {
    let routes = ["login", "logout", "refresh"].map(|word| {
        format!("[[nginx.extra_routes]]\nsite = \"matrix.hs.test\"\npath = \"/_matrix/client/*/{word}\"\nto = \"127.0.0.1:8090\"\n")
    });
    let text = spec_with(
        "[synapse.sessions]\nlifetime = \"1m\"\n",
        "[synapse.passwords]\nlogin = false\n",
    );
    let text = text.split("[[cron]]").next().expect("what is before the job").replace(
        "[tls]",
        "[synapse.extra.matrix_authentication_service]\nenabled = true\nendpoint = \"http://127.0.0.1:8090\"\n\
         secret = { secret = \"mas/shared\" }\n\n[tls]",
    );
    text.replace("registration.mode = \"token\"\n", "") + &routes.concat()
}

pub(super) fn another_service_logs_users_in(host: &Homeserver) {
    // A different secret on each host: other trials search all arguments for the secrets of theirs.
    let secret = format!("a-secret-that-both-know-{}", host.guest.name);
    let spec = host.spec("delegated.toml", &text());
    let name = spec.to_str().expect("a UTF-8 path");
    let mut set = host.guest.command();
    set.args(["secrets", "set", name, "mas/shared"]).stdin(Stdio::piped());
    let mut set = set.spawn().expect("matrixform can be run");
    set.stdin.take().expect("a pipe").write_all(secret.as_bytes()).expect("the secret");
    assert!(set.wait().expect("it ends").success());
    // Synapse is first: nginx does not wait for a service that does not exist yet.
    host.guest.apply(&spec);
    let who = "/_matrix/client/v3/account/whoami";
    assert_eq!(host.ask("GET", who, Some("good"), b"").0, 503);
    host.guest.run(&format!(
        "cat >/root/service.py <<'END'\n{SERVICE}\nEND\n(umask 077; printf %s {secret} >/root/service.secret)\n\
         systemd-run -q --unit auth-service python3 /root/service.py /root/service.secret"
    ));
    let mas = format!(
        "curl -qsS --noproxy '*' -w '\\n%{{http_code}}' -H 'Authorization: Bearer {secret}' --json '{}' \
         http://127.0.0.1:8008/_synapse/mas/provision_user",
        json!({"localpart": "ada"})
    );
    let answer = host.guest.run(&mas);
    assert!(answer.ends_with("201") || answer.ends_with("200"), "{answer}");
    assert_eq!(host.asks("GET", who, Some("good"), &Value::Null)["user_id"], "@ada:hs.test");
    assert_eq!(host.ask("GET", who, Some("bad"), b"").0, 401);
    for path in [
        "/_matrix/client/v3/login",
        "/_matrix/client/r0/login",
        "/_matrix/client/v3/login/sso/redirect?redirectUrl=x",
        "/_matrix/client/v3/logout",
        "/_matrix/client/v3/logout/all",
        "/_matrix/client/unstable/refresh",
    ] {
        let (status, body) = host.ask("POST", path, None, b"{}");
        let body = String::from_utf8_lossy(&body).into_owned();
        assert_eq!((status, body), (200, format!("the service got POST {path}")));
    }
    assert!(host.guest.planned(&spec).is_empty());
    // `check` reports at the line what Synapse would refuse.
    let wrong = host.spec("wrong.toml", &text().replace("login = false", "login = true"));
    let ran = host.guest.on("check", &wrong, &[]);
    assert!(
        ran.status == 1 && ran.stdout.contains("MF066") && ran.stdout.contains("login = true"),
        "{ran}"
    );
    host.guest.run("systemctl stop auth-service; rm /root/service.py /root/service.secret");
    host.guest.apply(&host.spec);
    host.settles("without the service");
}
