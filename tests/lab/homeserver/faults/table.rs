//! The faults.

/// A fault, and a change that runs into it.
pub(super) struct Fault {
    pub(super) name: &'static str,
    /// A script that causes the fault.
    pub(super) breaks: &'static str,
    /// A script that removes it after the apply.
    pub(super) repair: &'static str,
    /// The edit of the spec; empty for the unchanged spec.
    pub(super) change: Change,
    pub(super) status: i32,
    /// Words of the message, including the cause.
    pub(super) says: &'static [&'static str],
    /// A script that must succeed before the repair.
    pub(super) holds: &'static str,
}

/// Texts in the spec with their replacements.
pub(super) type Change = &'static [(&'static str, &'static str)];

const UPLOAD: Change = &[("\"2M\"", "\"3M\"")];
const CONNECTIONS: Change = &[("memory_percent = 5", "memory_percent = 5\nmax_connections = 77")];
const PORT: Change = &[("memory_percent = 5", "memory_percent = 5\nport = 5433")];
const SITE: Change = &[("[nginx]\n", "[nginx]\nfederation_port = true\n")];
const UPLOAD_AND_SITE: Change = &[UPLOAD[0], SITE[0]];
const JOB: Change = &[("\"* * * * *\"", "\"7 * * * *\"")];

const NONE: Fault = Fault {
    name: "",
    breaks: "",
    repair: "true",
    change: UPLOAD,
    status: 1,
    says: &[],
    holds: "true",
};

const SYNAPSE: &str = "/etc/matrix-synapse/conf.d/50-matrixform.yaml";

