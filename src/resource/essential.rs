//! Refuses what would lock everyone out of any host or keep it from booting. Everything here has another way that keeps
//! the host reachable, so nothing here can be accepted.

use super::conflict::is_managed;
use super::directory::matches_glob;
use super::{AttributeValue, DeclaredValue, NO_ACTIVATION, Wanted};
use crate::diagnostic::{Diagnostic, Problems};

/// Directories that every host has and needs.
const DIRECTORIES: [&str; 38] = [
    "/bin",
    "/boot",
    "/dev",
    "/etc",
    "/etc/apt",
    "/etc/cron.d",
    "/etc/default",
    "/etc/pam.d",
    "/etc/ssh",
    "/etc/ssl",
    "/etc/systemd",
    "/etc/systemd/system",
    "/home",
    "/lib",
    "/lib64",
    "/media",
    "/mnt",
    "/opt",
    "/proc",
    "/root",
    "/run",
    "/sbin",
    "/srv",
    "/sys",
    "/tmp",
    "/usr",
    "/usr/bin",
    "/usr/lib",
    "/usr/local",
    "/usr/sbin",
    "/usr/share",
    "/var",
    "/var/cache",
    "/var/lib",
    "/var/lib/dpkg",
    "/var/lib/matrixform",
    "/var/log",
    "/var/tmp",
];

/// Those that belong to root and that every account must be able to enter.
const WORLD_ACCESSIBLE: [&str; 17] = [
    "/bin",
    "/etc",
    "/etc/ssl",
    "/home",
    "/lib",
    "/lib64",
    "/run",
    "/sbin",
    "/tmp",
    "/usr",
    "/usr/bin",
    "/usr/lib",
    "/usr/sbin",
    "/usr/share",
    "/var",
    "/var/lib",
    "/var/tmp",
];

/// Those that belong to root, whoever may enter them.
const OF_ROOT: [&str; 7] =
    ["/boot", "/etc/cron.d", "/etc/pam.d", "/etc/ssh", "/etc/systemd", "/root", "/var/log"];

/// Directories for temporary files of all accounts.
const SHARED_TEMPORARY: [&str; 2] = ["/tmp", "/var/tmp"];

/// What the kernel shows as files.
const KERNEL_FILE_SYSTEMS: [&str; 3] = ["/dev", "/proc", "/sys"];

/// The accounts. A host has more of them than a spec can know.
const ACCOUNTS: [&str; 4] = ["/etc/group", "/etc/gshadow", "/etc/passwd", "/etc/shadow"];

/// What is mounted at boot.
const FSTAB: &str = "/etc/fstab";

/// Where packages put programs, libraries and kernels, directly.
const OF_PACKAGES: [&str; 12] = [
    "/bin",
    "/boot",
    "/lib",
    "/lib/systemd/system",
    "/lib64",
    "/sbin",
    "/usr",
    "/usr/bin",
    "/usr/lib",
    "/usr/lib/systemd/system",
    "/usr/sbin",
    "/usr/share",
];

/// Libraries that every program loads first.
const PRELOAD: &str = "/etc/ld.so.preload";

/// Programs without which a host does not boot or nobody can log in, below / or /usr.
const PROGRAMS: [&str; 8] = [
    "/bin/bash",
    "/bin/dash",
    "/bin/sh",
    "/bin/sudo",
    "/bin/systemctl",
    "/lib/systemd/systemd",
    "/sbin/init",
    "/sbin/sshd",
];

/// Files and directories that decide who can log in or become root.
const LOGIN_FILES: [&str; 9] = [
    "/etc/nologin",
    "/etc/nsswitch.conf",
    "/etc/pam.d",
    "/etc/security",
    "/etc/ssh/sshd_config",
    "/etc/ssh/sshd_config.d",
    "/etc/sudoers",
    "/etc/sudoers.d",
    "/root/.ssh/authorized_keys",
];

/// Units of which one must run, and why.
const UNITS: [(&[&str], &str); 9] = [
    (&["ssh.service", "ssh.socket"], "nobody could log in"),
    (
        &["networking.service", "systemd-networkd.service", "NetworkManager.service"],
        "the host would be offline",
    ),
    (&["dbus.service", "dbus-broker.service"], "systemd could not be reached"),
    (&["dbus.socket"], "systemd could not be reached"),
    (&["systemd-logind.service"], "sessions could not be opened"),
    (&["systemd-journald.service"], "nothing would be logged"),
    (&["sysinit.target"], "the host would not boot"),
    (&["basic.target"], "the host would not boot"),
    (&["multi-user.target"], "the host would start no services"),
];

