//! `service`: every state of a unit, and the resulting action.

use crate::declaring::{Declaring, declaring, record};
use crate::machine::{Machine, SHELLS};
use matrixform::for_tests::remote::request::quote;
use matrixform::for_tests::resource::{
    Action, Address, Answers, Comparison, Context, DeclaredValue, Effect, Observed, Questions,
};
use matrixform::for_tests::secret::Content;

const OTHER: &str = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
const BEFORE: &str = "2026-11-22 07:39:00.000000000 +0000";
const AFTER: &str = "2026-11-22 07:41:00.000000000 +0000";
const VENV: &str = "/opt/matrixform/synapse";
const MEMBER: &str = "/etc/nginx/a b.conf";

/// systemd's properties of a correct unit that was never recorded.
const UP: [(&str, &str); 8] = [
    ("LoadState", "loaded"),
    ("ActiveState", "active"),
    ("Result", "success"),
    ("UnitFileState", "enabled"),
    ("InvocationID", "75e6"),
    ("NeedDaemonReload", "no"),
    ("ExecMainStartTimestamp", "Sun 2026-11-22 07:40:13.591196 UTC"),
    ("exe", "/usr/sbin/nginx"),
];

/// Its file; `seen` changes what is reported about it.
const FILE: [(&str, &str); 4] = [
    ("kind", "regular file"),
    ("shown", "'/etc/nginx/a b.conf'"),
    ("changed", BEFORE),
    ("sum", OTHER),
];

/// The digest of the file, as recorded on the host.
fn digest() -> String {
    Content::plain(format!("regular file '{MEMBER}'\n{OTHER}  {MEMBER}\n")).digest()
}

fn nginx() -> Declaring {
    declaring("service", "nginx.service").activation("front", Some(Effect::Reload))
}

fn context() -> Context {
    Context { members: vec![MEMBER.into()].into(), ..Context::default() }
}

fn changing(effect: Effect) -> Context {
    let file = Address::new("file", MEMBER);
    Context { changed: vec![(file, effect)], ..context() }
}

/// Compares `UP` after these changes; the second part is the arguments of the first step, if any.
fn seen(what: &Declaring, context: &Context, changes: &[(&str, &str)]) -> (Comparison, String) {
    let service = what.made();
    let fields: Vec<(&str, &str)> = UP.iter().chain(changes).copied().collect();
    let mut answers = Answers::default();
    answers.add("service_observe", 0, &record("nginx.service", &fields));
    let file: Vec<(&str, &str)> = FILE.iter().chain(changes).copied().collect();
    for body in [record("/", &[]), record(MEMBER, &file), record(VENV, &file)] {
        answers.add("service_files_observe", 0, &body);
    }
    let comparison = service.compare(context, &service.observe(context, &answers));
    let steps = service.converge(context, &comparison);
    let words = steps.iter().map(|s| format!("{} {}", s.call.function, s.call.args.join(" ")));
    (comparison, words.collect::<Vec<_>>().join("; "))
}

fn differences(comparison: &Comparison) -> Vec<String> {
    let shown = comparison.differences.iter();
    shown.map(|d| format!("{}: {:?} -> {:?}", d.attribute, d.from, d.to)).collect()
}

#[test]
fn a_service_in_its_desired_state_is_kept() {
    let keeps: [&[(&str, &str)]; 9] = [
        &[],
        &[("remembered", &format!("75e6 {}", digest()))],
        // Touched, but not changed since it was read.
        &[("remembered", &format!("75e6 {}", digest())), ("changed", AFTER)],
        // Restarted by hand after the last change.
        &[("remembered", &format!("0000 {OTHER}"))],
        &[("ActiveState", "reloading")],
        &[("UnitFileState", "static")],
        // Changes inside a directory do not count.
        &[("kind", "directory"), ("changed", AFTER)],
        // A unit without a main process.
        &[
            ("ExecMainStartTimestamp", ""),
            ("ActiveEnterTimestamp", "Sun 2026-11-22 07:40:13.5 UTC"),
        ],
        &[("remembered", "")],
    ];
    for changes in keeps {
        let (comparison, _) = seen(&nginx(), &context(), changes);
        assert_eq!(comparison, Comparison::unchanged(), "{changes:?}");
    }
}

#[test]
fn stale_configuration_is_a_difference() {
    let remembered_old = format!("75e6 {OTHER}");
    let other_run = format!("0000 {}", digest());
    let untested = format!("75e6 {} pending", digest());
    let stale: [&[(&str, &str)]; 6] = [
        &[("remembered", &untested)],
        &[("changed", AFTER)],
        &[("remembered", &remembered_old)],
        &[("remembered", "75e6 unhealthy")],
        &[("remembered", &other_run), ("changed", AFTER)],
        &[("kind", "symbolic link"), ("target_changed", AFTER)],
    ];
    for changes in stale {
        let (comparison, steps) = seen(&nginx(), &context(), changes);
        assert!(comparison.differs("configuration"), "{changes:?}");
        assert_eq!(steps, "service_converge nginx.service reload 0 /etc/nginx/a b.conf");
    }
    let (comparison, _) = seen(&nginx(), &context(), stale[1]);
    assert_eq!(
        differences(&comparison),
        ["configuration: Word(\"older than /etc/nginx/a b.conf\") \
          -> Word(\"current, after a reload\")"]
    );
    let by_default = declaring("service", "nginx.service").activation("front", None);
    let (_, steps) = seen(&by_default, &context(), stale[1]);
    assert!(steps.starts_with("service_converge nginx.service restart"));
}

