//! Changes that trials make to their hosts themselves, by family, and changes that the audit cannot see.

/// Written by trials while an apply runs.
const OWN: &[(&str, &[&str], &str)] = &[
    ("whole", &["path /srv/lab/*"], "the demo's command counts readers"),
    ("drift", &["path /srv/lab/*"], "the demo's command counts readers"),
    ("edits", &["path /srv/lab/*"], "the demo's command counts readers"),
    ("audit", &["path /srv/lab/*"], "the demo's command counts readers, an edit of it elsewhere"),
    ("plan", &["path /srv/boat/anchor"], "the spec's command drops it"),
    ("options", &["path /srv/trial/**"], "Python compiles the trial's own module"),
    (
        "homeserver",
        &[
            "path /var/lib/matrix-synapse/starts",
            "path /var/lib/x-state",
            "path /var/lib/x-state/**",
            "path /etc/x-own/probe",
        ],
        "modules of the trial that say where they may write",
    ),
];

/// Directories on separate disks, which are not observed.
const ELSEWHERE: &[&str] = &["/mnt/volume/"];

/// Announced changes without a visible trace, by family; `*` stands for all.
const UNSEEN: &[(&str, &str, &str)] = &[
    (
        "drift",
        "file:/srv/lab/with blank.conf",
        "a group that was deleted comes back with its number",
    ),
    ("drift", "service:lab-daemon.service", "systemd reads a unit's file again"),
    (
        "*",
        "synapse_token:*",
        "a token cannot be tried while Synapse is down or late, and works after all",
    ),
];

/// The traces of a family's own changes.
pub(super) fn traces(family: &str) -> impl Iterator<Item = &'static str> {
    let own = OWN.iter().filter(move |one| one.0 == family);
    own.flat_map(|one| one.1).copied()
}

/// Whether a change of this resource may leave no trace.
pub(super) fn is_unseen(family: &str, address: &str) -> bool {
    let name = address.split_once(':').map_or("", |(_, name)| name);
    let fits = |one: &str| match one.strip_suffix('*') {
        Some(begin) => address.starts_with(begin),
        None => one == address,
    };
    ELSEWHERE.iter().any(|directory| name.starts_with(directory))
        || UNSEEN.iter().any(|one| (one.0 == "*" || one.0 == family) && fits(one.1))
}
