//! The order of a plan, and its account of a blank host.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use indexmap::IndexMap;
use matrixform::for_tests::apply::{Event, Role, Stopwatch, schedule};
use matrixform::for_tests::diagnostic::{Place, Problems, Source};
use matrixform::for_tests::plan::ledger::restarted;
use matrixform::for_tests::plan::{Plan, Stage, endangered, make};
use matrixform::for_tests::resource::{
    Activation, Address, Answers, Attribute, Declared, DeclaredValue, Effect, Health, Need, Origin,
    declare,
};
use matrixform::for_tests::secret::{Content, Secret};
use std::time::Duration;

fn declared(kind: &str, name: &str) -> Declared {
    let place = Place::new(&Source::new("test.toml", ""), 0..0);
    let mut attributes = IndexMap::new();
    if kind == "file" {
        let value = DeclaredValue::Text(Content::plain("x"));
        attributes.insert("content".to_owned(), Attribute { value, place: place.clone() });
    }
    Declared {
        address: Address::new(kind, name),
        attributes,
        needs: vec![],
        activation: None,
        effect: None,
        why: None,
        origin: Origin { module: "test".into(), declared: place, requested: None },
    }
}

fn needs(mut declared: Declared, pattern: &str, optional: bool) -> Declared {
    declared.needs.push(Need { pattern: pattern.to_owned(), optional });
    declared
}

fn joins(mut declared: Declared, activation: &str) -> Declared {
    declared.activation = Some(activation.to_owned());
    declared
}

/// A host with nothing on it.
fn blank() -> Answers {
    let mut answers = Answers::default();
    answers.add("paths_observe", 0, b"/\0type=directory\0\0");
    answers
}

fn plan(declarations: Vec<Declared>) -> Result<Plan, Problems> {
    let front = Activation {
        name: "front".into(),
        effect: Effect::Reload,
        owns: vec![],
        validate: vec![],
        as_user: None,
        sandbox: None,
        validate_switched: vec![],
        inspect: vec![],
        watches: None,
        survey: None,
        reports: None,
        outside: vec![],
        restart: None,
        health: vec![],
        timeout: std::time::Duration::from_secs(1),
    };
    make("host", &declare(declarations)?, &[front], &blank())
}

fn order(declarations: Vec<Declared>) -> Vec<String> {
    let planned = plan(declarations).unwrap();
    planned.items.iter().map(|item| item.address.to_string()).collect()
}

#[test]
fn parents_and_needs_come_first_and_the_rest_in_order() {
    let declarations = vec![
        needs(declared("file", "/a/b/c"), "file:/z", false),
        declared("file", "/m"),
        declared("file", "/z"),
        declared("directory", "/a/b"),
        needs(declared("file", "/n"), "file:/nowhere?", true),
    ];
    assert_eq!(
        order(declarations),
        ["file:/m", "file:/z", "directory:/a/b", "file:/a/b/c", "file:/n"]
    );
}

#[test]
fn an_activation_stays_together_and_its_services_come_last() {
    let declarations = vec![
        joins(declared("service", "nginx.service"), "front"),
        joins(declared("file", "/etc/nginx/a"), "front"),
        declared("file", "/etc/other"),
        joins(needs(declared("file", "/etc/nginx/b"), "file:/etc/other", false), "front"),
    ];
    assert_eq!(
        order(declarations),
        ["file:/etc/other", "file:/etc/nginx/a", "file:/etc/nginx/b", "service:nginx.service"]
    );
}

/// All files of an activation are in place before its first service starts, so a plan in another order is refused.
#[test]
fn a_file_cannot_wait_for_a_service_of_its_activation() {
    let service = || joins(declared("service", "nginx.service"), "front");
    let waits = |file| needs(file, "service:nginx.service", false);
    let through = vec![
        service(),
        joins(needs(declared("file", "/etc/nginx/b"), "file:/etc/nginx/a", false), "front"),
        joins(waits(declared("file", "/etc/nginx/a")), "front"),
    ];
    let problems = plan(through).unwrap_err();
    let message = &problems[0].message;
    assert!(message.starts_with("file:/etc/nginx/a needs service:nginx.service"), "{message}");
    assert_eq!(
        order(vec![waits(declared("file", "/srv/x")), service()]),
        ["service:nginx.service", "file:/srv/x"]
    );
}

