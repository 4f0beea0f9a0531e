//! Services: whether they run, start at boot, and run with the files on disk.

use super::Run;
use super::case::{Case, NONE};
use crate::whole::{Audit, Host};

const NGINX: &str = "service:nginx.service";
const SYNAPSE: &str = "service:matrix-synapse.service";
const DAEMON: &str = "service:lab-daemon.service";
const CONF: &str = "file:/etc/lab-daemon.conf";
const UNIT: &str = "file:/etc/systemd/system/lab-daemon.service";

pub(super) const CASES: &[Case] = &[
    Case { name: "stopped", breaks: "systemctl stop nginx", planned: &[NGINX], ..NONE },
    Case {
        name: "disabled",
        breaks: "systemctl --quiet disable nginx 2>/dev/null",
        planned: &[NGINX],
        also: &["path /etc/rc"],
        ..NONE
    },
    Case {
        name: "masked",
        breaks: "systemctl --quiet mask nginx",
        planned: &[NGINX],
        also: &["path /etc/rc"],
        ..NONE
    },
    Case {
        name: "masked_and_stopped",
        breaks: "systemctl --quiet mask --now cron",
        planned: &["service:cron.service"],
        also: &["path /etc/rc"],
        ..NONE
    },
    Case {
        name: "synapse_stopped",
        breaks: "systemctl stop matrix-synapse",
        // Whether the token still works is unknown.
        planned: &[SYNAPSE, "synapse_token:/etc/matrixform/synapse-maintenance.curl"],
        ..NONE
    },
    Case {
        name: "timer_stopped_and_disabled",
        breaks: "systemctl --quiet disable --now matrixform-renew-postgres.timer",
        planned: &["service:matrixform-renew-postgres.timer"],
        ..NONE
    },
    Case {
        name: "failed",
        breaks: "systemctl kill --signal KILL lab-daemon
            while systemctl --quiet is-active lab-daemon; do sleep 0.05; done",
        planned: &[DAEMON],
        ..NONE
    },
    Case {
        name: "restarted_by_hand_is_no_drift",
        breaks: "systemctl restart nginx lab-daemon cron",
        planned: &[],
        also: &["unit nginx.service", "unit lab-daemon.service", "unit cron.service"],
        ..NONE
    },
    Case {
        name: "reloaded_by_hand_is_no_drift",
        breaks: "systemctl reload nginx lab-daemon postgresql@{major}-main",
        planned: &[],
        ..NONE
    },
    Case {
        name: "edited_and_not_reloaded",
        breaks: "echo answer=7 >/etc/lab-daemon.conf",
        planned: &[CONF, DAEMON],
        holds: "[ \"$(cat /run/lab-daemon)\" = 42 ]",
        ..NONE
    },
    Case {
        name: "edited_and_reloaded",
        breaks: "echo answer=7 >/etc/lab-daemon.conf; systemctl reload lab-daemon
            until grep -q 7 /run/lab-daemon; do sleep 0.05; done",
        planned: &[CONF, DAEMON],
        holds: "[ \"$(cat /run/lab-daemon)\" = 42 ]",
        ..NONE
    },
    Case {
        name: "edited_and_restarted",
        breaks: "echo answer=7 >/etc/lab-daemon.conf; systemctl restart lab-daemon
            until grep -q 7 /run/lab-daemon; do sleep 0.05; done",
        planned: &[CONF, DAEMON],
        holds: "[ \"$(cat /run/lab-daemon)\" = 42 ]",
        ..NONE
    },
    Case {
        name: "edited_restarted_and_put_back",
        breaks: "cp -p /etc/lab-daemon.conf /run/kept; echo answer=7 >/etc/lab-daemon.conf
            systemctl restart lab-daemon; until grep -q 7 /run/lab-daemon; do sleep 0.05; done
            cp -p /run/kept /etc/lab-daemon.conf; rm /run/kept",
        planned: &[DAEMON],
        holds: "[ \"$(cat /run/lab-daemon)\" = 42 ]",
        also: &["path /etc/lab-daemon.conf"],
    },
    Case {
        name: "unit_file_edited",
        breaks: "echo '# more' >>/etc/systemd/system/lab-daemon.service",
        planned: &[UNIT, DAEMON],
        ..NONE
    },
    Case {
        name: "unit_file_edited_and_loaded",
        breaks: "echo '# more' >>/etc/systemd/system/lab-daemon.service; systemctl daemon-reload",
        planned: &[UNIT, DAEMON],
        ..NONE
    },
    Case {
        name: "unit_file_of_a_timers_job_edited_and_loaded",
        breaks: "sed -i 's/^ProtectHome=yes/ProtectHome=no/' /etc/systemd/system/matrixform-renew-postgres.service
            systemctl daemon-reload",
        planned: &["file:/etc/systemd/system/matrixform-renew-postgres.service"],
        holds: "[ \"$(systemctl show -p ProtectHome --value matrixform-renew-postgres.service)\" = yes ]",
        ..NONE
    },
    Case {
        name: "drop_in_of_a_foreign_unit",
        breaks: "echo '# more' >>/etc/systemd/system/cron.service.d/lab.conf; systemctl daemon-reload",
        planned: &["file:/etc/systemd/system/cron.service.d/lab.conf"],
        ..NONE
    },
    Case {
        name: "binary_replaced",
        breaks: "cp -p /usr/sbin/nginx /usr/sbin/nginx.new; mv /usr/sbin/nginx.new /usr/sbin/nginx",
        planned: &[NGINX],
        ..NONE
    },
    Case {
        name: "program_edited",
        breaks: "echo '# more' >>/usr/local/sbin/lab-daemon",
        planned: &["file:/usr/local/sbin/lab-daemon", DAEMON],
        ..NONE
    },
    Case {
        name: "synapse_configuration_edited",
        breaks: "sed -i 's/^max_upload_size: .*/max_upload_size: 1M/' /etc/matrix-synapse/conf.d/50-matrixform.yaml",
        planned: &["file:/etc/matrix-synapse/conf.d/50-matrixform.yaml", SYNAPSE],
        ..NONE
    },
    Case {
        name: "synapse_log_configuration_edited",
        breaks: "sed -i 's/INFO/DEBUG/' /etc/matrix-synapse/matrixform-log.yaml",
        planned: &["file:/etc/matrix-synapse/matrixform-log.yaml", SYNAPSE],
        ..NONE
    },
    Case {
        name: "sandbox_loosened",
        breaks: "sed -i '/^ProtectSystem/d' /etc/systemd/system/matrix-synapse.service.d/50-matrixform.conf
            systemctl daemon-reload; systemctl restart matrix-synapse",
        planned: &["file:/etc/systemd/system/matrix-synapse.service.d/50-matrixform.conf", SYNAPSE],
        holds: "[ \"$(systemctl show -p ProtectSystem --value matrix-synapse)\" = strict ]",
        ..NONE
    },
    Case {
        name: "site_of_the_distribution_came_back",
        breaks: "ln -sf /etc/nginx/sites-available/default /etc/nginx/sites-enabled/default; systemctl reload nginx",
        planned: &["file:/etc/nginx/sites-enabled/default", NGINX],
        ..NONE
    },
];

