//! sshd is the only way in, so on every host all resources in its folder take effect together, whether or not a module
//! says so: checked while staged, read by a reload, and accepted once a new login has succeeded.

use super::{Activation, Address, Attribute, Declared, DeclaredValue, Effect, Health, owner};
use indexmap::IndexMap;
use std::time::Duration;

/// The name of the activation.
const NAME_OF_SSHD: &str = "sshd";

/// The folder that sshd reads.
const FOLDER: &str = "/etc/ssh";

/// The unit on Debian and Ubuntu. With socket activation it does not run, and sshd reads its files for each connection.
const UNIT: &str = "ssh.service";

/// How long a new login may take.
const LOGIN: Duration = Duration::from_secs(30);

/// Whether this is the service that [`add_sshd`] adds. It is on every host, so nobody wants to be rid of it.
pub fn is_sshd(address: &str) -> bool {
    address.strip_prefix("service:") == Some(UNIT)
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
        None => owner(one, own).is_some(),
    };
    let Some(first) = resources.iter().find(joins) else { return };
    let address = Address::new("service", UNIT);
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
        owns: vec![FOLDER.to_owned()],
        // With socket activation, sshd's runtime folder may be missing.
        validate: vec![
            "mkdir -p -m 0755 -- /run/sshd && /usr/sbin/sshd -t".to_owned(),
            "/usr/sbin/sshd -T >/dev/null".to_owned(),
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
        why: Some(format!("it reads {FOLDER}")),
        origin: first.origin.clone(),
    }
}
