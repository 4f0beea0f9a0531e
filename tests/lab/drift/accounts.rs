//! Users and groups.

use super::case::{Case, NONE};

pub(super) const CASES: &[Case] = &[
    Case {
        name: "user_shell",
        breaks: "usermod --shell /bin/bash lab-bridge",
        planned: &["user:lab-bridge"],
        holds: "getent passwd lab-bridge | grep -q :/usr/sbin/nologin$",
        ..NONE
    },
    Case {
        name: "user_left_a_group",
        breaks: "gpasswd -d lab-bridge adm >/dev/null",
        planned: &["user:lab-bridge"],
        holds: "id -nG lab-bridge | grep -qw adm",
        ..NONE
    },
    Case {
        name: "user_removed",
        breaks: "userdel lab-bridge",
        planned: &["directory:/srv/lab", "file:/srv/lab/with blank.conf", "user:lab-bridge"],
        also: &["path /srv/lab"],
        ..NONE
    },
    Case {
        name: "group_removed",
        breaks: "usermod --gid nogroup lab-bridge; groupdel lab-readers",
        planned: &[
            "directory:/srv/lab",
            "file:/srv/lab/with blank.conf",
            "group:lab-readers",
            "user:lab-bridge",
        ],
        also: &["path /srv/lab"],
        ..NONE
    },
];
