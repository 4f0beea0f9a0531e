//! A spec in several files, with environment variables, and the built-in modules: the result equals that of one file
//! with the same content, and messages point to the file at fault.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use matrixform::for_tests::diagnostic::{Diagnostic, Problems, Source};
use matrixform::for_tests::module::{Modules, Review, embedded, expand, golden};
use matrixform::for_tests::secret::{Secret, SecretSource};
use matrixform::for_tests::spec::{Spec, Variables, files::InMemory, load};
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

const BASE: &str = "format = 1\n[host]\naddress = \"base.example.org\"\n[postgres]\n[synapse]\n\
    server_name = \"example.org\"\npublic_baseurl = \"https://matrix.example.org/\"\n\
    [synapse.registration]\nmode = \"token\"\n[synapse.federation]\nmode = \"allow\"\nallow = [\"a.example\", \"b.example\"]\n\
    [tls]\nprovider = \"self-signed\"\n[nginx]\n[well_known]\n\
    contacts = [{ role = \"m.role.admin\", email_address = \"a@example.org\" }]\n\
    [[cron]]\nname = \"report\"\nschedule = \"@daily\"\ncommand = \"df -h\"\n";

const OVERLAY: &str = "include = [\"base.toml\"]\n[host]\naddress = \"prod.example.org\"\n\
    [synapse]\nfederation.allow = [\"c.example\"]\nmedia.max_upload = \"100M\"\n\
    [[cron]]\nname = \"uptime\"\nschedule = \"@weekly\"\ncommand = \"uptime\"\n";

const WHOLE: &str = "[host]\naddress = \"prod.example.org\"\n[postgres]\n[synapse]\n\
    server_name = \"example.org\"\npublic_baseurl = \"https://matrix.example.org/\"\nmedia.max_upload = \"100M\"\n\
    [synapse.registration]\nmode = \"token\"\n[synapse.federation]\nmode = \"allow\"\nallow = [\"c.example\"]\n\
    [tls]\nprovider = \"self-signed\"\n[nginx]\n[well_known]\n\
    contacts = [{ role = \"m.role.admin\", email_address = \"a@example.org\" }]\n\
    [[cron]]\nname = \"report\"\nschedule = \"@daily\"\ncommand = \"df -h\"\n\
    [[cron]]\nname = \"uptime\"\nschedule = \"@weekly\"\ncommand = \"uptime\"\n";

struct Any;

impl SecretSource for Any {
    fn secret(&self, name: &str, _: Option<&str>) -> Result<Secret, Diagnostic> {
        Ok(Secret::new(name, format!("value of {name}")))
    }
}

fn read(text: &str, base: &str, variables: Variables) -> Result<Spec, Problems> {
    let files = [("prod.toml", text), ("base.toml", base)];
    let files = files.map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec()));
    let source = Source::new("inventory/prod.toml", text);
    Spec::read_with(&source, Arc::new(InMemory(files.into())), variables)
}

fn modules() -> Modules {
    Modules::load(&embedded(), &[]).unwrap()
}

/// The result of a check, or its problems if it is refused.
fn check(spec: &Spec, modules: &Modules) -> Result<Review, Problems> {
    let review = matrixform::for_tests::module::check(spec, modules);
    if review.is_refused() { Err(review.problems) } else { Ok(review) }
}

fn checked(text: &str, base: &str) -> Result<Review, Problems> {
    check(&read(text, base, Variables::Unread)?, &modules())
}

fn shown(problems: &[Diagnostic]) -> String {
    problems.iter().map(|problem| problem.render(false) + "\n").collect()
}

/// All resources with all their values, as text.
fn resources(spec: &Spec) -> Vec<String> {
    let facts = golden::facts("ubuntu-24.04").unwrap();
    let expansion =
        expand(spec, &modules(), &facts, &Any).unwrap_or_else(|all| panic!("{}", shown(&all)));
    let resources = expansion.resources.iter().map(|declared| {
        let values =
            declared.attributes.iter().map(|(name, one)| format!("{name}={:?}", one.value));
        format!("{} {}", declared.address, values.collect::<Vec<_>>().join(" "))
    });
    resources.collect()
}

#[test]
fn an_overlay_equals_a_single_file() {
    let layered = read(OVERLAY, BASE, Variables::Unread).unwrap();
    let whole = read(WHOLE, "", Variables::Unread).unwrap();
    assert_eq!(layered.host.address, "prod.example.org");
    assert_eq!(resources(&layered), resources(&whole));
}

