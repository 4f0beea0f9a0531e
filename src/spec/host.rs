//! `[host]`: how to reach the host and which user to become. Only what the spec says; the connecting code fills in the
//! rest from `~/.ssh/config` and the usual defaults.

use super::foreign_names::host_key;
use super::keys::TableReader;
use super::node::{Node, Value};
use super::plain_secret::{PLAIN_SECRET, plain_secret};
use super::typed_address::TypedAddress;
use super::variables::Variables;
use crate::diagnostic::{Diagnostic, Place, Problems};
use std::time::Duration;

/// The host of a spec.
#[derive(Clone, Debug, PartialEq)]
pub struct Host {
    /// Host name, address, or a `Host` of `~/.ssh/config`.
    pub address: String,
    /// Port of sshd.
    pub port: Option<u16>,
    /// User to log in as.
    pub user: Option<String>,
    /// How to become root; by default nothing for root and sudo for others.
    pub become_root: Option<Become>,
    /// The host key's fingerprint (`SHA256:…`) or the key itself; known_hosts is then ignored.
    pub host_key: Option<String>,
    /// Where it is set.
    pub host_key_place: Option<Place>,
    /// Private keys to try first, in this order.
    pub identity_files: Vec<String>,
    /// `user@host:port` of a jump host.
    pub jump: Option<String>,
    /// Where it is set.
    pub jump_place: Option<Place>,
    /// Name of the secret with sudo's password.
    pub sudo_password: Option<String>,
    /// Where it is set.
    pub sudo_password_place: Option<Place>,
    /// How long connecting may take.
    pub connect_timeout: Option<Duration>,
    /// Where `[host]` is.
    pub place: Place,
}

/// The keys of `[host]`.
pub const KEYS: [&str; 9] = [
    "address",
    "port",
    "user",
    "become",
    "host_key",
    "identity_files",
    "jump",
    "sudo_password",
    "connect_timeout",
];

/// How to become root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Become {
    /// The login user is already root.
    Nothing,
    /// Through `sudo`.
    Sudo,
}

impl Host {
    /// Returns how to become root after logging in as `user`.
    pub fn become_as(&self, user: &str) -> Become {
        let default = if user == "root" { Become::Nothing } else { Become::Sudo };
        self.become_root.unwrap_or(default)
    }

    /// Returns a placeholder for a host that could not be read; it is never connected to.
    pub(super) fn unknown(place: &Place) -> Host {
        Host {
            address: String::new(),
            port: None,
            user: None,
            become_root: None,
            host_key: None,
            host_key_place: None,
            identity_files: Vec::new(),
            jump: None,
            jump_place: None,
            sudo_password: None,
            sudo_password_place: None,
            connect_timeout: None,
            place: place.clone(),
        }
    }

    /// Reads `[host]`; its strings may be environment variables.
    ///
    /// # Errors
    ///
    /// All problems of `[host]`: it is not a table, `address` is missing, a key is unknown, or a value is invalid or
    /// comes from a variable that cannot be used.
    pub fn read(node: &Node, variables: &Variables) -> Result<Host, Problems> {
        let mut keys = TableReader::of_node("`[host]`", node).map_err(|problem| vec![problem])?;
        let host = Host {
            address: address(&mut keys, variables),
            port: port(&mut keys),
            user: user(&mut keys, variables),
            become_root: keys.word("become", &[("sudo", Become::Sudo), ("none", Become::Nothing)]),
            host_key: keys.text_or_env("host_key", variables),
            host_key_place: place(&mut keys, "host_key"),
            identity_files: identity_files(&mut keys),
            jump: keys.text_or_env("jump", variables),
            jump_place: place(&mut keys, "jump"),
            sudo_password: secret(&mut keys, "sudo_password"),
            sudo_password_place: place(&mut keys, "sudo_password"),
            connect_timeout: timeout(&mut keys),
            place: node.place.clone(),
        };
        let mut problems = keys.finish();
        problems.iter_mut().for_each(rename);
        if problems.is_empty() { Ok(host) } else { Err(problems) }
    }
}

/// Changes the help for a key that has another name here.
fn rename(problem: &mut Diagnostic) {
    let key = problem.place.as_ref().map(|(place, _)| place.text()).unwrap_or_default();
    if let Some(help) = host_key(key).filter(|_| problem.code == "spec/unknown-key") {
        problem.help = Some(help.to_owned());
    }
}

