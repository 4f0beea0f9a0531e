//! `matrixform users` and `invite` on a real homeserver, with their effects for clients.

use super::host::Homeserver;
use super::talk::{PASSWORD, with_password};
use crate::guest::Ran;
use serde_json::Value;
use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

const LOGIN: &str = "/_matrix/client/v3/login";
const OPERATOR: &str = "@matrixform-operator:hs.test";

pub(super) fn good(host: &Homeserver, words: &[&str], names: &[&str], input: &str) -> Ran {
    let ran = host.on_accounts(words, names, input);
    assert_eq!(ran.status, 0, "{words:?}: {ran}");
    ran
}

pub(super) fn refused(host: &Homeserver, words: &[&str], names: &[&str], why: &str) -> Ran {
    let ran = host.on_accounts(words, names, PASSWORD);
    assert!(ran.status == 1 && ran.stderr.contains(why), "{words:?}, {why}: {ran}");
    ran
}

pub(super) fn user(host: &Homeserver, id: &str) -> Value {
    let ran = good(host, &["users", "list"], &["--format", "json"], "");
    let all: Vec<Value> = serde_json::from_str(&ran.stdout).expect("JSON");
    all.into_iter().find(|user| user["id"] == id).unwrap_or_default()
}

/// The operator's tokens in the database.
pub(super) fn tokens(host: &Homeserver) -> String {
    host.sql(&format!("select token from access_tokens where user_id = '{OPERATOR}'"))
        .trim()
        .to_owned()
}

/// A unique account name for this trial, since names cannot be reused.
pub(super) fn name(host: &Homeserver, what: &str) -> String {
    format!("{what}{}", host.sql("select count(*) from users").trim())
}

pub(super) fn accounts_are_created_changed_and_deactivated(host: &Homeserver) {
    let ada = name(host, "ada");
    let id = format!("@{ada}:hs.test");
    let file = host.guest.home.path().join(format!("{ada}.password"));
    let path = file.to_str().expect("a UTF-8 path");
    good(host, &["users", "add"], &[&ada, "--admin", "--password-to", path], "");
    assert_eq!(file.metadata().expect("a file").permissions().mode() & 0o777, 0o600);
    let first = std::fs::read_to_string(&file).expect("a password");
    let login = host.asks("POST", LOGIN, None, &with_password(&ada, first.trim()));
    assert_eq!(login["user_id"], id);
    let seen = user(host, &id);
    assert!(seen["admin"] == true && seen["state"] == "active" && seen["own"] == false, "{seen}");
    assert!(
        seen["created"].as_u64().is_some_and(|at| at > 1_700_000_000 && at < 4_000_000_000),
        "{seen}"
    );

    // Existing passwords are never changed by accident.
    refused(host, &["users", "add"], &[&ada], "already exists");
    refused(host, &["users", "add"], &[&ada, "--password-to", path], "already exists");
    assert!(file.exists(), "a file of before stays");
    host.asks("POST", LOGIN, None, &with_password(&ada, first.trim()));
    refused(host, &["users", "reset-password"], &["nobody-of-this-name"], "there is no @nobody");
    refused(host, &["users", "reset-password"], &["matrixform-operator"], "has no login");
    let short = host.on_accounts(&["users", "reset-password"], &[&ada], "short");
    assert!(short.status == 1 && short.stderr.contains("12 characters"), "{short}");

    // Sessions survive a new password, but not a logout.
    let odd = r#"a "long" pass\word, \u0041 $(id) ü"#;
    good(host, &["users", "reset-password"], &[&ada], odd);
    assert_eq!(
        host.ask("POST", LOGIN, None, with_password(&ada, first.trim()).to_string().as_bytes()).0,
        403
    );
    host.asks("POST", LOGIN, None, &with_password(&ada, odd));
    let who = "/_matrix/client/v3/account/whoami";
    let token = login["access_token"].as_str();
    assert_eq!(host.ask("GET", who, token, b"").0, 200);
    good(host, &["users", "logout"], &[&id], "");
    assert_eq!(host.ask("GET", who, token, b"").0, 401);

    // Permanent, so it must be confirmed with the full id.
    refused(host, &["users", "deactivate"], &[&ada], "--confirm");
    refused(host, &["users", "deactivate"], &[&ada, "--confirm", &ada], "the answer was not");
    assert_eq!(user(host, &id)["state"], "active");
    good(host, &["users", "deactivate"], &[&ada, "--confirm", &id], "");
    assert_eq!(user(host, &id)["state"], "deactivated");
    assert_eq!(
        host.ask("POST", LOGIN, None, with_password(&ada, odd).to_string().as_bytes()).0,
        403
    );
    refused(host, &["users", "add"], &[&ada], "its name cannot be used again");

    // The host records the operations and the operators, but no password.
    let all = host.guest.run("cat /var/lib/matrixform/history.jsonl; journalctl --no-pager -o cat; cat /var/log/postgresql/*");
    for operation in ["users add", "users reset-password", "users logout", "users deactivate"] {
        assert!(all.contains(operation), "{operation}");
    }
    assert!(all.contains(&format!("create user:{id}")), "a line of the journal");
    for secret in [first.trim(), "pass\\word", "syt_matrixform_"] {
        assert!(!all.contains(secret), "{secret} is in a log");
    }
    let account = host
        .sql(&format!("select admin, password_hash is null from users where name = '{OPERATOR}'"));
    assert_eq!((account.trim(), tokens(host).as_str()), ("1|t", ""));
}

