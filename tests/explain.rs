//! `matrixform explain` and `matrixform schema` as a user runs them: offline, with the shipped specs.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use matrixform::for_tests::module::explanation::{ExplanationPage, Knowledge, explain};
use matrixform::for_tests::module::{Modules, embedded, golden};
use matrixform::for_tests::resource::kinds;
use matrixform::for_tests::spec::{Variables, load};
use std::process::{Command, Output};

/// The explanation of an item with prod.toml on Ubuntu 24.04.
fn with_spec(item: &str) -> String {
    with(item, &std::fs::read_to_string("inventory/prod.toml").unwrap())
}

/// The same with this text instead of prod.toml.
fn with(item: &str, text: &str) -> String {
    // A copy, with the certificate that the real one expects beside it.
    let workspace = tempfile::tempdir().unwrap();
    std::fs::create_dir(workspace.path().join("tls")).unwrap();
    let spec = workspace.path().join("prod.toml");
    std::fs::write(&spec, text).unwrap();
    for file in std::fs::read_dir("inventory/tls").unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), workspace.path().join("tls").join(file.file_name())).unwrap();
    }
    let spec = load(&spec, Variables::Unread).unwrap();
    let modules = Modules::load(&embedded(), &[]).unwrap();
    let facts = golden::facts("ubuntu-24.04").unwrap();
    let assumed = "as recorded for ubuntu-24.04";
    let known =
        Knowledge { modules: &modules, kinds: kinds(), spec: Some((&spec, &facts)), assumed };
    let shown = workspace.path().display().to_string();
    text_of(item, &known).replace(&shown, "inventory")
}

fn without_spec(item: &str) -> String {
    let modules = Modules::load(&embedded(), &[]).unwrap();
    text_of(item, &Knowledge { modules: &modules, kinds: kinds(), spec: None, assumed: "" })
}

fn text_of(item: &str, known: &Knowledge<'_>) -> String {
    match explain(item, known) {
        Ok(pages) => pages.iter().map(ExplanationPage::text).collect::<Vec<_>>().join("\n"),
        Err(problems) => problems.iter().map(|problem| problem.render(false)).collect(),
    }
}

/// Whether a line of the explanation contains all of these words.
fn has(text: &str, words: &[&str]) -> bool {
    text.lines().any(|line| words.iter().all(|word| line.contains(word)))
}

#[test]
fn an_option_is_followed_to_every_file_on_the_host() {
    let text = with_spec("synapse.media.max_upload");
    // The line of the spec, the line of the manifest, the key of the file.
    assert!(has(&text, &["\"100M\"", "inventory/prod.toml:"]), "{text}");
    assert!(has(&text, &["declared", "modules/synapse/params/media.toml:"]), "{text}");
    assert!(has(&text, &["max_upload_size", "conf.d/50-matrixform.yaml"]), "{text}");
    // Through the rows that synapse passes to nginx, into nginx's template.
    assert!(has(&text, &["matrixform.conf.j2:", "client_max_body_size", "nginx.routes"]), "{text}");
    assert!(has(&text, &["reload of nginx", "service:nginx.service"]), "{text}");
    assert!(has(&text, &["restart of synapse", "service:matrix-synapse.service"]), "{text}");
    insta::assert_snapshot!(text);
}

#[test]
fn the_default_follows_the_profile() {
    let text = std::fs::read_to_string("inventory/prod.toml").unwrap();
    let named = "# profile = \"friends\"";
    assert!(text.contains(named));
    let presence = with_spec("synapse.rooms.presence");
    assert!(has(&presence, &["true (the default)"]), "{presence}");
    assert!(has(&presence, &["with profile `newsroom`: false"]), "{presence}");
    let presence = with("synapse.rooms.presence", &text.replace(named, "profile = \"newsroom\""));
    assert!(has(&presence, &["false (the default)"]), "{presence}");
}

#[test]
fn an_option_without_a_spec_has_type_default_and_reason() {
    let text = without_spec("synapse.registration.mode");
    assert!(has(&text, &["default", "\"closed\""]) && has(&text, &["Why it hardens:"]), "{text}");
    assert!(has(&text, &["MF001", "error"]), "{text}");
    insta::assert_snapshot!(text);
}

#[test]
fn an_option_of_a_list_is_shown_for_every_entry() {
    let text = with_spec("cron.schedule");
    assert!(has(&text, &["17 4 * * 0"]) && has(&text, &["0 7 * * *"]), "{text}");
    assert!(has(&text, &["cron:matrixform-purge-remote-media"]), "{text}");
}

#[test]
fn a_finding_shows_its_condition_and_how_to_accept_it() {
    let text = without_spec("mf020");
    assert!(has(&text, &["synapse.media.local_lifetime"]) && has(&text, &["[[accept]]"]), "{text}");
    insta::assert_snapshot!(text);
    assert!(has(&with_spec("MF020"), &["does not apply"]));
}

