//! The text of a unit's copy: put together as systemd does it, without what must not happen twice.

use crate::host::{Host, SHELLS};
use std::time::Duration;

/// A template with drop-ins of everybody: another hand's, one for all services, masked ones, one for all that begin alike.
const FILES: [(&str, &str); 10] = [
    (
        "usr/a-b@.service",
        "[Unit]\nDescription=x\nOnFailure=mail@%n.service\nAssertPathExists=/etc/x/%I/conf\nConditionPathExists=|!/etc/y\n\
         [Service]\nType=notify\nUser=box\nExecStartPre=/usr/bin/prepare %i \\\n  # not said\n  --last %%n\n\
         ExecStartPre=+/usr/bin/own\nExecStart=/usr/bin/x\nEnvironmentFile=-/etc/default/x\nStateDirectory=x x/%N\n\
         StateDirectoryMode=0750\n[Install]\nWantedBy=multi-user.target\n",
    ),
    ("usr/a-b@.service.d/10-a.conf", "[Service]\nProtectHome=tmpfs\nRestart=always\n"),
    ("etc/a-b@.service.d/10-a.conf", "[Service]\nProtectHome=yes\n"),
    (
        "etc/a-b@one\\x2dtwo.service.d/20-b.conf",
        "[Service]\nEnvironment=NAME=%n\nRuntimeDirectory=x\n",
    ),
    (
        "etc/a-.service.d/30-c.conf",
        "[Service]\nBindPaths=-/etc/z:/srv/z:rbind /opt/o\nTemporaryFileSystem=/var:ro\n",
    ),
    ("etc/service.d/05-all.conf", "[Unit]\nOnFailure=all.service\n[Service]\nLimitNOFILE=7\n"),
    (
        "etc/a-.service.d/35-hidden.conf",
        "[Unit]\nFailureAction=reboot-force\n[Service]\nFailureAction=reboot\nSuccessAction=exit\nFailureActionExitStatus=3\n\
         ExecStartPre=\"+/usr/bin/hidden\"\nExecStartPre=-'+/usr/bin/hidden'\nExecStartPre=@\\x2b/usr/bin/hidden x\n\
         ExecStartPre=/bin/true ; +/usr/bin/hidden\nExecCondition=/bin/true \\\" ; +/usr/bin/hidden \\\"\n\
         ExecStartPre=/bin/sh -c 'seen ; seen'\nExecCondition=/bin/sh -c \"seen \\\" ; seen\"\n",
    ),
    ("run/a-b@.service.d/40-d.conf", "[Service]\nExecStartPre=/bin/false\n"),
    ("etc/a-b@.service.d/40-d.conf", ""),
    ("etc/a-bc.service.d/50-e.conf", "[Service]\nUser=another\n"),
];

/// What is read of the unit, in a folder that is called `@`.
async fn read(shell: &'static [&'static str], files: &[(&str, &str)]) -> String {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let at = folder.path().display();
    std::fs::write(folder.path().join("points"), "/etc\n/var\n/var/lib\n/run\n").unwrap();
    let functions = format!(
        "text() {{\nmf_stage={at} mf_unit_paths='{at}/etc {at}/run {at}/usr'\nsandbox_text 'a-b@one\\x2dtwo.service' | \
         awk '/^#(directory|covered): / {{ print | \"sort\"; next }} {{ print }}'\n}}\n"
    );
    let mut host = Host::with(shell, &functions, Duration::from_secs(90));
    let (said, status) = host.step(Duration::from_secs(10), "text").await;
    assert_eq!(status, 0, "{said}");
    said.replace(&at.to_string(), "@")
}

#[tokio::test]
async fn it_is_what_systemd_reads() {
    for shell in SHELLS {
        insta::assert_snapshot!("text", read(shell, &FILES).await);
    }
}

/// Where only the program is confined, an empty setting takes back whatever comes before it.
#[tokio::test]
async fn what_has_all_rights_does_not_come_before_it() {
    for shell in SHELLS {
        for (word, is_left_out) in [("TRUE", true), ("on", true), ("no", false)] {
            let drop_in = format!("[Service]\nPermissionsStartOnly={word}\n");
            let unit = "[Service]\nExecStartPre=/usr/bin/prepare\nExecStart=/usr/bin/x\n";
            let files = [("usr/a-b@.service", unit), ("etc/service.d/a.conf", drop_in.as_str())];
            let said = read(shell, &files).await;
            assert_eq!(said.contains("\nExecStartPre=\n"), is_left_out, "{said}");
            assert!(!said.contains("PermissionsStartOnly"), "{said}");
        }
    }
}
