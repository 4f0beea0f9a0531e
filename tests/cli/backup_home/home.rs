//! An admin's machine without a host: a repository, and real servers of restic's protocol (rclone) in front of it.

use crate::canary::drawn;
use crate::host::{Ran, command, run};
use std::fmt::Write as _;
use std::io::Write as _;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

pub(super) const DAY: i64 = 86_400;
pub(super) const MANIFEST: &str = "/var/spool/matrixform-backup/manifest.json";

/// A server of restic's protocol.
pub(super) struct Server {
    pub(super) process: Child,
    pub(super) port: u16,
}

impl Server {
    /// Serves a directory to a user; one that may not delete gets an append-only server.
    pub(super) fn start(
        directory: &Path,
        (user, password): (&str, &str),
        may_delete: bool,
    ) -> Server {
        let hash = Command::new("openssl").args(["passwd", "-apr1", password]).output().unwrap();
        let users = directory.with_extension(format!("{user}.users"));
        std::fs::write(&users, format!("{user}:{}", String::from_utf8(hash.stdout).unwrap()))
            .unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut serve = Command::new("rclone");
        serve
            .args(["serve", "restic", "--addr", &format!("127.0.0.1:{port}"), "--htpasswd"])
            .arg(&users);
        if !may_delete {
            serve.arg("--append-only");
        }
        serve.arg(directory).env("HOME", directory.parent().unwrap());
        let process = serve.stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let process = process.expect("rclone: apt-get install rclone");
        crate::await_that("rclone listens", || TcpStream::connect(("127.0.0.1", port)).is_ok());
        Server { process, port }
    }

