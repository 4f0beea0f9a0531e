//! Failing backups: each error is named, and leaves behind neither a snapshot that looks good nor an obstacle.

use super::{HOLD, Trial};
use crate::seed;

/// The snapshots of both repositories.
fn count(trial: &Trial<'_>) -> [usize; 2] {
    ["/srv/backup/snapshots", "/srv/away/prod/snapshots"].map(|directory| {
        trial.run(&format!("ls {directory} | wc -l")).trim().parse().expect("a number")
    })
}

/// Acts as soon as pg_dump waits for a lock.
const CUTS_IT: &str = r#"cat >/tmp/cuts-it <<'END'
until at=$(pgrep -x pg_dump); do sleep 0.1; done
script=$(ps -o ppid= -p "$at")
kill -STOP $script
runuser -u postgres -- psql -XAtq synapse -c "select pg_terminate_backend(pid) from pg_locks
    where relation = 'room_aliases'::regclass and mode = 'AccessExclusiveLock' and granted"
while [ -n "$(ps -o stat= -p "$at" | grep -v Z)" ]; do sleep 0.1; done
file=/var/spool/matrixform-backup/database.dump
truncate -s $(($(stat -c %s $file) * 2 / 3)) $file
kill -CONT $script
END
cd /; systemd-run -q --collect --unit cuts-it sh /tmp/cuts-it"#;

/// The script is stopped while pg_dump finishes; then the end of the dump is cut off.
pub(super) fn a_truncated_dump_is_not_saved(trial: &Trial<'_>) {
    let before = count(trial);
    trial.run(&format!("{HOLD}\n{CUTS_IT}"));
    let ran = trial.backup(&["now"], 7);
    assert!(ran.stderr.contains("cannot be read back: it is truncated"), "{ran}");
    assert_eq!(count(trial), before);
    assert_eq!(trial.run("rm /tmp/cuts-it; find /var/spool/matrixform-backup -mindepth 1"), "");
}

pub(super) fn a_disk_that_is_too_small_is_reported(trial: &Trial<'_>) {
    let before = count(trial);
    trial.run("mount -t tmpfs -o size=8M,mode=0700 small /var/spool/matrixform-backup");
    let ran = trial.backup(&["now"], 7);
    trial.run("umount /var/spool/matrixform-backup");
    assert!(
        ran.stderr.contains("the dump may need") && ran.stderr.contains("8 MiB are free"),
        "{ran}"
    );
    assert_eq!(count(trial), before);
}

/// restic would save the link alone, and every backup would look good.
pub(super) fn a_link_in_place_of_media_is_not_saved(trial: &Trial<'_>) {
    let before = count(trial);
    let media = "/var/lib/matrix-synapse/media";
    trial.run(&format!(
        "cd {media} && mv local_content /srv/content && ln -s /srv/content local_content"
    ));
    let ran = trial.backup(&["now"], 7);
    trial.run(&format!("cd {media} && rm local_content && mv /srv/content local_content"));
    assert!(ran.stderr.contains(&format!("{media}/local_content is a symbolic link")), "{ran}");
    assert_eq!(count(trial), before);
}

/// How many runs are cut, and how many in a sweep.
const CUTS: [usize; 2] = [3, 50];

/// At random moments all processes of a run are killed, including restic with its locks held, and the next run is
/// complete. A client that merely stops waiting does not end the backup.
pub(super) fn an_interrupted_backup_is_followed_by_a_complete_one(trial: &Trial<'_>) {
    let begun = std::time::Instant::now();
    trial.backup(&["now"], 0);
    let whole = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX).max(1);
    for number in 0..CUTS[usize::from(seed::is_sweep())] {
        let before = count(trial);
        let after = seed::number(&format!("backup cut {number}")) % whole;
        let when = format!("cut after {after} of {whole} ms (LAB_SEED={})", seed::seed());
        trial.run(&format!(
            "systemctl start --no-block matrixform-backup; sleep {}.{:03}; systemctl kill -s KILL matrixform-backup 2>/dev/null
            until ! systemctl is-active -q matrixform-backup && [ \"$(systemctl show -p ActiveState --value matrixform-backup)\" != deactivating ] &&
                [ \"$(systemctl show -p ActiveState --value matrixform-backup)\" != activating ]; do sleep 0.1; done",
            after / 1000,
            after % 1000
        ));
        let cut = count(trial);
        assert!((0..2).all(|at| cut[at] <= before[at] + 1), "{when}: {before:?} {cut:?}");
        trial.backup(&["now"], 0);
        assert_eq!(count(trial), cut.map(|count| count + 1), "{when}: one more in each");
        assert_eq!(
            trial
                .run("ls /srv/backup/locks /srv/away/prod/locks | grep -cE '^[0-9a-f]{64}$' || :")
                .trim(),
            "0"
        );
        assert_eq!(trial.run("find /var/spool/matrixform-backup -mindepth 1"), "");
        println!(
            "backup {number} | {when} | snapshots {before:?}, cut {cut:?}, then one more in each"
        );
    }
    // The waiting client is killed; the backup is not.
    let before = count(trial);
    let mut command = trial.host.guest.command();
    let mut waiting =
        command.args(["backup", "now"]).arg(&trial.spec).spawn().expect("matrixform can be run");
    trial.run("until systemctl is-active -q matrixform-backup || [ \"$(systemctl show -p ActiveState --value matrixform-backup)\" = activating ]; do sleep 0.1; done");
    waiting.kill().expect("it is running");
    waiting.wait().expect("it ends");
    // The host's lock is free at most 20 s after the client's last sign of life.
    let limit = std::time::Instant::now() + std::time::Duration::from_secs(60);
    loop {
        let ran = trial.host.guest.on("backup", std::path::Path::new("now"), &[spec(trial)]);
        match ran.status {
            0 => break,
            6 if std::time::Instant::now() < limit => {
                std::thread::sleep(std::time::Duration::from_secs(2));
            }
            _ => panic!("{ran}"),
        }
    }
    let after = count(trial);
    assert!(after[0] > before[0] && after[0] <= before[0] + 2, "{before:?} {after:?}");
    trial.backup(&["check"], 0);
}

fn spec<'t>(trial: &'t Trial<'_>) -> &'t str {
    trial.spec.to_str().expect("a UTF-8 path")
}
