//! Files, directories, links, paths that must be absent, results of a command, cron entries.

use super::case::{Case, NONE};

pub(super) const CASES: &[Case] = &[
    Case {
        name: "file_content",
        breaks: "echo more >>/etc/motd",
        planned: &["file:/etc/motd"],
        ..NONE
    },
    Case { name: "file_emptied", breaks: ": >/etc/motd", planned: &["file:/etc/motd"], ..NONE },
    Case { name: "file_mode", breaks: "chmod 666 /etc/motd", planned: &["file:/etc/motd"], ..NONE },
    Case {
        name: "file_owner_and_group",
        breaks: "chown daemon:games '/srv/lab/with blank.conf'",
        planned: &["file:/srv/lab/with blank.conf"],
        ..NONE
    },
    Case {
        name: "file_replaced_by_a_symlink",
        breaks: "echo theirs >/run/theirs; ln -sf /run/theirs /etc/motd",
        planned: &["file:/etc/motd"],
        holds: "[ \"$(cat /run/theirs)\" = theirs ]; rm /run/theirs; [ ! -L /etc/motd ]",
        ..NONE
    },
    Case {
        name: "file_replaced_by_a_pipe",
        // Not /etc/motd: a login would block until something writes to it.
        breaks: "rm '/srv/lab/with blank.conf'; mkfifo '/srv/lab/with blank.conf'",
        planned: &["file:/srv/lab/with blank.conf"],
        ..NONE
    },
    Case { name: "file_deleted", breaks: "rm /etc/motd", planned: &["file:/etc/motd"], ..NONE },
    Case {
        name: "secret_file_open_to_all",
        breaks: "chmod 644 /etc/matrix-synapse/pgpass",
        planned: &["file:/etc/matrix-synapse/pgpass", "service:matrix-synapse.service"],
        ..NONE
    },
    Case {
        name: "directory_mode",
        breaks: "chmod 777 /srv/lab",
        planned: &["directory:/srv/lab"],
        ..NONE
    },
    Case {
        name: "directory_owner",
        breaks: "chown daemon /srv/lab",
        planned: &["directory:/srv/lab"],
        ..NONE
    },
    Case {
        name: "directory_deleted",
        breaks: "rm -r /srv/lab",
        planned: &[
            "directory:/srv/lab",
            "file:/srv/lab/with blank.conf",
            "symlink:/srv/lab/current",
            "command:count the readers",
        ],
        also: &["path /srv/lab/counted"],
        ..NONE
    },
    Case {
        name: "stray_files_are_purged_and_foreign_ones_stay",
        breaks: "echo x >'/srv/lab/a stray.conf'; echo x >/srv/lab/foreign.txt; mkdir /srv/lab/sub.conf",
        planned: &["directory:/srv/lab"],
        holds: "[ ! -e '/srv/lab/a stray.conf' ]; rm /srv/lab/foreign.txt; rmdir /srv/lab/sub.conf",
        ..NONE
    },
    Case {
        name: "symlink_target",
        breaks: "ln -sfn /etc/passwd /srv/lab/current",
        planned: &["symlink:/srv/lab/current"],
        ..NONE
    },
    Case {
        name: "symlink_replaced_by_a_file",
        breaks: "rm /srv/lab/current; echo x >/srv/lab/current",
        planned: &["symlink:/srv/lab/current"],
        ..NONE
    },
    Case {
        name: "absent_came_back",
        breaks: "echo x >/etc/lab-obsolete.conf",
        planned: &["absent:/etc/lab-obsolete.conf"],
        ..NONE
    },
    Case {
        name: "command_undone",
        breaks: "rm /srv/lab/counted",
        planned: &["command:count the readers"],
        also: &["path /srv/lab/counted"],
        ..NONE
    },
    Case {
        name: "cron_deleted",
        breaks: "rm /etc/cron.d/matrixform-purge-remote-media",
        planned: &["cron:matrixform-purge-remote-media"],
        ..NONE
    },
    Case {
        name: "cron_edited",
        breaks: "sed -i 's/^5 3/0 0/' /etc/cron.d/lab-nightly",
        planned: &["cron:lab-nightly"],
        ..NONE
    },
    Case {
        name: "cron_disabled_by_mode",
        breaks: "chmod 666 /etc/cron.d/lab-nightly",
        planned: &["cron:lab-nightly"],
        ..NONE
    },
    Case {
        name: "debconf_answer",
        breaks: "echo 'lab-package lab/question string other' | debconf-set-selections",
        planned: &["debconf:lab/question"],
        holds: "debconf-show lab-package | grep -q 'an answer'",
        ..NONE
    },
    Case {
        name: "foreign_files_beside_ours",
        breaks: "echo '# theirs' | tee /etc/cron.d/theirs /etc/nginx/conf.d/theirs.conf /etc/sudoers.d/theirs \
            /etc/nginx/sites-enabled/theirs /etc/postgresql/{major}/main/conf.d/zz-theirs.conf \
            /etc/matrix-synapse/theirs /etc/ssl/matrixform/theirs.pem /usr/local/lib/matrixform/theirs >/dev/null
            echo more >>/etc/motd",
        planned: &["file:/etc/motd"],
        holds: "for file in /etc/cron.d/theirs /etc/nginx/conf.d/theirs.conf /etc/sudoers.d/theirs \
            /etc/nginx/sites-enabled/theirs /etc/postgresql/{major}/main/conf.d/zz-theirs.conf \
            /etc/matrix-synapse/theirs /etc/ssl/matrixform/theirs.pem /usr/local/lib/matrixform/theirs; do
                [ \"$(cat $file)\" = '# theirs' ]; rm $file; done",
        also: &[
            "path /etc/cron.d", "path /etc/nginx", "path /etc/sudoers.d", "path /etc/postgresql/{major}/main/conf.d",
            "path /etc/matrix-synapse", "path /usr/local/lib/matrixform",
        ],
    },
    Case {
        name: "two_at_once",
        breaks: "echo more >>/etc/motd; systemctl stop lab-daemon",
        planned: &["file:/etc/motd", "service:lab-daemon.service"],
        ..NONE
    },
];
