//! A change whose files were all in place when the host lost power: the boot has loaded them, so nothing is left to change,
//! but nobody has tested them.

use crate::guest::{Guest, lab};
use crate::timing;
use libtest_mimic::{Failed, Trial};
use std::io::{BufRead, BufReader};
use std::process::Stdio;

pub(crate) fn trials() -> Vec<Trial> {
    let trial = || untested_files_are_tested_or_rolled_back();
    vec![timing::trial("booted::untested_files_are_tested_or_rolled_back", trial)]
}

/// A service that starts with any value, but is healthy with some only. It takes its time to stop, so that the power can be cut
/// before it has started on a new value.
const SERVICE: &str = r#"
[[activation]]
name = "own"
owns = ["/etc/own"]
effect = "restart"
health = [{ run = "sleep 3; grep -q good /run/own" }]
timeout = "20s"

[[resource]]
kind = "directory"
name = "/etc/own"

[[resource]]
kind = "file"
name = "/etc/systemd/system/own.service"
content = """
[Service]
Type=exec
ExecStartPre=/bin/cp /etc/own/value /run/own
ExecStart=/bin/sleep infinity
ExecStop=/bin/sleep 2
[Install]
WantedBy=multi-user.target
"""

[[resource]]
kind = "service"
name = "own.service"
activation = "own"

[[resource]]
kind = "file"
name = "/etc/own/value"
"#;

fn untested_files_are_tested_or_rolled_back() -> Result<(), Failed> {
    let guest = Guest::blank("t-booted", "trixie");
    let spec = |value: &str| {
        let body = format!("{SERVICE}content = \"{value}\\n\"\n");
        guest.spec(&format!("{}.toml", value.replace(' ', "-")), "user = \"root\"", &body)
    };
    let in_use = || guest.run("cat /run/own /etc/own/value");
    let (good, better, bad) = (spec("good"), spec("good too"), spec("bad"));
    guest.apply(&good);

    cut(&guest, &bad);
    assert_eq!(in_use(), "bad\nbad\n", "the boot has loaded it");
    assert!(guest.planned(&bad).is_empty(), "nothing is left to change");
    // It goes back, which no plan announced: that is not for the audit.
    let ran = guest.matrixform(&["apply", bad.to_str().unwrap(), "--yes"]);
    assert_eq!(ran.status, 4, "{ran}");
    assert_eq!(in_use(), "good\ngood\n", "{ran}");
    assert!(guest.planned(&good).is_empty());

    cut(&guest, &better);
    assert_eq!(in_use(), "good too\ngood too\n");
    assert!(guest.planned(&better).is_empty(), "nothing is left to change");
    guest.apply(&better);
    assert!(guest.planned(&better).is_empty());
    assert_eq!(guest.run("ls -A /var/lib/matrixform/switch"), "", "the copies are gone");
    guest.down();
    Ok(())
}

/// Applies a spec, and cuts the host's power while the service is stopped for its restart.
fn cut(guest: &Guest, spec: &std::path::Path) {
    let mut run = guest.command();
    run.args(["apply", spec.to_str().unwrap(), "--yes"]).stdout(Stdio::null());
    let mut run = run.stderr(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(run.stderr.take().unwrap()).lines();
    let is_reached = |line: &String| line.contains("restarting own.service");
    assert!(lines.map_while(Result::ok).any(|line| is_reached(&line)), "it came that far");
    lab(&["kill", &guest.name]);
    let _ = run.kill();
    run.wait().unwrap();
    lab(&["boot", &guest.name]);
}
