//! What a resource changes on a host: itself, and its side effects. Data for the reference (docs/kinds.md) and for the
//! audit of the lab's hosts, where any other change is a bug.
//!
//! A trace is a word and a name: `path /etc/motd`, `gone PATH` (nothing exists there any more), `package`, `unit`,
//! `user`, `group`, `member GROUP/USER`, `role`, `database`, `grant DATABASE/WHAT`, `setting`. In a name, `{name}` is
//! the resource's name, `{stem}` the same without `.service`, `{directory}` its parent directory, `*` any characters
//! but `/`, `?` one of them, and a trailing `/**` everything below. For packages that change, `{file}`, `{unit}` and
//! `{script}` stand for each path, unit and script of /etc/init.d that dpkg lists, `{bytecode}` for what Python
//! compiles from each source among them, and `{dependency}` for each package that the resource's package depends on.

/// What a resource of a kind changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Footprint {
    /// The traces of the resource itself; every change leaves at least one of them. If there are none, a change may
    /// leave no trace.
    pub own: &'static [&'static str],
    /// Side effects of a change.
    pub by_products: &'static [ByProduct],
}

/// A side effect of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ByProduct {
    /// The traces.
    pub traces: &'static [&'static str],
    /// Why, in one line.
    pub why: &'static str,
}

impl Footprint {
    /// A kind whose changes to the host are not known in advance.
    pub const NONE: Footprint = Footprint { own: &[], by_products: &[] };

    /// A kind without side effects.
    pub const fn only(own: &'static [&'static str]) -> Footprint {
        Footprint { own, by_products: &[] }
    }
}

/// The account files, which are written together.
pub(super) const ACCOUNT_FILES: ByProduct = ByProduct {
    traces: &[
        "path /etc/passwd",
        "path /etc/passwd-",
        "path /etc/shadow",
        "path /etc/shadow-",
        "path /etc/group",
        "path /etc/group-",
        "path /etc/gshadow",
        "path /etc/gshadow-",
        "path /etc/subuid",
        "path /etc/subuid-",
        "path /etc/subgid",
        "path /etc/subgid-",
        "path /etc/.pwd.lock",
    ],
    why: "accounts are lines in these files, each counted separately",
};

/// The footprint of `certificate` and `certificate_authority`.
pub(super) const CERTIFICATE: Footprint = Footprint {
    own: &["path {name}.crt", "path {name}.key"],
    by_products: &[ByProduct {
        traces: &[
            "path /var/lib/matrixform/certificates",
            "path /var/lib/matrixform/certificates/**",
        ],
        why: "a cache, so that openssl need not run again",
    }],
};

/// Records that every run writes.
pub const OF_EVERY_RUN: &[ByProduct] = &[
    ByProduct {
        traces: &[
            "path /var/lib/matrixform",
            "path /var/lib/matrixform/history.jsonl",
            "path /var/lib/matrixform/ledger.json",
            "path /var/lib/matrixform/installation",
            "path /var/lib/matrixform/secrets",
        ],
        why: "that it ran, what it created, which installation this is, and the names of its secrets",
    },
    ByProduct { traces: &["path /var/lib/matrixform/lock"], why: "one run at a time" },
    ByProduct {
        traces: &[
            "path /var/lib/matrixform/switch",
            "path /var/lib/matrixform/switch/**",
            "path /var/lib/matrixform/switch.ended",
        ],
        why: "the journal of a switch, and the result of the last failed one",
    },
    ByProduct {
        traces: &[
            "path /var/lib/matrixform/services",
            "path /var/lib/matrixform/services/*",
            "path /var/lib/matrixform/health",
            "path /var/lib/matrixform/health/*",
            "path /var/lib/matrixform/watched",
            "path /var/lib/matrixform/watched/*",
        ],
        why: "which configuration services run, when they were last healthy, what else they read",
    },
];