#[test]
fn without_an_activation_no_file_matters() {
    let alone = declaring("service", "nginx.service");
    let (comparison, _) = seen(&alone, &Context::default(), &[("changed", AFTER), ("sum", "")]);
    assert_eq!(comparison, Comparison::unchanged());
}

#[test]
fn a_plan_gives_the_reason_for_a_reload_or_restart() {
    let (comparison, steps) = seen(&nginx(), &changing(Effect::Reload), &[]);
    assert_eq!(comparison.notes, ["reloads because file:/etc/nginx/a b.conf changes"]);
    assert!(comparison.is_change() && !comparison.differs("configuration"), "the note says it all");
    assert!(steps.contains(" reload "));
    let (comparison, steps) = seen(&nginx(), &changing(Effect::Restart), &[("changed", AFTER)]);
    assert_eq!(comparison.notes, ["restarts because file:/etc/nginx/a b.conf changes"]);
    assert!(steps.contains(" restart "));
}

#[test]
fn a_replaced_program_causes_a_restart() {
    let replaced = [("exe", "/usr/sbin/nginx (deleted)")];
    let (comparison, steps) = seen(&nginx(), &context(), &replaced);
    assert!(comparison.differs("program"));
    assert!(steps.contains(" restart "));
    let (_, steps) = seen(&nginx(), &changing(Effect::Reload), &replaced);
    assert!(steps.contains(" restart "));
    let venv = declaring("service", "nginx.service").list("program_paths", &[VENV]);
    let (comparison, _) = seen(&venv, &context(), &[("changed", AFTER)]);
    assert!(comparison.differs("program"));
    let (comparison, _) = seen(&venv, &context(), &[]);
    assert_eq!(comparison, Comparison::unchanged());
}

#[test]
fn a_stopped_service_is_started_with_its_current_files() {
    for (state, shown) in [
        ("inactive", "no"),
        ("failed", "failed (exit-code)"),
        ("activating", "activating"),
        ("deactivating", "deactivating"),
    ] {
        let changes = [("ActiveState", state), ("Result", "exit-code")];
        let (comparison, steps) = seen(&nginx(), &context(), &changes);
        assert_eq!(
            differences(&comparison),
            [format!("running: Word({shown:?}) -> Word(\"yes\")")]
        );
        assert_eq!(steps, "service_converge nginx.service start 0 /etc/nginx/a b.conf");
        let (_, steps) = seen(&nginx(), &changing(Effect::Reload), &changes);
        assert!(steps.contains(" restart "), "one that is starting may have read the old files");
    }
}

#[test]
fn disabled_masked_and_changed_units() {
    let (_, steps) = seen(&nginx(), &context(), &[("UnitFileState", "disabled")]);
    assert!(
        steps.starts_with("service_enable nginx.service yes; service_converge nginx.service start")
    );
    for state in ["masked", "masked-runtime", "enabled-runtime", ""] {
        let (comparison, _) = seen(&nginx(), &context(), &[("UnitFileState", state)]);
        assert!(comparison.differs("enabled"), "{state}");
    }
    let (comparison, _) = seen(&nginx(), &context(), &[("NeedDaemonReload", "yes")]);
    assert!(comparison.differs("unit_file"));
}

#[test]
fn a_service_that_must_not_run_is_stopped() {
    let off = || {
        nginx()
            .with("running", DeclaredValue::Bool(false))
            .with("enabled", DeclaredValue::Bool(false))
    };
    let (comparison, steps) = seen(&off(), &changing(Effect::Restart), &[]);
    assert!(comparison.differs("running") && comparison.differs("enabled"));
    assert_eq!(steps, "service_enable nginx.service no; service_stop nginx.service");
    let down =
        [("ActiveState", "failed"), ("UnitFileState", "masked"), ("NeedDaemonReload", "yes")];
    let (comparison, _) = seen(&off(), &changing(Effect::Restart), &down);
    assert_eq!(comparison, Comparison::unchanged());
    let (comparison, _) = seen(&off(), &context(), &[("LoadState", "not-found")]);
    assert_eq!(comparison, Comparison::unchanged());
}

#[test]
fn a_missing_unit_names_its_provider() {
    let gone = [("LoadState", "not-found"), ("ActiveState", "inactive")];
    let apt = Address::new("apt", "nginx");
    let mut coming = changing(Effect::Reload);
    let own = Address::new("service", "nginx.service");
    coming.coming = vec![("unit:nginx.service".into(), own), ("unit:nginx.service".into(), apt)];
    let (comparison, _) = seen(&nginx(), &coming, &gone);
    assert_eq!(comparison.action, Action::Create);
    assert_eq!(comparison.notes, ["provided by apt:nginx"]);
    let (comparison, _) = seen(&nginx(), &context(), &gone);
    assert!(comparison.notes[0].contains("nothing in this plan"));
}

