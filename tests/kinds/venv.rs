//! `venv` against recorded answers; the lab covers building one, which needs a host.

use crate::declaring::{Declaring, declaring, record};
use matrixform::for_tests::resource::{Action, Answers, Comparison, Context};

const NAME: &str = "/opt/matrixform/synapse";
const BUILT: [(&str, &str); 5] = [
    ("python", "python3.13"),
    ("target", "/opt/matrixform/synapse.versions/0123456789abcdef-python3.13"),
    ("built", "/usr/bin/python3 python3.13"),
    ("packages", "matrix-synapse[postgres]==1.163.2\npsycopg2-binary==2.9.10"),
    ("changed", ""),
];

fn venv() -> Declaring {
    let packages = ["matrix-synapse[postgres]==1.163.2", "psycopg2-binary==2.9.10"];
    declaring("venv", NAME).list("packages", &packages).list("imports", &["synapse.app"])
}

fn found(what: &Declaring, kind: &str, changes: &[(&str, &str)]) -> (Comparison, Vec<String>) {
    let what = what.made();
    let fields: Vec<(&str, &str)> = BUILT.iter().chain(changes).copied().collect();
    let mut answers = Answers::default();
    let root = [record("/", &[("type", "directory")]), record(NAME, &[("type", kind)])].concat();
    answers.add("paths_observe", 0, if kind.is_empty() { b"/\0type=directory\0\0" } else { &root });
    answers.add("venv_observe", 0, &record(NAME, &fields));
    let context = Context::default();
    let comparison = what.compare(&context, &what.observe(&context, &answers));
    let args = what.converge(&context, &comparison)[0].call.args.clone();
    (comparison, args)
}

#[test]
fn every_difference_is_detected() {
    assert_eq!(found(&venv(), "symbolic link", &[]).0, Comparison::unchanged());
    for (attribute, field, value) in [
        ("packages", "packages", "matrix-synapse[postgres]==1.162.0\npsycopg2-binary==2.9.10"),
        ("python", "python", "python3.14"),
        ("python", "built", "/usr/local/bin/python3 python3.13"),
        ("installed", "changed", "evil-1.0.dist-info "),
    ] {
        let (comparison, words) = found(&venv(), "symbolic link", &[(field, value)]);
        assert!(comparison.differs(attribute) && comparison.differences.len() == 1, "{field}");
        assert_eq!(words[..2], [NAME, "/usr/bin/python3"]);
        assert_eq!(words[3..5], ["synapse.app", "matrix-synapse[postgres]==1.163.2"]);
    }
}

#[test]
fn a_directory_in_its_place_is_refused() {
    assert!(matches!(found(&venv(), "directory", &[]).0.action, Action::Refuse { .. }));
    assert_eq!(found(&venv(), "regular file", &[]).0.action, Action::Update);
    assert_eq!(found(&venv(), "", &[]).0.action, Action::Create);
}

#[test]
fn different_packages_get_a_different_directory() {
    let other = venv().list("packages", &["matrix-synapse==1.163.2"]);
    assert_ne!(found(&venv(), "", &[]).1[2], found(&other, "", &[]).1[2]);
}

#[test]
fn unpinned_packages_and_invalid_modules_are_refused() {
    for package in ["synapse", "synapse>=1", "synapse==1.*", "--index-url==x", "a==1\nb==2"] {
        assert!(!venv().list("packages", &[package]).refused().is_empty(), "{package}");
    }
    venv().list("packages", &["x @ https://example.org/x.whl"]).made();
    for module in ["", "os; evil", "1x", "a..b"] {
        assert!(!venv().list("imports", &[module]).refused().is_empty(), "{module}");
    }
    assert!(!venv().text("python", "python3").refused().is_empty());
}

/// As with apt: an older Synapse may be unable to read the database of a newer one.
#[test]
fn a_never_older_package_is_not_downgraded() {
    let kept = || venv().list("never_older", &["matrix_synapse"]);
    let with =
        |version: &str| format!("Matrix-Synapse[postgres]=={version}\npsycopg2-binary==2.9.11");
    for newer in ["1.163.3", "1.164.0rc1", "2.0", "1!1.0"] {
        let there = with(newer);
        let action = found(&kept(), "symbolic link", &[("packages", &there)]).0.action;
        let Action::Refuse { why, help } = action else { panic!("{newer}: {action:?}") };
        assert_eq!(why, format!("matrix_synapse {newer} is in use, which is newer than 1.163.2"));
        assert!(help.contains("rm /opt/matrixform/synapse"), "{help}");
        // Downgrades are not forbidden here.
        assert_eq!(
            found(&venv(), "symbolic link", &[("packages", &there)]).0.action,
            Action::Update
        );
    }
    // An upgrade, a downgrade of another package, an unreadable version, and a missing environment.
    for older in ["1.163.1", "1.163.2rc1", "1.9", "main"] {
        let there = with(older);
        let action = found(&kept(), "symbolic link", &[("packages", &there)]).0.action;
        assert_eq!(action, Action::Update, "{older}");
    }
    let there = with("1.163.2");
    assert_eq!(found(&kept(), "symbolic link", &[("packages", &there)]).0.action, Action::Update);
    assert_eq!(found(&kept(), "", &[]).0.action, Action::Create);
    assert!(!venv().list("never_older", &["synapse"]).refused().is_empty());
}