#[test]
fn the_shipped_overlays_are_right() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/layers");
    let modules = modules();
    for (file, address) in [("prod.toml", "matrix.example.org"), ("staging.toml", "$STAGING_HOST")]
    {
        let spec = load(&directory.join(file), Variables::Unread)
            .unwrap_or_else(|all| panic!("{}", shown(&all)));
        assert_eq!(spec.host.address, address);
        check(&spec, &modules).unwrap_or_else(|all| panic!("{file}: {}", shown(&all)));
    }
}

#[test]
fn a_wrong_value_is_shown_in_its_own_file() {
    let base = BASE.replace("\"token\"", "\"tokens\"");
    let problems = checked(OVERLAY, &base).unwrap_err();
    assert_eq!(problems[0].place.as_ref().unwrap().0.to_string(), "inventory/base.toml:9:8");
    let overlay = OVERLAY.replace("\"100M\"", "\"100MB\"");
    let problems = checked(&overlay, BASE).unwrap_err();
    assert_eq!(problems[0].place.as_ref().unwrap().0.to_string(), "inventory/prod.toml:6:20");
}

#[test]
fn a_clash_with_an_included_entry_explains_how_to_replace_it() {
    let overlay = OVERLAY.replace("\"uptime\"\nschedule", "\"report\"\nschedule");
    let problems = shown(&checked(&overlay, BASE).unwrap_err());
    assert!(problems.contains("a list in `[ ]` replaces it"), "{problems}");
    let (head, _) = OVERLAY.split_once("[[cron]]").unwrap();
    let entry = "cron = [{ name = \"report\", schedule = \"@weekly\", command = \"uptime\" }]\n";
    let replaced = read(&format!("{entry}{head}"), BASE, Variables::Unread).unwrap();
    let crons: Vec<String> =
        resources(&replaced).into_iter().filter(|line| line.starts_with("cron:")).collect();
    assert!(matches!(crons.as_slice(), [one] if one.contains("uptime")), "{crons:?}");
}

#[test]
fn a_variable_is_unknown_offline_and_typed_online() {
    let text = OVERLAY.replace("[synapse]\n", "[synapse]\nadmin_contact = { env = \"CONTACT\" }\n");
    let spec = read(&text, BASE, Variables::Unread).unwrap();
    let forecast = check(&spec, &modules()).unwrap_or_else(|all| panic!("{}", shown(&all)));
    assert!(!forecast.whole, "what holds the value is left out");
    let names: Vec<String> =
        forecast.expansion.resources.iter().map(|one| one.address.to_string()).collect();
    assert!(!names.iter().any(|name| name.ends_with("50-matrixform.yaml")), "{names:?}");
    assert!(
        names.iter().any(|name| name.ends_with("conf.d/51-matrixform-secrets.yaml")),
        "{names:?}"
    );

    let set = |value: &str| Variables::read(HashMap::from([("CONTACT".into(), value.into())]));
    let spec = read(&text, BASE, set("mailto:ops@example.org")).unwrap();
    assert!(resources(&spec).iter().any(|line| line.contains("mailto:ops@example.org")));
    let unset = read(&text, BASE, Variables::read(HashMap::new())).unwrap();
    let unset = shown(&check(&unset, &modules()).unwrap_err());
    assert!(unset.contains("`CONTACT` is not set") && unset.contains("prod.toml:5:"), "{unset}");
}

#[test]
fn an_invalid_variable_is_refused_without_its_value() {
    let text = OVERLAY.replace("[synapse]\n", "[synapse]\nserver_name = { env = \"NAME\" }\n");
    let variables = Variables::read(HashMap::from([("NAME".into(), "Not.A_Name".into())]));
    let spec = read(&text, BASE, variables).unwrap();
    let problems = shown(&check(&spec, &modules()).unwrap_err());
    assert!(
        problems.contains("the environment variable `NAME` is not a Matrix server name"),
        "{problems}"
    );
    assert!(!problems.contains("Not.A_Name"), "{problems}");
}

#[test]
fn a_variable_is_accepted_only_for_free_text() {
    let wrong = |line: &str| {
        let text = OVERLAY.replace("[synapse]\n", &format!("[synapse]\n{line}\n"));
        shown(&checked(&text, BASE).unwrap_err())
    };
    for line in [
        "port = { env = \"PORT\" }",
        "registration.mode = { env = \"MODE\" }",
        "registration.guests = { env = \"GUESTS\" }",
    ] {
        let problems = wrong(line);
        assert!(problems.contains("where free text is expected"), "{line}: {problems}");
    }
    let secret = wrong("secrets.pepper = { env = \"PEPPER\" }");
    assert!(secret.contains("a secret must be given by name"), "{secret}");
    let secret = wrong("admin_contact = { env = \"MATRIXFORM_SECRET_X\" }");
    assert!(secret.contains("is not for secrets"), "{secret}");
}
