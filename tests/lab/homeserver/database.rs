//! PostgreSQL for Synapse: TLS only, settings that take effect, a certificate that is renewed.

use super::host::{Homeserver, spec_with};

pub(super) fn speaks_only_tls(host: &Homeserver) {
    let ssl = host.sql(
        "select ssl, version from pg_stat_ssl join pg_stat_activity using (pid) where usename = 'synapse_user'",
    );
    assert!(ssl.lines().count() > 0 && ssl.lines().all(|line| line == "t|TLSv1.3"), "{ssl}");
    let facts = host.sql(
        "select datcollate, datctype, pg_encoding_to_char(encoding), pg_get_userbyid(datdba)
        from pg_database where datname = 'synapse'",
    );
    assert_eq!(facts, "C|C|UTF8|synapse_user\n");
    assert!(
        host.sql("select rolpassword from pg_authid where rolname = 'synapse_user'")
            .starts_with("SCRAM-SHA-256$")
    );

    let connect = |how: &str| {
        let script = format!(
            "install -m 600 /etc/matrix-synapse/pgpass /root/pgpass
            PGPASSFILE=/root/pgpass psql -XAtqc 'select 1' \
            'host=localhost hostaddr=127.0.0.1 user=synapse_user dbname=synapse {how}' 2>&1; \
            status=$?; rm /root/pgpass; exit $status"
        );
        host.guest.try_run(&script)
    };
    let ca = "sslmode=verify-full sslrootcert=/etc/ssl/matrixform/postgres-ca.crt";
    assert_eq!(connect(ca).0, "1\n");
    let (output, _, status) = connect("sslmode=disable");
    assert!(status != 0 && output.contains("no encryption"), "{output}");
    let (output, _, status) =
        connect("sslmode=verify-full sslrootcert=/etc/ssl/certs/ssl-cert-snakeoil.pem");
    assert!(status != 0 && output.contains("certificate verify failed"), "{output}");
    let (output, _, status) =
        connect(&format!("{ca} ssl_max_protocol_version=TLSv1.1 ssl_min_protocol_version=TLSv1.1"));
    assert!(status != 0, "{output}");
    let (output, _, _) =
        host.guest.try_run("su nobody -s /bin/sh -c 'psql -XAtqc \"select 1\" postgres' 2>&1");
    assert!(output.contains("no pg_hba.conf entry"), "{output}");
    let outside = host.guest.run("ss -Hltn 'sport = :5432' | awk '{print $4}'");
    assert_eq!(outside, "127.0.0.1:5432\n");
}

pub(super) fn some_settings_cause_a_restart(host: &Homeserver) {
    let started = || host.guest.run("systemctl show -p InvocationID 'postgresql@*.service'");
    let before = started();
    let other =
        host.spec("reload.toml", &spec_with("[postgres]", "[postgres]\ntls_min = \"TLSv1.3\""));
    host.guest.apply(&other);
    assert_eq!(started(), before, "a reload is enough");
    assert_eq!(host.sql("show ssl_min_protocol_version"), "TLSv1.3\n");
    let other =
        "[postgres]\nmax_connections = 77\nsettings = { max_locks_per_transaction = \"128\" }";
    let other = host.spec("restart.toml", &spec_with("[postgres]", other));
    host.guest.apply(&other);
    assert_ne!(started(), before, "this one needs a restart");
    assert_eq!(host.sql("show max_connections"), "77\n");
    assert_eq!(host.sql("show max_locks_per_transaction"), "128\n");
    assert!(host.guest.planned(&other).is_empty());
    // One of them leaves the file: PostgreSQL reports that in other words than a changed one.
    host.guest.apply(&host.spec);
    assert_eq!(host.sql("show max_locks_per_transaction"), "64\n");

    let live = || {
        host.guest
            .run("sha256sum /etc/postgresql/*/main/conf.d/* /etc/postgresql/*/main/pg_hba.conf")
    };
    let (before, since) = (live(), started());
    for wrong in [
        "settings = { no_such_setting = \"1\" }",
        "settings = { autovacuum_naptime = \"1 fortnight\" }",
    ] {
        let spec =
            host.spec("wrong.toml", &spec_with("[postgres]", &format!("[postgres]\n{wrong}")));
        let ran = host.guest.on("apply", &spec, &["--yes"]);
        assert!(ran.status != 0 && !ran.stdout.contains("panicked"), "{ran}");
        assert_eq!(
            (live(), started()),
            (before.clone(), since.clone()),
            "nothing was touched\n{ran}"
        );
    }
    assert!(host.guest.planned(&host.spec).is_empty());
}