/// A trigger created by Synapse's role that would make it a superuser if a superuser ran it.
const PLANTED: &str = "set role synapse_user;
create function planted() returns trigger language plpgsql as $$ begin
alter role synapse_user superuser; return new; exception when insufficient_privilege then return new; end $$;
create trigger planted before insert on access_tokens for each row execute function planted()";

pub(super) fn no_token_outlives_its_command(host: &Homeserver) {
    // Killed in the middle of a hundred requests.
    let mut command = host.guest.command();
    command.args(["invite", "create"]).arg(&host.spec).args(["--count", "100", "--uses", "7"]);
    let mut child =
        command.stdout(std::process::Stdio::null()).spawn().expect("matrixform can be run");
    let since = Instant::now();
    let token = loop {
        let token = tokens(host);
        if !token.is_empty()
            && host.sql("select count(*) from registration_tokens where uses_allowed = 7") != "0\n"
        {
            break token;
        }
        assert!(since.elapsed() < Duration::from_secs(60), "no invitation came about");
    };
    child.kill().expect("it runs");
    child.wait().expect("it ends");
    let who = "/_matrix/client/v3/account/whoami";
    let ended = || host.ask("GET", who, Some(&token), b"").0 == 401;
    while !ended() {
        assert!(since.elapsed() < Duration::from_secs(75), "the token still works");
        std::thread::sleep(Duration::from_millis(500));
    }
    assert_eq!(tokens(host), "");
    host.sql("delete from registration_tokens where uses_allowed = 7");

    // A trigger that Synapse's role plants in its database gains no rights from our visit.
    host.sql(PLANTED);
    good(host, &["users", "list"], &[], "");
    host.sql("drop trigger planted on access_tokens; drop function planted()");
    assert_eq!(host.sql("select usename from pg_user where usesuper"), "postgres\n");

    // An unknown schema is not written to, and a server other than Synapse gets nothing.
    let version = host.sql("select version from schema_version").trim().to_owned();
    host.sql("update schema_version set version = 9999");
    refused(host, &["users", "list"], &[], "has schema 9999");
    host.sql(&format!("update schema_version set version = {version}"));
    host.guest.run("systemctl stop matrix-synapse");
    refused(host, &["users", "list"], &[], "Synapse is not running");
    let other = "import socket,time; s=socket.socket(); s.setsockopt(1,2,1); s.bind(('127.0.0.1',8008)); s.listen(); time.sleep(99)";
    host.guest.run(&format!(
        "systemd-run -q --unit other-listener -p User=nobody python3 -c \"{other}\"
        for try in 1 2 3 4 5 6 7 8 9; do ss -Hltn 'sport = 8008' | grep -q . && break; sleep 0.3; done"
    ));
    refused(host, &["users", "list"], &[], "is not Synapse");
    host.guest.run("systemctl stop other-listener; systemctl start matrix-synapse");
    assert_eq!(tokens(host), "");
    good(host, &["users", "list"], &[], "");
}
