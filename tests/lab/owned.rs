//! Files that a service reads belong to its activation: those of sshd, which is the only way in, and a user's own site
//! in nginx's directory.

use crate::guest::Guest;
use crate::noble_like::FRONT;
use crate::{seed, timing};
use libtest_mimic::{Failed, Trial};

/// The trials of this file.
pub(crate) fn trials() -> Vec<Trial> {
    vec![
        timing::trial("owned::trixie::sshd_stays_the_way_in", || sshd("trixie")),
        // There sshd is socket-activated.
        timing::trial("owned::noble-like::sshd_stays_the_way_in", || sshd("noble-like")),
        timing::trial("owned::a_site_is_tested_before_it_is_there", site),
    ]
}

/// A file with this content.
fn file(path: &str, content: &str) -> String {
    format!("[[resource]]\nkind = \"file\"\nname = \"{path}\"\ncontent = '''\n{content}'''\n\n")
}

const DROP_IN: &str = "/etc/ssh/sshd_config.d/10-own.conf";

fn sshd(suite: &str) -> Result<(), Failed> {
    let guest = Guest::blank(&format!("t-sshd-{suite}"), suite);
    let spec = |name: &str, content: &str| {
        let files = file("/etc/ssh/banner", "a new sshd\n") + &file(DROP_IN, content);
        guest.spec(name, "user = \"admin\"", &files)
    };
    let is_there = || guest.try_run(&format!("test -e {DROP_IN}")).2 == 0;

    // A setting that sshd cannot parse is refused before any change.
    let ran = guest.on("apply", &spec("bad.toml", "MaxAuthTries many\n"), &["--yes"]);
    assert_eq!(ran.status, 1, "{ran}");
    assert!(ran.stderr.contains("MaxAuthTries"), "in its own words\n{ran}");
    assert!(!is_there());

    // A valid setting takes effect in the running sshd.
    let good = spec("good.toml", "MaxAuthTries 5\nBanner /etc/ssh/banner\n");
    let ran = guest.apply(&good);
    assert_eq!(guest.run("sshd -T | grep -i maxauthtries"), "maxauthtries 5\n", "{ran}");
    let greeted =
        "ssh -o BatchMode=yes -o StrictHostKeyChecking=no nobody@127.0.0.1 true 2>&1 || true";
    assert!(guest.run(greeted).contains("a new sshd"), "a new connection is greeted");
    assert!(guest.planned(&good).is_empty());

    // A valid setting that locks everyone out is rolled back.
    let ran = guest.on("apply", &spec("shut.toml", "AllowUsers somebody\n"), &["--yes"]);
    assert_eq!(ran.status, 4, "{ran}");
    assert!(ran.stderr.contains("a new login failed"), "{ran}");
    assert_eq!(guest.run(&format!("cat {DROP_IN}")), "MaxAuthTries 5\nBanner /etc/ssh/banner\n");
    assert!(guest.planned(&good).is_empty(), "and sshd runs as before");
    assert!(guest.run(greeted).contains("a new sshd"));

    // Removing its last file can lock everyone out too, and takes effect in the running sshd.
    guest.run("echo 'PubkeyAuthentication no' >>/etc/ssh/sshd_config");
    let others: String = (0..5).map(|n| file(&format!("/etc/own-{n}"), "x\n")).collect();
    let files = file("/etc/ssh/banner", "a new sshd\n")
        + &file(DROP_IN, "PubkeyAuthentication yes\nBanner /etc/ssh/banner\n");
    let open = guest.spec("open.toml", "user = \"admin\"", &(others.clone() + &files));
    guest.apply(&open);
    let without = guest.spec("without.toml", "user = \"admin\"", &others);
    let ran = guest.on("apply", &without, &["--yes"]);
    assert_eq!(ran.status, 4, "{ran}");
    assert!(ran.stderr.contains("a new login failed") && is_there(), "{ran}");
    guest.run("sed -i '/^PubkeyAuthentication no/d' /etc/ssh/sshd_config");
    guest.apply(&without);
    assert!(!is_there() && !guest.run(greeted).contains("a new sshd"));
    assert!(guest.planned(&without).is_empty());
    other_lockouts_are_prevented(&guest, suite, &others);
    guest.down();
    Ok(())
}

