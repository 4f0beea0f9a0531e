//! `init`: turns answers into a spec that passes the strict check, and overwrites no existing file.

#[path = "../support/any_secret.rs"]
mod any_secret;

use crate::assert_transcript;
use crate::host::{Ran, command, run};
use crate::screen::on_a_terminal;
use any_secret::Any;
use matrixform::for_tests::diagnostic::{Diagnostic, Level, Source};
use matrixform::for_tests::module::{Modules, embedded, expand, golden};
use matrixform::for_tests::resource::declare;
use matrixform::for_tests::spec::{Spec, files::SpecDirectory};
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use tempfile::TempDir;

pub(crate) const FLAGS: [&str; 10] = [
    "--server-name",
    "example.org",
    "--host",
    "matrix.example.org",
    "--contact",
    "abuse@example.org",
    "--profile",
    "friends",
    "--tls",
    "self-signed",
];

/// A certificate for the two names of an example community.
pub(crate) const CHAIN: &str = include_str!("../../inventory/tls/example.org.pem");

pub(crate) fn home() -> TempDir {
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join("fullchain.pem"), CHAIN).unwrap();
    home
}

pub(crate) fn init(home: &Path, flags: &[&str]) -> Ran {
    run(&mut command(home, &[&["init"], flags].concat()))
}

pub(crate) fn read(home: &Path, file: &str) -> String {
    std::fs::read_to_string(home.join(file)).unwrap()
}

/// All files below a directory, with their contents.
fn everything(directory: &Path) -> Vec<(String, String)> {
    let list =
        Command::new("find").args([".", "-type", "f"]).current_dir(directory).output().unwrap();
    let mut paths: Vec<String> =
        String::from_utf8(list.stdout).unwrap().lines().map(str::to_owned).collect();
    paths.sort();
    let read = |path: &String| std::fs::read(directory.join(path)).unwrap();
    let lossy = |path: &String| String::from_utf8_lossy(&read(path)).into_owned();
    paths.iter().map(|path| (path.clone(), lossy(path))).collect()
}

#[test]
fn flags_alone_write_a_spec() {
    let home = home();
    let ran = init(home.path(), &FLAGS);
    assert_eq!(ran.status, 0, "{ran}");
    assert_transcript!("flags_alone", ran);
    insta::assert_snapshot!("written_spec", read(home.path(), "inventory/prod.toml"));
    assert!(read(home.path(), "inventory/.gitignore").contains("*secrets.toml\n"));
    assert!(read(home.path(), "inventory/.gitignore").contains("*.recovery-kit*\n"));
    let left = everything(&home.path().join("inventory"));
    assert!(left.iter().all(|(path, _)| !path.ends_with(".new")), "{left:?}");
}

