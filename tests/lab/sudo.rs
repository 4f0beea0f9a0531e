//! Becoming root on a host: sudo without a password, with the right one from each store, and every way of failing. A
//! failed attempt changes nothing.

use crate::guest::{Guest, Ran};
use crate::timing;
use libtest_mimic::{Failed, Trial};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// The trials of this file.
pub(crate) fn trials() -> Vec<Trial> {
    vec![timing::trial("sudo::right_and_wrong_sudo_passwords", right_and_wrong_sudo_passwords)]
}

const FILE: &str = "[[resource]]\nkind = \"file\"\nname = \"/srv/a\"\ncontent = \"x\"\n";
const NAMED: &str = "user = \"pwsudo\"\nsudo_password = { secret = \"host/sudo\" }";

fn right_and_wrong_sudo_passwords() -> Result<(), Failed> {
    let guest = Guest::blank("cl-sudo", "trixie");
    guest.run(
        "useradd -m nosudo; cp -a /home/admin/.ssh /home/nosudo/; chown -R nosudo: /home/nosudo",
    );
    let spec = |file: &str, host: &str| guest.spec(file, host, FILE);

    // Hosts lock accounts after a few wrong passwords, so every attempt is counted.
    guest.run(
        "printf '#!/bin/sh\\ncat >/dev/null; echo tried >>/root/tries\\n' >/usr/local/sbin/count
        chmod 0755 /usr/local/sbin/count
        sed -i '1a auth optional pam_exec.so expose_authtok seteuid /usr/local/sbin/count' /etc/pam.d/sudo",
    );
    let tries =
        || guest.run("cat /root/tries 2>/dev/null | wc -l; rm -f /root/tries").trim().to_owned();

    let refused = |spec: &Path, variable: Option<&str>, words: &str| {
        let ran = with(&guest, spec, variable);
        assert_eq!(ran.status, 1, "{ran}");
        assert!(ran.stderr.starts_with(&format!("error: {words}\n")), "{ran}");
        assert!(ran.stderr.contains("= help: "), "{ran}");
        assert!(!ran.stderr.contains("wrong-password"), "{ran}");
        guest.run("test ! -e /srv/a && test ! -e /var/lib/matrixform");
    };
    refused(&spec("none.toml", "user = \"pwsudo\""), None, "sudo on the host asks for a password");
    let named = spec("named.toml", NAMED);
    refused(&named, None, "the secret `host/sudo` is not stored anywhere");
    tries();
    refused(&named, Some("wrong-password"), "sudo on the host rejected the password");
    assert_eq!(tries(), "1", "a password that was refused is not tried again");
    refused(
        &spec("nosudo.toml", "user = \"nosudo\""),
        None,
        "sudo on the host asks for a password",
    );
    let nosudo = spec("nosudo-named.toml", &NAMED.replace("pwsudo", "nosudo"));
    refused(&nosudo, Some("wrong-password"), "sudo on the host rejected the password");
    guest.run("echo nosudo:right-password | chpasswd");
    refused(&nosudo, Some("right-password"), "the user may not use sudo on the host");
    refused(
        &spec("become.toml", "user = \"admin\"\nbecome = \"none\""),
        None,
        "the shell on the host does not run as root",
    );

    let right = guest.get("PWSUDO_PASSWORD").to_owned();
    let ran = with(&guest, &named, Some(&right));
    assert_eq!(ran.status, 0, "{ran}");
    assert!(!ran.to_string().contains(&right));
    assert_eq!(guest.run("cat /srv/a"), "x");

    let store = guest.home.path().join("store.toml");
    std::fs::write(&store, format!("\"host/sudo\" = \"{right}\"\n"))?;
    std::fs::set_permissions(&store, std::fs::Permissions::from_mode(0o600))?;
    let filed = format!("{FILE}\n[secrets]\nfile = \"{}\"\n", store.display());
    let ran = with(&guest, &guest.spec("filed.toml", NAMED, &filed), None);
    assert!(ran.status == 0 && ran.stdout.contains("no changes"), "{ran}");

    // A host that asks for no password must not read it as a command.
    let admin = spec("admin.toml", &NAMED.replace("pwsudo", "admin"));
    let ran = with(&guest, &admin, Some("touch /srv/owned"));
    assert!(ran.status == 0 && ran.stdout.contains("no changes"), "{ran}");
    guest.run("test ! -e /srv/owned");
    guest.down();
    Ok(())
}

/// Runs `apply --yes`, optionally with the password in the environment.
fn with(guest: &Guest, spec: &Path, variable: Option<&str>) -> Ran {
    let mut command = guest.command();
    command.args(["apply", spec.to_str().unwrap(), "--yes"]);
    command.envs(variable.map(|value| ("MATRIXFORM_SECRET_HOST_SUDO", value)));
    Ran::of(command.output().unwrap())
}
