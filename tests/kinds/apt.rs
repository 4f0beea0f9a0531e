//! Kind `apt` against the output of dpkg and apt.

use crate::declaring::declaring;
use crate::machine::{Machine, SHELLS};
use matrixform::for_tests::resource::{
    Action, Address, Answers, AttributeValue, Comparison, Context, Resource, kind,
};

const PIN: &str = "/etc/apt/preferences.d/matrixform-nginx";

/// A host's answers: dpkg about itself, nothing at the pin's path, and these `rows`.
fn answers(rows: &[&[&str]]) -> Answers {
    let mut answers = Answers::default();
    answers.add("paths_observe", 0, b"/\0type=directory\0\0");
    let dpkg: &[&str] = &["dpkg", "want=install", "flag=ok", "status=installed", "version=1"];
    for row in [dpkg].iter().chain(rows) {
        answers.add("apt_observe", 0, format!("{}\0\0", row.join("\0")).as_bytes());
    }
    answers
}

fn compare(apt: &dyn Resource, context: &Context, rows: &[&[&str]]) -> Comparison {
    apt.compare(context, &apt.observe(context, &answers(rows)))
}

fn refusal(comparison: &Comparison) -> &str {
    match &comparison.action {
        Action::Refuse { why, .. } => why,
        other => panic!("not refused: {other:?}"),
    }
}

const INSTALLED: &[&str] =
    &["nginx", "want=install", "flag=ok", "status=installed", "version=1.22.1-9"];
const OFFERED: &[&str] = &["nginx", "candidate=1.24.0-2", "offers= 1.24.0-2 1.22.1-9"];
const FRESH: &[&str] = &["/lists", "state=fresh"];

#[test]
fn an_installed_package_needs_no_change() {
    let apt = declaring("apt", "nginx").made();
    assert_eq!(compare(&*apt, &Context::default(), &[INSTALLED]), Comparison::unchanged());
}

#[test]
fn a_missing_answer_means_unknown_not_absent() {
    let apt = declaring("apt", "nginx").made();
    let observed = apt.observe(&Context::default(), &Answers::default());
    let change = apt.compare(&Context::default(), &observed);
    assert!(change.is_change() && matches!(change.differences[0].from, AttributeValue::Unknown(_)));
}

#[test]
fn a_version_names_its_source() {
    let table = declaring("apt", "nginx").text("expected", "1.20.0").made();
    let version = |rows: &[&[&str]]| {
        let change = compare(&*table, &Context::default(), rows);
        assert_eq!(change.action, Action::Create);
        (change.differences.last().unwrap().to.clone(), change.notes.join("; "))
    };
    let (to, note) = version(&[OFFERED, FRESH]);
    assert_eq!(
        (to, note.as_str()),
        (AttributeValue::word("1.24.0-2"), "1.24.0-2 is apt's candidate")
    );
    let (to, note) = version(&[&["/lists", "state=stale"]]);
    assert_eq!(to, AttributeValue::word("1.20.0"));
    assert_eq!(note, "1.20.0 is recorded for this release");
}

#[test]
fn removed_but_configured_is_absent_and_half_installed_is_repaired() {
    let apt = declaring("apt", "nginx").made();
    let removed = ["nginx", "want=deinstall", "flag=ok", "status=config-files", "version=1.22.1-9"];
    assert_eq!(compare(&*apt, &Context::default(), &[&removed, OFFERED]).action, Action::Create);
    for (flag, status) in
        [("ok", "half-configured"), ("ok", "unpacked"), ("reinstreq", "installed")]
    {
        let (flag, status) = (format!("flag={flag}"), format!("status={status}"));
        let half = ["nginx", "want=install", &flag, &status, "version=1.22.1-9"];
        let change = compare(&*apt, &Context::default(), &[&half]);
        assert_eq!(change.action, Action::Update);
        assert!(apt.is_missing(&change), "what it brings may come at the end of its installation");
        assert_eq!(apt.converge(&Context::default(), &change)[0].call.function, "apt_install");
    }
    let pinned = declaring("apt", "nginx").text("version", "1.22.*").made();
    let change = compare(&*pinned, &Context::default(), &[INSTALLED, OFFERED, FRESH]);
    assert!(change.is_change() && !pinned.is_missing(&change), "a pin alone");
}

