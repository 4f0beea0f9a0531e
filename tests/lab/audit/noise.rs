//! Changes that a running Debian host makes without an apply: a short list, each with its reason.

/// Traces, each group with its reason.
pub(crate) const NOISE: &[(&[&str], &str)] = &[
    (&["path /var/log/journal/**"], "journald writes what is logged"),
    (
        &[
            "path /var/log/wtmp",
            "path /var/log/wtmp.db",
            "path /var/log/btmp",
            "path /var/log/lastlog",
            "path /var/lib/lastlog/*",
            "path /var/lib/wtmpdb/*",
            "path /home/*/.sudo_as_admin_successful",
        ],
        "logins are written down, and that sudo was used",
    ),
    (
        &[
            "path /var/lib/systemd/timers/stamp-*",
            "path /var/lib/systemd/timesync/clock",
            "path /var/lib/systemd/random-seed",
            "path /var/lib/systemd/linger",
        ],
        "systemd keeps when its timers last ran, the time and its seed",
    ),
    (
        &[
            "path /tmp/systemd-private-*",
            "path /tmp/systemd-private-*/**",
            "path /var/tmp",
            "path /var/tmp/systemd-private-*",
            "path /var/tmp/systemd-private-*/**",
        ],
        "units with a /tmp of their own get it here when they start",
    ),
    (
        &[
            "unit systemd-*",
            "unit user@*",
            "unit user-runtime-dir@*",
            "unit ssh@*",
            "unit sshd@*",
            "unit modprobe@*",
            "unit polkit.service",
            "unit dbus.service",
            "unit matrixform-check*",
            "unit matrixform-switch.service",
            "unit matrixform-apt.service",
            "unit matrixform-venv.service",
        ],
        "systemd's own, sessions of those who log in, and units of our own work, which are gone when the run that began it, or the next one, has read them",
    ),
    (
        &["unit snapd.service", "path /var/lib/snapd/**"],
        "snapd ends when nobody asks it, and writes that down",
    ),
    (&["path /var/cache/apt/archives/*.deb"], "the lab links packages between its hosts"),
];
