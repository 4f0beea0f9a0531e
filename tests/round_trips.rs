//! The round trips of a plan stay constant: nine when nothing is known of the host, eight once its facts are
//! remembered, whatever the number of resources. Runs the whole program against a real sshd on this machine, with a
//! spec that asks for what the machine already has. The count is verified against the slope of the time between two
//! delays.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "support/delay.rs"]
mod delay;
#[path = "support/sshd.rs"]
mod sshd;

use delay::Delay;
use sshd::{Key, Sshd};
use std::fmt::Write;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// Resources of every kind available on any machine, and two hundred files.
fn spec(sshd: &Sshd, key: &Key) -> PathBuf {
    let directory = sshd.directory();
    let files = directory.join("files");
    fs::create_dir(&files).unwrap();
    let mut text = format!(
        "format = 1\n[host]\naddress = \"127.0.0.1\"\nport = {}\nuser = \"root\"\nhost_key = \"{}\"\n\
         identity_files = [\"{}\"]\n",
        sshd.port,
        sshd.host_key("ed25519"),
        key.path.display()
    );
    let mut resource = |kind: &str, name: &Path, more: &str| {
        let name = name.display();
        writeln!(text, "[[resource]]\nkind = \"{kind}\"\nname = \"{name}\"\n{more}").unwrap();
    };
    for number in 0..200 {
        let path = files.join(number.to_string());
        fs::write(&path, format!("{number}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        resource("file", &path, &format!("content = \"{number}\\n\""));
    }
    fs::set_permissions(&files, fs::Permissions::from_mode(0o755)).unwrap();
    std::os::unix::fs::symlink("files", directory.join("link")).unwrap();
    resource("directory", &files, "");
    resource("symlink", &directory.join("link"), "target = \"files\"");
    resource("absent", &directory.join("nothing"), "");
    resource("apt", Path::new("coreutils"), "");
    resource("user", Path::new("root"), "");
    resource("group", Path::new("root"), "");
    let path = directory.join("spec.toml");
    fs::write(&path, text).unwrap();
    path
}

/// The count shown by `matrixform plan --timings`.
fn counted(sshd: &Sshd, spec: &Path) -> u32 {
    let ran = Command::new(env!("CARGO_BIN_EXE_matrixform"))
        .args(["plan", "--timings"])
        .arg(spec)
        .env_clear()
        .env("HOME", sshd.directory().join("home"))
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&ran.stderr).into_owned();
    let shown = String::from_utf8_lossy(&ran.stdout).into_owned();
    assert!(ran.status.success() && shown.contains("no changes"), "{shown}{stderr}{}", sshd.log());
    let total = stderr.lines().find_map(|line| line.strip_suffix("in all")).expect("a count");
    total.trim().parse().unwrap()
}

#[test]
fn a_plan_takes_nine_and_then_eight_round_trips() {
    let sshd = Sshd::start();
    let key = Key::new(sshd.directory(), "key", "ed25519");
    sshd.authorize(&key);
    let spec = spec(&sshd, &key);
    assert_eq!(counted(&sshd, &spec), 9, "nothing is remembered");
    assert_eq!(counted(&sshd, &spec), 8, "the facts are remembered");
}

/// Takes the fastest plan through each delay; further runs can only come closer to the slope.
#[tokio::test(flavor = "multi_thread")]
async fn counted_round_trips_match_measured_ones() {
    let (near, far) = (Duration::from_millis(40), Duration::from_millis(200));
    let sshd = Sshd::start();
    let key = Key::new(sshd.directory(), "key", "ed25519");
    sshd.authorize(&key);
    let text = fs::read_to_string(spec(&sshd, &key)).unwrap();
    let mut specs = Vec::new();
    let delays = [Delay::before(sshd.port, near).await, Delay::before(sshd.port, far).await];
    for delay in &delays {
        let path = sshd.directory().join(format!("{}.toml", delay.port));
        let port = format!("port = {}\n", sshd.port);
        fs::write(&path, text.replace(&port, &format!("port = {}\n", delay.port))).unwrap();
        counted(&sshd, &path);
        specs.push(path);
    }
    let mut best = [f64::INFINITY; 2];
    let mut slope = f64::NAN;
    for run in 1..=40 {
        for (best, path) in best.iter_mut().zip(&specs) {
            let start = Instant::now();
            assert_eq!(counted(&sshd, path), 8);
            *best = best.min(start.elapsed().as_secs_f64());
        }
        slope = (best[1] - best[0]) / (2.0 * (far - near).as_secs_f64());
        if run >= 2 && (slope - 8.0).abs() < 0.5 {
            return;
        }
    }
    panic!("counted 8 round trips, measured {slope:.2}");
}
