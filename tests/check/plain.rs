//! Plain-text secrets in a spec: wherever they are and whatever else is wrong with their line, each is reported once
//! and never shown.

use crate::workspace::{GOOD, Ran, Workspace};

/// Lines of `[synapse.extra]`, each with one secret.
const EXTRA: [&str; 8] = [
    "password_config = { pepper = \"CANARYvalue\" }",
    "signing_key = \"CANARYvalue\"",
    "experimental_features.msc3861.admin_token = \"CANARYvalue\"",
    "modules = [{ module = \"a.B\", config = { token = \"CANARYvalue\" } }]",
    "modules = [{ module = \"a.B\", config = { tokens = [\"CANARYvalue\"] } }]",
    "redis = { enabled = 7, password = \"CANARYvalue\" }",
    "no_such_option.api_key = \"CANARYvalue\"",
    "saml2_config = { passphrase = \"CANARYvalue\" }",
];

fn hides(workspace: &Workspace, args: &[&str], times: usize) -> Ran {
    let ran = workspace.run(args);
    assert_eq!(ran.status, 1, "{ran}");
    assert!(!ran.to_string().contains("CANARY"), "{args:?}: {ran}");
    let output = ran.to_string();
    let reported = output.matches("must not be in the spec").count();
    assert_eq!(reported, times, "{args:?}: {ran}");
    ran
}

#[test]
fn secrets_in_extra_are_hidden_and_reported_once() {
    for line in EXTRA {
        let workspace = Workspace::with(&format!("{GOOD}[synapse.extra]\n{line}\n"));
        for args in [
            &["check", "prod.toml"][..],
            &["check", "prod.toml", "--format", "json"],
            &["check", "prod.toml", "--format", "github"],
            &["plan", "prod.toml"],
            &["explain", "synapse.extra", "prod.toml"],
        ] {
            hides(&workspace, args, 1);
        }
    }
}

#[test]
fn secrets_under_other_keys_are_not_shown() {
    for line in [
        "synapse.secrets.pepper = \"CANARYvalue\"",
        "synapse.macaroon_secret_key = \"CANARYvalue\"",
        "tls.password = 7700770077",
        "host.sudo_password = \"CANARYvalue\"",
        "host.password = \"CANARYvalue\"",
        "secrets = { file = \"x\", token = \"CANARYvalue\" }",
        "nowhere = { token = \"CANARYvalue\" }",
    ] {
        let key = line.split('.').next().unwrap();
        let section = format!("[{key}]\n");
        let spec = match GOOD.contains(&section) && line.contains('.') {
            true => {
                let line = line.split_once('.').unwrap().1;
                GOOD.replace(&section, &format!("{section}{line}\n"))
            }
            false => format!("{line}\n{GOOD}"),
        };
        let ran = hides(&Workspace::with(&spec), &["check", "prod.toml"], 1);
        assert!(!ran.stdout.contains("7700"), "{ran}");
    }
}

/// Lines refused for another reason: a typo, a value instead of a name, a switch, an address. Each is masked, and the
/// help contains the given text.
const REFUSED: [(&str, &str, &str); 19] = [
    ("[synapse.email]", "pasword = \"CANARYvalue\"", "did you mean `password`?"),
    ("[synapse.turn]", "sceret = \"CANARYvalue\"", "did you mean `secret`?"),
    ("[host]", "sudo_pasword = \"CANARYvalue\"", "did you mean `sudo_password`?"),
    ("[synapse.extra]", "form_sceret = \"CANARYvalue\"", "leave it out"),
    ("[synapse.extra]", "macaroon_secret_kye = \"CANARYvalue\"", "leave it out"),
    (
        "[synapse.extra]",
        "registration_shared_sceret = \"CANARYvalue\"",
        "did you mean `registration_shared_secret`?",
    ),
    (ROLE, "pasword = \"CANARYvalue\"", "did you mean `password`?"),
    (
        "[synapse.email]",
        "password = { value = \"CANARYvalue\" }",
        "{ secret = \"synapse/email/password\" }",
    ),
    (
        "[synapse.email]",
        "password = { secret = \"a/b\", value = \"CANARYvalue\" }",
        "{ secret = \"synapse/email/password\" }",
    ),
    ("[synapse.email]", "password = { secret = \"CANARYvalue!\" }", "`area/name`"),
    ("[host]", "sudo_password = { secret = \"CANARYvalue!\" }", "`area/name`"),
    ("[host]", "sudo_password = { value = \"CANARYvalue\" }", "{ secret = \"host/sudo\" }"),
    (
        "[synapse.registration]",
        "shared_secret = \"CANARYvalue\"",
        "`matrixform users add` creates accounts",
    ),
    (
        "[synapse.passwords]",
        "pepper = \"CANARYvalue\"",
        "`pepper = { secret = \"synapse/pepper\" }` under `[synapse.secrets]`",
    ),
    ("[synapse.email]", "host = \"user:CANARYvalue@mail.example.org\"", "only `mail.example.org`"),
    ("[host]", "jump = \"root:CANARYvalue@jump.example.org\"", ""),
    ("[host]", "sudo = \"CANARYvalue\"", "sudo_password = { secret = \"host/sudo\" }"),
    (
        "[synapse.extra]",
        "password_config = { pepper = \"CANARYvalue\" }",
        "`pepper = { secret = \"synapse/pepper\" }` under `[synapse.secrets]`",
    ),
    ("[synapse.extra]", "worker_replication_secret = \"CANARYvalue\"", "one process"),
];

