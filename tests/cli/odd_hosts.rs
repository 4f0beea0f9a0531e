//! Hosts whose logins and servers are unusual, all found in practice: usable ones work, and the others are refused
//! before any change, with the cause.

use crate::host::{Host, Ran};

const SPEC: &str = "[[resource]]\nkind = \"file\"\nname = \"/srv/a\"\ncontent = \"x\"\n";

/// A host prepared by this script, whose sshd has these lines.
fn host(script: &str, lines: &str) -> Host {
    let host = Host::new();
    host.machine.run(script);
    let path = host.sshd.directory().join("sshd_config");
    let config = std::fs::read_to_string(&path).unwrap();
    // sshd uses the first value it reads.
    std::fs::write(&path, format!("{lines}\n{config}")).unwrap();
    host.spec(SPEC);
    host
}

/// `apply --yes` must end before any change, with these words.
fn refused(host: &Host, words: &[&str]) -> Ran {
    let before = host.machine.written();
    let ran = host.apply();
    assert_eq!((ran.status, ran.stdout.as_str()), (1, ""), "{ran}\n{}", host.sshd.log());
    assert_eq!(host.machine.written(), before);
    let text = ran.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
    for word in words {
        assert!(text.contains(word), "no `{word}`: {ran}");
    }
    ran
}

/// The host is planned and applied without trouble.
fn no_matter(host: &Host) {
    let ran = host.on("plan");
    assert!(ran.status == 0 && ran.stdout.contains("1 to create"), "{ran}");
    let ran = host.apply();
    assert_eq!(ran.status, 0, "{ran}");
    assert!(host.apply().stdout.contains("no changes"));
}

#[test]
fn login_files_that_make_noise() {
    let noise = "printf 'noise\\0more\\377' ; printf 'noise\\0more\\377' >&2; stty sane; echo done";
    no_matter(&host(
        &format!("for at in .bashrc .profile .bash_profile; do echo \"{noise}\" >/root/$at; done"),
        "Banner /etc/passwd",
    ));
}

#[test]
fn login_files_that_wait_for_input() {
    let host = host("echo 'cat >/dev/null' >/root/.bashrc", "");
    host.write(
        "prod.toml",
        format!("[host]\naddress = \"vps\"\nconnect_timeout = \"2s\"\n\n{SPEC}"),
    );
    refused(&host, &["the host did not start a shell within", "login shell"]);
}

#[test]
fn login_files_and_tools_that_are_slow() {
    let slow = "echo 'sleep 3' >/root/.bashrc
        for tool in stat sha256sum dpkg-query; do
            mkdir -p /usr/local/bin
            printf '#!/bin/sh\\nsleep 1\\nexec /usr/bin/%s \"$@\"\\n' $tool >/usr/local/bin/$tool
            chmod 755 /usr/local/bin/$tool
        done";
    no_matter(&host(slow, ""));
}

#[test]
fn login_shells() {
    let shell =
        |path: &str| format!("sed -i 's|^root:.*|root:x:0:0:root:/root:{path}|' /etc/passwd");
    no_matter(&host(&shell("/bin/dash"), ""));
    let ran = refused(
        &host(&shell("/bin/false"), ""),
        &["the shell on the host ended with exit status 1"],
    );
    assert!(ran.stderr.contains("login shell"), "{ran}");
}

#[test]
fn other_languages() {
    let variables = "LANG=de_DE.UTF-8\\nLC_ALL=de_DE.UTF-8\\nLANGUAGE=de\\n";
    no_matter(&host(
        &format!(
            "printf '{variables}' >/etc/environment; printf 'export {}\\n' >/root/.bashrc",
            "LC_ALL=de_DE.UTF-8"
        ),
        "SetEnv LC_ALL=de_DE.UTF-8 LANG=de_DE.UTF-8 LANGUAGE=de",
    ));
}

#[test]
fn servers_that_allow_few_sessions() {
    no_matter(&host("true", "MaxSessions 1"));
    refused(&host("true", "MaxSessions 0"), &["MaxSessions"]);
}

#[test]
fn servers_that_run_something_else() {
    refused(&host("true", "ForceCommand internal-sftp"), &["ForceCommand"]);
    refused(&host("true", "ForceCommand echo nothing here"), &["ForceCommand", "nothing here"]);
    let logged = "ForceCommand /bin/sh -c 'echo run >>/tmp/forced; eval \"$SSH_ORIGINAL_COMMAND\"'";
    no_matter(&host("true", logged));
}

#[test]
fn servers_that_refuse_root() {
    refused(&host("true", "PermitRootLogin no"), &["refused the key", "id_ed25519", "SHA256:"]);
}

#[test]
fn configurations_that_cannot_be_followed() {
    let configured = |lines: &str| {
        let host = host("true", "");
        let path = host.home.path().join(".ssh/config");
        let config = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, format!("{config}{lines}\n")).unwrap();
        host
    };
    refused(&configured("  ProxyCommand nc %h %p"), &["`ProxyCommand`", "nc %h %p"]);
    let unknown = configured("  StrictHostKeyChecking no\n  UserKnownHostsFile /dev/null");
    refused(&unknown, &["SHA256:"]);
    refused(&configured("  Port many"), &["many", ".ssh/config line"]);
    no_matter(&configured("Match exec \"true\"\n  User root"));
}
