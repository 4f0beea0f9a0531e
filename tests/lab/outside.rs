//! After an apply, ports that do not answer from the operator's machine are reported, with the host's own firewall
//! rules.

use crate::guest::{Guest, Ran};
use crate::noble_like::FRONT;
use crate::timing;
use libtest_mimic::Trial;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The trials of this file.
pub(crate) fn trials() -> Vec<Trial> {
    vec![timing::trial("outside::an_unreachable_name_is_reported", || {
        an_unreachable_name_is_reported();
        Ok(())
    })]
}

/// Applies a change of nginx; each number makes a different one.
fn changed(guest: &Guest, number: u32, host: &str) -> Ran {
    let body = FRONT.replace("[nginx]", &format!("[nginx]\ntimeout = \"{number}m\""));
    let ran = guest.on("apply", &guest.spec("front.toml", host, &body), &["--yes"]);
    assert_eq!(ran.status, 0, "{ran}");
    ran
}

/// The same over IPv6.
fn over_ipv6(guest: &Guest, spec: &Path) -> PathBuf {
    let text = std::fs::read_to_string(spec).expect("a spec");
    let (four, six) = (guest.get("ADDRESS4"), guest.get("ADDRESS6"));
    let path = guest.home.path().join("six.toml");
    let text = text.replace(four, six).replace("\"12m\"", "\"13m\"");
    // The same installation.
    let text = text.replacen("format = 1\n", &format!("format = 1\nid = \"{four}\"\n"), 1);
    std::fs::write(&path, text).expect("a spec");
    path
}

fn an_unreachable_name_is_reported() {
    let guest = Guest::blank("t-outside", "trixie");
    let address = guest.get("ADDRESS4").to_owned();
    let root = "user = \"root\"";
    let ran = changed(&guest, 10, root);
    assert!(!ran.stderr.contains("not answer from here"), "{ran}");

    // A firewall that drops packets, set up with nft.
    guest.run("apt-get -qq update; DEBIAN_FRONTEND=noninteractive apt-get -qq install ufw >/dev/null 2>&1");
    guest.run("nft add table inet lab && nft 'add chain inet lab in { type filter hook input priority 0; }'
        nft add rule inet lab in iifname != lo tcp dport 443 drop && nft add rule inet lab in tcp dport 25 drop");
    let ran = changed(&guest, 11, root);
    let reported =
        format!("443 does not answer from here over IPv4 [{address}]: no answer within 2 s");
    assert!(ran.stderr.contains(&reported), "{ran}");
    assert!(
        ran.stderr.contains("nft: inet lab, chain in: iifname != \"lo\" tcp dport 443 drop"),
        "{ran}"
    );
    assert!(!ran.stderr.contains("dport 25"), "{ran}");
    guest.run("nft delete table inet lab");

    // ufw, allowing only SSH.
    guest.run("ufw allow 22/tcp >/dev/null && ufw --force enable >/dev/null");
    let ran = changed(&guest, 12, root);
    let reported = format!("80 and 443 do not answer from here over IPv4 [{address}]");
    assert!(ran.stderr.contains(&reported) && ran.stderr.contains("ufw: Status: active"), "{ran}");
    guest.run("ufw --force disable >/dev/null");

    // IPv6 rejected; reported in a log for programs.
    guest.run("ip6tables -A INPUT ! -i lo -p tcp --dport 443 -j REJECT --reject-with tcp-reset");
    let six = over_ipv6(&guest, &guest.home.path().join("front.toml"));
    let ran = guest.on("apply", &six, &["--yes", "--log-format", "json"]);
    assert_eq!(ran.status, 0, "{ran}");
    let reported = format!("over IPv6 [{}]: the connection is refused", guest.get("ADDRESS6"));
    let line =
        ran.stderr.lines().find(|line| line.contains(&reported)).unwrap_or_else(|| panic!("{ran}"));
    let line: serde_json::Value = serde_json::from_str(line).expect("JSON");
    assert_eq!(line["code"], "apply/unreachable", "{line}");
    guest.run("ip6tables -F INPUT; iptables -A INPUT ! -i lo -p tcp --dport 443 -j DROP");

    // Through a jump host nothing is tried.
    let port = guest.get("SSH_PORT");
    let keys = Command::new("ssh-keyscan").args(["-p", port, "-t", "ed25519", &address]).output();
    let directory = guest.home.path().join(".ssh");
    std::fs::create_dir_all(&directory).expect("a directory");
    std::fs::write(directory.join("known_hosts"), keys.expect("ssh-keyscan").stdout).expect("keys");
    let ran = changed(&guest, 14, &format!("{root}\njump = \"root@{address}:{port}\""));
    let reported = format!("was not tested: the host is reached through root@{address}:{port}");
    assert!(ran.stderr.contains(&reported), "{ran}");
    assert!(!ran.stderr.contains("not answer from here"), "{ran}");
    guest.down();
}
