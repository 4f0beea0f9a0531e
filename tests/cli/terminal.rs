//! The confirmation before apply, and the prompt for a secret, on a terminal.

use crate::assert_transcript;
use crate::host::Host;
use crate::screen;
use std::os::unix::fs::PermissionsExt;

const SPEC: &str = "[[resource]]\nkind = \"file\"\nname = \"/srv/asked\"\ncontent = \"yes\\n\"\n";

/// Answers the question with these bytes; returns the screen and the exit status.
fn answer(host: &Host, bytes: &[u8]) -> (String, i32) {
    converse(host, "apply prod.toml", "never", &[("Only `yes` applies: ", bytes)], &|| {})
}

/// Types each answer once its question is on the screen. The terminal echoes input (`always`) or does not (`never`)
/// unless the program changes it; `meanwhile` runs before each answer.
fn converse(
    host: &Host,
    args: &str,
    echo: &str,
    answers: &[(&str, &[u8])],
    meanwhile: &dyn Fn(),
) -> (String, i32) {
    screen::converse(host.home.path(), args, echo, answers, meanwhile)
}

#[test]
fn answering_yes_applies() {
    let host = Host::new();
    host.spec(SPEC);
    let (screen, status) = answer(&host, b"yes\n");
    assert_transcript!("asked_and_answered_yes", format!("{screen}exit status {status}"));
    assert_eq!(host.machine.run("cat /srv/asked"), "yes\n");
}

#[test]
fn any_other_answer_changes_nothing() {
    let host = Host::new();
    host.spec(SPEC);
    let blank = host.machine.written();
    let (screen, status) = answer(&host, b"no\n");
    assert_transcript!("asked_and_answered_no", format!("{screen}exit status {status}"));
    for other in [&b"\n"[..], b"y\n", b"YES\n", b"yes please\n", b"\x04"] {
        assert_eq!(answer(&host, other).1, 1, "{other:?}");
    }
    assert_eq!(host.machine.written(), blank);
}

/// The risks of a long plan are repeated at the question; those of a short one are still in sight.
#[test]
fn risks_are_repeated_below_a_long_plan() {
    let host = Host::new();
    host.spec(SPEC);
    crate::history::git(&host, &["init", "-q"]);
    host.write(".gitignore", "*\n!prod.toml\n");
    crate::history::git(&host, &["add", "prod.toml"]);
    crate::history::git(&host, &["commit", "-q", "-m", "one"]);
    assert_eq!(host.apply().status, 0);
    let asked = |number: usize| {
        let more = (0..number).map(|at| SPEC.replace("/srv/asked", &format!("/srv/{at}")));
        host.spec(&format!("{SPEC}\n{}", more.collect::<String>()));
        answer(&host, b"no\n").0
    };
    let risk = "! this spec's directory has uncommitted changes";
    assert_eq!(asked(1).matches(risk).count(), 1);
    let long = asked(20);
    let (plan, question) = long.split_once(" to create, ").unwrap();
    assert_eq!((plan.matches(risk).count(), question.matches(risk).count()), (1, 1), "{long}");
    assert!(question.find(risk) < question.find("Apply "), "{long}");
}

/// A plan that was just shown is not shown again, so that its reader need not compare the two.
#[test]
fn a_shown_plan_is_not_repeated_in_full() {
    let host = Host::new();
    host.spec(SPEC);
    assert!(host.on("plan").stdout.contains("yes"), "what is in the file");
    let again = answer(&host, b"no\n").0;
    assert!(again.contains("as shown by `plan` less than a minute ago"), "{again}");
    assert!(again.contains("+ create  file:/srv/asked") && !again.contains("+yes"), "{again}");
    let question = [("Only `yes` applies: ", &b"no\n"[..])];
    let loud = converse(&host, "apply prod.toml -v", "never", &question, &|| {}).0;
    assert!(loud.contains("+yes") && !loud.contains("as shown by"), "{loud}");
    // A different plan is shown.
    host.spec(&SPEC.replace("yes", "other"));
    let other = answer(&host, b"no\n").0;
    assert!(other.contains("+other") && !other.contains("as shown by"), "{other}");
    // A plan that was only shown as a summary has not been read.
    host.matrixform(&["plan", "prod.toml", "--summary"]);
    assert!(answer(&host, b"no\n").0.contains("+other"));
}

