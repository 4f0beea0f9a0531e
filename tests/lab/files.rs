//! The shortest complete path: one file on a blank host, planned, applied, checked, repaired.

use crate::guest::Guest;
use crate::timing;
use libtest_mimic::{Failed, Trial};

/// The trials of this file.
pub(crate) fn trials() -> Vec<Trial> {
    vec![timing::trial("files::one_file_converges_and_stays", one_file)]
}

const FILE: &str = "[[resource]]\nkind = \"file\"\nname = \"/etc/motd\"\ncontent = \"hello\\n\"\n";

fn one_file() -> Result<(), Failed> {
    let guest = Guest::blank("t-file", "trixie");
    let spec = guest.spec("a.toml", "user = \"root\"", FILE);
    assert_eq!(guest.planned(&spec), ["file:/etc/motd"]);
    guest.apply(&spec);
    assert_eq!(guest.run("cat /etc/motd"), "hello\n");
    assert!(guest.planned(&spec).is_empty());

    let before = guest.run("stat -c '%i %Y %Z' /etc/motd");
    let again = guest.apply(&spec);
    assert!(again.stdout.contains("no changes"), "{again}");
    assert_eq!(guest.run("stat -c '%i %Y %Z' /etc/motd"), before, "a second apply touches nothing");

    guest.run("echo other >/etc/motd; chmod 600 /etc/motd; chown daemon /etc/motd");
    let shown = guest.on("plan", &spec, &[]);
    for what in ["-other", "+hello", "0600", "0644", "daemon"] {
        assert!(shown.stdout.contains(what), "{what} is shown\n{shown}");
    }
    let sudo = guest.spec("sudo.toml", "user = \"admin\"", FILE);
    guest.apply(&sudo);
    assert_eq!(guest.run("cat /etc/motd; stat -c %U:%a /etc/motd"), "hello\nroot:644\n");
    guest.down();
    Ok(())
}
