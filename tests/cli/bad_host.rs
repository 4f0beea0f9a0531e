//! Hosts that answer but are not in order: an unsupported system, missing tools, full and read-only disks, login shells
//! that print text.

use crate::assert_transcript;
use crate::host::{Host, Ran};

const SPEC: &str = "[[resource]]\nkind = \"file\"\nname = \"/srv/a\"\ncontent = \"x\"\n";

/// A host prepared by this script.
fn host(script: &str) -> Host {
    let host = Host::new();
    host.machine.run(script);
    host.spec(SPEC);
    host
}

/// `apply --yes` must end before any change.
fn refused(host: &Host) -> Ran {
    let before = host.machine.written();
    let ran = host.apply();
    assert_eq!((ran.status, ran.stdout.as_str()), (1, ""), "{ran}\n{}", host.sshd.log());
    assert_eq!(host.machine.written(), before);
    ran
}

/// The plan is not affected.
fn no_matter(host: &Host) {
    let ran = host.on("plan");
    assert_eq!((ran.status, ran.stderr.as_str()), (0, ""), "{ran}");
    assert!(ran.stdout.contains("1 to create"), "{ran}");
}

#[test]
fn systems_that_are_not_supported() {
    let host = host("printf 'ID=alpine\\nVERSION_ID=3.22\\n' >/etc/os-release");
    assert_transcript!("alpine", refused(&host));
    host.machine.run("rm /etc/os-release");
    assert_transcript!("no_os_release", refused(&host));
    host.machine.run("printf 'ID=debian\\nID=$(touch /srv/owned)\\n' >/etc/os-release");
    assert_eq!(host.apply().status, 1);
}

#[test]
fn tools_that_are_missing() {
    for tool in ["gzip", "base64"] {
        let host = host(&format!("rm $(command -v {tool})"));
        assert_transcript!(format!("without_{tool}"), refused(&host));
    }
}

/// A missing tool that every observation needs is named before a plan is made, whatever the first command to fail says.
#[test]
fn tools_that_every_observation_needs() {
    for (tools, packages) in [
        ("stat", "coreutils"),
        ("sha256sum", "coreutils"),
        ("xargs", "findutils"),
        ("stat flock", "coreutils util-linux"),
    ] {
        let host = host(&format!("for tool in {tools}; do rm $(command -v $tool); done"));
        let ran = refused(&host);
        let verb = if tools.contains(' ') { "are" } else { "is" };
        let named = format!("error: {} {verb} not on this host", tools.replace(' ', ", "));
        assert!(ran.stderr.contains(&named), "{ran}");
        assert!(ran.stderr.contains(&format!("apt-get install {packages}\n")), "{ran}");
    }
}

/// A tool that a later step of this plan may install does not count as missing.
#[test]
fn tools_that_only_some_specs_need() {
    no_matter(&host("for tool in curl openssl awk; do rm -f $(command -v $tool); done"));
}

#[test]
fn logins_without_a_path() {
    no_matter(&host(
        "echo 'PATH=/nonexistent' >/root/.bashrc; echo 'PATH=/nonexistent' >/etc/environment",
    ));
}

/// Only the block names the key, so without it there is none.
fn with_a_match_block() -> Host {
    let host = host("true");
    let key = host.home.path().join("key");
    std::fs::rename(host.home.path().join(".ssh/id_ed25519"), &key).unwrap();
    let path = host.home.path().join(".ssh/config");
    let config = std::fs::read_to_string(&path).unwrap();
    let block = format!("Match originalhost vps\n  IdentityFile {}\n", key.display());
    std::fs::write(&path, config + &block).unwrap();
    host
}

#[test]
fn match_blocks_work_as_in_ssh() {
    no_matter(&with_a_match_block());
}

#[test]
fn an_unread_configuration_explains_a_failed_login() {
    let host = with_a_match_block();
    // The address from the ssh configuration.
    let (port, known) = (host.sshd.port, host.sshd.known_hosts_line("ed25519"));
    host.write(".ssh/known_hosts", known);
    host.write(
        "prod.toml",
        format!("[host]\naddress = \"127.0.0.1\"\nport = {port}\nuser = \"root\"\n"),
    );
    let nothing = tempfile::tempdir().unwrap();
    let mut command = host.command(&["plan", "prod.toml"]);
    let ran = crate::host::run(command.env("PATH", nothing.path()));
    assert_eq!(ran.status, 1, "{ran}");
    assert!(ran.stderr.contains("there is no key to log in"), "{ran}");
    assert!(ran.stderr.contains("not read: `ssh` is not on PATH"), "{ran}");
}

#[test]
fn login_shells_that_talk() {
    let talk = "echo 'Welcome!'; echo 'mind the gap' >&2; printf '%8192s' x";
    no_matter(&host(&format!("echo \"{talk}\" >/root/.bashrc; cp /root/.bashrc /root/.profile")));
}

#[test]
fn login_shells_that_refuse_logins() {
    let nobody = "sed -i 's|^root:.*|root:x:0:0:root:/root:/usr/sbin/nologin|' /etc/passwd";
    assert_transcript!("nologin", refused(&host(nobody)));
    assert_transcript!("bashrc_that_exits", refused(&host("echo 'exit 4' >/root/.bashrc")));
}

