//! Old backups are removed from the operator's machine, through a server that lets its user delete, with a password
//! that is not on the host.

use super::Trial;

pub(super) fn pruning_needs_credentials_the_host_lacks(trial: &Trial<'_>) {
    // In production the server is another machine, which only has a hash of the password.
    trial.run(&format!(
        "printf 'keeper:%s\\n' '{}' >/srv/keepers
        systemd-run -q --unit keeper rclone serve restic --htpasswd /srv/keepers --addr :8102 /srv/away
        for _ in $(seq 100); do ss -Hltn 'sport = :8102' | grep -q . && break; sleep 0.1; done",
        hash(&trial.secret("backup/keeper"))
    ));
    let restic_away = trial.restic_away();
    let good = trial.snapshots("away").len();
    for day in ["2020-03-01", "2020-03-02"] {
        trial.run(&format!(
            "{restic_away} backup -q --host hs.test --tag matrixform --time '{day} 04:00:00' /etc/hostname"
        ));
    }
    assert_eq!(trial.snapshots("away").len(), good + 2);
    let ran = trial.backup(&["prune", "--yes"], 0);
    assert!(ran.stdout.contains("2 snapshots to remove"), "{ran}");
    assert!(ran.stdout.contains("2020-03-01") && ran.stdout.contains("2020-03-02"), "{ran}");
    assert_eq!(trial.snapshots("away").len(), good);
    assert!(trial.run(&format!("{restic_away} check 2>&1")).contains("no errors were found"));
    // The next backup still works.
    trial.backup(&["now"], 0);

    // No trace of the password, of its name, or of the other address.
    let traces = trial.run(
        "systemctl stop keeper; rm /srv/keepers
        { grep -rlE 'CANARY-keeper|backup/keeper|:8102' /etc /var/lib /var/spool /var/cache /usr/local /root /home /run/matrixform* /run/systemd /srv /tmp 2>/dev/null
        journalctl --no-pager -o cat | grep -E 'CANARY-keeper|backup/keeper' | grep -v rclone; } || :",
    );
    assert_eq!(traces, "");
}

fn hash(password: &str) -> String {
    let made = std::process::Command::new("openssl").args(["passwd", "-apr1", password]).output();
    String::from_utf8(made.expect("openssl can be run").stdout).expect("text").trim().to_owned()
}
