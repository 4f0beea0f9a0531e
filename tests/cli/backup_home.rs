//! `backup prune` and `backup pull`, with this machine's restic and real servers of restic's protocol (rclone): one that lets
//! the host add and nothing else, and one for whoever may delete. No host is needed: it may be gone.

mod home;

use crate::canary::{Canary, Watcher};
use crate::host::run;
use home::{DAY, Home, MANIFEST, Server, files, largest, midnight, names};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

#[test]
fn credentials_for_deletion_are_never_applied() {
    let applied = include_str!("../../modules/backup/golden/full.debian-12.txt");
    assert!(applied.contains("secret backup/offsite-login"), "secrets are named there");
    for gone in
        ["backup/offsite-prune", "backup/s3-prune-id", "backup/s3-prune-key", ":8443", "admin"]
    {
        assert!(!applied.contains(gone), "{gone} would be on the host");
    }
}

#[test]
fn the_host_can_only_add_and_pruning_has_other_credentials() {
    let home = Home::new();
    home.init();
    let adds = Server::start(&home.served(), ("prod", &home.login), false);
    let deletes = Server::start(&home.served(), ("admin", &home.prune), true);
    let login = "user = \"prod\"\nuser_password = { secret = \"backup/login\" }";
    let prune = format!(
        "{{ url = \"{}\", user = \"admin\", user_password = {{ secret = \"backup/prune\" }} }}",
        deletes.url()
    );
    home.spec(&adds.url(), login, &prune);
    let own = adds.url().replace("127", &format!("prod:{}@127", home.login));
    home.save_six(&own);
    cannot_delete(&home, &own, &adds);

    let ran = home.backup(&["prune"], 1);
    assert!(ran.stdout.contains("3 snapshots to remove, 3 to keep"), "{ran}");
    assert!(ran.stderr.contains("nothing was removed: cannot ask"), "{ran}");
    assert!(ran.stderr.contains("restic 0."), "its version: {ran}");
    assert_eq!(home.snapshots().len(), 6);

    let canaries =
        [&home.password, &home.login, &home.prune].map(|value| Canary::new("one", value));
    let given = Some("/usr/bin/restic".to_owned());
    let watcher = Watcher::start(&canaries, "restic\0forget", vec![home.path("tmp")], given);
    let size = |home: &Home| -> u64 {
        files(&home.repository()).iter().map(|file| file.metadata().unwrap().len()).sum()
    };
    let before = size(&home);
    let ran = home.backup(&["prune", "--yes"], 0);
    let seen = watcher.end();
    assert!(seen.leaks.is_empty(), "{:#?}", seen.leaks);
    assert!(seen.at_work > 0, "it was seen at work");
    assert!(ran.stderr.contains("removed 3 of 6 snapshots"), "{ran}");
    canaries.iter().for_each(|one| assert!(!one.is_in(&ran.stdout) && !one.is_in(&ran.stderr)));
    assert_eq!(home.snapshots().len(), 3);
    assert!(size(&home) < before * 3 / 4, "the data went: {before} and {}", size(&home));
    home.is_sound();
    assert!(
        home.backup(&["prune", "--yes"], 0).stdout.contains("0 snapshots to remove, 3 to keep")
    );

    // One whose date was invented takes the place of no real one.
    home.save(&own, midnight() - 5 * DAY + 23 * 3600);
    home.refused("was not there at the last pruning");
    std::fs::remove_dir_all(home.path(".cache/matrixform")).unwrap();

    // The second credential with a server that only adds: nothing is half done.
    let prune = format!(
        "{{ url = \"{}\", user = \"prod2\", user_password = {{ secret = \"backup/prune\" }} }}",
        adds.url()
    );
    home.spec(&adds.url(), login, &prune);
    let ran = home.backup(&["prune", "--yes"], 1);
    assert!(ran.stderr.contains("401") || ran.stderr.contains("refuses the login"), "{ran}");
    drop(adds);
    let adds = Server::start(&home.served(), ("admin", &home.prune), false);
    home.spec(
        "sftp:box:/x",
        SFTP,
        &prune.replace("prod2", "admin").replace(&url_of(&prune), &adds.url()),
    );
    let before = files(&home.repository());
    let ran = home.backup(&["prune", "--yes"], 1);
    assert!(ran.stderr.contains("append-only") || ran.stderr.contains("do not allow"), "{ran}");
    assert_eq!(files(&home.repository()), before, "{ran}");
    home.is_sound();
}

