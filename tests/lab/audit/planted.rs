//! A kind that changes more than it announces is caught: each of these changes is made beside an apply that announced
//! something else, and the audit names it.

use super::Watch;
use crate::whole::{Host, trial};
use libtest_mimic::Trial;

/// The change, the audit's report of it, and its reversal.
const PLANTED: &[(&str, &str, &str)] = &[
    ("touch /etc/extra", "path /etc/extra", "rm /etc/extra"),
    (
        "cp -p /usr/bin/true /usr/local/bin/extra",
        "path /usr/local/bin/extra",
        "rm /usr/local/bin/extra",
    ),
    ("chmod 0600 /etc/hosts", "path /etc/hosts", "chmod 0644 /etc/hosts"),
    ("mv /etc/issue /root/", "path /etc/issue (gone)", "mv /root/issue /etc/"),
    (
        "touch /etc/nginx/conf.d/extra.conf",
        "path /etc/nginx/conf.d/extra.conf",
        "rm /etc/nginx/conf.d/extra.conf",
    ),
    ("touch /srv/lab/.new && rm /srv/lab/.new", "path /srv/lab (its time alone)", "true"),
    (
        "cp -p /etc/crontab /root/; echo '5 5 * * * root true' >>/etc/crontab",
        "path /etc/crontab",
        "mv /root/crontab /etc/",
    ),
    ("echo '@daily true' | crontab -", "path /var/spool/cron/crontabs/root", "crontab -r"),
    (
        "systemctl -q enable debug-shell",
        "path /etc/systemd/system/sysinit.target.wants/debug-shell.service",
        "systemctl -q disable debug-shell",
    ),
    ("systemctl restart cron", "unit cron.service", "true"),
    ("useradd extra", "user extra", "userdel extra"),
    ("gpasswd -a daemon adm", "member adm/daemon", "gpasswd -d daemon adm"),
    (
        "apt-get -qq install -y --no-install-recommends tree",
        "package tree",
        "apt-get -qq purge -y tree",
    ),
    (
        "cd /; su postgres -c 'psql -q -c \"create role extra; grant pg_monitor to lab; grant create on database lab to extra\"'",
        "role extra|grant roles/lab in pg_monitor|grant lab/database",
        "cd /; su postgres -c 'psql -q -c \"revoke all on database lab from extra; revoke pg_monitor from lab; drop role extra\"'",
    ),
    (
        "cd /; su postgres -c \"psql -q -c 'alter system set work_mem to 9999'\"",
        "setting work_mem",
        "cd /; su postgres -c \"psql -q -c 'alter system reset work_mem'\"",
    ),
];

/// The trials of this file.
pub(crate) fn trials() -> Vec<Trial> {
    let name = "audit::trixie::every_planted_change_is_caught".to_owned();
    vec![trial(name, "trixie", every_planted_change_is_caught)]
}

fn every_planted_change_is_caught(host: &Host) {
    for (change, expected, back) in PLANTED.iter().copied() {
        host.guest.run("echo more >>/etc/motd");
        let watch = Watch::begin(&host.guest).expect("the host is up");
        let ran = host.guest.apply(&host.spec);
        host.guest.run(change);
        let announced = super::announcement::announced(&ran.stdout);
        let verdict = watch.verdict(&announced, "audit").expect("the host is up");
        host.guest.run(back);
        assert_eq!(announced, ["file:/etc/motd"], "{ran}");
        for one in expected.split('|') {
            let is_named = verdict.unexplained.iter().any(|name| name == one);
            assert!(is_named, "{change}: {one} is not named: {:#?}", verdict.unexplained);
        }
    }
    assert_eq!(host.planned(), Vec::<String>::new());
}