#[test]
fn a_service_names_the_cause_of_its_change() {
    let declarations = vec![
        joins(declared("service", "nginx.service"), "front"),
        joins(declared("file", "/etc/nginx/a"), "front"),
    ];
    let planned = plan(declarations).unwrap();
    let service = planned.items.last().unwrap();
    assert_eq!(service.because, [Address::new("file", "/etc/nginx/a")]);
}

/// Changes that stay when a switch fails: those made before it, where there is a switch.
#[test]
fn irreversible_changes_are_marked_in_the_plan() {
    let one_way = |declarations| {
        let planned = plan(declarations).unwrap();
        let items = planned.items.iter().filter(|item| item.one_way);
        items.map(|item| item.address.to_string()).collect::<Vec<_>>()
    };
    let package = || declared("apt", "nginx");
    assert!(one_way(vec![package()]).is_empty(), "there is no switch that could fail");
    let declarations = vec![
        package(),
        declared("group", "www"),
        joins(needs(declared("file", "/etc/nginx/a"), "apt:nginx", false), "front"),
        joins(declared("service", "nginx.service"), "front"),
    ];
    assert_eq!(one_way(declarations), ["group:www", "apt:nginx"]);
}

#[test]
fn a_cycle_is_shown_as_a_path() {
    let declarations = vec![
        needs(declared("file", "/a"), "file:/b", false),
        needs(declared("file", "/b"), "file:/a", false),
    ];
    let problem = &plan(declarations).unwrap_err()[0];
    assert_eq!(problem.message, "circular dependency: file:/a → file:/b → file:/a");
}

#[test]
fn an_undeclared_need_is_an_error() {
    let problem = &plan(vec![needs(declared("file", "/a"), "file:/b", false)]).unwrap_err()[0];
    assert_eq!(problem.message, "file:/a needs file:/b, which is not declared");
}

#[test]
fn two_resources_for_one_path_are_an_error() {
    let problem = &plan(vec![declared("file", "/a"), declared("directory", "/a")]).unwrap_err()[0];
    assert_eq!(problem.message, "/a is declared twice");
}

fn holds_pending_key() -> Vec<matrixform::for_tests::resource::Wanted> {
    let mut file = declared("file", "/key");
    let value = DeclaredValue::Text(Content::secret(&Secret::pending("synapse/signing_key")));
    file.attributes["content"].value = value;
    declare(vec![file]).unwrap()
}

const KEY: &[u8] = b"/key\0type=regular file\0mode=600\0owner=root\0group=root\0size=3\0\0";

#[test]
fn a_secret_known_only_to_the_host_is_refused() {
    let wanted = holds_pending_key();
    assert_eq!(make("host", &wanted, &[], &blank()).unwrap().items.len(), 1);
    let mut answers = blank();
    answers.add("paths_observe", 0, KEY);
    let problem = &make("host", &wanted, &[], &answers).unwrap_err()[0];
    assert!(problem.message.contains("`synapse/signing_key` is missing here"), "{problem:?}");
}

#[test]
fn a_list_of_secrets_on_the_host_decides() {
    let wanted = holds_pending_key();
    let mut used = blank();
    used.add("secrets_observe", 0, b"/\0seen=yes\0\0synapse/signing_key\0seen=yes\0\0");
    let problem = &make("host", &wanted, &[], &used).unwrap_err()[0];
    assert!(problem.message.contains("an earlier apply used it"), "the file was deleted by hand");
    let mut other = blank();
    other.add("secrets_observe", 0, b"/\0seen=yes\0\0other\0seen=yes\0\0");
    other.add("paths_observe", 0, KEY);
    let planned = make("host", &wanted, &[], &other).unwrap();
    assert_eq!(planned.items.len(), 1, "a secret that is new in an old file is generated");
}