/// The forced command reads no script, so it reports no error.
#[test]
fn keys_restricted_to_one_command() {
    for (name, forced) in [("forced", "sleep 1000"), ("forced_to_talk", "echo Welcome; sleep 1000")]
    {
        let host = host("true");
        let path = host.sshd.directory().join("authorized_keys");
        let keys = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, format!("command=\"{forced}\" {keys}")).unwrap();
        host.write("prod.toml", "[host]\naddress = \"vps\"\nconnect_timeout = \"1s\"\n");
        assert_transcript!(name, refused(&host));
    }
}

#[test]
fn other_login_shells() {
    let busybox =
        "printf '#!/bin/sh\\nexec busybox sh \"$@\"\\n' >/bin/strange; chmod 755 /bin/strange
        sed -i 's|^root:.*|root:x:0:0:root:/root:/bin/strange|' /etc/passwd";
    no_matter(&host(busybox));
}

const SMALL: &str = "mkdir /srv/small; mount -t tmpfs -o size=64k small /srv/small";

/// Names and sizes of everything in a directory.
fn names(host: &Host, directory: &str) -> String {
    host.machine.run(&format!("find {directory} -mindepth 1 -printf '%f %s\\n' | sort"))
}

#[test]
fn a_full_disk_leaves_nothing_half_written() {
    let host = host(SMALL);
    host.machine.run("printf old >/srv/small/a");
    let large = "x".repeat(200_000);
    host.spec(&format!(
        "[[resource]]\nkind = \"file\"\nname = \"/srv/small/a\"\ncontent = \"{large}\"\n"
    ));
    let mut ran = host.apply();
    assert_eq!(ran.status, 1, "{ran}");
    ran.stdout.clear();
    assert_transcript!("full_disk", ran);
    assert_eq!(names(&host, "/srv/small"), "a 3\n", "the old file, and no temporary one");
}

#[test]
fn a_disk_that_is_full_to_the_last_inode() {
    let host = host(&SMALL.replace("size=64k", "nr_inodes=1"));
    host.spec("[[resource]]\nkind = \"directory\"\nname = \"/srv/small/a\"\n");
    let mut ran = host.apply();
    assert_eq!(ran.status, 1, "{ran}");
    ran.stdout.clear();
    assert_transcript!("no_inodes", ran);
}

#[test]
fn a_purge_that_stops_half_way_has_changed_something() {
    let host = host("mkdir -p /srv/p && touch /srv/p/a /srv/p/c");
    // A mount on a file cannot be removed.
    host.machine.run("mount --bind /srv/p/a /srv/p/c");
    let purge = "kind = \"directory\"\nname = \"/srv/p\"\nmode = \"0755\"\npurge = \"[ac]\"";
    host.spec(&format!("[[resource]]\n{purge}\n"));
    let ran = host.apply();
    assert_eq!(ran.status, 3, "{ran}");
    assert!(ran.stderr.contains("finished steps are kept"), "{ran}");
    assert_eq!(names(&host, "/srv/p"), "c 0\n");
}

#[test]
fn a_read_only_target() {
    let host = host(&format!("{SMALL}; printf old >/srv/small/a; mount -o remount,ro /srv/small"));
    let file = "kind = \"file\"\nname = \"/srv/small/a\"\n";
    for (name, resource) in [
        ("file", &*format!("{file}content = \"x\"")),
        ("mode", &*format!("{file}content = \"old\"\nmode = \"0600\"")),
        ("symlink", "kind = \"symlink\"\nname = \"/srv/small/a\"\ntarget = \"/srv\""),
        ("absent", "kind = \"absent\"\nname = \"/srv/small/a\""),
        ("directory", "kind = \"directory\"\nname = \"/srv/small/new\""),
        ("purge", "kind = \"directory\"\nname = \"/srv/small\"\nmode = \"1777\"\npurge = \"a*\""),
    ] {
        host.spec(&format!("[[resource]]\n{resource}\n"));
        let mut ran = host.apply();
        assert_eq!(ran.status, 1, "{ran}");
        assert!(ran.stderr.contains("/srv/small is mounted read-only"), "{ran}");
        ran.stdout.clear();
        assert_transcript!(format!("read_only_{name}"), ran);
    }
    assert_eq!(names(&host, "/srv/small"), "a 3\n");
}

#[test]
fn no_room_for_the_lock() {
    let host = host("mount --bind /var/lib /var/lib; mount -o remount,bind,ro /var/lib");
    let mut ran = host.apply();
    assert_eq!(ran.status, 1, "nothing was changed: {ran}");
    ran.stdout.clear();
    assert_transcript!("no_lock", ran);
    host.machine.run("test ! -e /srv/a");
}

#[test]
fn obstacles_at_the_path() {
    let host = host("mkdir -p /srv/a/full; ln -s /srv/a /srv/link; mkfifo /srv/fifo");
    let mut ran = host.apply();
    assert_ne!(ran.status, 0);
    ran.stdout.clear();
    assert_transcript!("a_directory_in_the_way", ran);
    host.spec(&SPEC.replace("/srv/a", "/srv/no/such/directory/a"));
    let mut ran = host.apply();
    assert_ne!(ran.status, 0);
    ran.stdout.clear();
    assert_transcript!("no_directory", ran);
    host.spec(&SPEC.replace("/srv/a", "/srv/fifo"));
    assert_eq!(host.apply().status, 0, "a fifo is replaced, and nobody waits for its writer");
}
