//! What a homeserver holds when its backup is made, to compare the rebuilt one with.

use super::super::host::Homeserver;
use super::on;
use std::path::Path;

/// Rows of each table, in a database.
pub(super) const ROWS: &str = "psql() { (cd /; runuser -u postgres -- psql -XAtq \"$@\"); }
    psql DATABASE -c \"select format('select %L, count(*) from %I.%I', tablename, schemaname, tablename) from pg_tables
        where schemaname = 'public' order by 1\" | sed 's/$/;/' | psql DATABASE";

/// Local media, with their owner.
const MEDIA: &str =
    "cd /var/lib/matrix-synapse/media; find . -path './local_*' -type f | sort | xargs sha256sum
    find . -path './local_*' '(' ! -user matrix-synapse -o ! -group matrix-synapse ')'";

/// What certbot needs to go on without asking for anything.
const CERTIFICATES: &str = "cd /etc/letsencrypt; find . -printf '%P %M %u:%g %l\\n' | sort; find . -type f | sort | xargs sha256sum";

/// What an admin leaves in the database: what only a superuser may create, another disk, and a table with a sequence, whose
/// names need quoting.
const OF_AN_ADMIN: &str = r#"
CREATE EXTENSION pg_buffercache;
CREATE EXTENSION pg_trgm;
CREATE VIEW alike AS SELECT similarity(name, 'x') FROM users;
CREATE INDEX alike_names ON users USING gin (name gin_trgm_ops);
CREATE PUBLICATION upgrade FOR ALL TABLES;
COMMENT ON PUBLICATION upgrade IS 'of last year';
CREATE FUNCTION remember() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
CREATE EVENT TRIGGER remember ON sql_drop EXECUTE FUNCTION remember();
CREATE TABLESPACE fast LOCATION '/srv/fast';
CREATE TABLE "Admin's (own) $$ notes" (id serial, small smallserial) TABLESPACE fast;
INSERT INTO "Admin's (own) $$ notes" SELECT FROM generate_series(1, 3);
CREATE TABLE parts (n int) PARTITION BY RANGE (n);
CREATE TABLE part PARTITION OF parts FOR VALUES FROM (0) TO (9);
INSERT INTO parts VALUES (1), (2);
CREATE POLICY alike ON parts USING (similarity('a', 'b') > 0);
CREATE TABLE above (n int);
CREATE TABLE below (m int) INHERITS (above);
INSERT INTO below VALUES (1, 1);
INSERT INTO above VALUES (1);
SELECT format('ALTER TABLE %I OWNER TO %I', tablename, pg_get_userbyid(datdba))
    FROM pg_tables, pg_database WHERE tableowner = 'postgres' AND schemaname = 'public' AND datname = current_database() \gexec
"#;

/// The server when its backup is made.
pub(super) struct Before {
    pub(super) rows: String,
    media: String,
    key: String,
    certificates: String,
}

const KEY: &str = "cut -d ' ' -f 2 /etc/matrix-synapse/homeserver.signing.key";

impl Before {
    pub(super) fn of(lost: &Homeserver, spec: &Path) -> Before {
        lost.guest.run("systemctl stop matrix-synapse");
        lost.guest.write("/root/own.sql", OF_AN_ADMIN);
        lost.guest.run("install -d -o postgres /srv/fast");
        let psql = "cd /; runuser -u postgres -- psql -Xqd synapse -v ON_ERROR_STOP=1";
        lost.guest.run(&format!("{psql} </root/own.sql"));
        let ran = on(&lost.guest, &["backup", "now"], spec, &[], 0);
        lost.guest.run(&format!(
            "{psql} -c 'DROP EXTENSION pg_buffercache; DROP EXTENSION pg_trgm CASCADE; DROP PUBLICATION upgrade; DROP EVENT TRIGGER remember; DROP FUNCTION remember'"
        ));
        for message in [
            "disk: saved as snapshot",
            "/srv/absent does not exist on this host",
            "/srv/a & b/out leads to /srv/outside, which is not in the backup",
        ] {
            assert!(ran.stderr.contains(message), "{message}: {ran}");
        }
        let listed = on(&lost.guest, &["backup", "list"], spec, &[], 0);
        assert!(listed.stderr.contains("/srv/absent does not exist"), "{listed}");
        let plan = on(&lost.guest, &["plan"], spec, &[], 0);
        assert!(plan.stderr.contains("MF374") && plan.stderr.contains("/srv/absent"), "{plan}");
        let rows = lost.guest.run(&ROWS.replace("DATABASE", "synapse"));
        let (media, key) = (lost.guest.run(MEDIA), lost.guest.run(KEY));
        assert!(media.lines().count() >= 3, "{media}");
        lost.guest.run("systemctl start matrix-synapse");
        let certificates = lost.guest.run(CERTIFICATES);
        Before { rows, media, key, certificates }
    }

    /// How many media a manifest counts.
    pub(super) fn files(&self) -> usize {
        self.media.lines().filter(|line| line.contains("./local_content/")).count()
    }

    /// What was counted, in tables that a start does not change.
    pub(super) fn is_counted(&self, new: &Homeserver) {
        let rows = new.guest.run(&ROWS.replace("DATABASE", "synapse"));
        let own = "Admin's (own) $$ notes";
        for table in [
            "events",
            "event_json",
            "users",
            "rooms",
            "devices",
            "local_media_repository",
            "parts",
            "above",
            own,
        ] {
            let of = |text: &str| {
                let begin = format!("{table}|");
                text.lines().find(|line| line.starts_with(&begin)).map(str::to_owned)
            };
            assert!(of(&rows).is_some() && of(&rows) == of(&self.rows), "{table}: {rows}");
        }
    }

    pub(super) fn is_back(&self, new: &Homeserver) {
        assert_eq!(new.guest.run(MEDIA), self.media);
        assert_eq!(new.guest.run(KEY), self.key);
        assert_eq!(new.guest.run(CERTIFICATES), self.certificates);
        let files = "/srv/bridge /srv/bridge/data/state /etc/matrix-synapse/irc.yaml /srv/other /srv/other/deep";
        assert_eq!(
            new.guest
                .run(&format!("stat -c '%U:%G %a' {files}; stat -c %u:%g /srv/other/deep/state")),
            "bridge:bridge 750\nbridge:bridge 644\nmatrix-synapse:matrix-synapse 640\nroot:root 711\nbridge:bridge 711\n1337:1337\n"
        );
        let odd = "cd '/srv/a & b'; cat note 'two\nlines'; stat -c %U theirs; readlink out; find . ! -type f ! -type d ! -type l";
        assert_eq!(new.guest.run(odd), "of this host\nodd\nroot\n/srv/outside\n");
    }
}
