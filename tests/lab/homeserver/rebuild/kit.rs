//! The recovery kit, followed word by word on a machine that never saw the host: it has the repository with the spec, and the
//! kit.

use super::super::host::Homeserver;
use crate::guest::program;
use std::path::Path;
use std::process::Command;

/// The spec's name in the repository.
const SPEC: &str = "lost.toml";

const KIT: &str = "lost.recovery-kit.txt";

/// The kit of a server that is not lost yet: what is printed.
pub(super) fn export(lost: &Homeserver, identity: &Path) -> String {
    let made = Command::new("age-keygen").arg("-o").arg(identity).output();
    assert!(made.expect("age-keygen can be run").status.success());
    let identity = std::fs::read_to_string(identity).expect("an identity");
    let recipient = identity.lines().find_map(|line| line.strip_prefix("# public key: "));
    let recipient = recipient.expect("a public key");
    let words = ["secrets", "export", SPEC, "--recovery-kit", KIT, "--recipient", recipient];
    let ran = lost.guest.matrixform(&words);
    assert_eq!(ran.status, 0, "{ran}");
    std::fs::read_to_string(lost.guest.home.path().join(KIT)).expect("a kit")
}

/// Runs its commands, up to the one that rebuilds, in one shell as it says.
pub(super) fn follow(new: &Homeserver, kit: &str, identity: &Path) {
    let home = new.guest.home.path();
    std::fs::write(home.join(KIT), kit).expect("a kit");
    let commands = kit.lines().filter_map(|line| line.strip_prefix("        "));
    let mut commands: Vec<&str> = commands.collect();
    let rebuild = commands.iter().position(|line| line.starts_with("matrixform rebuild"));
    let rebuild = rebuild.unwrap_or_else(|| panic!("it does not rebuild: {kit}"));
    assert_eq!(commands[rebuild], format!("matrixform rebuild {SPEC}"));
    // That one is the trial's own.
    commands.remove(rebuild);
    let script = commands.join("\n").replace("IDENTITY", identity.to_str().expect("UTF-8"));
    let program = program();
    let program = program.parent().expect("a directory");
    let ran = Command::new("bash")
        .args(["-euc", &script])
        .current_dir(home)
        .env_clear()
        .env("HOME", home)
        .env("PATH", format!("{}:/usr/bin:/bin", program.display()))
        .output()
        .expect("bash can be run");
    assert!(ran.status.success(), "{script}\n{}", String::from_utf8_lossy(&ran.stderr));
}
