//! One thing drifts at a time; exactly that is planned and repaired.

use super::host::Homeserver;
use super::service::TOKEN;
use crate::seed;

const SYNAPSE: &str = "service:matrix-synapse.service";

pub(super) fn stays_unchanged(host: &Homeserver) {
    let look = "systemctl show -p InvocationID -p ActiveEnterTimestamp matrix-synapse 'postgresql@*' nginx cron; \
        find /etc /opt/matrixform /usr/local/lib/matrixform /var/lib/matrixform -not -path '*/__pycache__*' \
        -printf '%p %T@ %C@\\n' | sort";
    let before = host.guest.run(look);
    let again = host.guest.apply(&host.spec);
    assert!(again.stdout.contains("no changes"), "{again}");
    assert_eq!(host.guest.run(look), before, "a second apply touches nothing");
}

/// How many kinds of drift a run draws.
const DRAWN: usize = 6;

pub(super) fn drift_is_corrected(host: &Homeserver) {
    let major = host.guest.run("ls /etc/postgresql").trim().to_owned();
    let postgres = format!("service:postgresql@{major}-main.service");
    let settings = format!("/etc/postgresql/{major}/main/conf.d/50-matrixform.conf");
    let hba = format!("/etc/postgresql/{major}/main/pg_hba.conf");
    let password = "runuser -u postgres -- psql -Xqc \"alter role synapse_user password 'other'\"";
    let owner = "runuser -u postgres -- psql -Xqc 'alter database synapse owner to postgres'";
    let key = "/etc/ssl/matrixform/postgres.key";
    // The record left by a run that was interrupted between the reload and the health check.
    let remembered = format!("/var/lib/matrixform/services/postgresql@{major}-main.service");
    let conf = "/etc/matrix-synapse/conf.d/50-matrixform.yaml";
    let guests = format!("sed -i 's/allow_guest_access: false/allow_guest_access: true/' {conf}");
    let log = "/etc/matrix-synapse/matrixform-log.yaml";
    let secret = "/etc/matrix-synapse/form.secret";
    let unit = "/etc/systemd/system/matrix-synapse.service.d/50-matrixform.conf";
    let bleach =
        "/opt/matrixform/synapse/bin/python -m pip -q uninstall -y bleach 2>/dev/null".to_owned();
    let purge = "/usr/local/lib/matrixform/cron-purge";
    let file = |path: &str| format!("file:{path}");
    let trust =
        format!("echo 'host all all all trust' >>{hba}; systemctl reload postgresql@{major}-main");
    let certificate = "certificate:/etc/ssl/matrixform/postgres".to_owned();
    let all: [(String, Vec<String>); 15] = [
        (password.to_owned(), vec!["postgres_role:synapse_user".to_owned()]),
        (owner.to_owned(), vec!["postgres_database:synapse".to_owned()]),
        (format!("echo 'work_mem = 1GB' >>{settings}"), vec![file(&settings), postgres.clone()]),
        (trust, vec![file(&hba), postgres.clone()]),
        (format!("chmod 600 {key}"), vec![certificate, postgres.clone()]),
        (format!("sed -i '1s/$/ pending/' {remembered}"), vec![postgres]),
        ("systemctl stop matrix-synapse".to_owned(), vec![SYNAPSE.to_owned(), TOKEN.to_owned()]),
        ("systemctl disable matrix-synapse 2>/dev/null".to_owned(), vec![SYNAPSE.to_owned()]),
        (guests, vec![file(conf), SYNAPSE.to_owned()]),
        (format!("sed -i s/INFO/DEBUG/ {log}"), vec![file(log), SYNAPSE.to_owned()]),
        (format!("chmod 644 {secret}"), vec![file(secret), SYNAPSE.to_owned()]),
        (format!("sed -i /ProtectSystem/d {unit}"), vec![file(unit), SYNAPSE.to_owned()]),
        (bleach, vec!["venv:/opt/matrixform/synapse".to_owned(), SYNAPSE.to_owned()]),
        (format!("echo 'exit 0' >{purge}"), vec![file(purge)]),
        ("systemctl stop cron".to_owned(), vec!["service:cron.service".to_owned()]),
    ];
    for (script, planned) in seed::sample(&all, DRAWN, "drift of a homeserver") {
        host.repaired(script, &planned.iter().map(String::as_str).collect::<Vec<_>>());
    }
    // Restarted by hand: the services run with the files on disk.
    host.guest.run(&format!("systemctl restart matrix-synapse postgresql@{major}-main cron"));
    assert!(host.guest.planned(&host.spec).is_empty());
}

/// Foreign files beside ours: reported when they change nothing of ours, refused when they do.
pub(super) fn foreign_files_are_reported_or_refused(host: &Homeserver) {
    let directory = "/etc/matrix-synapse/conf.d";
    host.guest.run(&format!("printf 'turn_password: hunter2\\n' >{directory}/90-other.yaml"));
    let ran = host.guest.on("plan", &host.spec, &[]);
    assert_eq!(ran.status, 0, "{ran}");
    let message = format!("`turn_password` in {directory}/90-other.yaml");
    let words = ran.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains(&message) && !words.contains("hunter2"), "{ran}");
    assert!(host.guest.planned(&host.spec).is_empty());
    // It would override ours unnoticed at the next start of Synapse.
    host.guest.run(&format!("printf 'max_upload_size: 9G\\n' >>{directory}/90-other.yaml"));
    let ran = host.guest.on("plan", &host.spec, &[]);
    let message = format!("{directory}/90-other.yaml also sets `max_upload_size`");
    let words = ran.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains(&message) && !words.contains("9G"), "{ran}");
    let ran = host.guest.on("apply", &host.spec, &["--yes"]);
    assert_eq!(ran.status, 1, "{ran}");
    // Read before ours, it is overridden.
    host.guest.run(&format!("mv {directory}/90-other.yaml {directory}/10-other.yaml"));
    let ran = host.guest.on("plan", &host.spec, &[]);
    let words = ran.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("replaced by this spec: `max_upload_size`"), "{ran}");
    assert!(host.guest.planned(&host.spec).is_empty());
    host.guest.run(&format!("rm {directory}/10-other.yaml"));
    assert!(host.guest.planned(&host.spec).is_empty());
}
