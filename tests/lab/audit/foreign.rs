//! No declaration is so wide that it covers foreign changes, even where everything is announced at once.

use super::judge::declared;
use super::pattern::Traces;
use libtest_mimic::Failed;

/// Files, accounts and rows that no resource declares.
const FOREIGN: &[&str] = &[
    "path /etc/extra",
    "path /etc/extra.d/extra.conf",
    "path /etc/crontab",
    "path /etc/cron.d/extra",
    "path /etc/cron.daily/extra",
    "path /var/spool/cron/crontabs/root",
    "path /etc/sudoers",
    "path /etc/sudoers.d/extra",
    "path /etc/ld.so.preload",
    "path /etc/profile.d/extra.sh",
    "path /etc/ssh/sshd_config",
    "path /etc/ssh/sshd_config.d/extra.conf",
    "path /root/.ssh/authorized_keys",
    "path /root/.bashrc",
    "path /root/.cache/extra",
    "path /home/extra",
    "path /etc/apt/apt.conf.d/99extra",
    "path /etc/apt/sources.list.d/extra.sources",
    "path /etc/apt/trusted.gpg.d/extra.gpg",
    "path /etc/apt/preferences.d/extra",
    "path /etc/systemd/system/extra.service",
    "path /etc/systemd/system/multi-user.target.wants/extra.service",
    "path /etc/systemd/system/nginx.service.d/extra.conf",
    "path /usr/lib/systemd/system/extra.service",
    "path /etc/init.d/extra",
    "path /etc/rc2.d/S01extra",
    "path /etc/tmpfiles.d/extra.conf",
    "path /etc/pam.d/extra",
    "path /usr/bin/extra",
    "path /usr/sbin/extra",
    "path /usr/local/bin/extra",
    "path /usr/local/lib/extra",
    "path /usr/lib/python3/dist-packages/extra.py",
    "path /usr/lib/python3/dist-packages/__pycache__/extra.cpython-313.pyc",
    "path /usr/lib/python3.13/extra.py",
    "path /usr/lib/python3.13/__pycache__/extra.cpython-313.pyc",
    "path /usr/lib/python3.13/sitecustomize.py",
    "path /usr/share/extra",
    "path /usr/share/man/extra",
    "path /usr/share/keyrings/extra.gpg",
    "path /etc/nginx/conf.d/extra.conf",
    "path /etc/nginx/sites-enabled/extra",
    "path /etc/nginx/snippets/extra.conf",
    "path /var/www/html/extra.php",
    "path /etc/postgresql/17/main/conf.d/extra.conf",
    "path /etc/postgresql-common/extra",
    "path /etc/matrix-synapse/conf.d/extra.yaml",
    "path /etc/matrixform/extra",
    "path /etc/ssl/certs/extra.pem",
    "path /etc/ssl/private/extra.key",
    "path /var/lib/matrixform/extra",
    "path /var/lib/matrix-synapse/extra",
    "path /var/lib/extra",
    "path /var/lib/systemd/extra",
    "path /var/log/extra.log",
    "path /var/lib/extra/extra",
    "path /var/cache/extra",
    "path /var/tmp/extra",
    "path /tmp/extra",
    "path /opt/extra",
    "path /srv/extra",
    "path /extra",
    "package extra",
    "unit extra.service",
    "unit cron.service",
    "user extra",
    "group extra",
    "member adm/extra",
    "member sudo/extra",
    "role extra",
    "database extra",
    "grant extra/database",
    "grant roles/extra in pg_monitor",
    "grant roles/extra in pg_read_server_files",
    "setting * * ",
    "setting work_mem",
];

pub(super) fn foreign_files_are_not_covered() -> Result<(), Failed> {
    let mut traces = Traces::default();
    declared().for_each(|trace| traces.add(trace.to_owned()));
    let covered: Vec<&&str> = FOREIGN.iter().filter(|name| traces.has(name)).collect();
    assert!(covered.is_empty(), "a declaration is too wide: {covered:#?}");
    let lonely: Vec<&str> = declared().filter(|trace| !has_neighbour(trace, &traces)).collect();
    assert!(lonely.is_empty(), "name something foreign beside each of these: {lonely:#?}");
    Ok(())
}

/// Whether the list names something foreign near a wildcard: in the directory above it, or, where that is covered by
/// others, in the next one up.
fn has_neighbour(trace: &str, traces: &Traces) -> bool {
    let Some((fixed, _)) = trace.split_once(['*', '?']) else { return true };
    let Some((directory, _)) = fixed.rsplit_once('/') else { return true };
    let above =
        std::iter::successors(directory.rsplit_once('/'), |(above, _)| above.rsplit_once('/'));
    let open = above
        .map(|(above, _)| format!("{above}/"))
        .find(|above| !traces.has(&format!("{above}extra")));
    open.is_none_or(|above| FOREIGN.iter().any(|name| name.starts_with(&above)))
}
