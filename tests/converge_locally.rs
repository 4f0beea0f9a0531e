//! Questions, plan, steps and apply against real shells in a temporary directory: apply changes exactly what was
//! planned, and a second run has nothing to do.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "support/local_shell.rs"]
mod local_shell;

use indexmap::IndexMap;
use local_shell::LocalShell;
use matrixform::for_tests::apply::{Event, PlannedStep, RunProgress, Stop, run, schedule};
use matrixform::for_tests::diagnostic::{Place, Source};
use matrixform::for_tests::plan::{Plan, make};
use matrixform::for_tests::remote::{CONNECT_TIMEOUT, Shell};
use matrixform::for_tests::resource::{
    Action, Address, Attribute, Declared, DeclaredValue, Origin, Wanted, declare,
};
use matrixform::for_tests::secret::{Content, Secret};
use std::os::unix::fs::{PermissionsExt, symlink};

const SHELLS: [&[&str]; 2] = [&["dash", "-s"], &["busybox", "sh", "-s"]];

fn file(path: &str, content: Content, mode: &str) -> Declared {
    let source = Source::new("test.toml", "");
    let place = Place::new(&source, 0..0);
    let text = |text: &str| DeclaredValue::Text(Content::plain(text));
    let attribute = |value| Attribute { value, place: place.clone() };
    let attributes = IndexMap::from([
        ("content".to_owned(), attribute(DeclaredValue::Text(content))),
        ("mode".to_owned(), attribute(text(mode))),
    ]);
    Declared {
        address: Address::new("file", path),
        attributes,
        needs: vec![],
        activation: None,
        effect: None,
        why: None,
        origin: Origin { module: "test".into(), declared: place.clone(), requested: None },
    }
}

async fn shell(program: &[&str]) -> Shell<LocalShell> {
    Shell::new(LocalShell::start(program), &matrixform::for_tests::run::library(), CONNECT_TIMEOUT)
        .unwrap()
}

async fn plan(shell: &mut Shell<LocalShell>, wanted: &[Wanted]) -> Plan {
    let questions = matrixform::for_tests::observe::questions(wanted);
    let answers = matrixform::for_tests::observe::observe(shell, &[], &questions).await.unwrap();
    make("here", wanted, &[], &answers).unwrap()
}

fn steps(planned: &Plan) -> Vec<PlannedStep> {
    let schedule = schedule(planned, &[]);
    [schedule.prepare, schedule.rest].concat()
}

async fn apply(shell: &mut Shell<LocalShell>, planned: &Plan) -> Vec<Address> {
    let mut changed = Vec::new();
    let steps = steps(planned);
    run(shell, &steps, &mut RunProgress::new(steps.len()), &Stop::default(), &mut |event| {
        if let Event::Changed(address) = event {
            changed.push(address);
        }
    })
    .await
    .unwrap();
    changed
}

#[tokio::test(flavor = "current_thread")]
async fn files_converge_and_stay_converged() {
    for program in SHELLS {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name).to_str().unwrap().to_owned();
        let mut secret = Content::plain("key = ");
        secret.push_secret(&Secret::new("a/b", "s3cret"));
        let big: Vec<u8> = (0..10_000_000u32).map(|n| (n % 251) as u8).collect();
        let declarations = vec![
            file(&path("plain"), Content::plain("hello\n"), "0644"),
            file(&path("with space 'and' \"quotes\""), Content::plain("x"), "0600"),
            file(&path("-dash $(touch oops) \\ back"), Content::plain(""), "0640"),
            file(&path("secret"), secret, "0600"),
            file(&path("bytes"), Content::plain(vec![0, 255, 10, 13, 0]), "0644"),
            file(&path("big"), Content::plain(big.clone()), "0644"),
            file(&path("link"), Content::plain("real\n"), "0644"),
        ];
        std::fs::write(directory.path().join("target"), "untouched").unwrap();
        symlink(directory.path().join("target"), directory.path().join("link")).unwrap();
        std::fs::write(directory.path().join("plain"), "hello\n").unwrap();
        let wanted = declare(declarations).unwrap();

        let mut shell = shell(program).await;
        let planned = plan(&mut shell, &wanted).await;
        let addresses: Vec<Address> =
            planned.items.iter().map(|item| item.address.clone()).collect();
        assert_eq!(planned.items.len(), 6, "{:?}", planned.items);
        assert_eq!(planned.unchanged.len(), 1);
        let changed = apply(&mut shell, &planned).await;
        assert_eq!(changed, addresses, "{program:?}");

        assert!(plan(&mut shell, &wanted).await.is_empty());
        assert_eq!(std::fs::read(directory.path().join("big")).unwrap(), big);
        assert_eq!(std::fs::read_to_string(directory.path().join("target")).unwrap(), "untouched");
        assert!(std::fs::symlink_metadata(directory.path().join("link")).unwrap().is_file());
        let mode = std::fs::metadata(directory.path().join("secret")).unwrap().permissions().mode();
        assert_eq!(mode & 0o7777, 0o600);
        assert!(!directory.path().join("oops").exists());
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 8, "nothing is left over");
    }
}

#[tokio::test(flavor = "current_thread")]
async fn drift_of_content_and_mode_is_seen_and_corrected() {
    for program in SHELLS {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a");
        let wanted =
            declare(vec![file(path.to_str().unwrap(), Content::plain("one\n"), "0644")]).unwrap();
        std::fs::write(&path, "two\n").unwrap();
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o666)).unwrap();
        let mut shell = shell(program).await;
        let planned = plan(&mut shell, &wanted).await;
        let change = &planned.items[0].change;
        assert_eq!(change.action, Action::Update);
        assert!(change.differs("content") && change.differs("mode") && !change.differs("owner"));
        apply(&mut shell, &planned).await;
        assert!(plan(&mut shell, &wanted).await.is_empty());
    }
}

#[tokio::test(flavor = "current_thread")]
async fn a_failed_step_stops_those_that_were_sent_already() {
    for program in SHELLS {
        let directory = tempfile::tempdir().unwrap();
        let missing = directory.path().join("no-directory/a");
        let after = directory.path().join("b");
        let declarations = vec![
            file(missing.to_str().unwrap(), Content::plain("1"), "0644"),
            file(after.to_str().unwrap(), Content::plain("2"), "0644"),
        ];
        let wanted = declare(declarations).unwrap();
        let mut shell = shell(program).await;
        let planned = plan(&mut shell, &wanted).await;
        let (steps, mut progress) = (steps(&planned), RunProgress::new(2));
        let error = run(&mut shell, &steps, &mut progress, &Stop::default(), &mut |_| {})
            .await
            .unwrap_err();
        assert!(error.message.contains("no-directory/a"), "{}", error.message);
        assert!(plan(&mut shell, &wanted).await.items.len() == 2);
        assert!(!after.exists());
    }
}