#[test]
fn a_missing_answer_is_unknown() {
    let service = nginx().made();
    for body in [record("other.service", &[]), record("nginx.service", &[("exe", "/x")])] {
        let mut answers = Answers::default();
        answers.add("service_observe", 1, &body);
        let observed = service.observe(&context(), &answers);
        assert!(matches!(observed, Observed::Unknown(_)));
        assert!(service.compare(&context(), &observed).is_change());
    }
    let mut answers = Answers::default();
    answers.add("service_observe", 0, &record("nginx.service", &UP));
    let comparison = service.compare(&context(), &service.observe(&context(), &answers));
    assert!(comparison.differs("configuration"), "its files were not read");
}

#[test]
fn a_service_asks_about_its_members() {
    let mut questions = Questions::default();
    let context =
        Context { members: vec!["/a b".into(), "/c".into()].into(), ..Context::default() };
    nginx().made().ask(&context, &mut questions);
    let calls: Vec<_> = questions.calls().collect();
    assert_eq!(
        calls,
        [("service_observe", vec!["nginx.service"]), ("service_files_observe", vec!["/a b", "/c"])]
    );
}

#[test]
fn invalid_units_are_refused() {
    for name in ["nginx", "../x.service", "a b.service", "-x.service", "*.service", ".service"] {
        assert!(!declaring("service", name).refused().is_empty(), "{name}");
    }
    let guard = nginx().list("start_guard", &["signing.key"]);
    assert!(guard.refused()[0].message.contains("absolute paths"));
    assert!(!declaring("service", "postgresql@16-main.service").made().provides().is_empty());
}

/// Members are digested as the shell records it, covering content, names and links; modification times ignore
/// directories.
#[test]
fn members_are_digested_and_dated() {
    for shell in SHELLS {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name).to_str().unwrap().to_owned();
        let names = ["a b", "link", "gone", "pipe", "sy\\x2dn", "d'ir"].map(path);
        let words: Vec<String> = names.iter().map(|name| quote(name)).collect();
        let words = words.join(" ");
        let mut digests = Vec::new();
        let mut newest = String::new();
        for change in [
            "mkdir \"d'ir\"; printf x >'a b'; ln -s 'a b' link; mkfifo pipe; printf s >'sy\\x2dn'",
            "printf y >'a b'",
            "ln -sfn elsewhere link",
            "printf z >gone; touch \"d'ir/x\"",
            "touch -d '2000-01-01' 'a b'",
        ] {
            let run = |text: &str| Machine(shell).run(text).0;
            let cd = format!("cd {}", quote(directory.path().to_str().unwrap()));
            let digest = run(&format!("{cd}; {change}; service_digest {words}"));
            let seen = run(&format!("service_files_observe {words}"));
            let mut answers = Answers::default();
            answers.add("service_files_observe", 0, &seen);
            let remembered = format!("75e6 {}", String::from_utf8(digest).unwrap().trim());
            let fields: Vec<(&str, &str)> =
                UP.iter().copied().chain([("remembered", remembered.as_str())]).collect();
            answers.add("service_observe", 0, &record("nginx.service", &fields));
            let context = Context { members: names.to_vec().into(), ..Context::default() };
            let service = nginx().made();
            let compared = service.compare(&context, &service.observe(&context, &answers));
            assert_eq!(compared, Comparison::unchanged(), "the same digest: {change}");
            digests.push(remembered);
            // Without a record of this run, only its start is known.
            answers.add("service_observe", 0, &record("nginx.service", &UP));
            answers.add("service_observe", 0, &record("nginx.service", &[("remembered", "")]));
            let compared = service.compare(&context, &service.observe(&context, &answers));
            newest = differences(&compared).join("");
            assert!(newest.contains("older than"), "{change}: {newest}");
        }
        assert!(newest.contains("a b"), "an old date that is set now is a change of now");
        let four: std::collections::HashSet<&String> = digests[..4].iter().collect();
        assert_eq!(four.len(), 4, "a change was not seen: {digests:?}");
        assert_eq!(digests[3], digests[4], "a time is no content");
    }
}

/// A unit that something else keeps running, and that reads its files at run time.
#[test]
fn a_unit_that_reads_its_files_at_run_time() {
    let sshd = nginx().with("if_running", DeclaredValue::Bool(true));
    let idle = [("ActiveState", "inactive"), ("UnitFileState", "disabled")];
    let (comparison, _) = seen(&sshd, &changing(Effect::Reload), &idle);
    assert_eq!(comparison, Comparison::unchanged());
    let (comparison, _) = seen(&sshd, &context(), &[("UnitFileState", "disabled")]);
    assert_eq!(comparison, Comparison::unchanged());
    let (_, steps) = seen(&sshd, &changing(Effect::Reload), &[("UnitFileState", "disabled")]);
    assert!(steps.starts_with("service_converge nginx.service reload "), "{steps}");
    let service = sshd.made();
    assert_eq!(service.compare(&context(), &Observed::Absent), Comparison::unchanged());
}