#[test]
fn secrets_refused_for_other_reasons_are_not_shown() {
    for (header, line, help) in REFUSED {
        let header = &format!("{}\n", header.trim_end());
        let spec = match GOOD.contains(header) {
            true => GOOD.replace(header, &format!("{header}{line}\n")),
            false => format!("{GOOD}{header}{line}\n"),
        };
        let workspace = Workspace::with(&spec);
        for format in ["text", "json", "github"] {
            let ran = workspace.run(&["check", "prod.toml", "--format", format]);
            assert_eq!(ran.status, 1, "{line}: {ran}");
            assert!(!ran.to_string().to_lowercase().contains("canary"), "{line}: {ran}");
            let output = ran.stdout.replace("\\\"", "\"");
            assert!(output.contains(help), "{line}: {ran}");
        }
    }
    let spec = GOOD.replace("\"matrix.example.org\"", "\"root:CANARYvalue@h.example.org\"");
    let ran = Workspace::with(&spec).run(&["check", "prod.toml"]);
    assert!(
        !ran.to_string().contains("CANARY") && ran.stdout.contains("`user = \"root\"`"),
        "{ran}"
    );
}

/// Text that is not TOML is only known by its lines.
#[test]
fn secrets_in_unreadable_lines_are_not_shown() {
    for (line, says) in [
        ("admin_token = CANARYvalue", "text needs quotes"),
        ("admin_token: CANARYvalue", "not valid TOML"),
        ("admin_token CANARYvalue", "not valid TOML"),
        ("x = { pepper = \"CANARYvalue\" ", "`{` is never closed"),
        ("token = \"CANARYvalue", "this string is never closed"),
        ("token = “CANARYvalue”", "not a quote"),
        ("x = { pepper: CANARYvalue }", "not `:`"),
    ] {
        let workspace = Workspace::with(&format!("{GOOD}[synapse.extra]\n{line}\n"));
        let ran = hides(&workspace, &["check", "prod.toml"], 0);
        assert!(ran.stdout.contains(says), "{ran}");
    }
}

/// The name of an option does not make its value a secret.
#[test]
fn options_with_secret_like_names_are_accepted() {
    let spec = GOOD.replace("[synapse]\n", "[synapse]\nsessions.access_token = \"24h\"\n");
    let ran = Workspace::with(&spec).run(&["check", "prod.toml"]);
    assert_eq!(ran.status, 0, "{ran}");
}

const ROLE: &str =
    "[[resource]]\nkind = \"postgres_role\"\nname = \"app\"\ncluster = \"15/main\"\n";
const COMMAND: &str =
    "[[resource]]\nkind = \"command\"\nname = \"feed\"\nrun = \"cat\"\ncreates = \"/srv/x\"\n";
const FILE: &str = "[[resource]]\nkind = \"file\"\nname = \"/srv/x\"\nformat = \"yaml\"\n";

#[test]
fn a_resource_takes_no_plaintext_secret() {
    for (resource, line) in [
        (ROLE, "password = \"CANARYvalue\""),
        (COMMAND, "secret_stdin = \"CANARYvalue\""),
        (FILE, "contents = { app = { password = \"CANARYvalue\" } }"),
    ] {
        let workspace = Workspace::with(&format!("{GOOD}{resource}{line}\n"));
        hides(&workspace, &["check", "prod.toml"], 1);
        hides(&workspace, &["explain", "postgres_role:app", "prod.toml"], 1);
    }
}