const SFTP: &str = "ssh_key = { secret = \"backup/login\" }\nssh_host_key = \"ssh-ed25519 AAAA\"";

fn url_of(table: &str) -> String {
    table.split('"').nth(1).unwrap().to_owned()
}

/// With what the host has, nothing is deleted and nothing overwritten.
fn cannot_delete(home: &Home, own: &str, server: &Server) {
    let before: Vec<(PathBuf, Vec<u8>)> = files(&home.repository())
        .into_iter()
        .map(|file| (file.clone(), std::fs::read(file).unwrap()))
        .collect();
    let (_, output) = home.restic(own, &["forget", "--keep-last", "1", "--prune"], &[]);
    assert!(output.contains("403"), "{output}");
    for (file, _) in &before {
        let below = file.strip_prefix(home.repository()).unwrap().to_str().unwrap();
        // Packs lie in directories by their first digits, of which the protocol knows nothing.
        let parts: Vec<&str> = below.split('/').collect();
        let path = if parts[0] == "data" { format!("data/{}", parts[2]) } else { below.to_owned() };
        let url = format!("http://127.0.0.1:{}/prod/{path}", server.port);
        for args in [&["-X", "DELETE"][..], &["--data-binary", "x"]] {
            let answer = Command::new("curl")
                .args(["-q", "-s", "-o", "/dev/null", "-w", "%{http_code}", "-u"])
                .arg(format!("prod:{}", home.login))
                .args(args)
                .arg(&url)
                .output()
                .unwrap();
            assert_eq!(String::from_utf8_lossy(&answer.stdout), "403", "{args:?} {path}");
        }
    }
    for (file, content) in before {
        // Locks are the one thing that comes and goes.
        assert!(std::fs::read(&file).unwrap() == content, "{}", file.display());
    }
}

#[test]
fn pruning_is_refused_if_anything_is_wrong() {
    let home = Home::new();
    home.local_spec();
    let url = home.repository().to_str().unwrap().to_owned();
    home.refused_without_one("there is no repository at");
    home.init();
    home.refused("there are no backups in the repository");
    home.save_six(&url);

    home.secrets("another one");
    home.refused("wrong password");
    home.secrets(&home.password);

    let latest = |home: &Home, before: &[String]| {
        home.snapshots().into_iter().find(|id| !before.contains(id)).unwrap()
    };
    let before = home.snapshots();
    home.save(&url, midnight() + 3 * DAY);
    let ran = home.refused("is dated in the future");
    let id = latest(&home, &before);
    assert!(ran.stderr.contains(&id[..8]), "{ran}");
    std::fs::remove_file(home.repository().join("snapshots").join(id)).unwrap();

    home.save_of(&url, midnight() - 3600, "other.example");
    home.refused("it is of other.example, not of example.org");
    let id = latest(&home, &before);
    std::fs::remove_file(home.repository().join("snapshots").join(id)).unwrap();

    let pack = largest(&home.repository().join("data"));
    std::fs::rename(&pack, home.path("pack")).unwrap();
    home.refused("the check found damage");
    std::fs::rename(home.path("pack"), &pack).unwrap();

    let ran = run(home.command(&["prune", "--yes"]).env("PATH", "/nowhere"));
    assert!(ran.status == 1 && ran.stderr.contains("apt install restic"), "{ran}");
    home.spec("sftp:box:/x", SFTP, "{}");
    home.refused("no credentials that may delete");
    home.local_spec();
    home.backup(&["prune", "--yes"], 0);
    assert_eq!(home.snapshots().len(), 3);
}

impl Home {
    fn refused_without_one(&self, why: &str) {
        let ran = self.backup(&["prune", "--yes"], 1);
        assert!(ran.stderr.contains(why), "{ran}");
        assert!(!self.repository().exists());
    }
}

