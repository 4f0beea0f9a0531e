//! `users` and `invite` without a homeserver: refusals and their places. The lab covers the rest.

use crate::host::{Host, Ran, run};
use crate::screen::converse;
use std::io::{ErrorKind, Read};
use std::net::TcpListener;

/// A host without a database cluster, with a spec of a homeserver on this port.
fn homeserver(port: u16, lines: &str) -> Host {
    let host = Host::new();
    host.machine.run("rm -rf /etc/postgresql");
    host.spec(&format!(
        "[postgres]\n[synapse]\nserver_name = \"example.org\"\nsource = \"pypi\"\nport = {port}\n{lines}"
    ));
    host
}

fn refused(host: &Host, args: &[&str], why: &str) -> Ran {
    let ran = host.matrixform(args);
    assert!(ran.status == 1 && ran.stderr.contains(why), "{args:?}, {why}: {ran}");
    ran
}

/// A port without a listener.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

#[test]
fn a_spec_is_never_taken_for_a_user_name() {
    let host = Host::new();
    host.write("inventory/prod.toml", "[host]\naddress = \"127.0.0.1\"\n");
    for args in [
        ["users", "add", "prod.toml"].as_slice(),
        &["users", "logout", "inventory/prod.toml"],
        &["users", "reset-password", "inventory/prod.toml"],
        &["users", "deactivate", "prod.toml"],
        &["invite", "revoke", "prod.toml"],
    ] {
        let ran = host.matrixform(args);
        assert!(ran.status == 64 && ran.stderr.contains("is a spec; the "), "{args:?}: {ran}");
    }
    // Without a spec argument, the only spec of the inventory is used.
    for args in [["users", "add", "ada"], ["invite", "revoke", "abcd"]] {
        let mut command = host.command(&args);
        let ran = run(command.env("MATRIXFORM_SPEC", "elsewhere.toml"));
        assert!(ran.stderr.contains("elsewhere.toml"), "{args:?}: {ran}");
        let ran = host.matrixform(&args);
        assert!(ran.stderr.contains("127.0.0.1"), "{args:?}: {ran}");
    }
}

#[test]
fn invitations_need_registration_by_token() {
    let host = homeserver(free_port(), "registration.mode = \"closed\"\n");
    let ran = refused(&host, &["invite", "create", "prod.toml"], "registration is closed");
    assert!(ran.stderr.contains("prod.toml:9:21"), "{ran}");
    // When the mode is not set, the message points to the section.
    let host = homeserver(free_port(), "");
    let ran = refused(&host, &["invite", "create", "prod.toml"], "registration is closed");
    assert!(ran.stderr.contains("prod.toml:5:") && ran.stderr.contains("users add"), "{ran}");
    for wrong in [["--expires", "7"], ["--expires", "1s"], ["--count", "0"], ["--uses", "0"]] {
        let ran = host.matrixform(&["invite", "create", "prod.toml", wrong[0], wrong[1]]);
        assert_eq!(ran.status, 64, "{ran}");
    }
}

#[test]
fn no_token_is_sent_to_other_programs() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let host = homeserver(listener.local_addr().unwrap().port(), "");
    refused(&host, &["users", "list", "prod.toml"], "is not Synapse: it runs as user 0");
    // A run with remembered facts gives the same result.
    refused(&host, &["users", "list", "prod.toml"], "is not Synapse");
    match listener.accept() {
        Err(problem) => assert_eq!(problem.kind(), ErrorKind::WouldBlock),
        Ok((mut stream, _)) => {
            let mut request = String::new();
            stream.read_to_string(&mut request).unwrap();
            panic!("it was sent {request:?}");
        }
    }
    drop(listener);
    refused(&host, &["users", "list", "prod.toml"], "Synapse is not running");
}

#[test]
fn invalid_requests_are_refused_before_any_question() {
    let host = homeserver(free_port(), "");
    let generate = ["users", "add", "prod.toml", "ada", "--generate"];
    let ran = refused(&host, &generate, "is shown only in a terminal");
    assert!(ran.stderr.contains("--password-to"), "{ran}");
    let ran = refused(&host, &["users", "add", "prod.toml", "Ada"], "lowercase letters");
    assert!(ran.stderr.contains("write `ada`"), "{ran}");
    refused(
        &host,
        &["users", "logout", "prod.toml", "@ada:other.org"],
        "it is a user of other.org",
    );
    host.spec("[[resource]]\nkind = \"file\"\nname = \"/etc/motd\"\ncontent = \"x\\n\"\n");
    refused(&host, &["users", "list", "prod.toml"], "does not define a homeserver");
}

#[test]
fn an_authentication_service_keeps_its_own_accounts() {
    let delegated = "passwords.login = false\n[synapse.extra.matrix_authentication_service]\nenabled = true\n\
                     endpoint = \"http://127.0.0.1:8090\"\nsecret = { secret = \"mas/shared\" }\n";
    let host = homeserver(free_port(), delegated);
    for args in [["users", "list", "prod.toml"], ["invite", "list", "prod.toml"]] {
        let ran = refused(&host, &args, "authentication service");
        assert!(ran.stderr.contains("mas-cli"), "{ran}");
    }
}

/// Nobody types a password in vain: even on a terminal, the host is asked first.
#[test]
fn no_password_is_asked_for_before_synapse_answers() {
    let host = homeserver(free_port(), "");
    for args in ["users add prod.toml ada", "users reset-password prod.toml ada"] {
        let args = format!("{args}; echo ended $?; stty -a");
        let (screen, _) = converse(host.home.path(), &args, "always", &[], &|| {});
        assert!(
            screen.contains("Synapse is not running") && screen.contains("ended 1\n"),
            "{screen}"
        );
        assert!(!screen.contains("Password for") && screen.contains(" echo "), "{screen}");
    }
}

/// An outdated spec is refused with the new option.
#[test]
fn the_removed_shared_secret_is_refused_with_advice() {
    let host = homeserver(free_port(), "registration.shared_secret = true\n");
    let ran = host.on("check");
    assert!(ran.status == 1 && ran.stdout.contains("matrixform users add"), "{ran}");
}
