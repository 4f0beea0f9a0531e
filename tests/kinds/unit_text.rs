//! The text of a unit's sandboxed copy: assembled as by systemd, without the settings that must not take effect twice.

use crate::host::{Host, SHELLS};
use std::time::Duration;

/// A template with drop-ins of every sort: foreign ones, one for all services, masked ones, one for a name prefix.
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

/// The text read for the unit, with `@` as the directory's name.
async fn read(shell: &'static [&'static str], files: &[(&str, &str)]) -> String {
    ask(
        shell,
        files,
        "awk '/^#(directory|covered|rights): / { print | \"sort\"; next } { print }'",
        "/etc\n/var\n/var/lib\n/run\n",
    )
    .await
}

/// The output of `filter` for the text of the unit, with overlays at these points.
async fn ask(
    shell: &'static [&'static str],
    files: &[(&str, &str)],
    filter: &str,
    points: &str,
) -> String {
    let directory = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = directory.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let at = directory.path().display();
    std::fs::write(directory.path().join("points"), points).unwrap();
    let functions = format!(
        "text() {{\nmf_stage={at} mf_unit_paths='{at}/etc {at}/run {at}/usr'\nsandbox_text 'a-b@one\\x2dtwo.service' >{at}/text; \
         {filter} <{at}/text\n}}\n"
    );
    let mut host = Host::with(shell, &functions, Duration::from_secs(90));
    let (output, status) = host.step(Duration::from_secs(10), "text").await;
    assert_eq!(status, 0, "{output}");
    output.replace(&at.to_string(), "@")
}

#[tokio::test]
async fn the_unit_text_matches_systemd() {
    for shell in SHELLS {
        insta::assert_snapshot!("text", read(shell, &FILES).await);
    }
}

/// Where only the program is confined, an empty setting resets everything before it.
#[tokio::test]
async fn privileged_commands_do_not_precede_the_program() {
    for shell in SHELLS {
        for (word, is_left_out) in [("TRUE", true), ("on", true), ("no", false)] {
            let drop_in = format!("[Service]\nPermissionsStartOnly={word}\n");
            let unit = "[Service]\nExecStartPre=/usr/bin/prepare\nExecStart=/usr/bin/x\n";
            let files = [("usr/a-b@.service", unit), ("etc/service.d/a.conf", drop_in.as_str())];
            let output = read(shell, &files).await;
            assert_eq!(output.contains("\nExecStartPre=\n"), is_left_out, "{output}");
            assert!(!output.contains("PermissionsStartOnly"), "{output}");
        }
    }
}

/// An overlay is read-only where the unit sees its content read-only, through whatever directory.
#[tokio::test]
async fn paths_a_unit_cannot_write_are_read_only_in_its_copy() {
    let points = "/etc\n/home\n/tmp\n/var\n/var/lib\n/var/tmp\n/run\n";
    let cases = [
        ("", ""),
        ("ProtectSystem=no\n", ""),
        ("ProtectSystem=true\n", ""),
        ("ProtectSystem=full\nReadWritePaths=/etc\n", "/etc"),
        ("ProtectSystem=strict\n", "/etc /tmp /var /var/lib /var/tmp /run"),
        ("ProtectSystem=strict\nProtectSystem=full\n", "/etc"),
        ("ProtectSystem=strict\nReadWritePaths=/\n", "/etc /tmp /var /var/lib /var/tmp /run"),
        (
            "ProtectSystem=strict\nReadWritePaths=/etc -/var/lib/\nReadWriteDirectories=%t\n",
            "/tmp /var /var/tmp",
        ),
        (
            "ProtectSystem=strict\nReadWritePaths=/var\nReadOnlyPaths=/var/lib\n",
            "/etc /tmp /var/lib /run",
        ),
        (
            "ProtectSystem=strict\nReadWritePaths=/var\nReadWritePaths=\nReadWritePaths=+/var/run/\n",
            "/etc /tmp /var /var/lib /var/tmp",
        ),
        ("ReadOnlyPaths=-/var \"/run\"\n", "/var /var/lib /var/tmp /run"),
        ("ReadOnlyDirectories=/var\nReadOnlyPaths=\n", ""),
        ("ReadOnlyPaths=/var\nStateDirectory=x\n", "/var /var/lib /var/tmp"),
        ("ReadOnlyPaths=/va\n", ""),
        ("ProtectHome=read-only\n", "/home"),
    ];
    for shell in SHELLS {
        for (settings, expected) in cases {
            let unit = format!("[Service]\nExecStart=/usr/bin/x\n{settings}");
            let files = [("usr/a-b@.service", unit.as_str())];
            let output = ask(shell, &files, "sandbox_readonly", points).await;
            assert_eq!(
                output.split_whitespace().collect::<Vec<_>>().join(" "),
                expected,
                "{settings}"
            );
        }
    }
}
