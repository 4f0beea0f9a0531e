//! The same backup, restored as every guide has it: the database comes back, and the server is started. What clients, devices
//! and bridges then lose is what the rebuild is for; if Synapse prevented it by itself one day, this fails.

use super::people::{People, Positions};
use super::{bridge, on};
use crate::homeserver::host::Homeserver;

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
        as pg_restore --no-owner --no-privileges --role=\"$owner\" --exit-on-error -d synapse </root/plain{spool}/database.dump"
    ));
    bridge::start(&host.guest, remembered);
    host.guest.run("systemctl start matrix-synapse");
    people.without_raised_sequences(host, positions);
    bridge::drops(&host.guest, "after");
    let log = host.guest.run("journalctl --no-pager -o cat -u matrix-synapse");
    assert!(log.contains("from the future"), "a rebuild looks for these words");
}