#[test]
fn a_resource_takes_a_secret_by_name() {
    for (address, resource, line) in [
        ("postgres_role:app", ROLE, "password = { secret = \"pg/app\" }"),
        ("command:feed", COMMAND, "secret_stdin = { secret = \"pg/app\" }"),
        ("file:/srv/x", FILE, "contents = { app = { password = { secret = \"pg/app\" } } }"),
        (
            "file:/srv/y",
            "[[resource]]\nkind = \"file\"\nname = \"/srv/y\"\n",
            "content = { secret = \"pg/app\" }",
        ),
    ] {
        let spec = format!("{GOOD}{resource}{line}\n");
        let workspace = Workspace::with(&spec);
        let ran = workspace.run(&["check", "--strict", "prod.toml"]);
        assert_eq!(ran.status, 0, "{line}: {ran}");
        let ran = workspace.run(&["explain", address, "prod.toml"]);
        assert_eq!(ran.status, 0, "{line}: {ran}");
        let listed = workspace.run(&["secrets", "list", "prod.toml"]);
        assert!(listed.stdout.contains("pg/app"), "{line}: {listed}");
        let wrong = spec.replace("pg/app", "Bad Name!");
        let ran = Workspace::with(&wrong).run(&["check", "prod.toml"]);
        assert!(ran.status == 1 && ran.stdout.contains("not the name of a secret"), "{ran}");
    }
    let taken = format!("{GOOD}{COMMAND}environment = {{ A = {{ secret = \"pg/app\" }} }}\n");
    let ran = Workspace::with(&taken).run(&["check", "prod.toml"]);
    assert!(ran.stdout.contains("`environment` does not take a secret"), "{ran}");
}

/// The name that the help suggests fits its place.
#[test]
fn the_help_names_a_suitable_secret() {
    let spec = format!("{GOOD}[synapse.turn]\nuris = [\"turn:a.example\"]\nsecret = \"x\"\n");
    let ran = Workspace::with(&spec).run(&["check", "prod.toml"]);
    assert!(ran.stdout.contains("{ secret = \"synapse/turn/secret\" }"), "{ran}");
}

/// A value replaced by a later file is in a committed file all the same.
#[test]
fn secrets_replaced_by_a_later_file_are_not_shown() {
    let replacing = "[synapse.secrets]\npepper = { secret = \"synapse/pepper\" }\n";
    for (base, prod) in [
        ("[synapse.secrets]\npepper = \"CANARYvalue\"\n", replacing),
        (
            "[synapse.extra]\nredis = { password = \"CANARYvalue\" }\n",
            "[synapse.extra]\nredis = 1\n",
        ),
        ("[host]\nsudo_password = \"CANARYvalue\"\n", ""),
    ] {
        let good = GOOD.replace("[host]\n", "[host]\nsudo_password = \"sudo/password\"\n");
        let workspace = Workspace::with(&format!("include = [\"base.toml\"]\n{good}{prod}"));
        workspace.write("base.toml", base);
        let ran = workspace.run(&["check", "prod.toml"]);
        assert!(!ran.to_string().contains("CANARY"), "{ran}");
        assert!(ran.to_string().contains("must not be in the spec"), "{ran}");
        assert!(ran.to_string().contains("base.toml:2:"), "{ran}");
    }
}

/// A registration as a bridge writes it, as text: each token is reported with its own name.
#[test]
fn secrets_inside_texts_are_not_shown() {
    let yaml =
        "id: bridge\nas_token: CANARYone\nhs_token: \"CANARYtwo\"\nurl: http://127.0.0.1:1\n";
    let file = "[[resource]]\nkind = \"file\"\nname = \"/etc/matrix-synapse/whatsapp.yaml\"\n";
    for line in [
        format!("content = '''\n{yaml}'''\n"),
        "source = \"bridge.yaml\"\n".to_owned(),
        "template = \"bridge.yaml\"\n".to_owned(),
    ] {
        let workspace = Workspace::with(&format!("{GOOD}{file}{line}"));
        workspace.write("bridge.yaml", yaml);
        for args in [
            &["check", "prod.toml"][..],
            &["check", "prod.toml", "--format", "json"],
            &["plan", "prod.toml"],
        ] {
            let ran = workspace.run(args);
            assert_eq!(ran.status, 1, "{ran}");
            assert!(!ran.to_string().contains("CANARY"), "{args:?}: {ran}");
            for key in ["as_token", "hs_token"] {
                let reported = format!("the value of `{key}`");
                assert_eq!(ran.to_string().matches(&reported).count(), 1, "{args:?}: {ran}");
                let command = format!("`matrixform secrets set prod.toml whatsapp/{key}`");
                assert!(ran.to_string().contains(&command), "{args:?}: {ran}");
            }
        }
    }
}