#[test]
fn a_host_that_changed_meanwhile_is_not_touched() {
    let host = Host::new();
    host.spec(SPEC);
    let others = || drop(host.machine.run("mkdir -p /srv && echo theirs >/srv/asked"));
    let question = [("Only `yes` applies: ", &b"yes\n"[..])];
    let (screen, status) = converse(&host, "apply prod.toml", "never", &question, &others);
    assert_transcript!("asked_and_changed_meanwhile", format!("{screen}exit status {status}"));
    assert_eq!(host.machine.run("cat /srv/asked"), "theirs\n");
}

#[test]
fn nothing_is_generated_for_a_stale_plan() {
    let host = Host::new();
    host.write(
        "modules/box/module.toml",
        BROUGHT.replace("required = true", "generate = \"hex:32\""),
    );
    let store = host.write("secrets.toml", "");
    std::fs::set_permissions(&store, std::fs::Permissions::from_mode(0o600)).unwrap();
    host.spec("[secrets]\nfile = \"secrets.toml\"\n[box]\n");
    let others = || drop(host.machine.run("mkdir -p /srv && echo theirs >/srv/key"));
    let question = [("Only `yes` applies: ", &b"yes\n"[..])];
    let (screen, status) = converse(&host, "apply prod.toml", "never", &question, &others);
    assert_eq!(status, 1, "{screen}");
    assert!(screen.contains("the host already has it"), "{screen}");
    assert_eq!(std::fs::read_to_string(store).unwrap(), "");
    assert_eq!(host.machine.run("cat /srv/key"), "theirs\n");
}

/// A file whose secret is not stored anywhere.
const BROUGHT: &str = r#"format = 1
summary = "A key in a file"

[params.key]
type = "secret"
required = true
doc = "The key."

[[resource]]
kind = "file"
name = "/srv/key"
content = "{{ box.key }}\n"
"#;

#[test]
fn a_supplied_secret_is_read_without_echo_and_not_stored() {
    let host = Host::new();
    host.write("modules/box/module.toml", BROUGHT);
    host.spec("[box]\nkey = { secret = \"box/key\" }\n");
    let (canary, answer) = (host.canary.as_str(), format!("{}\n", host.canary));
    let typed = [
        ("Secret `box/key` (not stored): ", answer.as_bytes()),
        ("Only `yes` applies: ", &b"yes\n"[..]),
    ];
    let (screen, status) = converse(&host, "apply prod.toml", "always", &typed, &|| {});
    assert_eq!(status, 0, "{screen}");
    assert!(!screen.contains(canary), "{screen}");
    assert_eq!(host.machine.run("cat /srv/key"), answer);
    assert_eq!(crate::secrets_home::holding(host.home.path(), canary), [""; 0]);
    let alone = host.on("plan");
    assert!(alone.status == 1 && alone.stderr.contains("is not stored anywhere"), "{alone}");
    let (screen, status) =
        converse(&host, "plan prod.toml", "always", &[(typed[0].0, b"\n")], &|| {});
    assert!(status == 1 && screen.contains("is not stored anywhere"), "{screen}");
}

#[test]
fn ctrl_c_at_a_question_restores_the_terminal() {
    let host = Host::new();
    host.write("modules/box/module.toml", BROUGHT);
    host.spec("[box]\nkey = { secret = \"box/key\" }\n");
    for key in [b"\x03", b"\x1c"] {
        let typed = [("Secret `box/key` (not stored): ", &key[..])];
        let args = "plan prod.toml; echo ended $?; stty -a";
        let (screen, _) = converse(&host, args, "always", &typed, &|| {});
        assert!(screen.contains("ended 130\n"), "{screen}");
        for mode in [" echo ", "isig ", "eol = <undef>"] {
            assert!(screen.contains(mode), "{mode}: {screen}");
        }
    }
}
