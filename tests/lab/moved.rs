//! A service whose directory root moved to another place, and whose data is directly in `/`: the check before a switch
//! tries files out there, too, and leaves the host alone.

use crate::guest::Guest;
use crate::timing;
use libtest_mimic::{Failed, Trial};
use std::path::PathBuf;

pub(crate) fn trials() -> Vec<Trial> {
    vec![timing::trial("moved::a_check_never_writes_through_links_of_root", check)]
}

/// A service whose checker reads what is tried out.
const SERVICE: &str = r#"
[[activation]]
name = "own"
owns = ["/etc/own", "/own"]
effect = "restart"
validate = ["grep -q good /etc/own/deep/value"]
health = [{ run = "grep -q good /etc/own/deep/value" }]

[[resource]]
kind = "file"
name = "/etc/systemd/system/own.service"
content = "[Service]\nType=exec\nExecStart=/bin/sleep infinity\n[Install]\nWantedBy=multi-user.target\n"

[[resource]]
kind = "service"
name = "own.service"
activation = "own"
"#;

fn file(path: &str, content: &str) -> String {
    format!(
        "\n[[resource]]\nkind = \"file\"\nname = \"{path}\"\ncontent = \"{content}\\n\"\nactivation = \"own\"\n"
    )
}

fn check() -> Result<(), Failed> {
    let guest = Guest::blank("t-moved", "trixie");
    let spec =
        |name: &str, more: &str| guest.spec(name, "user = \"root\"", &format!("{SERVICE}{more}"));
    let value = |content: &str| file("/etc/own/deep/value", content);
    let live = || guest.run("cat /srv/own/value; ls -d /own 2>/dev/null || :");
    guest.run("mkdir -p /srv/own /etc/own && ln -s /srv/own /etc/own/deep");

    // The audit expects changes at the paths that are declared, not behind links.
    let apply = |spec: PathBuf| guest.matrixform(&["apply", spec.to_str().unwrap(), "--yes"]);
    assert_eq!(apply(spec("good.toml", &value("good"))).status, 0);
    assert_eq!(live(), "good\n");

    let directory = "\n[[resource]]\nkind = \"directory\"\nname = \"/own\"\nactivation = \"own\"\n";
    let own = directory.to_owned() + &file("/own/data", "x");
    let refused = apply(spec("bad.toml", &(value("bad") + &own)));
    assert_eq!(refused.status, 1, "{refused}");
    assert!(refused.stderr.contains("rejected the new files"), "{refused}");
    assert_eq!(
        live(),
        "good\n",
        "neither the file behind the link nor the directory in / was changed"
    );

    let better = apply(spec("better.toml", &(value("good too") + &own)));
    assert_eq!(better.status, 0, "{better}");
    assert_eq!(live(), "good too\n/own\n");

    let in_root = value("good too") + &own + &file("/own-value", "x");
    let refused = apply(spec("root.toml", &in_root));
    assert_eq!(refused.status, 1, "{refused}");
    assert!(refused.stderr.contains("/own-value cannot be tested"), "{refused}");
    assert_eq!(guest.run("ls -d /own-value || :"), "");
    guest.down();
    Ok(())
}
