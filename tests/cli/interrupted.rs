//! Runs that end early: Ctrl-C, a lost connection, another run. The next apply always continues where the last one
//! ended.

use crate::assert_transcript;
use crate::host::Host;

/// A step that lasts until `/srv/go` exists, between two quick ones. `/srv/begun` signals that it is running.
const SPEC: &str = r#"[[resource]]
kind = "file"
name = "/srv/first"
content = "1\n"

[[resource]]
kind = "command"
name = "a long step"
run = "touch /srv/begun; until [ -e /srv/go ]; do sleep 0.05; done; touch /srv/long"
creates = "/srv/long"

[[resource]]
kind = "file"
name = "/srv/last"
content = "2\n"
needs = ["command:a long step"]
"#;

fn host() -> Host {
    let host = Host::new();
    host.spec(SPEC);
    host
}

/// The second apply continues where the first one ended, and completes the host.
fn goes_on(host: &Host, created: usize) {
    host.machine.run("touch /srv/go");
    let again = host.apply();
    assert_eq!(again.status, 0, "{again}");
    let summary = format!("{created} to create, 0 to update, 0 to remove");
    assert!(again.stdout.contains(&summary), "{again}");
    assert!(host.apply().stdout.contains("no changes"));
}

#[test]
fn ctrl_c_stops_after_the_running_steps() {
    let host = host();
    let mut spec = String::from(SPEC);
    for number in 0..10 {
        let needs = "needs = [\"file:/srv/last\"]";
        spec.push_str(&format!(
            "[[resource]]\nkind = \"file\"\nname = \"/srv/more{number}\"\ncontent = \"x\"\n{needs}\n"
        ));
    }
    host.spec(&spec);
    let mut run = host.begin_apply();
    // The step may run on the host before it is announced here, so wait for both.
    let mut before = run.await_words("running a long step");
    host.machine.await_path("/srv/begun");
    run.interrupt();
    before.push_str(&run.await_words("Ctrl-C again"));
    host.machine.run("touch /srv/go");
    let mut ran = run.end();
    ran.stderr.insert_str(0, &before);
    assert_eq!(ran.status, 3, "{ran}");
    ran.stdout.clear();
    assert_transcript!("ctrl_c", ran);
    goes_on(&host, 8);
}

#[test]
fn a_second_ctrl_c_exits_immediately() {
    let host = host();
    let mut run = host.begin_apply();
    // The step may run on the host before it is announced here, so wait for both.
    let mut before = run.await_words("running a long step");
    host.machine.await_path("/srv/begun");
    run.interrupt();
    before.push_str(&run.await_words("Ctrl-C again"));
    run.interrupt();
    let mut ran = run.end();
    ran.stderr.insert_str(0, &before);
    assert_eq!(ran.status, 3, "{ran}");
    ran.stdout.clear();
    assert_transcript!("ctrl_c_twice", ran);
    // The step itself continues to its end, and keeps the host locked until then.
    assert_eq!(host.apply().status, 6);
    host.machine.run("touch /srv/go");
    crate::await_that("the first run's end", || host.apply().status != 6);
    assert!(host.apply().stdout.contains("no changes"));
}

#[test]
fn a_lost_connection_is_reported_with_its_step() {
    let host = host();
    let mut run = host.begin_apply();
    let before = run.await_words("running a long step");
    host.machine.await_path("/srv/begun");
    host.sshd.kill_connections();
    let mut ran = run.end();
    ran.stderr.insert_str(0, &before);
    assert_eq!(ran.status, 3, "{ran}");
    ran.stdout.clear();
    assert_transcript!("connection_lost", ran);
    assert_eq!(host.apply().status, 6, "its step is still at work");
    host.machine.run("touch /srv/go");
    crate::await_that("the first run's end", || host.apply().status != 6);
    assert_eq!(host.machine.run("cat /srv/first /srv/last"), "1\n2\n");
    assert!(host.apply().stdout.contains("no changes"));
}

#[test]
fn a_connection_lost_in_the_final_check_is_not_harmless() {
    let host = Host::new();
    host.spec(
        "[[resource]]\nkind = \"command\"\nname = \"slow to check\"\nrun = \"touch /srv/done\"\n\
         check = \"[ -e /srv/done ] || exit 1; touch /srv/looking; sleep 5\"\n",
    );
    let run = host.begin_apply();
    host.machine.await_path("/srv/looking");
    host.sshd.kill_connections();
    let mut ran = run.end();
    assert_eq!(ran.status, 3, "something was changed: {ran}");
    ran.stdout.clear();
    assert_transcript!("connection_lost_in_the_last_look", ran);
}

#[test]
fn the_second_of_two_applies_is_refused() {
    let host = host();
    let run = host.begin_apply();
    host.machine.await_path("/srv/begun");
    let mut second = host.apply();
    assert_eq!(second.status, 6, "{second}");
    second.stdout.clear();
    assert_transcript!("locked", second);
    assert_eq!(host.on("plan").status, 0, "a plan needs no lock");
    host.machine.run("touch /srv/go");
    assert_eq!(run.end().status, 0);
    assert!(host.apply().stdout.contains("no changes"));
}

#[test]
fn a_failed_step_is_reported_with_its_last_output() {
    let host = Host::new();
    host.spec(
        "[[resource]]\nkind = \"command\"\nname = \"doomed\"\ncreates = \"/srv/never\"\n\
         run = \"echo working; echo 'no luck: \\\\033[31mred' >&2; exit 7\"\n\n\
         [[resource]]\nkind = \"file\"\nname = \"/srv/after\"\ncontent = \"x\"\n\
         needs = [\"command:doomed\"]\n",
    );
    let mut ran = host.apply();
    assert_eq!(ran.status, 3);
    ran.stdout.clear();
    assert_transcript!("failed_step", ran);
    host.machine.run("test ! -e /srv/after");
}

#[test]
fn a_remaining_difference_is_an_error() {
    let host = Host::new();
    host.spec(
        "[[resource]]\nkind = \"command\"\nname = \"in vain\"\nrun = \"true\"\ncreates = \"/srv/never\"\n",
    );
    let mut ran = host.apply();
    assert_eq!(ran.status, 3);
    ran.stdout.clear();
    assert_transcript!("still_differs", ran);
}
