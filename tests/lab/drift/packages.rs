//! Packages of apt and pip, and the token of the jobs.

use super::case::{Case, NONE};

const TOKEN: &str = "synapse_token:/etc/matrixform/synapse-maintenance.curl";

pub(super) const CASES: &[Case] = &[
    Case {
        name: "package_removed",
        breaks: "DEBIAN_FRONTEND=noninteractive apt-get -qq remove htop >/dev/null",
        planned: &["apt:htop"],
        ..NONE
    },
    Case {
        name: "package_half_configured",
        breaks: "sed -i '/^Package: htop$/,/^$/s/^Status: .*/Status: install ok half-configured/' /var/lib/dpkg/status",
        planned: &["apt:htop"],
        ..NONE
    },
    Case {
        name: "package_removed_with_its_service",
        breaks: "DEBIAN_FRONTEND=noninteractive apt-get -qq remove nginx >/dev/null",
        planned: &["apt:nginx", "service:nginx.service"],
        also: &[
            "unit nginx.service",
            "path /etc/systemd/system",
            "path /etc/rc",
            "path /etc/init.d",
            "path /etc/ufw",
        ],
        ..NONE
    },
    Case {
        name: "package_on_hold_is_no_drift",
        breaks: "apt-mark -qq hold htop >/dev/null",
        planned: &[],
        holds: "dpkg -s htop | grep -q 'Status: hold'; apt-mark -qq unhold htop >/dev/null",
        ..NONE
    },
    Case {
        name: "python_package_removed",
        breaks: "/opt/matrixform/synapse/bin/python -m pip -q --disable-pip-version-check uninstall -y phonenumbers",
        planned: &["service:matrix-synapse.service", "venv:/opt/matrixform/synapse"],
        holds: "/opt/matrixform/synapse/bin/python -c 'import phonenumbers'",
        ..NONE
    },
    Case {
        name: "token_lost",
        breaks: "rm /etc/matrixform/synapse-maintenance.curl",
        planned: &[TOKEN],
        holds: "/usr/local/lib/matrixform/cron-purge-remote-media",
        ..NONE
    },
    Case {
        name: "token_revoked",
        breaks: "curl -sf -K /etc/matrixform/synapse-maintenance.curl -X POST -o /dev/null \
            http://127.0.0.1:8008/_matrix/client/v3/logout",
        planned: &[TOKEN],
        holds: "/usr/local/lib/matrixform/cron-purge-remote-media",
        ..NONE
    },
];