/// Packages without which a host does not boot, cannot be logged in to or cannot install any.
const PACKAGES: [&str; 8] =
    ["apt", "dbus", "dpkg", "init", "libc6", "openssh-server", "systemd", "systemd-sysv"];

/// Returns the problems of all resources.
pub(super) fn essentials(wanted: &[Wanted]) -> Problems {
    let of = |item| {
        let first = path(item).or_else(|| purged(item, wanted));
        first.or_else(|| stopped(item, wanted)).or_else(|| uninstalled(item))
    };
    wanted.iter().filter_map(of).collect()
}

fn problem(item: &Wanted, message: String, help: impl Into<String>) -> Diagnostic {
    let problem = Diagnostic::error("resource/essential", message);
    problem.at(item.declared.origin.place()).help(help)
}

/// Whether a path is one of these, or below one.
fn is_below(path: &str, directories: &[&str]) -> bool {
    let contains = |directory: &&str| {
        path.strip_prefix(*directory).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    directories.iter().any(contains)
}

/// Whether it is a program or library that everything needs. /bin, /lib and /sbin are links into /usr.
fn is_program(path: &str) -> bool {
    let path = path.strip_prefix("/usr").unwrap_or(path);
    let name = path.rsplit('/').next().unwrap_or(path);
    let is_loader = name.starts_with("ld-linux") || name == "libc.so.6";
    PROGRAMS.contains(&path) || (path.starts_with("/lib") && is_loader)
}

/// Whether the host boots from it: a kernel, its first file system, or the menu of the boot loader.
fn is_boot_file(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let is_named = ["vmlinuz", "initrd", "initramfs"].iter().any(|part| name.starts_with(part));
    is_below(path, &["/boot"]) && (is_named || name == "grub.cfg")
}

fn path(item: &Wanted) -> Option<Diagnostic> {
    let managed = is_managed(item).then(|| item.resource.replaces());
    managed.into_iter().flatten().find_map(|path| refuse_path(item, &path))
}

fn refuse_path(item: &Wanted, path: &str) -> Option<Diagnostic> {
    let address = item.address();
    let is_removed = address.absent().is_some();
    if ACCOUNTS.contains(&path) {
        let verb = if is_removed { "remove" } else { "replace" };
        let message =
            format!("{address} would {verb} all accounts of the host: nobody could log in");
        let help = "declare accounts with `kind = \"user\"` and `kind = \"group\"`, which change only their own lines";
        return Some(problem(item, message, help));
    }
    if DIRECTORIES.contains(&path) {
        return directory(item, path);
    }
    if is_below(path, &KERNEL_FILE_SYSTEMS) {
        let message = format!(
            "{address}: {path} is not on a disk: the kernel provides it, and a change is lost at the next boot"
        );
        let help = "write kernel parameters to a file in /etc/sysctl.d, other attributes to one in /etc/tmpfiles.d, and devices to a rule in /etc/udev/rules.d";
        return Some(problem(item, message, help));
    }
    if path == PRELOAD && !is_removed {
        let message = format!(
            "{address} would be loaded into every program: a mistake in it would stop all of them, including sshd"
        );
        let help = "set `LD_PRELOAD` in a drop-in of the one service that needs it";
        return Some(problem(item, message, help));
    }
    if is_program(path) || (is_removed && (path == FSTAB || is_boot_file(path))) {
        let message = format!(
            "{address}: without its own {path}, the host could not boot, or nobody could log in"
        );
        let help = match is_removed {
            true => {
                "remove this `[[resource]]`; the files of a package are removed with the package"
            }
            false => "put your own programs below /usr/local",
        };
        return Some(problem(item, message, help));
    }
    if is_below(path, &LOGIN_FILES) && item.declared.activation.as_deref() == Some(NO_ACTIVATION) {
        let message = format!(
            "{address} decides who can log in, and `activation = \"none\"` leaves it untested"
        );
        let help = "remove `activation`: the change is then tested with a new login, and rolled back if that fails";
        return Some(problem(item, message, help));
    }
    None
}

/// A directory that every host needs: it may be declared, but not made unusable.
fn directory(item: &Wanted, path: &str) -> Option<Diagnostic> {
    let address = item.address();
    if address.absent().is_some() {
        let message = format!("{path} must be absent, but every host needs it");
        return Some(problem(item, message, "name the file inside it to remove"));
    }
    if address.kind != "directory" {
        let message = format!("{address}: {path} is a directory that every host needs");
        return Some(problem(item, message, "choose another path"));
    }
    let wanted = item.resource.wanted();
    let word = |name: &str| match wanted.get(name) {
        Some(AttributeValue::Word(word)) => word.clone(),
        _ => String::new(),
    };
    let (is_open, mode) = (WORLD_ACCESSIBLE.contains(&path), word("mode"));
    let (why, write) = if (is_open || OF_ROOT.contains(&path)) && word("owner") != "root" {
        ("its owner could replace what root runs", "owner = \"root\"")
    } else if SHARED_TEMPORARY.contains(&path) && mode != "1777" {
        (
            "every account must be able to create files in it, and remove only its own",
            "mode = \"1777\"",
        )
    } else if is_open && !mode.ends_with(['1', '3', '5', '7']) {
        ("only root could enter it, and services and logins need it", "mode = \"0755\"")
    } else {
        return None;
    };
    Some(problem(item, format!("{address}: {why}"), format!("write `{write}`")))
}

/// A purge that would remove what a host needs.
fn purged(item: &Wanted, wanted: &[Wanted]) -> Option<Diagnostic> {
    let (address, purge) = (item.address(), item.declared.attributes.get("purge")?);
    let DeclaredValue::Text(glob) = &purge.value else { return None };
    let (glob, directory) = (glob.as_plain_text()?, address.name.as_str());
    let is_declared = |path: &str| wanted.iter().any(|other| other.address().name == path);
    let needed = ACCOUNTS.iter().chain(&LOGIN_FILES).chain([&FSTAB]).find(|path| {
        let name = path.strip_prefix(directory).and_then(|rest| rest.strip_prefix('/'));
        name.is_some_and(|name| matches_glob(glob, name)) && !is_declared(path)
    });
    let what = match needed {
        Some(path) => (*path).to_owned(),
        None if OF_PACKAGES.contains(&directory) => "files of packages".to_owned(),
        None => return None,
    };
    let message = format!("{address}: `purge = \"{glob}\"` would remove {what}");
    Some(problem(
        item,
        message,
        "write a pattern that matches only your own files, or remove `purge`",
    ))
}

/// The unit of a service; `sshd.service` is another name of `ssh.service`.
fn unit(item: &Wanted) -> Option<&str> {
    let unit = item.address().unit()?;
    Some(if unit == "sshd.service" { "ssh.service" } else { unit })
}

/// A service that must not stop or be disabled, unless another one takes its place.
fn stopped(item: &Wanted, wanted: &[Wanted]) -> Option<Diagnostic> {
    let own = unit(item)?;
    let (units, why) = UNITS.iter().find(|(units, _)| units.contains(&own))?;
    let has = |item: &Wanted, name: &str, flag: bool| {
        item.resource.wanted().get(name) == Some(&AttributeValue::flag(flag))
    };
    let replaces = |other: &Wanted| {
        let is_another = unit(other).is_some_and(|unit| unit != own && units.contains(&unit));
        is_another && has(other, "running", true) && has(other, "enabled", true)
    };
    let is_removed = has(item, "running", false) || has(item, "enabled", false);
    if !is_removed || wanted.iter().any(replaces) {
        return None;
    }
    let message = format!("{} must not be stopped or disabled: {why}", item.address());
    let others: Vec<String> =
        units.iter().filter(|one| **one != own).map(|one| format!("`{one}`")).collect();
    let help = match others.is_empty() {
        true => "remove this `[[resource]]`".to_owned(),
        false => format!(
            "remove this `[[resource]]`, or declare what takes its place, running and enabled: {}",
            others.join(" or ")
        ),
    };
    Some(problem(item, message, help))
}

fn uninstalled(item: &Wanted) -> Option<Diagnostic> {
    let name = item.address().name.as_str();
    let installed = item.declared.attributes.get("installed").map(|attribute| &attribute.value);
    let is_removed = item.address().is_package() && installed == Some(&DeclaredValue::Bool(false));
    if !is_removed || !PACKAGES.contains(&name) {
        return None;
    }
    let message = format!(
        "{} must not be removed: the host needs it to boot, to be logged in to or to install packages",
        item.address()
    );
    Some(problem(item, message, "remove this `[[resource]]`"))
}