#[test]
fn a_pinned_version_is_pinned_and_moved() {
    let apt = declaring("apt", "nginx").text("version", "1.24.*").made();
    assert!(apt.provides().contains(&format!("path:{PIN}")));
    let change = compare(&*apt, &Context::default(), &[INSTALLED, OFFERED, FRESH]);
    assert_eq!(change.action, Action::Update);
    assert_eq!(change.notes, ["apt offers 1.24.0-2"]);
    let steps = apt.converge(&Context::default(), &change);
    assert_eq!(steps[0].call.args[0], PIN);
    assert_eq!(steps[1].call.args, ["false", "", "nginx=1.24.*"]);
}

#[test]
fn an_unwanted_pin_is_removed_without_installing() {
    let apt = declaring("apt", "nginx").made();
    let mut answers = answers(&[INSTALLED]);
    answers.add("paths_observe", 0, format!("{PIN}\0type=regular file\0mode=644\0\0").as_bytes());
    answers.add("file_observe", 0, format!("{PIN}\0sha256=00\0\0").as_bytes());
    let change = apt.compare(&Context::default(), &apt.observe(&Context::default(), &answers));
    let steps = apt.converge(&Context::default(), &change);
    assert_eq!((steps.len(), steps[0].call.function), (1, "absent_remove"));
}

#[test]
fn unavailable_versions_are_refused_in_the_plan() {
    let newest = declaring("apt", "nginx").text("version", "1.26.*").made();
    let older = declaring("apt", "nginx").text("version", "1.22.*").made();
    let none = Context::default();
    let why = compare(&*newest, &none, &[INSTALLED, OFFERED, FRESH]);
    assert_eq!(refusal(&why), "apt offers nginx 1.24.0-2, 1.22.1-9, but not 1.26.*");
    assert_eq!(refusal(&compare(&*newest, &none, &[FRESH])), "apt knows no package nginx");
    let newer = ["nginx", "want=install", "flag=ok", "status=installed", "version=1.24.0-2"];
    let why = compare(&*older, &none, &[&newer, OFFERED, FRESH]);
    assert_eq!(refusal(&why), "nginx 1.24.0-2 is installed, which is newer than 1.22.1-9");
    let held = ["nginx", "want=hold", "flag=ok", "status=installed", "version=1.20.0"];
    let why = compare(&*older, &none, &[&held, OFFERED, FRESH]);
    assert_eq!(refusal(&why), "nginx is on hold, so apt does not change it");
}

#[test]
fn a_source_yet_to_be_added_may_offer_more() {
    let apt = declaring("apt", "nginx").text("version", "1.26.*").made();
    let source = ("apt_source:x".to_owned(), Address::new("apt_source", "x"));
    let context = Context { coming: vec![source], ..Context::default() };
    let change = compare(&*apt, &context, &[OFFERED, FRESH]);
    assert_eq!(change.action, Action::Create);
    assert_eq!(change.notes, ["apt does not offer it yet: the package lists are updated first"]);
}

#[test]
fn packages_are_installed_together_after_all_pins() {
    let nginx =
        declaring("apt", "nginx").text("version", "1.24.*").list("hold_units", &["nginx.service"]);
    let (nginx, curl) = (nginx.made(), declaring("apt", "curl").made());
    let none = Context::default();
    let changes = [compare(&*nginx, &none, &[]), compare(&*curl, &none, &[])];
    let batch = kind("apt").unwrap().batch.unwrap();
    let steps = batch(&[(&*curl, &changes[1]), (&*nginx, &changes[0])]);
    assert_eq!(steps.len(), 2);
    assert_eq!(steps[0].call.function, "file_write");
    assert_eq!(steps[1].call.args, ["false", "nginx.service", "curl", "nginx=1.24.*"]);
    assert_eq!(steps[1].label, "installing curl, nginx=1.24.*");
}

