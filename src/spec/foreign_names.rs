//! Names that people know from other tools, for keys of `[host]` and for sections that no module has.

/// Names that mean the same, and what to write.
type ForeignNames = (&'static [&'static str], &'static str);

/// In `[host]`.
const HOST: &[ForeignNames] = &[
    (
        &[
            "name",
            "hostname",
            "host",
            "ip",
            "ipv4",
            "ipv6",
            "ip_address",
            "fqdn",
            "domain",
            "server",
            "ssh_host",
            "ansible_host",
            "url",
        ],
        "write `address`: the host's name, its IP address, or a `Host` of `~/.ssh/config`",
    ),
    (&["ssh_port", "ansible_port", "ports"], "write `port = 22`: the port of sshd"),
    (
        &["username", "login", "ssh_user", "remote_user", "ansible_user", "root"],
        "write `user = \"root\"`: the user to log in as",
    ),
    (
        &[
            "key",
            "key_file",
            "keyfile",
            "ssh_key",
            "ssh_key_file",
            "private_key",
            "private_key_file",
            "ssh_private_key",
            "ssh_private_key_file",
            "ansible_ssh_private_key_file",
            "identity",
            "identity_file",
        ],
        "write `identity_files = [\"~/.ssh/id_ed25519\"]`: the path of a private key; without it, keys of the agent and \
         of `~/.ssh` are tried",
    ),
    (
        &[
            "sudo",
            "sudo_pass",
            "become_password",
            "become_pass",
            "password",
            "pass",
            "ansible_become_password",
        ],
        "matrixform asks for the sudo password, or takes it from a secret: store it with `matrixform secrets set SPEC \
         host/sudo`, and write `sudo_password = { secret = \"host/sudo\" }`",
    ),
    (
        &["become_user", "become_method", "ansible_become"],
        "write `become = \"sudo\"` or `become = \"none\"`: the host is configured as root",
    ),
    (
        &["fingerprint", "known_hosts", "host_keys", "public_key"],
        "write `host_key`, a fingerprint (`SHA256:…`) or a public key of the host; without it, `~/.ssh/known_hosts` decides",
    ),
    (
        &["bastion", "proxy", "proxy_jump", "proxyjump", "jump_host", "jumphost", "gateway"],
        "write `jump = \"user@host:port\"`",
    ),
    (&["timeout", "ssh_timeout"], "write `connect_timeout = \"10s\"`"),
    (
        &["os", "release", "distribution", "distro", "system", "arch"],
        "remove it: matrixform reads the release from the host",
    ),
];

/// In place of a section.
const SECTIONS: &[ForeignNames] = &[
    (
        &["ssh", "connection", "machine", "vps", "node", "target", "remote", "ansible"],
        "write `[host]`: `address`, `port` and `user` say how to reach the host over SSH",
    ),
    (
        &["firewall", "ufw", "iptables", "nftables", "fail2ban"],
        "remove it: matrixform does not change the host's firewall; `matrixform verify SPEC` tests from outside which ports \
         are open",
    ),
    (
        &["dns", "records", "zone"],
        "remove it: matrixform does not change DNS; `matrixform dns SPEC` lists the records to create",
    ),
    (
        &["modules", "module", "plugins", "roles"],
        "remove it: a module is a directory in `modules/` beside the spec, used by a section of its name",
    ),
    (
        &[
            "package",
            "packages",
            "apt",
            "file",
            "files",
            "service",
            "services",
            "systemd",
            "directory",
        ],
        "write a `[[resource]]` with its `kind`, such as `\"file\"`; `matrixform explain file` describes one",
    ),
    (
        &["vault", "passwords", "credentials", "keys"],
        "secrets are not in a spec: `matrixform secrets list SPEC` shows which it needs, and where each is stored",
    ),
    (
        &[
            "general", "global", "globals", "defaults", "common", "main", "config", "settings",
            "vars",
        ],
        "write each key under the section that it belongs to: `matrixform explain KEY` names it",
    ),
];

/// Returns what to write for a key that `[host]` does not have.
pub(super) fn host_key(name: &str) -> Option<&'static str> {
    find(HOST, name)
}

/// Returns what to write for a section that neither a spec nor any module has.
pub fn foreign_section(name: &str) -> Option<&'static str> {
    find(SECTIONS, name)
}

fn find(all: &'static [ForeignNames], name: &str) -> Option<&'static str> {
    all.iter().find(|(names, _)| names.contains(&name)).map(|(_, help)| *help)
}