/// Files outside sshd's directory decide too who can log in: a drop-in of its unit, a user's keys, PAM, sudo.
fn other_lockouts_are_prevented(guest: &Guest, suite: &str, others: &str) {
    let with = |path: &str, content: &str, more: &str| {
        format!("{}{more}\n\n", file(path, content).trim_end().to_owned() + "\n")
    };
    let keys = "owner = \"admin\"\ngroup = \"admin\"\nmode = \"0600\"";
    let sudo = |content| with("/etc/sudoers.d/99-own", content, "mode = \"0440\"");
    let directory = "/etc/systemd/system/ssh.service.d";
    let dropped = |content| {
        format!("[[resource]]\nkind = \"directory\"\nname = \"{directory}\"\n\n")
            + &file(&format!("{directory}/own.conf"), content)
    };
    let spec =
        |name: &str, text: &str| guest.spec(name, "user = \"admin\"", &(others.to_owned() + text));
    let rolled_back = [
        ("unit", dropped("[Service]\nExecStartPre=/bin/false\n")),
        ("keys", with("/home/admin/.ssh/authorized_keys", "# no key\n", keys)),
        ("pam", file("/etc/pam.d/sshd", "account required pam_deny.so\n")),
        ("sudo", sudo("admin ALL=(ALL) !ALL\n")),
    ];
    // Each waits 30 s for a login.
    for (name, text) in seed::sample(&rolled_back, 1, suite) {
        let ran = guest.on("apply", &spec(&format!("{name}.toml"), text), &["--yes"]);
        assert_eq!(ran.status, 4, "{name}: {ran}");
    }
    // What the checkers see is refused before any change.
    let names = file("/etc/nsswitch.conf", "passwd: db\ngroup: db\nshadow: db\nhosts: files\n");
    for (name, text, message) in [
        ("syntax", sudo("admin ALL=(ALL\n"), "99-own"),
        ("names", names, "user sshd does not exist"),
    ] {
        let ran = guest.on("apply", &spec(&format!("{name}.toml"), &text), &["--yes"]);
        assert_eq!(ran.status, 1, "{name}: {ran}");
        assert!(ran.stderr.contains(message), "{name}: in the checker's own words\n{ran}");
    }

    // A good drop-in takes effect in the running sshd.
    let spec = spec("nice.toml", &dropped("[Service]\nNice=-1\n"));
    guest.apply(&spec);
    let nice = guest.run("ps -o ni= -p $(systemctl show -p MainPID --value ssh.service)");
    assert_eq!(nice.trim(), "-1");
    assert!(guest.planned(&spec).is_empty());
}

const SITE: &str = "/etc/nginx/conf.d/own.conf";

fn site() -> Result<(), Failed> {
    let guest = Guest::blank("t-owned-site", "trixie");
    let spec = |name: &str, content: &str| {
        let body = FRONT.to_owned() + &file(SITE, content);
        guest.spec(name, "user = \"root\"", &body)
    };
    let good = spec("good.toml", "server { listen 127.0.0.1:8090; return 200 mine; }\n");
    guest.apply(&good);
    assert_eq!(guest.run("curl -sS http://127.0.0.1:8090/"), "mine");

    let before = guest.run(&format!("stat -c '%i %Z' {SITE}"));
    let bad = spec("bad.toml", "server { listen 127.0.0.1:8090; return 200 other }\n");
    let ran = guest.on("apply", &bad, &["--yes"]);
    assert_eq!(ran.status, 1, "{ran}");
    assert!(ran.stderr.contains("own.conf"), "in nginx's own words\n{ran}");
    assert_eq!(guest.run(&format!("stat -c '%i %Z' {SITE}")), before, "it was not touched");

    // A change of that file alone only needs a reload.
    let other = spec("other.toml", "server { listen 127.0.0.1:8090; return 200 other; }\n");
    assert_eq!(guest.planned(&other), [format!("file:{SITE}"), "service:nginx.service".to_owned()]);
    guest.apply(&other);
    assert_eq!(guest.run("curl -sS http://127.0.0.1:8090/"), "other");
    assert!(guest.planned(&other).is_empty());
    a_drop_in_restarts_its_service(&guest);
    guest.down();
    Ok(())
}

/// A drop-in of a module's unit is part of what its service runs: nginx restarts on it, and again once it is gone.
fn a_drop_in_restarts_its_service(guest: &Guest) {
    let path = "/etc/systemd/system/nginx.service.d/own.conf";
    let spec =
        |name: &str, text: &str| guest.spec(name, "user = \"root\"", &(FRONT.to_owned() + text));
    let nice = || guest.run("ps -o ni= -p $(systemctl show -p MainPID --value nginx.service)");
    let with = spec("with.toml", &file(path, "[Service]\nNice=3\n"));
    let planned = guest.planned(&with);
    assert!(planned.contains(&"service:nginx.service".to_owned()), "{planned:?}");
    guest.apply(&with);
    assert_eq!(nice().trim(), "3");
    assert!(guest.planned(&with).is_empty());

    // A start with it would fail, and the check says so.
    let bad = spec("bad-unit.toml", &file(path, "[Service]\nExecStartPre=/bin/false\n"));
    let ran = guest.on("apply", &bad, &["--yes"]);
    assert_eq!(ran.status, 1, "{ran}");
    assert!(ran.stderr.contains("nginx.service.d/own.conf, fails"), "{ran}");
    assert!(guest.planned(&with).is_empty());

    let without = spec("front.toml", "");
    guest.apply(&without);
    assert_eq!(nice().trim(), "0");
    assert!(guest.planned(&without).is_empty());
}
