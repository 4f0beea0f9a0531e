//! Roles, databases, and the server's own configuration.

use super::Run;
use super::case::{Case, NONE};
use crate::whole::{Audit, Host};

const HBA: &str = "file:/etc/postgresql/{major}/main/pg_hba.conf";
const SERVER: &str = "service:postgresql@{major}-main.service";

pub(super) const CASES: &[Case] = &[
    Case {
        name: "role_password",
        breaks: "cd /; su postgres -c 'psql -q' <<<\"alter role synapse_user password 'another'\"",
        planned: &["postgres_role:synapse_user"],
        ..NONE
    },
    Case {
        name: "role_rights",
        breaks: "cd /; su postgres -c 'psql -q' <<<'alter role synapse_user superuser createdb'",
        planned: &["postgres_role:synapse_user"],
        ..NONE
    },
    Case {
        name: "role_and_database_dropped",
        breaks: "cd /; su postgres -c 'psql -q' <<<'drop database lab; drop role lab'",
        planned: &["postgres_database:lab", "postgres_role:lab"],
        ..NONE
    },
    Case {
        name: "database_dropped",
        breaks: "cd /; su postgres -c 'psql -q' <<<'drop database lab'",
        planned: &["postgres_database:lab"],
        ..NONE
    },
    Case {
        name: "database_owner",
        breaks: "cd /; su postgres -c 'psql -q' <<<'alter database lab owner to postgres'",
        planned: &["postgres_database:lab"],
        ..NONE
    },
    Case {
        name: "hba_edited_and_reloaded",
        breaks: "echo 'host all all 0.0.0.0/0 trust' >>/etc/postgresql/{major}/main/pg_hba.conf
            systemctl reload postgresql@{major}-main",
        planned: &[HBA, SERVER],
        holds: "[ \"$(cd /; su postgres -c \"psql -XAtqc \\\"select count(*) from pg_hba_file_rules \
            where auth_method = 'trust'\\\"\")\" = 0 ]",
        ..NONE
    },
    Case {
        name: "settings_deleted_and_server_restarted",
        breaks: "rm /etc/postgresql/{major}/main/conf.d/50-matrixform.conf; systemctl restart postgresql@{major}-main
            # It refuses the certificate that the server has now, and would try again and again.
            systemctl stop matrix-synapse",
        planned: &[
            "file:/etc/postgresql/{major}/main/conf.d/50-matrixform.conf",
            SERVER,
            "service:matrix-synapse.service",
            "synapse_token:/etc/matrixform/synapse-maintenance.curl",
        ],
        ..NONE
    },
    Case {
        name: "server_stopped",
        breaks: "systemctl stop postgresql@{major}-main",
        // The content of the database is unknown, and so is whether the token still works.
        planned: &[
            SERVER,
            "postgres_role:synapse_user",
            "postgres_role:lab",
            "postgres_database:synapse",
            "postgres_database:lab",
            "synapse_token:/etc/matrixform/synapse-maintenance.curl",
        ],
        ..NONE
    },
];

pub(super) const RUNS: &[(&str, Run)] = &[("database_collation", collation_is_refused)];

fn sql(host: &Host, statements: &str) {
    host.guest.run(&format!(
        "cd /; su postgres -c 'psql -q -v ON_ERROR_STOP=1' <<'END'\n{statements}\nEND"
    ));
}

/// A setting that cannot be changed in place stops the run before the first change.
fn collation_is_refused(host: &Host) {
    sql(
        host,
        "drop database lab;
        create database lab template template0 owner lab lc_collate 'C.UTF-8' lc_ctype 'C.UTF-8' locale_provider libc;",
    );
    host.guest.run("echo more >>/etc/motd");
    let before = Audit::of(&host.guest);
    assert_eq!(host.planned(), ["file:/etc/motd", "postgres_database:lab"]);
    let ran = host.guest.on("apply", &host.spec, &["--yes"]);
    assert_eq!(ran.status, 1, "{ran}");
    assert!(ran.stderr.contains("cannot be fixed in place"), "{ran}");
    assert_eq!(before.until(&Audit::of(&host.guest)), [], "nothing was touched");
    sql(host, "drop database lab");
    host.guest.apply(&host.spec);
    assert_eq!(host.planned(), Vec::<String>::new());
}
