//! Secrets that stand in a spec in clear: wherever that is and whatever else is wrong with their line, each
//! is reported once and shown by nobody.

use crate::desk::{Desk, GOOD, Ran};

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

fn hides(desk: &Desk, words: &[&str], times: usize) -> Ran {
    let ran = desk.run(words);
    assert_eq!(ran.status, 1, "{ran}");
    assert!(!ran.to_string().contains("CANARY"), "{words:?}: {ran}");
    let said = ran.to_string();
    let told = said.matches("must not stand in the spec").count();
    assert_eq!(told, times, "{words:?}: {ran}");
    ran
}

#[test]
fn none_of_extra_is_shown_and_each_is_told_once() {
    for line in EXTRA {
        let desk = Desk::with(&format!("{GOOD}[synapse.extra]\n{line}\n"));
        for words in [
            &["check", "prod.toml"][..],
            &["check", "prod.toml", "--format", "json"],
            &["check", "prod.toml", "--format", "github"],
            &["plan", "prod.toml"],
            &["explain", "synapse.extra", "prod.toml"],
        ] {
            hides(&desk, words, 1);
        }
    }
}

#[test]
fn nor_what_stands_under_other_keys() {
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
        let ran = hides(&Desk::with(&spec), &["check", "prod.toml"], 1);
        assert!(!ran.stdout.contains("7700"), "{ran}");
    }
}

/// A text that is no TOML has lines alone.
#[test]
fn nor_what_stands_in_a_line_that_cannot_be_read() {
    for (line, says) in [
        ("admin_token = CANARYvalue", "text needs quotes"),
        ("admin_token: CANARYvalue", "not valid TOML"),
        ("admin_token CANARYvalue", "not valid TOML"),
        ("x = { pepper = \"CANARYvalue\" ", "`{` is never closed"),
        ("token = \"CANARYvalue", "this string is never closed"),
        ("token = “CANARYvalue”", "not a quote"),
        ("x = { pepper: CANARYvalue }", "not `:`"),
    ] {
        let desk = Desk::with(&format!("{GOOD}[synapse.extra]\n{line}\n"));
        let ran = hides(&desk, &["check", "prod.toml"], 0);
        assert!(ran.stdout.contains(says), "{ran}");
    }
}

/// What an option is called does not make it a secret.
#[test]
fn an_option_that_is_no_secret_is_none() {
    let spec = GOOD.replace(
        "[synapse]\n",
        "[synapse]\nsessions.access_token = \"24h\"\nregistration.shared_secret = true\n",
    );
    let ran = Desk::with(&spec).run(&["check", "prod.toml"]);
    assert_eq!(ran.status, 0, "{ran}");
    let resource = "[[resource]]\nkind = \"synapse_token\"\nname = \"/srv/token\"\nuser = \"a\"\n\
        shared_secret = \"/srv/shared\"\n";
    let ran = Desk::with(&format!("{GOOD}{resource}")).run(&["check", "prod.toml"]);
    assert!(!ran.stdout.contains("must not stand"), "{ran}");
}

const ROLE: &str =
    "[[resource]]\nkind = \"postgres_role\"\nname = \"app\"\ncluster = \"15/main\"\n";
const COMMAND: &str =
    "[[resource]]\nkind = \"command\"\nname = \"feed\"\nrun = \"cat\"\ncreates = \"/srv/x\"\n";
const FILE: &str = "[[resource]]\nkind = \"file\"\nname = \"/srv/x\"\nformat = \"yaml\"\n";

#[test]
fn a_resource_takes_no_secret_in_clear() {
    for (resource, line) in [
        (ROLE, "password = \"CANARYvalue\""),
        (COMMAND, "secret_stdin = \"CANARYvalue\""),
        (FILE, "contents = { app = { password = \"CANARYvalue\" } }"),
    ] {
        let desk = Desk::with(&format!("{GOOD}{resource}{line}\n"));
        hides(&desk, &["check", "prod.toml"], 1);
        hides(&desk, &["explain", "postgres_role:app", "prod.toml"], 1);
    }
}

#[test]
fn a_resource_takes_a_secret_by_its_name() {
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
        let desk = Desk::with(&spec);
        let ran = desk.run(&["check", "--strict", "prod.toml"]);
        assert_eq!(ran.status, 0, "{line}: {ran}");
        let ran = desk.run(&["explain", address, "prod.toml"]);
        assert_eq!(ran.status, 0, "{line}: {ran}");
        let listed = desk.run(&["secrets", "list", "prod.toml"]);
        assert!(listed.stdout.contains("pg/app"), "{line}: {listed}");
        let wrong = spec.replace("pg/app", "Bad Name!");
        let ran = Desk::with(&wrong).run(&["check", "prod.toml"]);
        assert!(ran.status == 1 && ran.stdout.contains("not the name of a secret"), "{ran}");
    }
    let taken = format!("{GOOD}{COMMAND}environment = {{ A = {{ secret = \"pg/app\" }} }}\n");
    let ran = Desk::with(&taken).run(&["check", "prod.toml"]);
    assert!(ran.stdout.contains("`environment` does not take a secret"), "{ran}");
}

/// The name that a help proposes fits the place.
#[test]
fn the_help_names_a_secret_that_fits() {
    let spec = format!("{GOOD}[synapse.turn]\nuris = [\"turn:a.example\"]\nsecret = \"x\"\n");
    let ran = Desk::with(&spec).run(&["check", "prod.toml"]);
    assert!(ran.stdout.contains("{ secret = \"synapse/turn/secret\" }"), "{ran}");
}

/// The file is committed all the same.
#[test]
fn nor_what_a_later_file_replaces() {
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
        let desk = Desk::with(&format!("include = [\"base.toml\"]\n{good}{prod}"));
        desk.write("base.toml", base);
        let ran = desk.run(&["check", "prod.toml"]);
        assert!(!ran.to_string().contains("CANARY"), "{ran}");
        assert!(ran.to_string().contains("must not stand in the spec"), "{ran}");
        assert!(ran.to_string().contains("base.toml:2:"), "{ran}");
    }
}