#[test]
fn a_killed_pruning_is_finished_by_the_next() {
    let home = Home::new();
    home.local_spec();
    home.init();
    let url = home.repository().to_str().unwrap().to_owned();
    home.save_six(&url);
    // While the check runs, while snapshots go, and while data go.
    for words in ["restic\0check", "restic\0forget", "restic\0prune"] {
        use std::os::unix::process::CommandExt as _;
        let mut child = home.command(&["prune", "--yes"]);
        child.process_group(0).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = child.spawn().unwrap();
        let group = rustix::process::Pid::from_child(&child);
        let is_at_work = || {
            let all = std::fs::read_dir("/proc").unwrap().flatten();
            all.filter_map(|process| {
                let words_of = std::fs::read_to_string(process.path().join("cmdline")).ok()?;
                let around = std::fs::read_to_string(process.path().join("environ")).ok()?;
                Some(words_of.contains(words) && around.contains(&url))
            })
            .any(|found| found)
        };
        crate::await_that(words, || is_at_work() || child.try_wait().unwrap().is_some());
        std::thread::sleep(Duration::from_millis(30));
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        child.wait().unwrap();
        assert!(home.snapshots().len() >= 3, "{words:?}");
    }
    home.backup(&["prune", "--yes"], 0);
    assert_eq!(home.snapshots().len(), 3);
    home.is_sound();
    assert!(names(&home.repository().join("locks")).is_empty(), "no lock stays");
}

#[test]
fn a_copy_is_pulled_and_checked() {
    let home = Home::new();
    home.init();
    let adds = Server::start(&home.served(), ("prod", &home.login), false);
    home.spec(&adds.url(), "user = \"prod\"\nuser_password = { secret = \"backup/login\" }", "{}");
    let own = adds.url().replace("127", &format!("prod:{}@127", home.login));
    let ran = home.backup(&["pull", "--to", "copy"], 1);
    assert!(ran.stderr.contains("there are no backups in"), "{ran}");
    for (days, hour) in [(1, 20), (1, 8)] {
        home.save(&own, midnight() - days * DAY + hour * 3600);
    }
    let ran = home.backup(&["pull", "--to", "copies/prod"], 0);
    assert!(ran.stderr.contains("2 of 2 snapshots are new"), "{ran}");
    assert!(ran.stderr.contains("the newest is") && ran.stderr.contains("hours old"), "{ran}");
    use std::os::unix::fs::PermissionsExt as _;
    let copy = home.path("copies/prod");
    assert_eq!(copy.metadata().unwrap().permissions().mode() & 0o777, 0o700);
    assert!(home.backup(&["pull", "--to", "copies/prod"], 0).stderr.contains("0 of 2 snapshots"));
    home.save(&own, midnight() - DAY + 21 * 3600);
    assert!(home.backup(&["pull", "--to", "copies/prod"], 0).stderr.contains("1 of 3 snapshots"));

    // It is the same, and opens with the same password.
    let dump = |url: &str| home.restic(url, &["dump", "latest", MANIFEST], &[]);
    let (original, copied) = (dump(&own), dump(copy.to_str().unwrap()));
    assert!(original.0 && original == copied && original.1.contains("example.org"));
    for file in files(&copy) {
        let bytes = std::fs::read(&file).unwrap();
        assert!(
            !String::from_utf8_lossy(&bytes).contains("example.org"),
            "{} is in clear",
            file.display()
        );
    }

    std::fs::create_dir(home.path("full")).unwrap();
    std::fs::write(home.path("full/x"), "x").unwrap();
    let ran = home.backup(&["pull", "--to", "full"], 1);
    assert!(ran.stderr.contains("neither empty nor a copy"), "{ran}");
    assert_eq!(names(&home.path("full")), ["x"]);

    let pack = files(&copy.join("data")).pop().unwrap();
    std::fs::rename(&pack, home.path("pack")).unwrap();
    let ran = home.backup(&["pull", "--to", "copies/prod"], 3);
    assert!(ran.stderr.contains("the check found damage"), "{ran}");
    std::fs::rename(home.path("pack"), &pack).unwrap();
    home.backup(&["pull", "--to", "copies/prod"], 0);

    // One with data: those of directories are in restic's cache.
    std::fs::remove_file(largest(&home.repository().join("data"))).unwrap();
    let ran = home.backup(&["pull", "--to", "second"], 3);
    assert!(ran.stderr.contains("copying"), "{ran}");
    home.secrets("another one");
    let ran = home.backup(&["pull", "--to", "third"], 1);
    assert!(ran.stderr.contains("wrong password") && !home.path("third").exists(), "{ran}");
    home.spec("/srv/backup", "", "{}");
    let ran = home.backup(&["pull", "--to", "third"], 1);
    assert!(ran.stderr.contains("a directory on the host"), "{ran}");
}
