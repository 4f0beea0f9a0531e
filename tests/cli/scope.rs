//! A run limited to a part of the spec: what is included, what is skipped, and that it removes nothing else.

use crate::host::Host;

const SPEC: &str = r#"[[resource]]
kind = "directory"
name = "/srv/site"

[[resource]]
kind = "file"
name = "/srv/site/index.html"
content = "hello\n"

[[resource]]
kind = "file"
name = "/srv/motd"
content = "Ahoy.\n"
"#;

#[test]
fn only_the_selection_is_applied_and_the_rest_is_listed() {
    let host = Host::new();
    host.spec(SPEC);
    let only = ["apply", "prod.toml", "--yes", "--only", "file:/srv/site/*"];
    let applied = host.matrixform(&only);
    assert_eq!(applied.status, 0, "{applied}");
    for expected in [
        "--only file:/srv/site/*: part of the spec, 1 change skipped",
        "with directory:/srv/site: file:/srv/site/index.html needs it",
        "without file:/srv/motd: not selected",
        "2 to create, 0 to update, 0 to remove, 0 unchanged, 1 skipped",
    ] {
        assert!(applied.stdout.contains(expected), "{expected}\n{applied}");
    }
    host.machine.run("test -e /srv/site/index.html && ! test -e /srv/motd");
    // That part is done, and skipping the rest is no error.
    let again = host.matrixform(&only);
    assert_eq!(again.status, 0, "{again}");
    assert!(again.stdout.contains("no changes: 2 resources match the spec, 1 skipped"), "{again}");
    // Resources outside the selected part do not count as removed.
    let skipped = host.matrixform(&["apply", "prod.toml", "--yes", "--skip", "spec"]);
    assert!(skipped.stdout.contains("no changes"), "{skipped}");
    assert_eq!(host.apply().status, 0);
    host.machine.run("test -e /srv/motd");
    host.spec(SPEC.rsplit_once("[[resource]]").unwrap().0);
    let planned = host.matrixform(&["plan", "prod.toml", "--only", "file:/srv/site/*"]);
    assert!(!planned.stdout.contains("absent:/srv/motd"), "{planned}");
    host.matrixform(&["apply", "prod.toml", "--yes", "--only", "file:/srv/site/*"]);
    let whole = host.on("plan");
    assert!(whole.stdout.contains("absent:/srv/motd"), "the ledger still knows it: {whole}");
}

#[test]
fn a_saved_plan_keeps_its_scope() {
    let host = Host::new();
    host.spec(SPEC);
    let plan = host.home.path().join("part.plan");
    let file = plan.to_str().unwrap();
    let planned =
        host.matrixform(&["plan", "prod.toml", "--out", file, "--skip", "file:/srv/motd"]);
    assert_eq!(planned.status, 0, "{planned}");
    let both = host.matrixform(&["apply", "prod.toml", "--plan", file, "--only", "spec"]);
    assert_eq!(both.status, 64, "{both}");
    let applied = host.matrixform(&["apply", "prod.toml", "--plan", file]);
    assert_eq!(applied.status, 0, "{applied}");
    host.machine.run("test -e /srv/site/index.html && ! test -e /srv/motd");
}

#[test]
fn an_unknown_name_is_refused_before_any_output() {
    let host = Host::new();
    host.spec(SPEC);
    let typo = host.matrixform(&["plan", "prod.toml", "--only", "file:/srv/mtod"]);
    assert_eq!(typo.status, 1, "{typo}");
    assert!(typo.stderr.contains("did you mean `file:/srv/motd`?"), "{typo}");
    assert_eq!(typo.stdout, "", "{typo}");
}
