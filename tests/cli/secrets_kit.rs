//! The recovery kit: one file that `age` opens, sufficient to restore everything on another machine.

use crate::secrets_home::{Home, feed, mode};
use std::process::Command;

const PASSPHRASE: &str = "six words that dice have drawn";

fn home() -> Home {
    let home = Home::new();
    let canary = home.canary.as_str();
    home.does(&["create"]);
    let key = home.given(&["set", "vault/key"], &format!("{canary}\nof two \"lines\"\n"));
    assert_eq!(key.status, 0, "{key}");
    assert_eq!(home.given(&["set", "vault/token"], "a token of some length").status, 0);
    home
}

/// The armored part of a kit, extracted as in its own steps.
fn armor(home: &Home) -> String {
    let mut sed = Command::new("sed");
    let cut = sed.args(["-n", "/^-----BEGIN AGE/,/^-----END AGE/p"]).arg(home.path("kit.txt"));
    String::from_utf8(cut.output().unwrap().stdout).unwrap()
}

#[test]
fn a_kit_restores_everything_elsewhere() {
    let home = home();
    let canary = home.canary.as_str();
    let other = home.keygen("paper");
    let made = home.does(&["export", "--recovery-kit", "kit.txt", "--recipient", &other]);
    assert!(!made.to_string().contains(canary), "{made}");
    assert_eq!(mode(&home.path("kit.txt")), 0o600);
    let page = std::fs::read_to_string(home.path("kit.txt")).unwrap();
    assert!(page.is_ascii() && !page.contains(canary) && page.contains("matrixform apply"));
    let opened = home.age(&["-d", "-i", "paper"], &armor(&home));
    assert_eq!(opened.status, 0, "{opened}");
    assert!(opened.stdout.contains("AGE-SECRET-KEY-1"), "the identity is in it");

    let elsewhere = Home::new();
    elsewhere.does(&["create"]);
    elsewhere.write_own("kit.toml", &opened.stdout);
    elsewhere.does(&["import", "--from", "kit.toml"]);
    let got = elsewhere.does(&["get", "vault/key"]);
    assert_eq!(got.stdout, format!("{canary}\nof two \"lines\"\n"));
    // The hosts store versions under this key, not under the one that `create` has made.
    let keys = [&home, &elsewhere].map(|home| home.does(&["get", "matrixform/plan-key"]).stdout);
    assert_eq!(keys[0], keys[1]);
    let weak = elsewhere.given(&["set", "matrixform/plan-key", "--replace"], "0123456789\n");
    assert!(weak.status == 1 && weak.stderr.contains("is not 32 random bytes"), "{weak}");
    let now = elsewhere.does(&["get", "matrixform/plan-key"]).stdout;
    assert_eq!(now, keys[0], "a key that could be guessed is not stored");

    let again = home.secrets(&["export", "--recovery-kit", "kit.txt", "--recipient", &other]);
    assert_eq!(again.status, 1, "an existing kit is never overwritten: {again}");
}

#[test]
fn a_passphrase_opens_it() {
    let home = home();
    let canary = home.canary.as_str();
    let weak = home.given(&["export", "--recovery-kit", "kit.txt"], "short\n");
    assert!(weak.status == 1 && !home.path("kit.txt").exists(), "{weak}");
    let made = home.given(&["export", "--recovery-kit", "kit.txt"], &format!("{PASSPHRASE}\n"));
    assert_eq!(made.status, 0, "{made}");
    assert!(!made.to_string().contains(PASSPHRASE));
    home.write("kit.age", &armor(&home));
    let mut script = Command::new("timeout");
    script.args([
        "--foreground",
        "120",
        "script",
        "--quiet",
        "--return",
        "--command",
        "age -d -o opened kit.age",
        "/dev/null",
    ]);
    let ran = feed(script.current_dir(home.directory.path()), &format!("{PASSPHRASE}\n"));
    assert_eq!(ran.status, 0, "{ran}");
    assert!(std::fs::read_to_string(home.path("opened")).unwrap().contains(canary));
}

#[test]
fn an_empty_kit_is_refused() {
    let home = Home::new();
    let ran = home.given(&["export", "--recovery-kit", "kit.txt"], PASSPHRASE);
    assert!(ran.status == 1 && ran.stderr.contains("the recovery kit would be empty"), "{ran}");
}