/// A file with a secret that does not exist yet, and a service that needs a database.
fn with_pepper(database: &str) -> Vec<Declared> {
    let mut file = declared("file", "/etc/app.yaml");
    let value = DeclaredValue::Text(Content::secret(&Secret::pending("app/pepper")));
    let place = file.origin.declared.clone();
    file.attributes.insert("content".to_owned(), Attribute { value, place: place.clone() });
    let mut all = vec![needs(file, &format!("postgres_database:{database}"), false)];
    for name in ["app", "other"] {
        let mut one = declared("postgres_database", name);
        one.origin.module = "postgres".to_owned();
        let text = |text: &str| DeclaredValue::Text(Content::plain(text));
        for (key, value) in [("cluster", "15/main"), ("owner", "postgres")] {
            let attribute = Attribute { value: text(value), place: place.clone() };
            one.attributes.insert(key.to_owned(), attribute);
        }
        all.push(one);
    }
    all
}

#[test]
fn permanent_secrets_are_not_generated_beside_an_existing_database() {
    let mut answers = blank();
    answers.add(
        "postgres_observe",
        0,
        b"cluster 15/main\0state=up\0\0database 15/main app\0owner=postgres\0\0",
    );
    let reported = |database: &str, lasts: bool| {
        let wanted = declare(with_pepper(database)).unwrap();
        endangered(&wanted, &answers, &|_| lasts.then_some("it lasts")).len()
    };
    assert_eq!(reported("app", true), 1);
    assert_eq!(reported("app", false), 0, "another value can be made");
    assert_eq!(reported("other", true), 0, "another module's database says nothing");
}

/// The stages of a run, each with its content.
fn parts(declarations: Vec<Declared>) -> Vec<(Stage, String)> {
    let work_items = plan(declarations).unwrap().work_items;
    work_items.iter().map(|work| (work.stage, work.owner.clone())).collect()
}

#[test]
fn packages_come_first_and_unneeded_files_last() {
    let declarations = vec![
        declared("file", "/etc/document"),
        joins(declared("service", "nginx.service"), "front"),
        joins(needs(declared("file", "/etc/nginx/a"), "file:/etc/needed", false), "front"),
        joins(declared("apt", "nginx"), "front"),
        needs(declared("apt", "curl"), "file:/etc/apt/preferences.d/x", false),
        declared("file", "/etc/apt/preferences.d/x"),
        declared("file", "/etc/needed"),
    ];
    let expected = [
        (Stage::Prepare, "file:/etc/apt/preferences.d/x"),
        (Stage::Prepare, "apt:nginx"),
        (Stage::Switch, "file:/etc/needed"),
        (Stage::Switch, "file:/etc/nginx/a"),
        (Stage::Switch, "service:nginx.service"),
        (Stage::Rest, "file:/etc/document"),
    ];
    let found = parts(declarations);
    assert_eq!(found, expected.map(|(stage, of)| (stage, of.to_owned())));
}

/// A package that needs a file from its own activation is installed after that file and before the switch.
#[test]
fn the_order_between_members_of_an_activation_is_kept() {
    let declarations = vec![
        joins(needs(declared("apt", "nginx"), "file:/etc/nginx/first", false), "front"),
        joins(declared("file", "/etc/nginx/first"), "front"),
        joins(declared("service", "nginx.service"), "front"),
    ];
    let found = parts(declarations);
    let expected = [
        (Stage::Prepare, "file:/etc/nginx/first"),
        (Stage::Prepare, "apt:nginx"),
        (Stage::Switch, "service:nginx.service"),
    ];
    assert_eq!(found, expected.map(|(stage, of)| (stage, of.to_owned())));
}

fn venv(name: &str) -> Declared {
    let mut venv = declared("venv", name);
    let packages = DeclaredValue::List(vec![DeclaredValue::Text(Content::plain("a==1"))]);
    let place = venv.origin.declared.clone();
    venv.attributes.insert("packages".to_owned(), Attribute { value: packages, place });
    joins(venv, "front")
}

