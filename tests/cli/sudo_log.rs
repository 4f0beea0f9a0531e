//! Hosts where sudo logs all input and output (`log_input`, `log_output`): its log contains no secret, and the
//! workaround leaves nothing behind.

use crate::canary::{Canary, Watcher, assert_none};
use crate::host::{Host, Ran, Running, run};
use std::process::Stdio;

const MODULE: &str = r#"format = 1
summary = "A secret in a file, and for a command"

[params.token]
type = "secret"
doc = "The token."

[[resource]]
kind = "file"
name = "/srv/token"
content = "token = {{ vault.token }}\n"

[[resource]]
kind = "command"
name = "aloud"
run = ": MARK; cat; touch /srv/begun; until [ -e /srv/go ]; do sleep 0.05; done; touch /srv/done"
creates = "/srv/done"
secret_stdin = "{{ vault.token }}"
needs = ["file:/srv/token"]
"#;

/// A host with two users who become root through sudo, one of them with a password.
fn host(defaults: &str) -> Host {
    let host = Host::new();
    // User ids unique to this trial, since it waits for all of their processes to end.
    let mut random = [0; 2];
    getrandom::fill(&mut random).unwrap();
    let id = 200_000 + 2 * u32::from(u16::from_ne_bytes(random));
    host.machine.run(&format!(
        "useradd -m -u {id} free; useradd -m -u {} asked
        for user in free:unused-password asked:right-password; do echo $user; done | chpasswd
        printf 'Defaults log_input, log_output, {defaults}\\nfree ALL=(ALL) NOPASSWD: ALL\\nasked ALL=(ALL) ALL\\n' \\
            >/etc/sudoers.d/trial
        chmod 0440 /etc/sudoers.d/trial; visudo -cqf /etc/sudoers.d/trial; rm -rf /var/log/sudo-io",
        id + 1
    ));
    let directory = host.sshd.directory().to_owned();
    for above in directory.ancestors().take(3) {
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(above, mode).unwrap();
    }
    host.write("inventory/modules/vault/module.toml", MODULE.replace("MARK", &host.canary));
    host
}

fn command(host: &Host, user: &str, token: &str, password: &str) -> std::process::Command {
    let sudo = if user == "asked" { "sudo_password = { secret = \"host/sudo\" }\n" } else { "" };
    let vault = "[vault]\ntoken = { secret = \"vault/token\" }\n";
    let text = format!("[host]\naddress = \"vps\"\nuser = \"{user}\"\n{sudo}{vault}");
    host.write("inventory/prod.toml", text);
    let mut command = host.command(&["apply", "inventory/prod.toml", "--yes", "-vv"]);
    command.env("MATRIXFORM_SECRET_VAULT_TOKEN", token);
    command.env("MATRIXFORM_SECRET_HOST_SUDO", password);
    command
}

/// The whole log of sudo, decompressed.
fn log(host: &Host) -> String {
    host.machine.run("find /var/log/sudo-io -type f -exec zcat -f {} + | tr -c '\\n -~' ' '")
}

/// Asserts that an ended run leaves no processes or directories.
fn assert_nothing_is_left(host: &Host) {
    let directories = "find /tmp /run /dev/shm /var/tmp -name '.matrixform.*' -user USER";
    for user in ["free", "asked"] {
        crate::await_that("the end of all processes", || {
            host.machine.run(&format!("pgrep -u {user} || :")).is_empty()
        });
        assert_eq!(host.machine.run(&directories.replace("USER", user)), "");
    }
}

#[test]
fn sudo_logs_contain_no_secret() {
    for defaults in ["use_pty, !compress_io", "!use_pty, compress_io"] {
        let host = host(defaults);
        for (user, password) in [("free", "unused-password"), ("asked", "right-password")] {
            host.machine.run("rm -f /srv/token /srv/done /srv/begun; touch /srv/go");
            let token = crate::canary::drawn();
            let canaries =
                [Canary::new("the token", &token), Canary::new("the password", password)];
            let program = env!("CARGO_BIN_EXE_matrixform").to_owned();
            let watcher = Watcher::start(&canaries[..1], &host.canary, Vec::new(), Some(program));
            let ran = run(&mut command(&host, user, &token, password));
            assert_eq!(ran.status, 0, "{user}, {defaults}: {ran}\n{}", host.sshd.log());
            assert_eq!(host.machine.run("cat /srv/token"), format!("token = {token}\n"));
            let log = log(&host);
            assert!(log.contains("/bin/sh"), "sudo kept a log: {log}");
            assert_none(&canaries, "sudo's log", &log);
            let leaks = watcher.end().leaks;
            assert!(leaks.is_empty(), "{leaks:?}");
        }
        assert_nothing_is_left(&host);
    }
}

#[test]
fn a_refusal_and_a_lost_connection_leave_nothing_behind() {
    let host = host("use_pty");
    let token = crate::canary::drawn();
    let refused: Ran = run(&mut command(&host, "asked", &token, "wrong-password"));
    assert_eq!(refused.status, 1, "{refused}");
    assert!(refused.stderr.contains("sudo on the host rejected the password"), "{refused}");
    assert_nothing_is_left(&host);

    let mut command = command(&host, "free", &token, "");
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let run = Running(child);
    host.machine.await_path("/srv/begun");
    host.sshd.kill_connections();
    assert_eq!(run.end().status, 3);
    host.machine.run("touch /srv/go");
    assert_nothing_is_left(&host);
    assert_none(&[Canary::new("the token", &token)], "sudo's log", &log(&host));
}

/// Hosts lock accounts after a few wrong passwords (pam_faillock), so a refused one is not tried again.
#[test]
fn a_password_is_tried_once() {
    let host = host("use_pty");
    host.machine.run(
        "cat >/srv/count <<'END'
#!/bin/sh
cat >/dev/null
echo tried >>/srv/tries
END
        chmod 0755 /srv/count
        sed -i '1a auth optional pam_exec.so expose_authtok seteuid /srv/count' /etc/pam.d/sudo",
    );
    let tries = || host.machine.run("grep -c tried /srv/tries; rm -f /srv/tries");
    let refused: Ran =
        run(&mut command(&host, "asked", "a-token-of-some-length", "wrong-password"));
    assert!(refused.stderr.contains("sudo on the host rejected the password"), "{refused}");
    assert_eq!(tries(), "1\n", "{refused}");
    // A password that is typed is also asked for only once.
    let question = "Secret `host/sudo` (not stored): ";
    let args = "plan inventory/prod.toml";
    let typed = [(question, &b"wrong-password\n"[..])];
    let (screen, status) =
        crate::screen::converse(host.home.path(), args, "always", &typed, &|| {});
    let asked = screen.matches(question).count();
    assert!(status == 1 && screen.contains("rejected the password"), "{screen}");
    assert_eq!((asked, tries().as_str()), (1, "1\n"), "{screen}");
}

#[test]
fn missing_space_for_pipes_is_reported() {
    let host = host("use_pty");
    host.machine
        .run("chmod 0755 /tmp /var/tmp; mount -t tmpfs -o mode=0755 none /dev/shm; touch /srv/go");
    let ran = run(&mut command(&host, "free", "a-token-of-some-length", ""));
    assert_eq!(ran.status, 1, "{ran}");
    assert!(ran.stderr.contains("has no place for the pipes"), "{ran}");
    assert_nothing_is_left(&host);
}
