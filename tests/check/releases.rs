//! Accepted specs work: `check` uses the facts recorded for each supported release, so that no later command refuses
//! what it accepted.

use crate::workspace::{GOOD, Workspace};

/// The spec with these lines added.
fn with(more: &str) -> Workspace {
    Workspace::with(&format!("{GOOD}{more}"))
}

fn resource(kind: &str, name: &str, more: &str) -> String {
    format!("[[resource]]\nkind = \"{kind}\"\nname = \"{name}\"\n{more}\n")
}

/// These errors are worded as in `explain`, which reports them for each release.
#[test]
fn check_and_explain_refuse_in_the_same_words() {
    let version = "version = \"1.0\"";
    for (more, says) in [
        (
            resource("file", "/srv/a", "content = \"x\"\nactivation = \"nope\""),
            "`nope`, which is not in this spec",
        ),
        (resource("apt", "nginx", version), "`apt:nginx` is declared twice, with different values"),
        (
            resource("file", "/srv/a", "content = \"x\"") + &resource("directory", "/srv/a", ""),
            "/srv/a is declared twice",
        ),
        (
            resource("file", "/etc/nginx/conf.d/matrixform.conf", "content = \"x\""),
            "is declared twice",
        ),
        (
            resource("apt", "hello", "needs = [\"apt:nope\"]"),
            "apt:hello needs apt:nope, which is not declared",
        ),
    ] {
        let workspace = with(&more);
        let checked = workspace.run(&["check", "prod.toml"]);
        assert!(checked.status == 1 && checked.stdout.contains(says), "{more}: {checked}");
        assert!(!checked.stdout.contains("error: on "), "{more}: {checked}");
        assert_eq!(checked.stdout.matches("error: ").count(), 1, "{more}: {checked}");
        let error = checked.stdout.split("\n\n").find(|one| one.starts_with("error: ")).unwrap();
        if says.contains("different values") || says.contains("`nope`") {
            let explained = workspace.run(&["explain", "host", "prod.toml", "--on", "debian-12"]);
            assert!(explained.stderr.contains(error.trim()), "{error}\n{explained}");
        }
    }
}

#[test]
fn impossible_resources_are_errors_at_their_lines() {
    let file = |name: &str| resource("file", name, "content = \"x\"");
    for (more, says) in [
        (resource("absent", "/etc/matrix-synapse", ""), "is inside it"),
        (resource("absent", "/etc/nginx", ""), "is inside it"),
        (resource("absent", "/etc/ssh", ""), "every host needs it"),
        (resource("absent", "/etc", ""), "/etc must be absent"),
        (resource("absent", "/var", ""), "/var must be absent"),
        (resource("absent", "/", ""), "must be an absolute path"),
        (resource("absent", "/srv/a", "") + &file("/srv/a"), "/srv/a is declared twice"),
        (file("/srv//a"), "without `.`, `..` or `//`"),
        (file("/srv/a/"), "without `.`, `..` or `//`"),
        (file("/srv/../srv/a"), "without `.`, `..` or `//`"),
        (file("/srv/a") + &file("/srv/a/b"), "lies below file:/srv/a, which is a file"),
        (resource("symlink", "/srv/a", "target = \"/srv/a\""), "symlink:/srv/a points to itself"),
        (resource("symlink", "/srv/a", "target = \"./x/../a\""), "symlink:/srv/a points to itself"),
        (
            resource("symlink", "/srv/a", "target = \"b\"")
                + &resource("symlink", "/srv/b", "target = \"/srv/a\""),
            "these links point to each other: /srv/a → /srv/b → /srv/a",
        ),
    ] {
        let ran = with(&more).run(&["check", "prod.toml"]);
        assert!(ran.status == 1 && ran.stdout.contains(says), "{more}: {ran}");
        assert!(ran.stdout.contains("prod.toml:"), "{more}: {ran}");
    }
    // Similar, but correct.
    for more in [
        resource("absent", "/etc/nginx/sites-enabled/default-old", ""),
        resource("symlink", "/srv/a", "target = \"/srv/b\"") + &file("/srv/b"),
        resource("directory", "/srv/a", "") + &file("/srv/a/b"),
        resource("symlink", "/srv/a", "target = \"..\""),
    ] {
        let ran = with(&more).run(&["check", "prod.toml"]);
        assert!(ran.status == 0 && !ran.stdout.contains("resource/"), "{more}: {ran}");
    }
}

#[test]
fn unprovided_needs_are_warnings_with_advice() {
    let file = |more: &str| resource("file", "/srv/a", &format!("content = \"x\"\n{more}"));
    let cron = |user: &str| {
        let schedule = "schedule = \"@daily\"\ncommand = \"true\"";
        format!("[[cron]]\nname = \"a\"\nuser = \"{user}\"\n{schedule}\n")
    };
    for (more, says, write) in [
        (file("owner = \"nosuch\""), "the user `nosuch`", "kind = \"user\""),
        (file("group = \"nosuch\""), "the group `nosuch`", "kind = \"group\""),
        (file("owner = \"wwwdata\""), "the user `wwwdata`", "did you mean `www-data`?"),
        (cron("nosuch"), "the user `nosuch`", "brings = [\"user:nosuch\"]"),
        (
            resource("service", "ngnix.service", ""),
            "nothing here provides ngnix.service",
            "`nginx.service`",
        ),
    ] {
        let ran = with(&more).run(&["check", "prod.toml"]);
        let warned = ran.stdout.split("\n\n").find(|one| one.contains(says)).unwrap_or_default();
        assert!(ran.status == 0 && warned.starts_with("warning: "), "{more}: {ran}");
        assert!(warned.contains(write), "{more}: {warned}");
    }
    for more in [
        file("owner = \"www-data\"\ngroup = \"adm\""),
        file("owner = \"matrix-synapse\""),
        file("owner = \"postgres\""),
        file("owner = \"bridge\"") + &resource("user", "bridge", "system = true"),
        cron("turnserver") + &resource("apt", "coturn", "brings = [\"user:turnserver\"]"),
        file("owner = \"turnserver\"\nneeds = [\"apt:coturn\"]") + &resource("apt", "coturn", ""),
        cron("postgres"),
        resource("service", "coturn.service", ""),
    ] {
        let ran = with(&more).run(&["check", "prod.toml"]);
        assert!(ran.status == 0 && ran.stdout.matches("warning: ").count() == 0, "{more}: {ran}");
    }
}
