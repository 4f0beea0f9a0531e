//! sshd is the only way in, so on every host all files that decide who can log in and become root take effect together,
//! whether or not a module says so: checked while staged, read by a reload or restart, and accepted once a new login has
//! succeeded.

use super::activation::{joins_by_path, owner};
use super::unit_files::is_read_for_unit;
use super::{Activation, Address, Attribute, Declared, DeclaredValue, Effect, Health};
use indexmap::IndexMap;
use std::time::Duration;

/// The name of the activation.
pub(super) const NAME_OF_SSHD: &str = "sshd";

/// What sshd, PAM and sudo read for every login; below a directory too.
const READ_AT_LOGIN: [&str; 11] = [
    "/etc/environment",
    "/etc/hosts.allow",
    "/etc/hosts.deny",
    "/etc/login.defs",
    "/etc/nologin",
    "/etc/nsswitch.conf",
    "/etc/pam.d",
    "/etc/security",
    "/etc/ssh",
    "/etc/sudoers",
    "/etc/sudoers.d",
];

/// The environment of sshd.
const ENVIRONMENT: &str = "/etc/default/ssh";

/// The directory in a user's home with the keys that may log in. sshd ignores them if others may write to it.
const KEYS: &str = ".ssh";

/// The unit on Debian and Ubuntu. With socket activation it does not run, and sshd reads its files for each connection.
const UNIT: &str = "ssh.service";

/// Its alias there; systemd reads drop-ins of both names.
const ALIAS: &str = "sshd.service";

/// How long a new login may take.
const LOGIN: Duration = Duration::from_secs(30);

/// Whether this is the service that [`add_sshd`] adds. It is on every host, so it is never removed.
pub fn is_sshd(address: &str) -> bool {
    Address::written(address).unit() == Some(UNIT)
}

/// Whether a login depends on it although it lies in none of the activation's directories.
pub(super) fn affects_login(declared: &Declared) -> bool {
    declared.address.name.split('/').any(|part| part == KEYS) || needs_restart(declared)
}

/// Whether sshd reads it only when it starts.
pub(super) fn needs_restart(declared: &Declared) -> bool {
    let is_of_unit = [UNIT, ALIAS].iter().any(|unit| is_read_for_unit(declared, unit));
    is_of_unit || declared.address.name == ENVIRONMENT
}

/// Adds the activation, and the service unless one is declared, if any resource belongs to it.
pub fn add_sshd(resources: &mut Vec<Declared>, activations: &mut Vec<Activation>) {
    if activations.iter().any(|one| one.name == NAME_OF_SSHD) {
        return;
    }
    let sshd = activation();
    let own = std::slice::from_ref(&sshd);
    let joins = |one: &&Declared| match one.activation.as_deref() {
        Some(name) => name == NAME_OF_SSHD,
        None => joins_by_path(one) && (owner(one, own).is_some() || affects_login(one)),
    };
    let Some(first) = resources.iter().find(joins) else { return };
    let address = Address::of_unit(UNIT);
    let service = service(first, address.clone());
    match resources.iter_mut().find(|one| one.address == address) {
        Some(declared) if declared.activation.is_none() => {
            declared.activation = Some(NAME_OF_SSHD.to_owned());
            declared.effect = declared.effect.or(Some(Effect::Reload));
        }
        Some(_) => {}
        None => resources.push(service),
    }
    activations.push(sshd);
}

fn activation() -> Activation {
    Activation {
        name: NAME_OF_SSHD.to_owned(),
        effect: Effect::Reload,
        owns: READ_AT_LOGIN.map(str::to_owned).to_vec(),
        // With socket activation, sshd's runtime directory may be missing; and logins may be those of another server.
        validate: vec![
            "[ ! -x /usr/sbin/sshd ] || { mkdir -p -m 0755 -- /run/sshd && /usr/sbin/sshd -t; }"
                .to_owned(),
            "[ ! -x /usr/sbin/sshd ] || /usr/sbin/sshd -T >/dev/null".to_owned(),
            "! command -v visudo >/dev/null || visudo -cf /etc/sudoers >/dev/null".to_owned(),
        ],
        as_user: None,
        sandbox: None,
        inspect: Vec::new(),
        watches: None,
        survey: None,
        reports: None,
        outside: Vec::new(),
        validate_switched: Vec::new(),
        restart: None,
        health: vec![Health::Login],
        timeout: LOGIN,
    }
}

fn service(first: &Declared, address: Address) -> Declared {
    let place = first.origin.declared.clone();
    let value = Attribute { value: DeclaredValue::Bool(true), place };
    Declared {
        address,
        attributes: IndexMap::from([("if_running".to_owned(), value)]),
        needs: Vec::new(),
        activation: Some(NAME_OF_SSHD.to_owned()),
        effect: Some(Effect::Reload),
        why: Some("it decides who can log in".to_owned()),
        origin: first.origin.clone(),
    }
}