/// The labels of the steps before the switch, besides those about pins.
fn prepared(declarations: Vec<Declared>) -> Vec<String> {
    let planned = plan(declarations).unwrap();
    schedule(&planned, &[activation("front")])
        .prepare
        .into_iter()
        .map(|one| one.step.label)
        .filter(|label| !label.starts_with("unpinning "))
        .collect()
}

#[test]
fn python_packages_are_built_while_others_are_installed() {
    let service = || joins(declared("service", "front.service"), "front");
    let python = || vec![venv("/opt/x"), declared("apt", "python3-venv"), service()];
    assert_eq!(prepared(python()), ["installing python3-venv", "building /opt/x"]);
    let more = [python(), vec![declared("apt", "nginx"), declared("apt", "curl")]].concat();
    let expected = [
        "installing python3-venv",
        "building /opt/x in the background",
        "installing nginx, curl",
        "building /opt/x",
    ];
    assert_eq!(prepared(more), expected);
    // It is already there.
    let other = vec![venv("/opt/x"), declared("apt", "nginx"), service()];
    let expected = ["building /opt/x in the background", "installing nginx", "building /opt/x"];
    assert_eq!(prepared(other), expected);
}

/// A resource that needs a running service cannot come before it.
#[test]
fn a_package_that_needs_a_service_waits_for_it() {
    let declarations = vec![
        needs(declared("apt", "late"), "service:nginx.service", false),
        joins(declared("service", "nginx.service"), "front"),
    ];
    let found = parts(declarations);
    let expected = [(Stage::Switch, "service:nginx.service"), (Stage::Rest, "apt:late")];
    assert_eq!(found, expected.map(|(stage, of)| (stage, of.to_owned())));
}

/// Two plans of the same spec are equal, steps included; only random passwords differ.
#[test]
fn planning_is_deterministic() {
    let one = || vec![joins(declared("file", "/etc/nginx/a"), "front"), declared("apt", "curl")];
    assert_eq!(plan(one()).unwrap().work_items, plan(one()).unwrap().work_items);
}

fn activation(name: &str) -> Activation {
    Activation {
        name: name.into(),
        effect: Effect::Reload,
        owns: vec![],
        inspect: vec![],
        watches: None,
        survey: None,
        reports: None,
        sandbox: None,
        outside: vec![],
        validate: vec![],
        as_user: None,
        validate_switched: vec![],
        restart: None,
        health: vec![],
        timeout: std::time::Duration::from_secs(30),
    }
}

/// A new login is awaited after the reload, before anything is accepted.
#[test]
fn a_new_login_is_tested_before_sshd_is_accepted() {
    let sshd = Activation {
        validate: vec!["sshd -t".into()],
        health: vec![Health::Login],
        ..activation("sshd")
    };
    let wanted = declare(vec![
        joins(declared("file", "/etc/ssh/x"), "sshd"),
        joins(declared("service", "ssh.service"), "sshd"),
    ]);
    let activations = [sshd];
    let planned = make("host", &wanted.unwrap(), &activations, &blank()).unwrap();
    let schedule = schedule(&planned, &activations);
    let functions = schedule.switch.iter().map(|one| (one.step.call.function, one.role));
    let functions: Vec<_> = functions.collect();
    let at = functions.iter().position(|one| *one == ("switch_login", Role::Login)).unwrap();
    assert_eq!(functions[at - 1].0, "service_converge", "{functions:?}");
    assert_eq!(functions[at + 1].0, "service_accept", "{functions:?}");
    assert_eq!(schedule.check.unwrap().role, Role::Check);
}