#[test]
fn secrets_in_commands_and_addresses_are_not_shown() {
    for line in [
        "[[cron]]\nname = \"a\"\nschedule = \"@daily\"\ncommand = \"curl -H 'Authorization: Bearer CANARYvalue1' https://a.example/\"\n",
        "[[cron]]\nname = \"a\"\nschedule = \"@daily\"\ncommand = \"RESTIC_PASSWORD=CANARYvalue1 restic backup\"\n",
        "[[cron]]\nname = \"a\"\nschedule = \"@daily\"\ncommand = \"true\"\nenvironment = { URL = \"redis://:CANARYvalue1@127.0.0.1/\" }\n",
        "[[cron]]\nname = \"a\"\nschedule = \"@daily\"\ncommand = \"true\"\nenvironment = { DB_PASS = \"CANARYvalue1\" }\n",
        "[[cron]]\nname = \"a\"\nschedule = \"@daily\"\ncommand = \"true\"\nenvironment = { PASSWORD = \"CANARYvalue1\" }\n",
        "[[cron]]\nname = \"a\"\nschedule = \"@daily\"\ncommand = \"PGPASSWORD=CANARYvalue1 pg_dump x\"\n",
        "[synapse.extra]\nmodules = [{ module = \"a.B\", config = { dsn = \"postgres://a:CANARYvalue1@db/a\" } }]\n",
        "[synapse.extra]\nmodules = [{ module = \"a.B\", config = { storageKey = \"CANARY3Jq9vT2mX7bLw4RnY8cPdH\" } }]\n",
        "[[resource]]\nkind = \"file\"\nname = \"/etc/app.env\"\ncontent = \"A=1\\nDB_PASSWORD=CANARYvalue1\\n\"\n",
    ] {
        hides(&Workspace::with(&format!("{GOOD}{line}")), &["check", "prod.toml"], 1);
    }
}

/// Two secrets under one name would be the same secret.
#[test]
fn each_secret_is_advised_a_unique_name() {
    let modules =
        "[[synapse.extra.modules]]\nmodule = \"a.B\"\nconfig = { token = \"CANARYvalue\" }\n";
    let file = |directory: &str| {
        format!(
            "[[resource]]\nkind = \"file\"\nname = \"/etc/{directory}/app.yaml\"\ncontent = \"token: CANARYvalue1\\n\"\n"
        )
    };
    let named =
        "[synapse.turn]\nuris = [\"turn:a.example\"]\nsecret = { secret = \"app/token\" }\n";
    let spec = format!("{GOOD}{named}{modules}{modules}{}{}", file("a"), file("b"));
    let ran = Workspace::with(&spec).run(&["check", "prod.toml", "--format", "json"]);
    let found: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let helps = found["problems"].as_array().unwrap().iter();
    let helps = helps.filter(|one| one["code"] == "spec/plain-secret");
    let names: Vec<&str> = helps
        .map(|one| one["help"].as_str().unwrap().split_once("{ secret = \"").unwrap().1)
        .map(|rest| rest.split_once('"').unwrap().0)
        .collect();
    let base = "synapse/extra/modules/config/token";
    let second = format!("{base}-2");
    assert_eq!(names, [base, second.as_str(), "app/token-2", "app/token-3"], "{ran}");
}

#[test]
fn public_values_in_texts_are_not_reported() {
    let file = "[[resource]]\nkind = \"file\"\nname = \"/etc/app.conf\"\nsource = \"app.conf\"\n";
    let workspace = Workspace::with(&format!("{GOOD}{file}"));
    workspace.write(
        "app.conf",
        "ssl_certificate_key /etc/letsencrypt/live/a/privkey.pem;\npassword: ${DB}\ntoken: abcd1234 # matrixform: public\n",
    );
    let ran = workspace.run(&["check", "prod.toml"]);
    assert!(ran.status == 0 && !ran.stdout.contains("must not be in the spec"), "{ran}");
}
