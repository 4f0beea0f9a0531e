//! What would lock everyone out of the host, or keep it from booting, is refused offline; what only looks like it is not.

use crate::workspace::{GOOD, Workspace};

/// The outcome of a check with this `[[resource]]`.
fn with(resource: &str) -> (i32, String) {
    let ran =
        Workspace::with(&format!("{GOOD}\n[[resource]]\n{resource}")).run(&["check", "prod.toml"]);
    (ran.status, ran.stdout)
}

/// A resource of this kind and name, with these further lines.
fn lines(kind: &str, name: &str, more: &str) -> String {
    format!("kind = \"{kind}\"\nname = \"{name}\"\n{more}\n")
}

#[test]
fn what_no_host_survives_is_refused() {
    let (x, none) = ("content = \"x\"", "content = \"x\"\nactivation = \"none\"");
    for (kind, name, more, why) in [
        ("service", "ssh.service", "running = false", "nobody could log in"),
        ("service", "ssh.service", "enabled = false", "nobody could log in"),
        ("service", "sshd.service", "running = false", "nobody could log in"),
        ("service", "ssh.socket", "running = false\nenabled = false", "nobody could log in"),
        ("service", "systemd-networkd.service", "running = false", "the host would be offline"),
        ("service", "dbus.service", "running = false", "systemd could not be reached"),
        ("service", "sysinit.target", "enabled = false", "the host would not boot"),
        ("apt", "openssh-server", "installed = false", "must not be removed"),
        ("apt", "systemd", "installed = false", "must not be removed"),
        ("file", "/etc/shadow", x, "would replace all accounts"),
        ("file", "/etc/passwd", x, "would replace all accounts"),
        ("file", "/etc/group", x, "would replace all accounts"),
        ("absent", "/etc/gshadow", "", "would remove all accounts"),
        ("symlink", "/etc/shadow", "target = \"/srv/shadow\"", "would replace all accounts"),
        ("directory", "/etc/shadow", "", "would replace all accounts"),
        ("file", "/etc/ld.so.preload", x, "loaded into every program"),
        ("file", "/etc/sudoers", none, "leaves it untested"),
        ("file", "/etc/sudoers.d/admins", none, "leaves it untested"),
        ("absent", "/root/.ssh/authorized_keys", "activation = \"none\"", "leaves it untested"),
        ("file", "/dev/null", x, "the kernel provides it"),
        ("file", "/proc/sys/vm/swappiness", x, "the kernel provides it"),
        ("symlink", "/sys/x", "target = \"/x\"", "the kernel provides it"),
        ("file", "/bin/sh", x, "without its own /bin/sh"),
        ("absent", "/usr/sbin/sshd", "", "without its own /usr/sbin/sshd"),
        ("symlink", "/sbin/init", "target = \"/bin/true\"", "without its own /sbin/init"),
        ("absent", "/lib/x86_64-linux-gnu/libc.so.6", "", "without its own"),
        ("absent", "/boot/vmlinuz", "", "without its own /boot/vmlinuz"),
        ("absent", "/etc/fstab", "", "without its own /etc/fstab"),
        ("absent", "/usr/bin", "", "every host needs it"),
        ("absent", "/home", "", "every host needs it"),
        ("symlink", "/lib64", "target = \"/srv/lib\"", "a directory that every host needs"),
        ("file", "/var", x, "a directory that every host needs"),
        ("directory", "/root", "owner = \"www-data\"", "replace what root runs"),
        ("directory", "/tmp", "", "remove only its own"),
        ("directory", "/etc", "mode = \"0700\"", "only root could enter it"),
        ("directory", "/etc", "purge = \"*s*\"", "would remove /etc/gshadow"),
        ("directory", "/etc/ssh", "purge = \"sshd*\"", "would remove /etc/ssh/sshd_config"),
        ("directory", "/usr/bin", "purge = \"a*\"", "would remove files of packages"),
        ("user", "root", "shell = \"/usr/sbin/nologin\"", "nobody could log in as root"),
        ("user", "root", "home = \"/srv/root\"", "root's home is /root"),
    ] {
        let (status, output) = with(&lines(kind, name, more));
        assert!(status == 1 && output.contains(why), "{kind} {name}: no {why:?}\n{output}");
        let at = format!("--> prod.toml:{}:", GOOD.lines().count() + 2);
        let inside = format!("--> prod.toml:{}:", GOOD.lines().count() + 5);
        assert!(output.contains(&at) || output.contains(&inside), "{kind} {name}: {output}");
        assert!(output.contains("= help: ") || kind == "user", "{kind} {name}: {output}");
    }
}

#[test]
fn what_a_host_survives_is_accepted() {
    let x = "content = \"x\"";
    for (kind, name, more) in [
        ("service", "ssh.service", ""),
        ("service", "ssh.service", "if_running = true"),
        // Logins through socket activation, and without.
        (
            "service",
            "ssh.service",
            "enabled = false\n[[resource]]\nkind = \"service\"\nname = \"ssh.socket\"",
        ),
        (
            "service",
            "ssh.socket",
            "running = false\nenabled = false\n[[resource]]\nkind = \"service\"\nname = \"ssh.service\"",
        ),
        ("service", "apache2.service", "running = false\nenabled = false"),
        ("apt", "apache2", "installed = false"),
        ("apt", "openssh-server", ""),
        ("file", "/etc/sudoers", x),
        ("file", "/etc/sudoers.d/admins", x),
        ("file", "/etc/ssh/sshd_config.d/50-own.conf", x),
        ("absent", "/root/.ssh/authorized_keys", ""),
        ("absent", "/etc/ld.so.preload", ""),
        ("file", "/etc/fstab", x),
        ("file", "/etc/subuid", x),
        ("file", "/boot/firmware/config.txt", x),
        ("file", "/usr/local/bin/sh", x),
        ("file", "/usr/bin/mine", x),
        ("directory", "/srv", "owner = \"www-data\""),
        ("directory", "/root", "mode = \"0700\""),
        ("directory", "/tmp", "mode = \"1777\""),
        ("directory", "/etc/cron.d", "mode = \"0700\""),
        ("directory", "/var/log", "mode = \"0775\"\ngroup = \"adm\""),
        ("directory", "/etc/cron.d", "purge = \"mine-*\""),
        ("absent", "/boot/grub/custom.cfg", ""),
        ("directory", "/usr/share/element-web", "purge = \"*.js\""),
        ("directory", "/usr/local/bin", "purge = \"mine-*\""),
        ("user", "root", "shell = \"/bin/zsh\"\nhome = \"/root\""),
        ("user", "bridge", "shell = \"/usr/sbin/nologin\""),
    ] {
        let (status, output) = with(&lines(kind, name, more));
        assert!(status == 0, "{kind} {name} {more}\n{output}");
    }
}

#[test]
fn what_is_lost_at_boot_is_a_warning() {
    for (name, is_lost) in [
        ("/run/bridge/key", true),
        ("/tmp/x", true),
        ("/var/run/x", true),
        ("/srv/x", false),
        ("/runner/x", false),
    ] {
        let (status, output) = with(&lines("file", name, "content = \"x\""));
        assert_eq!(output.contains("does not last"), is_lost, "{name}\n{output}");
        assert_eq!(status, 0, "{name}\n{output}");
    }
    let (_, output) = with(&lines("absent", "/run/bridge/key", ""));
    assert!(!output.contains("does not last"), "{output}");
}