#[test]
fn explain_and_check_agree_on_accepted_advice() {
    let text = std::fs::read_to_string("inventory/prod.toml").unwrap();
    let without: Vec<&str> =
        text.lines().filter(|line| !line.trim_start().starts_with("recovery_kit")).collect();
    let without = without.join("\n");
    assert!(has(&with("MF019", &without), &["inventory/prod.toml:", "(MF019)"]));
    let accept = "\n[[accept]]\nid = \"MF019\"\nreason = \"a second backup\"\n";
    let accepted = with("MF019", &(without + accept));
    assert!(has(&accepted, &["applies, and is accepted: a second backup"]), "{accepted}");
}

#[test]
fn the_advice_is_complete() {
    for page in ["MF053", "MF019", "MF069"] {
        let text = without_spec(page);
        // The message itself has a … for each of its expressions.
        assert!(!text.lines().skip(2).any(|line| line.ends_with('…')), "{text}");
    }
    assert!(has(
        &without_spec("MF053"),
        &["what to do", "accept this for hosts that nobody else uses"]
    ));
}

#[test]
fn a_kind_lists_its_attributes() {
    insta::assert_snapshot!(without_spec("directory"));
}

#[test]
fn a_resource_shows_its_origin_and_that_of_each_line() {
    let file = with_spec("file:/etc/matrix-synapse/conf.d/50-matrixform.yaml");
    assert!(
        has(&file, &["max_upload_size", "synapse.media.max_upload", "inventory/prod.toml:"]),
        "{file}"
    );
    assert!(
        has(&file, &["requested by", "[synapse]"]) && has(&file, &["facts", "ubuntu-24.04"]),
        "{file}"
    );
    let front = with_spec("file:/etc/nginx/conf.d/matrixform.conf");
    let words =
        ["matrixform.conf.j2:", "all_routes.max_body", "synapse.media.max_upload", "\"100M\""];
    assert!(has(&front, &words), "{front}");
    assert!(has(&front, &["matrixform.conf.j2:", "nginx.log = \"masked\""]), "{front}");
    let secrets = with_spec("file:/etc/matrix-synapse/conf.d/51-matrixform-secrets.yaml");
    assert!(has(&secrets, &["content", "[contains a secret]"]), "{secrets}");
    insta::assert_snapshot!(with_spec("service:nginx.service"));
}

#[test]
fn unknown_items_come_with_suggestions() {
    let near = |item: &str| without_spec(item);
    assert!(near("synapse.media.max_uplaod").contains("did you mean `synapse.media.max_upload`?"));
    assert!(near("max_uplod").contains("did you mean `synapse.media.max_upload`?"));
    assert!(near("MF02O").contains("did you mean `MF020`?"), "{}", near("MF02O"));
    assert!(near("fille:/etc/motd").contains("did you mean `file`?"));
    assert!(
        near("file:/etc/motd").contains("matrixform explain file:/etc/motd inventory/prod.toml")
    );
    let resource = with_spec("file:/etc/nginx/conf.d/matrixfrom.conf");
    assert!(
        resource.contains("did you mean `file:/etc/nginx/conf.d/matrixform.conf`?"),
        "{resource}"
    );
}

#[test]
fn an_option_is_found_by_its_suffix_or_synapse_name() {
    assert!(without_spec("max_upload").starts_with("synapse.media.max_upload\n"));
    let several = without_spec("enabled");
    assert!(several.contains("did you mean `"), "{several}");
    let own = without_spec("max_upload_size");
    assert!(has(&own, &["write `max_upload` under `[synapse.media]`"]), "{own}");
    let elsewhere = without_spec("enable_registration");
    assert!(has(&elsewhere, &["under `[synapse.registration]`"]), "{elsewhere}");
    let extra = without_spec("rc_message.per_second");
    assert!(has(&extra, &["takes"]) && has(&extra, &["synapse.rate_limits"]), "{extra}");
    insta::assert_snapshot!(without_spec("admin-hidden"));
}

#[test]
fn names_that_a_spec_can_say_come_before_those_of_synapse() {
    for (item, title) in [
        ("registration", "synapse.registration\n"),
        ("federation", "synapse.federation\n"),
        ("address", "host.address\n"),
        ("front", "[nginx]\n"),
        ("mf53", "MF053\n"),
        ("MF1", "MF001\n"),
    ] {
        let text = without_spec(item);
        assert!(text.starts_with(title), "{item}: {text}");
    }
    let port = without_spec("port");
    for name in ["host.port", "postgres.port", "synapse.port", "synapse.email.port"] {
        assert!(has(&port, &[name]), "{port}");
    }
    assert!(has(&without_spec("mode"), &["synapse.registration.mode"]));
    assert!(has(&without_spec("token"), &["a value of `synapse.registration.mode`"]));
    assert!(has(&without_spec("letsencrypt"), &["`[tls]`", "provider = \"letsencrypt\""]));
}

