//! Finds resources that will most likely fail on the host, though only the host can tell: accounts that nothing is
//! known to provide, units with a name very similar to that of another unit, and paths that do not outlive a boot.

use super::Wanted;
use super::conflict::is_managed;
use crate::diagnostic::{Diagnostic, Problems, nearest};
use std::collections::HashSet;

/// Users that every Debian and Ubuntu server has: those of base-passwd, and of packages that are always installed.
const USERS: [&str; 36] = [
    "_apt",
    "backup",
    "bin",
    "daemon",
    "debian",
    "dhcpcd",
    "games",
    "gnats",
    "irc",
    "list",
    "lp",
    "mail",
    "man",
    "messagebus",
    "news",
    "nobody",
    "pollinate",
    "polkitd",
    "proxy",
    "root",
    "sshd",
    "sync",
    "sys",
    "syslog",
    "systemd-journal-remote",
    "systemd-network",
    "systemd-resolve",
    "systemd-timesync",
    "tcpdump",
    "tss",
    "ubuntu",
    "unscd",
    "usbmux",
    "uucp",
    "uuidd",
    "www-data",
];

/// Groups that they have, besides those of the users above.
const GROUPS: [&str; 44] = [
    "_ssh",
    "adm",
    "admin",
    "audio",
    "cdrom",
    "clock",
    "crontab",
    "dialout",
    "dip",
    "disk",
    "docker",
    "fax",
    "floppy",
    "input",
    "kmem",
    "kvm",
    "landscape",
    "lxd",
    "netdev",
    "nogroup",
    "operator",
    "plugdev",
    "render",
    "rdma",
    "sasl",
    "sgx",
    "shadow",
    "src",
    "ssh",
    "ssl-cert",
    "staff",
    "sudo",
    "systemd-journal",
    "tape",
    "tty",
    "users",
    "utempter",
    "utmp",
    "video",
    "voice",
    "wheel",
    "bluetooth",
    "lpadmin",
    "ntp",
];

/// Returns all doubts.
pub fn doubts(wanted: &[Wanted]) -> Problems {
    let provided: HashSet<String> =
        wanted.iter().flat_map(|item| item.resource.provides()).collect();
    // A module knows what its packages provide.
    let by_module = wanted.iter().filter(|item| !is_asked(item));
    let known: HashSet<String> =
        by_module.flat_map(|item| item.resource.requires()).chain(provided).collect();
    let asked = wanted.iter().filter(|item| is_asked(item));
    let of =
        |item| accounts(item, &known).into_iter().chain(unit(item, &known)).chain(temporary(item));
    asked.flat_map(of).collect()
}

/// Directories that are empty after each boot, or are cleaned up.
const TEMPORARY: [&str; 5] = ["/run/", "/tmp/", "/var/lock/", "/var/run/", "/var/tmp/"];

/// Reports a path that does not outlive the next boot.
fn temporary(item: &Wanted) -> Option<Diagnostic> {
    let address = item.address();
    let is_lost = |path: &String| TEMPORARY.iter().any(|directory| path.starts_with(directory));
    let is_kept = address.absent().is_some() || !is_managed(item);
    let path = item.resource.replaces().into_iter().find(is_lost).filter(|_| !is_kept)?;
    let message = format!(
        "{address}: {path} does not last: the system empties this directory at boot, or removes old files from it"
    );
    let problem = Diagnostic::warning("resource/temporary", message);
    let problem = problem.at(item.declared.origin.place());
    Some(problem.help("use a path below /etc, /var/lib or /srv; for what a service needs at run time, set `RuntimeDirectory=` in its unit, or add a file in /etc/tmpfiles.d"))
}

/// Whether a line of the spec asks for this particular resource.
fn is_asked(item: &Wanted) -> bool {
    item.declared.origin.is_spec() || item.declared.origin.requested.is_some()
}

fn accounts(item: &Wanted, known: &HashSet<String>) -> Problems {
    // A dependency that is declared explicitly may provide the account.
    if !item.declared.needs.is_empty() {
        return Problems::new();
    }
    let unknown = item.resource.requires().into_iter().filter_map(|requirement| {
        let (what, name) = requirement.split_once(':')?;
        let from_the_start = match what {
            "user" => USERS.contains(&name),
            "group" => GROUPS.contains(&name) || USERS.contains(&name),
            _ => true,
        };
        (!from_the_start && !known.contains(&requirement)).then(|| doubt(item, what, name))
    });
    unknown.collect()
}

fn doubt(item: &Wanted, what: &str, name: &str) -> Diagnostic {
    let message = format!("{}: nothing is known to provide the {what} `{name}`", item.address());
    let attributes = ["owner", "group", "groups", "user", "as_user"];
    let places = attributes.iter().filter_map(|key| item.declared.attributes.get(*key));
    let places = places.filter(|one| one.place.text().contains(name)).map(|one| &one.place).next();
    let known: &[&str] = if what == "user" { &USERS } else { &GROUPS };
    let help = match nearest(name, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!(
            "add a `[[resource]]` with `kind = \"{what}\"` and `name = \"{name}\"`; if a package provides it, write \
             `brings = [\"{what}:{name}\"]` in its `kind = \"apt\"`"
        ),
    };
    let place = places.unwrap_or(item.declared.origin.place());
    Diagnostic::warning("resource/account", message).at(place).help(help)
}

/// Reports a user's unit that nothing here provides, if its name is similar to that of a unit that is provided.
fn unit(item: &Wanted, known: &HashSet<String>) -> Option<Diagnostic> {
    let address = item.address();
    let own = format!("unit:{}", address.name);
    let mut bringers =
        item.resource.requires().into_iter().filter(|requirement| *requirement != own);
    let is_brought = bringers.any(|requirement| known.contains(&requirement));
    if address.unit().is_none() || is_brought || !item.declared.needs.is_empty() {
        return None;
    }
    let others = known.iter().filter(|provision| **provision != own);
    let units = others.filter_map(|provision| provision.strip_prefix("unit:"));
    let near = nearest(&address.name, units)?;
    let message = format!("nothing here provides {}", address.name);
    let problem = Diagnostic::warning("resource/unit", message).at(item.declared.origin.place());
    Some(problem.help(format!("did you mean `{near}`?")))
}
