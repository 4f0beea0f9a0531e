//! Hosts that someone else set up: a database named as in common guides in one of several clusters, passwords without a
//! pepper, secrets in the homeserver's own file; and a web site on another server that serves the documents.

use crate::guest::Guest;
use crate::timing;
use libtest_mimic::Trial;

/// The trials of this file.
pub(crate) fn trials() -> Vec<Trial> {
    let all: [(&str, fn()); 2] = [
        ("a_homeserver_in_the_second_cluster", a_homeserver_in_the_second_cluster),
        ("apache_serves_the_pasted_configuration", apache_serves_the_pasted_configuration),
    ];
    let trial = |(name, run): (&'static str, fn())| {
        timing::trial(format!("existing::{name}"), move || {
            run();
            Ok(())
        })
    };
    all.into_iter().map(trial).collect()
}

const SPEC: &str = r#"
[secrets]
file = "secrets.toml"

[postgres]
memory_percent = 5
port = 5433
cluster = "17/chat"

[synapse]
server_name = "hs.test"
source = "pypi"
trusted_key_servers = []
database = { name = "matrix-synapse", user = "Matrix.Synapse-1" }
passwords.pepper = false
email = { host = "192.0.2.25", port = 25, tls = "none", from = "Example <matrix@hs.test>" }

[[cron]]
name = "purge"
schedule = "@weekly"
job = "purge-remote-media"
"#;

/// The homeserver's original configuration.
const BEFORE: &str = r#"
server_name: "hs.test"
registration_shared_secret: "SHAREDsharedSHARED"
macaroon_secret_key: 'MACAROONmacaroon'
form_secret: FORMformFORM
signing_key_path: /etc/matrix-synapse/keys/old.key
database:
  name: psycopg2
  args: {user: "Matrix.Synapse-1", password: "DATABASEdatabase", host: localhost}
"#;

const KEY: &str = "ed25519 a_test Cbp2TTjU2qyxx7K+jTFd4rbO+Cx4OAk3RSbyrXrZ3f4";