fn address(keys: &mut TableReader<'_>, variables: &Variables) -> String {
    let takes = "the host's name, its address, or a `Host` of `~/.ssh/config`";
    keys.required("address", takes);
    let Some(address) = keys.text_or_env("address", variables) else { return String::new() };
    if address.is_empty() {
        refuse::<()>(keys, "address", "is empty");
    } else if let Some((why, help)) = TypedAddress::read(&address).and_then(|typed| typed.wrong()) {
        refuse_with(keys, "address", why, &help);
    } else if address.contains(['*', '?', ',', '!']) {
        refuse_with(keys, "address", "is a pattern", "write the name of one host, or its address");
    } else if is_unspecified(&address) {
        refuse_with(
            keys,
            "address",
            "is not the address of a host",
            "write the host's own address",
        );
    } else if looks_like_ipv4(&address) && address.parse::<std::net::Ipv4Addr>().is_err() {
        let help = "write four numbers from 0 to 255 separated by dots, or a host name";
        refuse_with(keys, "address", "is not an IP address", help);
    } else if address.starts_with('-')
        || address.contains([':', '/', '@', '[', ']'])
            && address.parse::<std::net::IpAddr>().is_err()
            && !address.contains("::")
        || address.chars().any(char::is_whitespace)
    {
        refuse_with(
            keys,
            "address",
            "is not an address",
            "write a host name such as `matrix.example.org`, or an IP address",
        );
    }
    address
}

/// Whether it is `0.0.0.0` or `::`, which are for listening, not for connecting.
fn is_unspecified(address: &str) -> bool {
    address.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_unspecified())
}

/// Whether it consists of numbers with dots, which no host name does: its last part has a letter.
fn looks_like_ipv4(address: &str) -> bool {
    let parts: Vec<&str> = address.split('.').collect();
    parts.len() > 2
        && parts.iter().all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()))
}

fn user(keys: &mut TableReader<'_>, variables: &Variables) -> Option<String> {
    let user = keys.text_or_env("user", variables)?;
    // A variable that is not set yet appears as `$NAME`.
    let is_variable = keys.entry("user").is_some_and(|entry| entry.node.as_table().is_some());
    let name = user.strip_prefix('$').filter(|_| is_variable).unwrap_or(&user);
    // The characters that `ssh` refuses in a user too, since they have a meaning in a shell.
    let odd = |c: char| c.is_whitespace() || c.is_control() || "'`\";&<>|(){}$*?".contains(c);
    if name.is_empty() || name.starts_with('-') || name.ends_with('\\') || name.contains(odd) {
        refuse::<()>(keys, "user", "is not the name of a user");
    }
    Some(user)
}

fn place(keys: &mut TableReader<'_>, key: &'static str) -> Option<Place> {
    keys.entry(key).map(|entry| entry.node.place.clone())
}

fn port(keys: &mut TableReader<'_>) -> Option<u16> {
    let given = keys.whole("port")?;
    match u16::try_from(given).ok().filter(|port| *port > 0) {
        Some(port) => Some(port),
        None => refuse(keys, "port", "must be between 1 and 65535"),
    }
}

fn identity_files(keys: &mut TableReader<'_>) -> Vec<String> {
    keys.texts("identity_files").into_iter().map(|(path, _)| path.to_owned()).collect()
}

/// Reads the name in `{ secret = "name" }`.
fn secret(keys: &mut TableReader<'_>, key: &'static str) -> Option<String> {
    let entry = keys.entry(key)?;
    let table = entry.node.as_table().filter(|table| table.len() == 1);
    match table.and_then(|table| table.get("secret")).and_then(|entry| entry.node.as_str()) {
        Some(name) => Some(name.to_owned()),
        None => {
            let problem = match &entry.node.value {
                Value::Table(_) | Value::Array(_) | Value::Boolean(_) => {
                    let message = format!("`{key}` takes only the name of a secret");
                    Diagnostic::error("spec/type", message).at(&entry.node.place)
                }
                _ => plain_secret(&entry.node),
            };
            let help = format!("write `{key} = {{ secret = \"host/sudo\" }}`");
            keys.push(match problem.code.as_ref() {
                PLAIN_SECRET => problem.help(format!(
                    "store it with `matrixform secrets set SPEC host/sudo`, and {help}"
                )),
                _ => problem.help(help),
            });
            None
        }
    }
}

/// Reads `10s`, or a number of seconds.
fn timeout(keys: &mut TableReader<'_>) -> Option<Duration> {
    let seconds = match &keys.entry("connect_timeout")?.node.value {
        Value::Integer(seconds) => u64::try_from(*seconds).ok(),
        Value::String(text) => text.strip_suffix('s').and_then(|number| number.parse().ok()),
        _ => None,
    };
    match seconds.filter(|seconds| (1..=3600).contains(seconds)) {
        Some(seconds) => Some(Duration::from_secs(seconds)),
        None => refuse(
            keys,
            "connect_timeout",
            "must be a time in seconds such as `10s`, at most `3600s`",
        ),
    }
}

fn refuse<T>(keys: &mut TableReader<'_>, key: &'static str, why: &str) -> Option<T> {
    let problem = refused(keys, key, why);
    keys.push(problem);
    None
}

fn refuse_with(keys: &mut TableReader<'_>, key: &'static str, why: &str, help: &str) {
    let problem = refused(keys, key, why).help(help);
    keys.push(problem);
}

fn refused(keys: &mut TableReader<'_>, key: &'static str, why: &str) -> Diagnostic {
    let place = place(keys, key).unwrap_or_else(|| keys.place().clone());
    Diagnostic::error("spec/value", format!("`{key}` {why}")).at(&place)
}