/// Secrets get a store that only this user can open; a second spec uses the same identity.
#[test]
fn secrets_get_a_private_store() {
    let home = home();
    let identity = home.path().join(".config/matrixform/age-identity");
    assert_eq!(init(home.path(), &FLAGS).status, 0);
    assert_eq!(identity.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let first = std::fs::read(&identity).unwrap();
    let again = init(home.path(), &[&["other"], &FLAGS[..]].concat());
    assert_eq!(again.status, 0, "{again}");
    assert_eq!(std::fs::read(&identity).unwrap(), first);
    for spec in ["inventory/prod.toml", "other/prod.toml"] {
        let listed = run(&mut command(home.path(), &["secrets", "list", spec]));
        assert_eq!(listed.status, 0, "{listed}");
        assert!(listed.stdout.contains("synapse/signing_key"), "{listed}");
    }
    // An existing store may hold a server's secrets: it is kept.
    let age = home.path().join("other/prod.secrets.age");
    let before = std::fs::read(&age).unwrap();
    std::fs::remove_file(home.path().join("other/prod.toml")).unwrap();
    let kept = init(home.path(), &[&["other"], &FLAGS[..]].concat());
    assert!(kept.stdout.contains("already exists"), "{kept}");
    assert_eq!(std::fs::read(&age).unwrap(), before);
}

/// A new spec could not use such a file, and replacing it could lose a server's secrets.
#[test]
fn an_age_file_that_cannot_be_opened_ends_it_first() {
    let home = home();
    assert_eq!(init(home.path(), &FLAGS).status, 0);
    let inventory = home.path().join("inventory");
    std::fs::remove_file(inventory.join("prod.toml")).unwrap();
    std::fs::remove_file(inventory.join(".gitignore")).unwrap();
    let age = read(&inventory, "prod.secrets.age");
    let identity = home.path().join(".config/matrixform/age-identity");
    for (text, says) in [
        (age.replacen('\n', "\nx", 1), "is damaged"),
        (format!("<<<<<<< HEAD\n{age}=======\n{age}>>>>>>> other\n"), "Git merge conflict"),
        (String::new(), "is damaged"),
    ] {
        std::fs::write(inventory.join("prod.secrets.age"), &text).unwrap();
        for has_identity in [true, false] {
            let moved = identity.with_extension("old");
            if !has_identity {
                std::fs::rename(&identity, &moved).unwrap();
            }
            let before = everything(&inventory);
            let ran = init(home.path(), &FLAGS);
            assert_eq!(ran.status, 1, "{ran}");
            assert!(
                ran.stderr.contains(says) && ran.stderr.contains("nothing was written"),
                "{ran}"
            );
            assert_eq!(everything(&inventory), before);
            assert_eq!(identity.exists(), has_identity, "no new identity");
            if !has_identity {
                std::fs::rename(&moved, &identity).unwrap();
            }
        }
    }
    std::fs::write(&identity, "damaged").unwrap();
    std::fs::remove_file(inventory.join("prod.secrets.age")).unwrap();
    let ran = init(home.path(), &FLAGS);
    assert!(ran.status == 1 && !inventory.join("prod.toml").exists(), "{ran}");
}

/// The XDG Base Directory Specification: a relative path is ignored.
#[test]
fn a_relative_xdg_directory_is_ignored() {
    let home = home();
    let args = [&["init"], &FLAGS[..]].concat();
    let mut relative = command(home.path(), &args);
    let ran = run(relative.env("XDG_CONFIG_HOME", "relative"));
    assert_eq!(ran.status, 0, "{ran}");
    assert!(home.path().join(".config/matrixform/age-identity").exists());
    assert!(!home.path().join("relative").exists());
}

/// The commands it suggests can be run.
#[test]
fn the_next_commands_exist() {
    let home = home();
    let ran = init(home.path(), &FLAGS);
    let commands = ran.stdout.lines().filter_map(|line| line.trim().strip_prefix("matrixform "));
    let verbs: Vec<&str> = commands.map(|words| words.split(' ').next().unwrap()).collect();
    assert_eq!(verbs, ["check", "plan", "apply", "users"], "{ran}");
    for verb in verbs {
        assert_eq!(run(&mut command(home.path(), &[verb, "--help"])).status, 0, "{verb}");
    }
}

/// The commands in the spec use its path as seen from where `init` was run.
#[test]
fn the_commands_in_the_spec_can_be_run_from_there() {
    let home = home();
    for (directory, tls) in [("inventory", &[][..]), ("other", &["--chain", "fullchain.pem"])] {
        let mut flags = [&[directory][..], &FLAGS[..8]].concat();
        flags.extend(["--tls", if tls.is_empty() { "self-signed" } else { "files" }]);
        flags.extend(tls);
        assert_eq!(init(home.path(), &flags).status, 0);
        let spec = read(home.path(), &format!("{directory}/prod.toml"));
        let commands = spec.lines().filter_map(|line| line.split_once("matrixform secrets "));
        let commands: Vec<&str> = commands.map(|(_, words)| words).collect();
        assert_eq!(commands.len(), if tls.is_empty() { 1 } else { 2 }, "{spec}");
        for words in commands {
            let named = words.split(' ').nth(1).unwrap();
            assert!(home.path().join(named).exists(), "{words}");
        }
        let kit = format!("--recovery-kit {directory}/prod.recovery-kit.txt");
        assert!(spec.contains(&kit), "{spec}");
    }
}

#[test]
fn a_server_name_with_a_port_or_an_address_is_refused() {
    let home = home();
    let mut flags = FLAGS.to_vec();
    flags[1] = "example.org:8448";
    let ran = init(home.path(), &flags);
    assert!(ran.status == 64 && ran.stderr.contains("take `example.org`"), "{ran}");
    let mut flags = FLAGS.to_vec();
    flags[1] = "192.0.2.7";
    let ran = init(home.path(), &flags);
    assert!(ran.status == 64 && ran.stderr.contains("an IP address cannot be"), "{ran}");
    flags[1] = "bücher.example";
    let ran = init(home.path(), &flags);
    assert!(ran.status == 64 && ran.stderr.contains("`xn--bcher-kva.example`"), "{ran}");
    assert!(!home.path().join("inventory").exists());
}

#[test]
fn missing_flags_are_one_error() {
    let home = home();
    assert_transcript!("missing_flags", init(home.path(), &["--server-name", "example.org"]));
    assert_transcript!(
        "missing_chain",
        init(home.path(), &[&FLAGS[..8], &["--tls", "files"]].concat())
    );
    assert!(!home.path().join("inventory").exists());
}

#[test]
fn all_wrong_flags_are_reported_at_once() {
    let home = home();
    let flags = [
        "--server-name=exa mple.org",
        "--host=-x",
        "--user=a b",
        "--host-key=nothing",
        "--public-name=*.example.org",
        "--contact=nobody",
        "--profile=friend",
        "--registration=open",
        "--tls=certbot",
        "--chain=nowhere.pem",
    ];
    let ran = init(home.path(), &flags);
    assert_eq!(ran.status, 64);
    assert_transcript!("wrong_flags", ran);
    assert!(!home.path().join("inventory").exists());
}

#[test]
fn the_whole_spec_is_checked_before_it_is_written() {
    let home = home();
    let files = ["--tls", "files", "--chain", "fullchain.pem"];
    let other = [
        "--server-name",
        "other.example",
        "--host",
        "192.0.2.1",
        "--contact",
        "@ops:elsewhere.example",
        "--profile",
        "closed",
    ];
    let ran = init(home.path(), &[&other[..], &files].concat());
    assert_eq!(ran.status, 1);
    assert_transcript!("certificate_for_other_names", ran);
    assert!(!home.path().join("inventory").exists());
}

#[test]
fn existing_files_are_kept() {
    let home = home();
    let inventory = home.path().join("inventory");
    std::fs::create_dir_all(inventory.join("tls")).unwrap();
    std::fs::write(inventory.join(".gitignore"), "mine\n*.key").unwrap();
    std::fs::write(inventory.join("tls/example.org.pem"), "mine").unwrap();
    let files = [&FLAGS[..8], &["--tls", "files", "--chain", "fullchain.pem"]].concat();
    let before = everything(&inventory);
    assert_transcript!("chain_is_there", init(home.path(), &files));
    assert_eq!(everything(&inventory), before);

    std::fs::write(inventory.join("tls/example.org.pem"), CHAIN).unwrap();
    assert_eq!(init(home.path(), &files).status, 0);
    let ignored = read(&inventory, ".gitignore");
    assert!(ignored.starts_with("mine\n*.key\n"), "{ignored}");
    assert_eq!(ignored.matches("*.key").count(), 1);

    let before = everything(&inventory);
    assert_transcript!("spec_is_there", init(home.path(), &FLAGS));
    assert_eq!(everything(&inventory), before);
}

#[test]
fn another_directory_and_every_flag() {
    let home = home();
    let mut flags = FLAGS.to_vec();
    flags.extend([
        "--user",
        "ops",
        "--public-name",
        "chat.example.org",
        "--registration",
        "closed",
    ]);
    flags.extend(["--host-key", "SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU", "--yes"]);
    assert_eq!(init(home.path(), &[&["there/at/last"], &flags[..]].concat()).status, 0);
    let spec = read(home.path(), "there/at/last/prod.toml");
    for line in [
        "user = \"ops\"",
        "public_baseurl = \"https://chat.example.org/\"",
        "registration.mode = \"closed\"",
        "host_key = \"SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU\"",
    ] {
        assert!(spec.lines().any(|found| found == line), "{line}: {spec}");
    }
}

/// Asserts that it passes the strict check, and expands on every release without a warning.
pub(crate) fn is_right(directory: &Path) {
    let path = directory.join("prod.toml");
    let checked = run(&mut command(directory, &["check", "--strict", "prod.toml"]));
    assert_eq!(checked.status, 0, "{checked}");
    let text = std::fs::read_to_string(&path).unwrap();
    let source = Source::new(path.display().to_string(), text);
    let spec = Spec::read(&source, Arc::new(SpecDirectory::new(directory))).unwrap();
    let modules = Modules::load(&embedded(), &[]).unwrap();
    for name in golden::facts_names() {
        let facts = golden::facts(name).unwrap();
        let expansion = expand(&spec, &modules, &facts, &Any).unwrap();
        let risky = |note: &&Diagnostic| note.level >= Level::Warning;
        assert_eq!(expansion.notes.iter().find(risky), None, "{name}");
        assert!(declare(expansion.resources).unwrap().len() > 30, "{name}");
    }
}

#[test]
fn every_combination_passes_the_strict_check() {
    let home = home();
    for (profile, site) in [
        ("friends", "no"),
        ("closed", "nginx"),
        ("newsroom", "caddy"),
        ("none", "other"),
        ("none", "no"),
    ] {
        for registration in ["closed", "token"] {
            for tls in ["letsencrypt", "self-signed", "files"] {
                let directory = format!("{profile}-{registration}-{tls}-{site}");
                let mut flags = FLAGS[..6].to_vec();
                flags.extend([directory.as_str(), "--profile", profile]);
                flags.extend(["--registration", registration, "--tls", tls, "--web-site", site]);
                if tls == "files" {
                    flags.extend(["--chain", "fullchain.pem"]);
                }
                let ran = init(home.path(), &flags);
                assert_eq!(ran.status, 0, "{directory}: {ran}");
                is_right(&home.path().join(directory));
            }
        }
    }
}

/// Answers questions on a terminal; returns the screen and the exit status.
pub(crate) fn answer(home: &Path, flags: &str, answers: &[&str]) -> (String, i32) {
    let mut script = on_a_terminal(home, &format!("init {flags}"), "never");
    let mut screen = script.stdout.take().unwrap();
    let (mut screen_text, mut seen, mut byte) = (Vec::new(), 0, [0]);
    for answer in answers {
        // A prompt ends with a colon and a space, with nothing after it.
        while !screen_text[seen..].ends_with(b": ") || !prompts(&screen_text[seen..]) {
            assert_eq!(
                screen.read(&mut byte).unwrap(),
                1,
                "{}",
                String::from_utf8_lossy(&screen_text)
            );
            screen_text.push(byte[0]);
        }
        // Adds the typed text, so that the transcript looks like the screen.
        screen_text.extend_from_slice(format!("{}\n", answer.escape_default()).as_bytes());
        seen = screen_text.len();
        script.stdin.as_mut().unwrap().write_all(answer.as_bytes()).unwrap();
        if !answer.ends_with(['\x03', '\x04']) {
            script.stdin.as_mut().unwrap().write_all(b"\n").unwrap();
        }
    }
    screen.read_to_end(&mut screen_text).unwrap();
    let status = script.wait().unwrap().code().unwrap();
    (String::from_utf8(screen_text).unwrap().replace('\r', ""), status)
}

/// Whether the last line is a prompt; no explanation begins like a prompt.
fn prompts(screen_text: &[u8]) -> bool {
    const LABELS: [&str; 11] = [
        "Write it anyway?",
        "server name",
        "host",
        "user",
        "public name",
        "web site",
        "contact",
        "profile",
        "registration",
        "tls",
        "chain",
    ];
    let text = String::from_utf8_lossy(screen_text);
    let line = text.rsplit('\n').next().unwrap_or_default().trim_start_matches('\r').to_owned();
    LABELS.iter().any(|label| {
        let rest = line.strip_prefix(label);
        rest.is_some_and(|rest| rest == ": " || (rest.starts_with(" [") && rest.ends_with("]: ")))
    })
}

#[test]
fn questions_are_repeated_until_the_answers_are_valid() {
    let home = home();
    let answers = [
        "example..org",
        "",
        "example.org",
        "matrix.example.org",
        "",
        "",
        "",
        "nobody",
        "abuse@example.org",
        "newsrom",
        "newsroom",
        "open",
        "",
        "files",
        "nowhere.pem",
        "fullchain.pem",
    ];
    let (screen, status) = answer(home.path(), "", &answers);
    assert_transcript!("questions", format!("{screen}exit status {status}"));
    assert_eq!(status, 0);
    assert_eq!(read(home.path(), "inventory/tls/example.org.pem"), CHAIN);
    insta::assert_snapshot!("written_spec_newsroom", read(home.path(), "inventory/prod.toml"));
    is_right(&home.path().join("inventory"));
}

#[test]
fn typed_answers_are_accepted_and_can_be_revised() {
    let home = home();
    let answers = [
        "192.0.2.7",
        "https://Example.org/",
        "10.83.0.13",
        "<",
        " ubuntu@10.83.0.13:2222 ",
        "https://Matrix.example.org./",
        "yes",
        "back",
        "",
        "nginx",
        "@admin:example.org",
        "mailto:abuse@example.org",
        "None",
        "",
        "certbot",
        "letsencrypt",
    ];
    let (screen, status) = answer(home.path(), "", &answers);
    assert_transcript!("typed_and_back", format!("{screen}exit status {status}"));
    assert_eq!(status, 0, "{screen}");
    let spec = read(home.path(), "inventory/prod.toml");
    for line in [
        "server_name = \"example.org\"",
        "address = \"10.83.0.13\"",
        "user = \"ubuntu\"",
        "port = 2222",
        "public_baseurl = \"https://matrix.example.org/\"",
        "served_by = \"external\"",
    ] {
        assert!(spec.lines().any(|found| found == line), "{line}: {spec}");
    }
    is_right(&home.path().join("inventory"));
}

/// The same input as flags, without a terminal.
#[test]
fn flags_accept_the_same_input() {
    let home = home();
    let flags = [
        "--server-name",
        "https://Example.org/",
        "--host",
        "ssh://ubuntu@10.83.0.13:2222",
        "--public-name",
        "Chat.example.org.",
        "--web-site",
        "caddy",
        "--contact",
        "mailto:abuse@example.org",
        "--profile",
        "Closed",
        "--tls",
        "self-signed",
    ];
    let ran = init(home.path(), &flags);
    assert_eq!(ran.status, 0, "{ran}");
    assert!(
        ran.to_string().contains("respond /.well-known/matrix/server"),
        "the text to paste: {ran}"
    );
    let spec = read(home.path(), "inventory/prod.toml");
    for line in [
        "user = \"ubuntu\"",
        "port = 2222",
        "public_baseurl = \"https://chat.example.org/\"",
        "external_server = \"caddy\"",
    ] {
        assert!(spec.lines().any(|found| found == line), "{line}: {spec}");
    }
    // An explicit flag takes precedence.
    let ran =
        init(home.path(), &[&["other", "--user", "ops", "--port", "22"], &flags[..]].concat());
    assert_eq!(ran.status, 0, "{ran}");
    let spec = read(home.path(), "other/prod.toml");
    assert!(spec.contains("user = \"ops\"") && spec.contains("port = 22\n"), "{spec}");
    let own = init(
        home.path(),
        &[&["third"], &flags[..8], &["--contact", "@a:example.org"], &flags[10..]].concat(),
    );
    assert!(own.status == 64 && own.stderr.contains("on the new server itself"), "{own}");
}

#[test]
fn only_missing_answers_are_asked_for() {
    let home = home();
    let flags = "there --server-name example.org --host 192.0.2.1 --user root --tls self-signed \
                 --profile friends --registration token --contact @ops:elsewhere.example";
    let (screen, status) = answer(home.path(), flags, &["", ""]);
    assert_eq!(status, 0, "{screen}");
    let spec = read(home.path(), "there/prod.toml");
    assert!(spec.contains("public_baseurl = \"https://matrix.example.org/\""), "{spec}");
    assert!(spec.contains("matrix_id = \"@ops:elsewhere.example\""), "{spec}");
    is_right(&home.path().join("there"));
}

#[test]
fn an_unanswered_question_writes_nothing() {
    let home = home();
    let (screen, status) = answer(home.path(), "", &["example.org", "\x04"]);
    assert!(screen.contains("nothing was written: a question was not answered"), "{screen}");
    assert!(screen.contains("`matrixform init --server-name example.org`"), "{screen}");
    assert_eq!(status, 1);
    let (screen, status) = answer(home.path(), "", &["example.org", "root@a.example:22", "\x03"]);
    assert!(screen.contains("nothing was written: stopped by Ctrl-C"), "{screen}");
    let flags = "--host a.example --port 22 --server-name example.org --user root";
    assert!(screen.contains(flags), "{screen}");
    assert_eq!(status, 1);
    assert!(!home.path().join("inventory").exists());
    // With `--yes` there are no questions, even on a terminal.
    let (screen, status) = answer(home.path(), "--yes", &[]);
    assert!(screen.contains("`--server-name`, `--host`, `--contact`"), "{screen}");
    assert_eq!(status, 64);
}