fn a_homeserver_in_the_second_cluster() {
    let guest = Guest::blank("t-existing", "trixie");
    guest.begin_secrets("");
    guest.run(&format!(
        "export DEBIAN_FRONTEND=noninteractive
        apt-get -qq update && apt-get -qq install -y postgresql >/dev/null 2>&1
        pg_createcluster -p 5433 17 chat --start >/dev/null
        psql() {{ runuser -u postgres -- psql -XAtq -v ON_ERROR_STOP=1 --cluster 17/chat \"$@\"; }}
        psql -c \"create role \\\"Matrix.Synapse-1\\\" login password 'DATABASEdatabase'\"
        psql -c 'create database \"matrix-synapse\" template template0 owner \"Matrix.Synapse-1\" encoding UTF8 lc_collate \"C\" lc_ctype \"C\"'
        psql -d matrix-synapse -c 'create table witness (x int)'
        mkdir -p /etc/matrix-synapse/keys
        echo '{KEY}' >/etc/matrix-synapse/keys/old.key
        cat >/etc/matrix-synapse/homeserver.yaml <<'END'\n{BEFORE}\nEND\n"
    ));
    let untouched = "find /etc/postgresql/17/main -type f -exec sha256sum {} +; systemctl show -p InvocationID postgresql@17-main";
    let before = guest.run(untouched);

    // A host with two clusters: the spec must name one, and it must exist.
    let spec = |file: &str, from: &str, to: &str| {
        assert!(SPEC.contains(from), "{from}");
        guest.spec(file, "user = \"root\"", &SPEC.replacen(from, to, 1))
    };
    let ran = guest.on("plan", &spec("either.toml", "cluster = \"17/chat\"\n", ""), &[]);
    assert!(ran.status == 1 && ran.stderr.contains("MF040"), "{ran}");
    let ran = guest.on("plan", &spec("none.toml", "17/chat", "17/other"), &[]);
    assert!(ran.status == 1 && ran.stderr.contains("MF141"), "{ran}");

    // Its secrets are imported; none is shown or invented.
    let spec = guest.spec("hs.toml", "user = \"root\"", SPEC);
    let name = spec.to_str().expect("a UTF-8 path");
    let ran = guest.on("plan", &spec, &[]);
    assert!(ran.status == 1 && ran.stderr.contains("--from-host"), "{ran}");
    let imported = guest.matrixform(&["secrets", "import", name, "--from-host"]);
    assert_eq!(imported.status, 0, "{imported}");
    for (secret, value) in [
        ("synapse/secrets/macaroon", "MACAROONmacaroon"),
        ("synapse/secrets/form", "FORMformFORM"),
        ("synapse/database/password", "DATABASEdatabase"),
        ("synapse/signing_key", KEY),
    ] {
        let ran = guest.matrixform(&["secrets", "get", name, secret]);
        assert_eq!(ran.stdout.trim_end(), value, "{secret}: {ran}");
        assert!(!imported.to_string().contains(value), "{imported}");
    }
    // The path of the package's file is ours, too, and the file does not belong to an installation from PyPI.
    guest.run("rm -r /etc/matrix-synapse/homeserver.yaml /etc/matrix-synapse/keys");
    guest.apply(&spec);
    assert_eq!(guest.planned(&spec), Vec::<String>::new());
    assert_eq!(guest.run(untouched), before, "the other cluster is as it was");
    assert_eq!(
        guest.run("runuser -u postgres -- psql --cluster 17/main -XAtqc 'show port'"),
        "5432\n"
    );
    let sql = |query: &str| {
        guest.run(&format!(
            "runuser -u postgres -- psql --cluster 17/chat -XAtq matrix-synapse -c \"{query}\""
        ))
    };
    let tables = "select count(*) filter (where tablename = 'witness'), count(*) > 100 from pg_tables where schemaname = 'public'";
    assert_eq!(sql(tables), "1|t\n");
    guest.run(
        "grep -q 'smtp_host: \"192.0.2.25\"' /etc/matrix-synapse/conf.d/51-matrixform-secrets.yaml",
    );
    guest.run("! grep -rq pepper /etc/matrix-synapse");
    // A hash without a pepper, and a login with it.
    let hash = guest.run("/opt/matrixform/synapse/bin/python -c 'import bcrypt; print(bcrypt.hashpw(b\"a long password\", bcrypt.gensalt(4)).decode())'");
    sql(&format!(
        "insert into users (name, password_hash, creation_ts, admin) values ('@old:hs.test', '{}', 1, 0)",
        hash.trim().replace('$', "\\$")
    ));
    let output = guest.run(
        "curl -qsS --noproxy '*' --json '{\"type\":\"m.login.password\",\"identifier\":{\"type\":\"m.id.user\",\"user\":\"old\"},\"password\":\"a long password\"}' http://127.0.0.1:8008/_matrix/client/v3/login",
    );
    assert!(output.contains("access_token"), "{output}");
    guest.run("/usr/local/lib/matrixform/cron-purge");
    guest.down();
}

fn apache_serves_the_pasted_configuration() {
    let guest = Guest::blank("t-apache", "trixie");
    let body = "[well_known]\nserved_by = \"external\"\nexternal_server = \"apache\"\nserver_name = \"example.org\"\n\
        server = \"matrix.example.org:443\"\nbase_url = \"https://matrix.example.org\"\nsupport_page = \"https://example.org/it%27s\"\n";
    let spec = guest.spec("front.toml", "user = \"root\"", body);
    let ran = guest.on("check", &spec, &["--format", "json"]);
    let report: serde_json::Value = serde_json::from_str(&ran.stdout).expect("JSON");
    let mut problems = report["problems"].as_array().expect("problems").iter();
    let pasted = problems.find(|one| one["code"] == "MF069").expect("MF069")["help"].as_str();
    let pasted = pasted.expect("a text").to_owned();
    let (shell, config) = pasted.split_once("<Location").expect("two parts");
    let shell: String = shell.lines().skip(1).map(|line| format!("{}\n", line.trim())).collect();
    guest.run(&format!(
        "export DEBIAN_FRONTEND=noninteractive
        apt-get -qq update && apt-get -qq install -y apache2 >/dev/null 2>&1
        a2enmod -q headers
        cat >/etc/apache2/conf-enabled/pasted.conf <<'END'\n<Location{config}\nEND
        cd /var/www/html && {{\n{shell}\n}}
        apachectl configtest 2>&1 && systemctl restart apache2"
    ));
    for (name, value) in [
        ("server", serde_json::json!({"m.server": "matrix.example.org:443"})),
        ("client", serde_json::json!({"m.homeserver": {"base_url": "https://matrix.example.org"}})),
        ("support", serde_json::json!({"support_page": "https://example.org/it%27s"})),
    ] {
        let ask = format!("curl -qsSi --noproxy '*' http://127.0.0.1/.well-known/matrix/{name}");
        let answer = guest.run(&ask).replace('\r', "");
        let (head, body) = answer.split_once("\n\n").expect("a body");
        let head = head.to_lowercase();
        assert!(head.starts_with("http/1.1 200"), "{answer}");
        for line in [
            "content-type: application/json",
            "access-control-allow-origin: *",
            "cache-control: public, max-age=3600",
        ] {
            assert!(head.lines().any(|one| one == line), "{line}: {answer}");
        }
        let body: serde_json::Value = serde_json::from_str(body).expect("JSON");
        assert_eq!(body, value);
    }
    guest.down();
}
