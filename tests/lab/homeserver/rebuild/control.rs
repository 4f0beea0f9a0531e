//! The same backup, restored as every guide has it: the database comes back, and the server is started. What clients, devices
//! and bridges then lose is what the rebuild is for; if Synapse prevented it by itself one day, this fails.

use super::people::{People, Positions};
use super::{bridge, on};
use crate::homeserver::host::Homeserver;
use matrixform::for_tests::rebuild::{SnapshotManifest, raise_sql};

/// What to restore: the owner may not create everything that an admin left.
pub(super) const LIST: &str =
    "pg_restore -l /root/plain/var/spool/matrixform-backup/database.dump |
    grep -v 'EXTENSION\\|PUBLICATION\\|EVENT TRIGGER\\| alike' >/tmp/list";

pub(super) fn loses_messages(
    host: &Homeserver,
    people: &People,
    positions: &Positions,
    remembered: &str,
) {
    let spool = "/var/spool/matrixform-backup";
    let words = ["--path", spool, "--to", "/root/plain"];
    on(&host.guest, &["backup", "restore"], &host.spec, &words, 0);
    bridge::end(&host.guest);
    host.guest.run(&format!(
        "set -e; cd /; systemctl stop matrix-synapse
        as() {{ runuser -u postgres -- \"$@\"; }}
        owner=$(as psql -XAtqc \"select pg_get_userbyid(datdba) from pg_database where datname = 'synapse'\")
        as dropdb synapse
        as createdb -T template0 -O \"$owner\" -E UTF8 --locale C synapse
        {LIST}
        as pg_restore --no-owner --no-privileges --role=\"$owner\" --no-tablespaces --exit-on-error -L /tmp/list -d synapse </root/plain{spool}/database.dump"
    ));
    contradictions_are_refused(host, spool);
    bridge::start(&host.guest, remembered);
    host.guest.run("systemctl start matrix-synapse");
    people.without_raised_sequences(host, positions);
    bridge::drops(&host.guest, "after");
    let log = host.guest.run("journalctl --no-pager -o cat -u matrix-synapse");
    assert!(log.contains("from the future"), "a rebuild looks for these words");
}

/// A database whose positions are ahead of its sequences even after those were raised: Synapse would refuse to start.
fn contradictions_are_refused(host: &Homeserver, spool: &str) {
    let manifest = host.guest.run(&format!("cat /root/plain{spool}/manifest.json"));
    let raise = raise_sql(&SnapshotManifest::read(&manifest).unwrap());
    host.guest.write("/root/raise.sql", &raise);
    for (ahead, of) in [
        (
            "update stream_positions set stream_id = 9999999999999 where stream_name = 'to_device'",
            "stream_positions",
        ),
        ("update account_data set stream_id = 9999999999999", "account_data"),
    ] {
        let (output, _, status) = host.guest.try_run(&format!(
            "cd / && as() {{ runuser -u postgres -- \"$@\"; }}
            as createdb -T synapse contradiction && as psql -XAtqd contradiction -c \"{ahead}\" &&
                as psql -XAtqd contradiction -v ON_ERROR_STOP=1 </root/raise.sql 2>&1
            status=$?; as dropdb contradiction; exit $status"
        ));
        assert!(status != 0 && output.contains("contradicts itself"), "{of}: {output}");
        assert!(output.contains(&format!("of {of} is ahead")), "{output}");
    }
}