pub(super) const RUNS: &[(&str, Run)] = &[
    ("a_reload_is_enough", a_reload_is_enough),
    ("a_reverted_edit_is_not_drift", a_reverted_edit_is_not_drift),
];

/// A change that needs only a reload does not restart anything.
fn a_reload_is_enough(host: &Host) {
    let before = Audit::of(&host.guest);
    let other = host.spec_with("other.toml", "[lab]\n", "[lab]\nanswer = \"43\"\n");
    let mut planned = host.guest.planned(&other);
    planned.sort();
    assert_eq!(planned, [CONF, DAEMON]);
    host.guest.apply(&other);
    assert_eq!(host.guest.run("cat /run/lab-daemon"), "43\n");
    host.guest.apply(&host.spec);
    assert_eq!(host.guest.run("cat /run/lab-daemon"), "42\n");
    let changes = before.until(&Audit::of(&host.guest));
    let restarted: Vec<_> = changes.iter().filter(|one| one.what.starts_with("unit ")).collect();
    assert!(restarted.is_empty(), "{restarted:?}");
}

/// The files a service has read are recorded as a digest: an unchanged file needs no reload, however recent it is. The
/// apply comes first so that the last reload is ours; after a boot or a manual start, only the time of the start is
/// known.
fn a_reverted_edit_is_not_drift(host: &Host) {
    host.guest.run("echo answer=7 >/etc/lab-daemon.conf");
    host.guest.apply(&host.spec);
    host.guest.run(
        "cp -p /etc/lab-daemon.conf /run/kept; echo answer=7 >/etc/lab-daemon.conf
        cp -p /run/kept /etc/lab-daemon.conf; rm /run/kept",
    );
    assert_eq!(host.planned(), Vec::<String>::new());
}