/// systemd reads a changed unit even where no service of its activation takes effect with it.
#[test]
fn a_unit_without_its_service_is_reread() {
    let unit = || joins(declared("file", "/etc/systemd/system/x.service"), "front");
    let functions = |declarations: Vec<Declared>| {
        let activations = [activation("front")];
        let wanted = declare(declarations).unwrap();
        let planned = make("host", &wanted, &activations, &blank()).unwrap();
        let steps = schedule(&planned, &activations).switch;
        let count = steps.iter().filter(|one| one.step.call.function == "service_reread").count();
        (planned.items.len(), count)
    };
    assert_eq!(functions(vec![unit()]), (1, 1));
    assert_eq!(functions(vec![joins(declared("file", "/etc/x"), "front")]), (1, 0));
    let service = |name: &str| joins(declared("service", name), "front");
    assert_eq!(functions(vec![unit(), service("x.service")]), (2, 0));
    assert_eq!(functions(vec![unit(), service("y.service")]), (2, 1), "y reads its own unit only");
}

/// A restart lasts from its call until its activation is healthy. A first start does not count as one, and an
/// incomplete restart is not measured.
#[test]
fn a_restart_lasts_until_its_activation_is_healthy() {
    let front = Activation {
        effect: Effect::Restart,
        health: vec![Health::Http { url: "http://localhost/".to_owned(), status: 200, body: None }],
        ..activation("front")
    };
    let wanted = declare(vec![
        joins(declared("file", "/etc/front"), "front"),
        joins(declared("service", "front.service"), "front"),
        joins(declared("service", "new.service"), "front"),
    ])
    .unwrap();
    let mut host = blank();
    let runs = "LoadState=loaded\0ActiveState=active\0SubState=running\0UnitFileState=enabled\0";
    host.add("service_observe", 0, format!("front.service\0{runs}\0").as_bytes());
    let activations = [front];
    let planned = make("host", &wanted, &activations, &host).unwrap();
    let units: Vec<&str> = restarted(&planned).map(|item| item.address.name.as_str()).collect();
    assert_eq!(units, ["front.service"]);
    let schedule = schedule(&planned, &activations);
    let steps: Vec<&str> = schedule.steps().map(|one| one.step.call.function).collect();
    let is_call = |one: &matrixform::for_tests::apply::PlannedStep| {
        one.step.call.function == "service_converge" && one.completes[0].name == "front.service"
    };
    let call = schedule.steps().position(is_call).unwrap();
    let health = steps.iter().position(|one| *one == "health_await").unwrap();
    assert!(call < health, "{steps:?}");
    let mut stopwatch = Stopwatch::of(&schedule, restarted(&planned));
    for number in 1..=steps.len() {
        let is_measured = stopwatch.restarted().len() == 1;
        assert_eq!(is_measured, number > health + 1, "{number} of {steps:?}");
        let took = Duration::from_secs(if number == call + 1 { 100 } else { 1 });
        stopwatch.record(&Event::Ended { number, took });
    }
    let seconds = Duration::from_secs(100 + (health - call) as u64);
    assert_eq!(stopwatch.restarted(), [("front.service".to_owned(), seconds)]);
}

/// The state a rollback would judge is read before the switch, whether or not there is anything to check.
#[test]
fn health_is_checked_before_the_switch() {
    let checked = |name: &str, validate: &[&str]| Activation {
        validate: validate.iter().map(|one| (*one).to_owned()).collect(),
        health: vec![Health::Http { url: "http://localhost/".to_owned(), status: 200, body: None }],
        ..activation(name)
    };
    for validate in [&[][..], &["true"]] {
        let activations = [checked("one", validate), checked("two", &[])];
        let wanted = declare(vec![
            joins(declared("file", "/etc/one/x"), "one"),
            joins(declared("service", "one.service"), "one"),
            joins(declared("service", "two.service"), "two"),
        ]);
        let planned = make("host", &wanted.unwrap(), &activations, &blank()).unwrap();
        let check = schedule(&planned, &activations).check.unwrap();
        let call = &check.step.call;
        if validate.is_empty() {
            assert_eq!(
                (call.function, call.args.join(" ")),
                ("switch_look_at", "curl one two".to_owned())
            );
        } else {
            let script = String::from_utf8_lossy(call.input.as_ref().unwrap().expose());
            assert!(
                script.contains("stage_needs curl ") && script.contains("switch_look two "),
                "{script}"
            );
            assert!(!script.contains("stage_check two "), "{script}");
        }
    }
}