#[test]
fn invalid_packages_versions_and_units_are_refused() {
    for name in ["-y", "Nginx", "a", "nginx=1", "x y"] {
        assert_eq!(declaring("apt", name).refused().len(), 1, "{name}");
    }
    for version in ["1.2?", "1.*.2", "*", "v1"] {
        let nginx = declaring("apt", "nginx").text("version", version);
        assert_eq!(nginx.refused().len(), 1, "{version}");
    }
    let wrong = declaring("apt", "nginx").text("version", "1.2 -o x");
    let wrong = wrong.list("brings", &["nginx"]).list("hold_units", &["--now", "nginx"]);
    assert_eq!(wrong.refused().len(), 3);
}

/// apt is asked only about packages that are not installed in the version of the spec.
#[test]
fn remains_of_a_removed_package_do_not_count() {
    use std::os::unix::fs::PermissionsExt;
    let programs = tempfile::tempdir().unwrap();
    for (name, text) in [
        (
            "dpkg-query",
            "printf '%s\\t%s\\t%s\\t%s\\t%s\\n' gone deinstall ok config-files 1 held hold ok installed 2.1 \
             nginx install ok installed 1.22 dpkg install ok installed 1",
        ),
        (
            "apt-cache",
            "while [ \"$1\" != -- ]; do shift; done; shift; for it; do printf '%s:\\n  Candidate: 9\\n' \"$it\"; done",
        ),
    ] {
        let path = programs.path().join(name);
        std::fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    for shell in SHELLS.map(Machine) {
        let ask = "apt_observe gone '*' held '2*' nginx '1.2' absent '*'";
        let script = format!("PATH='{}':\"$PATH\"\n{ask}\n", programs.path().display());
        let output = String::from_utf8(shell.run(&script).0).unwrap();
        let records = output.split("\0\0");
        let asked: Vec<&str> =
            records.filter_map(|one| Some(one.split_once("\0candidate=9")?.0)).collect();
        assert_eq!(asked, ["gone", "nginx", "absent"], "{output:?}");
    }
}

#[test]
fn a_lock_on_another_device_is_ignored() {
    let file = tempfile::NamedTempFile::new().unwrap();
    rustix::fs::fcntl_lock(&file, rustix::fs::FlockOperation::LockExclusive).unwrap();
    for shell in SHELLS.map(Machine) {
        let holder = |before: &str| {
            let script = format!("{before}apt_holder '{}'\n", file.path().display());
            String::from_utf8(shell.run(&script).0).unwrap()
        };
        assert_eq!(holder("").trim(), std::process::id().to_string());
        assert_eq!(holder("apt_device() { echo ff:ff; }\n"), "");
    }
}

/// What cannot be downloaded has changed nothing, unless something unfinished was repaired before.
#[test]
fn nothing_is_installed_before_everything_is_downloaded() {
    for shell in crate::machine::SHELLS.map(crate::machine::Machine) {
        let directory = tempfile::tempdir().unwrap();
        let script = r#"apt_settle() { :; }; apt_hold() { :; }; apt_fresh() { false; }; apt_update() { :; }
            apt_repair() { [ ! -e broken ] || mf_failed=1; }; apt_report_offers() { echo "no $*"; false; }
            apt_get() { case "$*" in *--download-only*) [ ! -e offline ] ;; *) echo "installed $*" ;; esac; }
            apt_converge no '' a b; echo $?; : >offline; apt_converge no '' a; echo $?; : >broken; apt_converge no '' a; echo $?
            apt_settle() { false; }; apt_converge no '' a; echo $?"#;
        let (output, _) = crate::switch::run(shell, directory.path(), script);
        assert_eq!(output, "installed install a b\n0\nno a\n75\nno a\n1\n75\n");
    }
}
