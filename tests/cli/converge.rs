//! The everyday path: plan, apply, nothing more to do, drift found and repaired. Afterwards the host's overlay holds
//! everything that was ever written.

use crate::assert_transcript;
use crate::host::Host;

const SPEC: &str = r#"[[resource]]
kind = "directory"
name = "/srv/site"
mode = "0750"

[[resource]]
kind = "file"
name = "/srv/site/index.html"
content = "<h1>{{ facts.os.id }}</h1>\n"

[[resource]]
kind = "symlink"
name = "/srv/current"
target = "/srv/site"

[[resource]]
kind = "absent"
name = "/srv/old.conf"

[[resource]]
kind = "cron"
name = "site-check"
schedule = "17 4 * * sun"
command = "test -e /srv/current"
"#;

/// A host with something to remove.
fn host() -> Host {
    let host = Host::new();
    host.machine.run("echo old >/srv/old.conf");
    host.spec(SPEC);
    host
}

#[test]
fn from_blank_to_no_changes() {
    let host = host();
    let blank = host.machine.written();
    assert_transcript!("first_plan", host.on("plan"));
    assert_eq!(host.machine.written(), blank, "a plan changes nothing");

    assert_transcript!("first_apply", host.apply());
    let (converged, paths) = (host.machine.written(), host.machine.paths());
    assert_transcript!("everything_that_apply_wrote", paths.join("\n"));

    assert_transcript!("second_apply", host.apply());
    assert_transcript!("second_plan", host.on("plan"));
    assert_eq!(host.machine.written(), converged, "neither touched anything");
}

#[test]
fn drift_is_shown_and_corrected_and_nothing_else_is_touched() {
    let host = host();
    assert_eq!(host.apply().status, 0);
    let untouched = host.machine.run("stat -c '%i %y %z' /srv/site /srv/current");
    host.machine.run(
        "echo hacked >/srv/site/index.html; chmod 0666 /srv/site/index.html
        rm /etc/cron.d/site-check; echo back >/srv/old.conf",
    );
    assert_transcript!("drift", host.on("plan"));
    let repaired = host.apply();
    assert_eq!(repaired.status, 0, "{repaired}");
    assert_eq!(host.machine.run("cat /srv/site/index.html"), "<h1>debian</h1>\n");
    let after = host.machine.run("stat -c '%i %y %z' /srv/current; test ! -e /srv/old.conf");
    assert!(untouched.ends_with(&after), "{untouched}\n{after}");
    assert!(host.apply().stdout.contains("no changes"));
}

#[test]
fn a_plan_for_programs() {
    let host = host();
    let planned = host.matrixform(&["plan", "prod.toml", "--format", "json"]);
    let value: serde_json::Value = serde_json::from_str(&planned.stdout).unwrap();
    assert_eq!((planned.status, planned.stderr.as_str()), (0, ""));
    assert_eq!(value["items"].as_array().unwrap().len(), 5);
    assert_transcript!("plan_json", planned);
}

#[test]
fn facts_are_json_with_a_fixed_shape() {
    let host = host();
    let ran = host.on("facts");
    assert_eq!((ran.status, ran.stderr.as_str()), (0, ""));
    let facts: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let shape = |value: &serde_json::Value| match value {
        serde_json::Value::Null => "null",
        serde_json::Value::Bool(_) => "a boolean",
        serde_json::Value::Number(_) => "a number",
        serde_json::Value::String(_) => "text",
        serde_json::Value::Array(_) => "a list",
        serde_json::Value::Object(_) => "a table",
    };
    let fields = facts.as_object().unwrap().iter();
    let lines: Vec<String> =
        fields.map(|(name, value)| format!("{name}: {}", shape(value))).collect();
    assert_transcript!("shape_of_facts", lines.join("\n"));
    assert_eq!(facts["os"]["codename"], "bookworm");
    assert_eq!((&facts["user"], &facts["ssh_client"]), (&"root".into(), &"127.0.0.1".into()));
}

#[test]
fn without_a_terminal_and_without_yes_nothing_happens() {
    let host = host();
    let blank = host.machine.written();
    let ran = host.on("apply");
    assert_eq!(ran.status, 1);
    assert_transcript!("nobody_to_ask", ran.stderr);
    assert_eq!(host.machine.written(), blank);
}

#[test]
fn timings_are_reported_on_request() {
    let host = host();
    let ran = host.matrixform(&["plan", "prod.toml", "--timings"]);
    assert_eq!(ran.status, 0);
    let (_, listing) = ran.stderr.split_once("round trips:\n").unwrap_or_else(|| panic!("{ran}"));
    let trips = listing.lines().map_while(|line| line.trim().split_once("  "));
    let trips: Vec<(u32, &str)> =
        trips.map_while(|(count, name)| Some((count.parse().ok()?, name))).collect();
    let (all, each) = trips.split_last().unwrap_or_else(|| panic!("{ran}"));
    assert!(each.iter().any(|(_, name)| name.contains("key exchange")), "{ran}");
    assert_eq!((each.iter().map(|(count, _)| count).sum(), "in all"), *all, "{ran}");
}