/// The commands printed in a kit, as a shell reads them, without those that need a host.
fn steps(home: &Home, kit: &str, identity: &str) -> Vec<String> {
    let page = std::fs::read_to_string(home.path(kit)).unwrap();
    let commands = page.lines().filter_map(|line| line.strip_prefix("        "));
    let hosts = ["matrixform apply", "matrixform rebuild"];
    let offline = commands.filter(|line| !hosts.iter().any(|host| line.starts_with(host)));
    let shm = home.path("shm").display().to_string();
    offline
        .map(|line| line.replace("/dev/shm", &shm).replace("IDENTITY ", &format!("{identity} ")))
        .collect()
}

/// The modes of the only directory in it, and of the opened kit inside.
fn open_modes(shm: &std::path::Path) -> [u32; 2] {
    let directory = std::fs::read_dir(shm).unwrap().next().unwrap().unwrap().path();
    [directory.clone(), directory.join("kit.toml")].map(|path| mode(&path))
}

/// Wraps a step with the variable set by earlier ones, under a usual umask.
fn in_one_shell(step: &str) -> String {
    format!(
        "umask 022; opened=$(cat .opened 2>/dev/null)\n{step}\nended=$?; echo \"$opened\" >.opened; exit $ended"
    )
}

/// Runs these steps on this machine, in the directory of the repository.
fn follow(elsewhere: &Home, canary: &str, steps: &[String]) {
    std::fs::create_dir_all(elsewhere.path("shm")).unwrap();
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_matrixform")).parent().unwrap();
    for step in steps {
        let mut shell = Command::new("sh");
        shell.args(["-c", &in_one_shell(step)]).env_clear().env("HOME", elsewhere.directory.path());
        shell.env("PATH", format!("{}:/usr/bin:/bin", program.display()));
        let ran = crate::host::run(shell.current_dir(elsewhere.directory.path()));
        assert_eq!(ran.status, 0, "{step}\n{ran}");
        if step.contains("age -d") {
            assert_eq!(open_modes(&elsewhere.path("shm")), [0o700, 0o600]);
        }
        // Checked before the last step deletes it.
        if step.contains("secrets import") {
            let got = elsewhere.does(&["get", "vault/key"]);
            assert_eq!(got.stdout, format!("{canary}\nof two \"lines\"\n"));
        }
    }
    let left = std::fs::read_dir(elsewhere.path("shm")).unwrap().count();
    assert_eq!(left, 0, "nothing secret is left");
    assert_eq!(elsewhere.does(&["get", "vault/token"]).stdout, "a token of some length\n");
}

/// On a bare machine the printed steps alone restore everything: with the repository and its secrets file, with a
/// repository that lost that file, and with a newly written spec.
#[test]
fn the_printed_steps_work_verbatim() {
    let home = home();
    let other = home.keygen("paper");
    let kit = "prod.recovery-kit.txt";
    home.does(&["export", "inventory/prod.toml", "--recovery-kit", kit, "--recipient", &other]);
    let identity = home.path("paper").display().to_string();
    for with_file in [true, false] {
        let elsewhere = Home::new();
        std::fs::copy(home.path(kit), elsewhere.path(kit)).unwrap();
        if with_file {
            let file = "inventory/prod.secrets.age";
            std::fs::copy(home.path(file), elsewhere.path(file)).unwrap();
        }
        follow(&elsewhere, &home.canary, &steps(&elsewhere, kit, &identity));
    }
    // With the kit alone: a new spec and its empty secrets file exist before the last steps.
    let elsewhere = Home::new();
    std::fs::copy(home.path(kit), elsewhere.path(kit)).unwrap();
    let steps = steps(&elsewhere, kit, &identity);
    let at = steps.iter().position(|step| step.contains("secrets create")).unwrap();
    let (before, after) = steps.split_at(at);
    std::fs::create_dir_all(elsewhere.path("shm")).unwrap();
    for step in before {
        let mut shell = Command::new("sh");
        shell.args(["-c", &in_one_shell(step)]).env_clear().env("HOME", elsewhere.directory.path());
        let ran = crate::host::run(
            shell.env("PATH", "/usr/bin:/bin").current_dir(elsewhere.directory.path()),
        );
        assert_eq!(ran.status, 0, "{step}\n{ran}");
    }
    elsewhere.does(&["create"]);
    follow(&elsewhere, &home.canary, after);
}

#[test]
fn an_unwritable_kit_is_reported_with_the_reason() {
    let home = home();
    let other = home.keygen("paper");
    let export = |file: &str| {
        let ran = home.secrets(&["export", "--recovery-kit", file, "--recipient", &other]);
        assert_eq!(ran.status, 1, "{ran}");
        ran.stderr
    };
    assert!(export("nowhere/kit").contains("a directory that exists"));
    home.write("old", "");
    assert!(export("old").contains("an existing kit is never overwritten"));
}