    pub(super) fn url(&self) -> String {
        format!("rest:http://127.0.0.1:{}/prod/", self.port)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// An admin's machine, and a repository.
pub(super) struct Home {
    pub(super) home: tempfile::TempDir,
    pub(super) password: String,
    /// What the host has.
    pub(super) login: String,
    /// What it has not.
    pub(super) prune: String,
}

impl Home {
    pub(super) fn new() -> Home {
        let home = tempfile::tempdir().unwrap();
        let made =
            Home { password: drawn(), login: drawn(), prune: format!("{}@:/", drawn()), home };
        made.secrets(&made.password);
        made
    }

    pub(super) fn secrets(&self, password: &str) {
        let text = format!(
            "\"backup/away\" = {password:?}\n\"backup/login\" = {:?}\n\"backup/prune\" = {:?}\n",
            self.login, self.prune
        );
        let file = self.path("secrets.toml");
        std::fs::write(&file, text).unwrap();
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o600)).unwrap();
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// The directory that is served; the repository is below it.
    pub(super) fn served(&self) -> PathBuf {
        self.path("served")
    }

    pub(super) fn repository(&self) -> PathBuf {
        self.path("served/prod")
    }

    /// A spec whose host adds to `url`; `prune` is a table.
    pub(super) fn spec(&self, url: &str, login: &str, prune: &str) {
        let text = format!(
            "[host]\naddress = \"192.0.2.1\"\n[secrets]\nfile = \"secrets.toml\"\n[postgres]\n[synapse]\n\
             server_name = \"example.org\"\nsource = \"pypi\"\n[backup]\n[[backup.repositories]]\nname = \"away\"\n\
             url = \"{url}\"\npassword = {{ secret = \"backup/away\" }}\n{login}\nprune = {prune}\n"
        );
        std::fs::write(self.path("prod.toml"), text).unwrap();
    }

    /// The same where the repository is a directory of this machine.
    pub(super) fn local_spec(&self) {
        let prune = format!("{{ url = {:?} }}", self.repository());
        self.spec(
            "sftp:box:/x",
            "ssh_key = { secret = \"backup/login\" }\nssh_host_key = \"ssh-ed25519 AAAA\"",
            &prune,
        );
    }

    pub(super) fn command(&self, args: &[&str]) -> Command {
        command(self.home.path(), &[&["backup", args[0], "prod.toml"], &args[1..]].concat())
    }

    pub(super) fn backup(&self, args: &[&str], status: i32) -> Ran {
        let ran = run(&mut self.command(args));
        assert_eq!(ran.status, status, "{args:?}: {ran}");
        ran
    }

    /// Refused, and nothing was removed.
    pub(super) fn refused(&self, why: &str) -> Ran {
        let before = self.snapshots();
        let ran = self.backup(&["prune", "--yes"], 1);
        assert!(ran.stderr.contains(why), "{why}: {ran}");
        assert_eq!(self.snapshots(), before, "{why}: {ran}");
        ran
    }

    /// restic, as the host calls it.
    pub(super) fn restic(&self, url: &str, args: &[&str], input: &[u8]) -> (bool, String) {
        let mut child = Command::new("restic")
            .args(args)
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("HOME", self.home.path())
            .env("TZ", "UTC")
            .env("RESTIC_REPOSITORY", url)
            .env("RESTIC_PASSWORD", &self.password)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("restic: apt-get install restic");
        let _ = child.stdin.take().unwrap().write_all(input);
        let ended = child.wait_with_output().unwrap();
        let output = [ended.stdout, ended.stderr].concat();
        (ended.status.success(), String::from_utf8_lossy(&output).into_owned())
    }

    pub(super) fn init(&self) {
        std::fs::create_dir_all(self.served()).unwrap();
        let (is_good, output) = self.restic(self.repository().to_str().unwrap(), &["init"], &[]);
        assert!(is_good, "{output}");
    }

    /// A snapshot of this moment (seconds since 1970), as the module makes one.
    pub(super) fn save(&self, url: &str, at: i64) {
        self.save_of(url, at, "example.org");
    }

    pub(super) fn save_of(&self, url: &str, at: i64, server: &str) {
        let mut manifest = format!(
            "{{\"format\": 1, \"server_name\": \"{server}\", \"rows\": {{\"public.schema_version\": 1}}, \"pad\": \""
        );
        // So much that only its own snapshot uses.
        let mut number = u64::try_from(at).unwrap();
        for _ in 0..40_000 {
            number = number
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            write!(manifest, "{number:016x}").unwrap();
        }
        manifest.push_str("\"}");
        let time =
            jiff::Timestamp::from_second(at).unwrap().strftime("%Y-%m-%d %H:%M:%S").to_string();
        let args = [
            "backup",
            "--stdin",
            "--stdin-filename",
            MANIFEST,
            "--host",
            "example.org",
            "--tag",
            "matrixform,users:3,events:12",
            "--time",
            &time,
        ];
        let (is_good, output) = self.restic(url, &args, manifest.as_bytes());
        assert!(is_good, "{output}");
    }

    /// Six of them, three of which are too old: yesterday evening and morning, five days ago evening and morning, and two of
    /// a time before the last year.
    pub(super) fn save_six(&self, url: &str) {
        for (days, hour) in [(1, 20), (1, 8), (5, 20), (5, 8), (500, 8), (501, 8)] {
            self.save(url, midnight() - days * DAY + hour * 3600);
        }
    }

    /// The ids of all snapshots.
    pub(super) fn snapshots(&self) -> Vec<String> {
        names(&self.repository().join("snapshots"))
    }

    pub(super) fn is_sound(&self) {
        let (is_good, output) =
            self.restic(self.repository().to_str().unwrap(), &["check", "--read-data"], &[]);
        assert!(is_good && output.contains("no errors were found"), "{output}");
    }
}

pub(super) fn names(directory: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name());
    let mut names: Vec<String> = entries.map(|name| name.into_string().unwrap()).collect();
    names.sort();
    names
}

/// All files below a directory.
pub(super) fn files(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}

pub(super) fn largest(directory: &Path) -> PathBuf {
    files(directory).into_iter().max_by_key(|file| file.metadata().unwrap().len()).unwrap()
}

/// The beginning of this day, in UTC.
pub(super) fn midnight() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    i64::try_from(now).unwrap() / DAY * DAY
}