#[test]
fn a_path_on_the_host_leads_to_its_resource() {
    let path = "/etc/nginx/conf.d/matrixform.conf";
    assert!(
        without_spec(path).contains("`matrixform explain /etc/nginx/conf.d/matrixform.conf SPEC`")
    );
    assert!(with_spec(path).starts_with("file:/etc/nginx/conf.d/matrixform.conf\n"));
    let cron = with_spec("/etc/cron.d/matrixform-purge-remote-media");
    assert!(cron.starts_with("cron:matrixform-purge-remote-media\n"), "{cron}");
    assert!(with_spec("/etc/ssh/sshd_config").contains("no resource of this spec manages"));
}

/// Runs the program in an empty home. A variable that a spec names is set, but must not be read.
fn program(args: &[&str]) -> Output {
    let home = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_matrixform"));
    command.env_clear().env("HOME", home.path()).env("STAGING_HOST", "canary.example");
    let output = command.current_dir(env!("CARGO_MANIFEST_DIR")).args(args).output().unwrap();
    assert!(std::fs::read_dir(home.path()).unwrap().next().is_none(), "it left something behind");
    output
}

#[test]
fn the_program_explains_offline_and_names_assumed_facts() {
    let spec = "examples/layers/staging.toml";
    let ran = program(&["explain", "file:/etc/nginx/conf.d/matrixform.conf", spec]);
    let text = String::from_utf8(ran.stdout).unwrap();
    assert!(ran.status.success() && has(&text, &["ubuntu-24.04", "no earlier plan"]), "{text}");
    let ran = program(&["explain", "host.address", spec, "--on", "debian-13"]);
    let text = String::from_utf8(ran.stdout).unwrap();
    assert!(
        has(&text, &["{ env = \"STAGING_HOST\" }", "staging.toml:"]) && !text.contains("canary"),
        "{text}"
    );
    let ran = program(&["explain", "host", spec, "--on", "debian-11"]);
    assert_eq!(ran.status.code(), Some(64));
    assert!(String::from_utf8(ran.stderr).unwrap().contains("choose one of"));
    let ran = program(&["explain", "nothing.such"]);
    assert_eq!(ran.status.code(), Some(1));
}

#[test]
fn the_program_prints_the_schema_with_a_users_own_modules() {
    let workspace = tempfile::tempdir().unwrap();
    let module = workspace.path().join("modules/mine");
    std::fs::create_dir_all(&module).unwrap();
    let manifest =
        "format = 1\nsummary = \"Mine\"\n[params]\nx = { type = \"bool\", doc = \"An x.\" }\n";
    std::fs::write(module.join("module.toml"), manifest).unwrap();
    let spec = workspace.path().join("prod.toml");
    std::fs::write(&spec, "").unwrap();
    let directory = workspace.path().join("modules");
    for words in [
        vec!["schema", spec.to_str().unwrap()],
        vec!["schema", "--modules", directory.to_str().unwrap()],
    ] {
        let schema: serde_json::Value = serde_json::from_slice(&program(&words).stdout).unwrap();
        assert_eq!(schema["properties"]["mine"]["properties"]["x"]["description"], "An x.");
        assert_eq!(schema["required"], serde_json::json!(["host"]));
    }
    let layer: serde_json::Value =
        serde_json::from_slice(&program(&["schema", "--layer"]).stdout).unwrap();
    assert_eq!(layer["required"], serde_json::json!([]));
    assert!(layer["properties"].get("mine").is_none());
}

/// The recorded facts date from long ago, when this certificate was not valid yet.
#[test]
fn a_certificate_is_checked_against_today() {
    let workspace = tempfile::tempdir().unwrap();
    let made = Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
        ])
        .args([
            "-keyout",
            "/dev/null",
            "-out",
            "chain.pem",
            "-days",
            "90",
            "-subj",
            "/CN=example.org",
        ])
        .args(["-addext", "subjectAltName=DNS:example.org,DNS:matrix.example.org"])
        .current_dir(workspace.path())
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
    let spec = "[host]\naddress = \"matrix.example.org\"\n[postgres]\n[synapse]\nserver_name = \"example.org\"\n\
        public_baseurl = \"https://matrix.example.org/\"\n[tls]\nprovider = \"files\"\nchain = \"chain.pem\"\n\
        key = { secret = \"tls/key\" }\n[nginx]\n[well_known]\nsupport_page = \"https://example.org/help\"\n";
    let path = workspace.path().join("prod.toml");
    std::fs::write(&path, spec).unwrap();
    let path = path.to_str().unwrap();
    assert!(program(&["check", path]).status.success());
    for release in ["ubuntu-24.04", "debian-12", "debian-13"] {
        let ran = program(&["explain", "MF150", path, "--on", release]);
        let text = String::from_utf8(ran.stdout).unwrap();
        assert!(has(&text, &["does not apply"]), "{text}{}", String::from_utf8_lossy(&ran.stderr));
    }
}