pub(super) const FAULTS: &[Fault] = &[
    Fault {
        name: "an immutable file of Synapse",
        breaks: "immutable 1 /etc/matrix-synapse/conf.d/50-matrixform.yaml",
        repair: "immutable 0 /etc/matrix-synapse/conf.d/50-matrixform.yaml",
        says: &[SYNAPSE, "is immutable", "chattr -i", "nothing was changed"],
        ..NONE
    },
    Fault {
        name: "/etc is read-only",
        breaks: "mount --bind /etc /etc; mount -o remount,bind,ro /etc",
        repair: "umount /etc",
        says: &["Read-only file system", "/etc is mounted read-only", "nothing was changed"],
        ..NONE
    },
    Fault {
        name: "a symlink in the place of a directory",
        breaks: "mv /etc/matrix-synapse/conf.d /root/conf.d; ln -s /root/conf.d /etc/matrix-synapse/conf.d",
        repair: "rm /etc/matrix-synapse/conf.d; mv /root/conf.d /etc/matrix-synapse/conf.d",
        says: &["there is a symbolic link at /etc/matrix-synapse/conf.d"],
        ..NONE
    },
    Fault {
        name: "a directory in the place of a file of Synapse",
        breaks: "mv /etc/matrix-synapse/conf.d/50-matrixform.yaml /root/kept; mkdir /etc/matrix-synapse/conf.d/50-matrixform.yaml",
        repair: "rmdir /etc/matrix-synapse/conf.d/50-matrixform.yaml; mv /root/kept /etc/matrix-synapse/conf.d/50-matrixform.yaml",
        says: &[
            "there is a directory at /etc/matrix-synapse/conf.d/50-matrixform.yaml",
            "move the directory away",
        ],
        ..NONE
    },
    Fault {
        name: "a directory in the place of a job",
        breaks: "mv /etc/cron.d/matrixform-purge /root/kept; mkdir /etc/cron.d/matrixform-purge",
        repair: "rmdir /etc/cron.d/matrixform-purge; mv /root/kept /etc/cron.d/matrixform-purge",
        says: &["there is a directory at /etc/cron.d/matrixform-purge", "move the directory away"],
        ..NONE
    },
    Fault {
        name: "curl is not there",
        breaks: "mv /usr/bin/curl /root/curl.kept",
        repair: "mv /root/curl.kept /usr/bin/curl",
        says: &[
            "curl is not installed on this host",
            "apt-get install curl",
            "nothing was changed",
        ],
        ..NONE
    },
    Fault {
        name: "an immutable file of nginx, and a change of Synapse too",
        breaks: "immutable 1 /etc/nginx/conf.d/matrixform.conf",
        repair: "immutable 0 /etc/nginx/conf.d/matrixform.conf",
        change: UPLOAD_AND_SITE,
        says: &[
            "/etc/nginx/conf.d/matrixform.conf is immutable",
            "chattr -i",
            "nothing was changed",
        ],
        ..NONE
    },
    Fault {
        name: "a symlink in the place of a file",
        breaks: "echo theirs >/root/theirs; ln -sf /root/theirs /etc/nginx/conf.d/matrixform.conf",
        repair: "rm /root/theirs",
        change: SITE,
        status: 0,
        says: &["file:/etc/nginx/conf.d/matrixform.conf"],
        holds: "[ \"$(cat /root/theirs)\" = theirs ]; [ ! -L /etc/nginx/conf.d/matrixform.conf ]",
    },
    Fault {
        name: "a broken file of nginx that is somebody else's",
        breaks: "echo 'bogus yes;' >/etc/nginx/conf.d/zz.conf",
        repair: "rm /etc/nginx/conf.d/zz.conf",
        change: SITE,
        says: &[
            "unknown directive \"bogus\" in /etc/nginx/conf.d/zz.conf:1",
            "nothing was changed",
        ],
        ..NONE
    },
    Fault {
        name: "an immutable directory",
        breaks: "immutable 1 /etc/cron.d",
        repair: "immutable 0 /etc/cron.d",
        change: JOB,
        says: &["/etc/cron.d is immutable", "chattr -i", "nothing was changed"],
        ..NONE
    },
    Fault {
        name: "a job of cron that cron cannot read, of somebody else",
        breaks: "echo nonsense >/etc/cron.d/theirs",
        repair: "rm /etc/cron.d/theirs",
        change: JOB,
        status: 0,
        holds: "[ \"$(cat /etc/cron.d/theirs)\" = nonsense ]",
        ..NONE
    },
    Fault {
        name: "a broken file of PostgreSQL that is somebody else's",
        breaks: "echo 'log_min_duration_statement = nonsense' >/etc/postgresql/17/main/conf.d/99-x.conf",
        repair: "rm /etc/postgresql/17/main/conf.d/99-x.conf",
        change: CONNECTIONS,
        says: &["log_min_duration_statement", "nothing was changed"],
        ..NONE
    },
    Fault {
        name: "openssl is not there",
        breaks: "mv /usr/bin/openssl /root/openssl.kept",
        repair: "mv /root/openssl.kept /usr/bin/openssl",
        change: CONNECTIONS,
        says: &[
            "openssl is not installed on this host",
            "apt-get install openssl",
            "nothing was changed",
        ],
        ..NONE
    },
    Fault {
        name: "a port of PostgreSQL that another program has",
        breaks: "systemd-run -q --unit squatter python3 -c 'import socket, time
s = socket.create_server((\"127.0.0.1\", 5433)); time.sleep(600)'
            until ss -Hltn 'sport = :5433' | grep -q .; do sleep 0.05; done",
        repair: "systemctl stop squatter",
        change: PORT,
        says: &["another program listens on port 5433", "nothing was changed"],
        ..NONE
    },
    Fault {
        name: "pg_hba.conf edited by hand",
        breaks: "systemctl show -p InvocationID postgresql@17-main >/run/postgres
            echo 'host all all 0.0.0.0/0 trust' >>/etc/postgresql/17/main/pg_hba.conf",
        repair: "rm /run/postgres",
        change: &[],
        status: 0,
        says: &["file:/etc/postgresql/17/main/pg_hba.conf", "trust"],
        holds: "[ \"$(cat /run/postgres)\" = \"$(systemctl show -p InvocationID postgresql@17-main)\" ]",
    },
    Fault {
        name: "the password of the database changed by hand",
        breaks: "runuser -u postgres -- psql -XAtqc \"alter role synapse_user password 'other'\"",
        change: &[],
        status: 0,
        says: &["postgres_role:synapse_user"],
        ..NONE
    },
];
