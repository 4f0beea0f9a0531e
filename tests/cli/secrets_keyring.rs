//! The keyring as on a desktop: gnome-keyring's Secret Service on a private session bus.

use crate::host::{Ran, run};
use crate::secrets_home::{Home, feed};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// A session with an unlocked keyring.
struct Session {
    home: Home,
    bus: Child,
    daemon: Option<Child>,
    address: String,
}

impl Session {
    fn new() -> Session {
        let mut session = Session::without_keyring();
        let mut command = Command::new("gnome-keyring-daemon");
        command.args(["--foreground", "--unlock", "--components=secrets"]);
        session.surround(&mut command);
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut daemon = command.spawn().expect("apt-get install gnome-keyring");
        daemon.stdin.take().unwrap().write_all(b"the login password").unwrap();
        session.daemon = Some(daemon);
        crate::await_that("an unlocked keyring", || {
            session.secret_tool(&["store", "--label=probe", "probe", "probe"], "x").status == 0
        });
        session
    }

    /// A session bus without a keyring.
    fn without_keyring() -> Session {
        let home = Home::new();
        for directory in ["run", "data"] {
            std::fs::create_dir(home.path(directory)).unwrap();
        }
        // D-Bus must not activate any service on demand, least of all the password dialog.
        home.write("bus.conf", &format!(
            "<busconfig><type>session</type><listen>unix:dir={}</listen><policy context=\"default\">\
             <allow send_destination=\"*\"/><allow eavesdrop=\"true\"/><allow own=\"*\"/></policy></busconfig>",
            home.path("run").display()
        ));
        let mut bus = Command::new("dbus-daemon");
        bus.arg(format!("--config-file={}", home.path("bus.conf").display()));
        bus.args(["--nofork", "--print-address"]).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut bus = bus.spawn().expect("apt-get install dbus");
        let mut address = String::new();
        BufReader::new(bus.stdout.take().unwrap()).read_line(&mut address).unwrap();
        Session { home, bus, daemon: None, address: address.trim().to_owned() }
    }

    fn surround(&self, command: &mut Command) {
        surround(command, self.home.directory.path(), &self.address);
    }

    fn secrets(&self, args: &[&str]) -> Ran {
        let mut command = self.home.command(args);
        self.surround(&mut command);
        run(&mut command)
    }

    fn given(&self, args: &[&str], input: &str) -> Ran {
        let mut command = self.home.command(args);
        self.surround(&mut command);
        feed(&mut command, input)
    }

    fn secret_tool(&self, args: &[&str], input: &str) -> Ran {
        let mut command = Command::new("secret-tool");
        self.surround(command.args(args));
        feed(&mut command, input)
    }

    fn lock(&self) {
        let mut command = Command::new("dbus-send");
        self.surround(command.args([
            "--session",
            "--print-reply",
            "--dest=org.freedesktop.secrets",
            "/org/freedesktop/secrets",
            "org.freedesktop.Secret.Service.Lock",
            "array:objpath:/org/freedesktop/secrets/collection/login",
        ]));
        assert!(command.stdout(Stdio::null()).status().unwrap().success());
    }
}

fn surround(command: &mut Command, home: &Path, address: &str) {
    command.env("DBUS_SESSION_BUS_ADDRESS", address).env("HOME", home);
    command.env("XDG_RUNTIME_DIR", home.join("run")).env("XDG_DATA_HOME", home.join("data"));
}

impl Drop for Session {
    fn drop(&mut self) {
        for child in self.daemon.iter_mut().chain([&mut self.bus]) {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

#[test]
fn a_secret_is_stored_in_the_keyring() {
    let session = Session::new();
    let canary = session.home.canary.as_str();
    let set = session.given(&["set", "vault/key"], &format!("{canary}\n"));
    assert!(set.status == 0 && set.stderr.contains("the keyring"), "{set}");
    let args = ["lookup", "service", "matrixform", "username", "vps/vault/key"];
    assert_eq!(session.secret_tool(&args, "").stdout, canary, "others read it by its account");
    assert_eq!(session.secrets(&["get", "vault/key"]).stdout, format!("{canary}\n"));
    assert_eq!(session.given(&["set", "vault/key"], "another").status, 1);
    let listed = session.secrets(&["list"]);
    assert!(listed.stdout.contains("the keyring") && !listed.stdout.contains(canary), "{listed}");
    assert_eq!(session.home.holding(canary), [""; 0], "and encrypted in its file");
}

#[test]
fn the_keyring_stores_the_identity() {
    let session = Session::new();
    let canary = session.home.canary.as_str();
    let created = session.secrets(&["create"]);
    assert!(
        created.status == 0 && created.stderr.contains("the keyring's account `age-identity`"),
        "{created}"
    );
    assert!(!session.home.path(".config/matrixform/age-identity").exists());
    assert_eq!(session.given(&["set", "vault/key"], canary).status, 0);
    assert_eq!(session.secrets(&["get", "vault/key"]).stdout, format!("{canary}\n"));
    let args = ["lookup", "service", "matrixform", "username", "age-identity"];
    let identity = session.secret_tool(&args, "").stdout;
    session.home.write_own("id", &identity);
    let opened = session.home.age(&["-d", "-i", "id", "inventory/prod.secrets.age"], "");
    assert!(opened.stdout.contains(canary), "{opened}");
    session.lock();
    let locked = session.secrets(&["get", "vault/key"]);
    assert!(locked.status == 1 && locked.stdout.is_empty(), "{locked}");
    assert!(locked.stderr.contains("did not return the age identity"), "{locked}");
}

#[test]
fn a_locked_keyring_is_not_treated_as_empty() {
    let session = Session::new();
    let canary = session.home.canary.as_str();
    assert_eq!(session.given(&["set", "vault/key"], canary).status, 0);
    session.lock();
    for args in [&["get", "vault/key"][..], &["list"]] {
        let ran = session.secrets(args);
        assert!(ran.status == 1 && ran.stdout.is_empty(), "{ran}");
        assert!(ran.stderr.contains("unlock the keyring"), "{ran}");
    }
    assert_eq!(session.given(&["set", "vault/token"], "x").status, 1);
}

#[test]
fn a_bus_without_a_keyring_is_reported() {
    let session = Session::without_keyring();
    let canary = session.home.canary.as_str();
    let set = session.given(&["set", "vault/key"], canary);
    let why = "no keyring: no program in this session offers one";
    assert!(set.status == 1 && set.stderr.contains(why), "{set}");
    assert!(!set.stderr.contains("DBus") && !set.stderr.contains("zbus"), "{set}");
    assert!(!set.to_string().contains(canary));
    let created = session.secrets(&["create"]);
    assert!(created.status == 0 && created.stderr.contains("the identity file"), "{created}");
}