/// Synapse follows in the same apply, and no connection stays on the old port.
pub(super) fn moves_to_another_port(host: &Homeserver) {
    let listens = || {
        let output = host.guest.run("ss -Hltn 'sport = :5432 or sport = :5433' | awk '{print $4}'");
        output.trim().to_owned()
    };
    for (spec, port) in [
        (host.spec("port.toml", &spec_with("[postgres]", "[postgres]\nport = 5433")), "5433"),
        (host.spec.clone(), "5432"),
    ] {
        host.guest.apply(&spec);
        assert!(host.guest.planned(&spec).is_empty());
        assert_eq!(listens(), format!("127.0.0.1:{port}"));
        let ssl = "select bool_and(ssl) from pg_stat_ssl join pg_stat_activity using (pid) where usename = 'synapse_user'";
        assert_eq!(host.sql(ssl), "t\n", "Synapse speaks to it");
    }
}

/// Installs a certificate so close to its end that the host itself would renew it.
const OLD: &str = r#"cd /etc/ssl/matrixform && d=$(mktemp -d) && : >$d/index && echo 77 >$d/serial &&
cat >$d/c <<END
[ca]
default_ca = old
[old]
database = $d/index
serial = $d/serial
new_certs_dir = $d
default_md = sha256
policy = any
x509_extensions = leaf
[any]
commonName = supplied
[leaf]
basicConstraints = critical, CA:FALSE
subjectAltName = DNS:localhost, IP:127.0.0.1, IP:::1
END
openssl req -new -key postgres.key -subj /CN=localhost -out $d/r &&
openssl ca -batch -notext -config $d/c -cert postgres-ca.crt -keyfile postgres-ca.key -in $d/r -out $d/crt \
    -startdate $(date -u -d '-600 days' +%Y%m%d%H%M%SZ) -enddate $(date -u -d '+130 days' +%Y%m%d%H%M%SZ) 2>/dev/null &&
cat $d/crt >postgres.crt && rm -r $d && systemctl restart 'postgresql@*-main.service'"#;

pub(super) fn the_timer_on_the_host_renews(host: &Homeserver) {
    let key = host.guest.run("sha256sum /etc/ssl/matrixform/postgres.key");
    host.guest.run(OLD);
    let planned = host.guest.planned(&host.spec);
    assert!(
        planned.iter().any(|one| one == "certificate:/etc/ssl/matrixform/postgres"),
        "{planned:?}"
    );
    host.guest.run("systemctl start matrixform-renew-postgres.service");
    host.settles("what the timer did is as a plan wants it");
    host.guest.run(OLD);
    host.guest.apply(&host.spec);
    let output = host.guest.run(
        "systemctl start matrixform-renew-postgres.service; journalctl -u matrixform-renew-postgres -o cat -n 5",
    );
    assert!(output.contains("is valid until"), "and the other way round: {output}");
    assert_eq!(host.guest.run("sha256sum /etc/ssl/matrixform/postgres.key"), key, "the key stays");
    host.guest.run("systemctl is-active matrixform-renew-postgres.timer");
    assert!(host.guest.planned(&host.spec).is_empty());
}

/// ALTER SYSTEM writes into the data directory. A plan names its file when the server would not start with it, and
/// checks nothing while the file is unchanged since the server read it.
pub(super) fn settings_from_alter_system_are_watched(host: &Homeserver) {
    let watched = host.guest.run("cat /var/lib/matrixform/watched/postgres");
    let file = host.sql("select current_setting('data_directory') || '/postgresql.auto.conf'");
    assert!(watched.contains(&file), "{watched}");
    let file = file.trim();
    let good = host.guest.on("plan", &host.spec, &[]);
    assert!(!good.stderr.contains("next start"), "{good}");
    host.guest.run(&format!("cp -a {file} /root/kept && echo nonsense >>{file}"));
    let planned = host.guest.on("plan", &host.spec, &[]);
    host.guest.run(&format!("mv /root/kept {file}"));
    assert!(planned.stdout.contains("no changes"), "{planned}");
    assert!(planned.stderr.contains("the next start of postgres would fail"), "{planned}");
    assert!(planned.stderr.contains(file), "{planned}");
    host.settles("as it was");
}
