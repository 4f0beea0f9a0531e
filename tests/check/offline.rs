//! `check` opens no socket and no secret store, and reads no secret from the environment. The same traps catch `plan`,
//! which shows that they work.

use crate::workspace::{GOOD, Ran, Workspace, run};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;

/// Traps: a listening host, a desktop bus, an agent, a store that is refused when opened, and a secret in the
/// environment that is refused when read.
struct Traps {
    workspace: Workspace,
    host: TcpListener,
    bus: UnixListener,
    agent: UnixListener,
}

impl Traps {
    fn new(store_mode: u32) -> Traps {
        let host = TcpListener::bind("127.0.0.1:0").unwrap();
        let at = host.local_addr().unwrap();
        let workspace = Workspace::new();
        let spec = GOOD.replace(
            "address = \"matrix.example.org\"",
            &format!(
                "address = \"127.0.0.1\"\nport = {}\n[secrets]\nfile = \"store.toml\"",
                at.port()
            ),
        );
        workspace.write("prod.toml", &spec);
        workspace.write("store.toml", "\"synapse/secrets/pepper\" = \"CANARYfile\"\n");
        let store = workspace.0.path().join("store.toml");
        std::fs::set_permissions(store, std::fs::Permissions::from_mode(store_mode)).unwrap();
        let bus = UnixListener::bind(workspace.0.path().join("bus")).unwrap();
        let agent = UnixListener::bind(workspace.0.path().join("agent")).unwrap();
        host.set_nonblocking(true).unwrap();
        bus.set_nonblocking(true).unwrap();
        agent.set_nonblocking(true).unwrap();
        Traps { workspace, host, bus, agent }
    }

    fn run(&self, verb: &str, secret: &str) -> Ran {
        let directory = self.workspace.0.path();
        let mut command = self.workspace.command(&[verb, "prod.toml"]);
        command
            .env(
                "DBUS_SESSION_BUS_ADDRESS",
                format!("unix:path={}", directory.join("bus").display()),
            )
            .env("SSH_AUTH_SOCK", directory.join("agent"))
            .env("XDG_RUNTIME_DIR", directory)
            .env("MATRIXFORM_SECRET_SYNAPSE_SECRETS_FORM", secret);
        run(&mut command)
    }

    fn is_untouched(&self) -> bool {
        self.host.accept().is_err() && self.bus.accept().is_err() && self.agent.accept().is_err()
    }
}

#[test]
fn a_refused_store_is_not_opened() {
    let traps = Traps::new(0o644);
    let planned = traps.run("plan", "x");
    assert!(planned.stderr.contains("store.toml"), "the trap works: {planned}");
    let checked = traps.run("check", "x");
    assert_eq!((checked.status, checked.stderr.as_str()), (0, ""), "{checked}");
    assert!(traps.is_untouched());
}

#[test]
fn check_opens_no_socket_and_reads_no_secrets() {
    let traps = Traps::new(0o600);
    let checked = traps.run("check", "CANARYenvironment");
    assert_eq!((checked.status, checked.stderr.as_str()), (0, ""), "{checked}");
    assert!(!checked.to_string().contains("CANARY"), "{checked}");
    assert!(traps.is_untouched(), "check opened a socket");
    assert!(!traps.workspace.0.path().join(".cache").exists(), "nothing is remembered");
    let reached = std::thread::scope(|scope| {
        let planned = scope.spawn(|| traps.run("plan", "CANARYenvironment"));
        let mut reached = false;
        // It connects and is turned away.
        while !planned.is_finished() {
            let asked = [traps.host.accept().is_ok(), traps.bus.accept().is_ok()];
            reached |= asked.contains(&true);
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        reached
    });
    assert!(reached, "the traps work: plan runs into one");
}
