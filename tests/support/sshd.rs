//! A real OpenSSH server for one test, on a free loopback port, with its own keys and settings in a temporary
//! directory. It runs in inetd mode, one process per connection: the test itself holds the port, so no other process
//! can take it in the meantime, and killing a process cuts its connection.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use std::fs::{self, File, OpenOptions};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use matrixform::for_tests::remote::{SshEnvironment, Target};
use tempfile::TempDir;

const SSHD: &str = "/usr/sbin/sshd";

/// A running server, ended with the test.
pub struct Sshd {
    /// Its port on 127.0.0.1.
    pub port: u16,
    directory: TempDir,
    children: Children,
    stop: Arc<AtomicBool>,
    accepting: Option<JoinHandle<()>>,
}

impl Sshd {
    /// A server with an Ed25519 host key.
    pub fn start() -> Sshd {
        Sshd::with("", &["ed25519"])
    }

    /// A server with these lines in its configuration and host keys of these types.
    pub fn with(lines: &str, host_keys: &[&str]) -> Sshd {
        Sshd::started_by(Vec::new(), &std::env::temp_dir(), lines, host_keys)
    }

    /// The same, started by a program that runs its arguments elsewhere (`nsenter …`). The server's directory is made
    /// in `place`, which must have the same path there.
    pub fn started_by(program: Vec<String>, place: &Path, lines: &str, host_keys: &[&str]) -> Sshd {
        assert!(
            Path::new(SSHD).exists(),
            "these tests need a real sshd: apt-get install openssh-server (and run them as root)"
        );
        // sshd refuses to start without its privilege separation directory, which systemd usually creates.
        fs::create_dir_all("/run/sshd").expect("run these tests as root");
        let directory = tempfile::tempdir_in(place).unwrap();
        let mut config = format!(
            "{lines}\nAuthorizedKeysFile {0}/authorized_keys\nPidFile none\nUsePAM no\nStrictModes no\n\
             PermitRootLogin prohibit-password\nPasswordAuthentication no\n\
             KbdInteractiveAuthentication no\nPrintMotd no\nUseDNS no\n",
            directory.path().display()
        );
        for kind in host_keys {
            let key = Key::new(directory.path(), &format!("host_{kind}"), kind);
            config.push_str(&format!("HostKey {}\n", key.path.display()));
        }
        fs::write(directory.path().join("sshd_config"), config).unwrap();
        fs::create_dir(directory.path().join("home")).unwrap();
        Sshd::listen(directory, program)
    }

    fn listen(directory: TempDir, program: Vec<String>) -> Sshd {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let (children, stop) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
        let (running, stopped) = (Arc::clone(&children), Arc::clone(&stop));
        let place = directory.path().to_owned();
        let accepting = std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if stopped.load(Ordering::SeqCst) {
                    break;
                }
                running.lock().unwrap().push(serve(&program, &place, stream));
            }
        });
        Sshd { port, directory, children, stop, accepting: Some(accepting) }
    }

    /// The temporary directory.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// Authorizes a key to log in.
    pub fn authorize(&self, key: &Key) {
        let path = self.directory().join("authorized_keys");
        let mut file = OpenOptions::new().create(true).append(true).open(path).unwrap();
        std::io::Write::write_all(&mut file, key.public().as_bytes()).unwrap();
    }

    /// `type base64` of its host key of this type.
    pub fn host_key(&self, kind: &str) -> String {
        let text = fs::read_to_string(self.directory().join(format!("host_{kind}.pub"))).unwrap();
        text.split_whitespace().take(2).collect::<Vec<_>>().join(" ")
    }

    /// The known_hosts line for it.
    pub fn known_hosts_line(&self, kind: &str) -> String {
        format!("[127.0.0.1]:{} {}\n", self.port, self.host_key(kind))
    }

    /// Replaces the known_hosts file of [`Sshd::environment`].
    pub fn write_known_hosts(&self, text: &str) {
        fs::write(self.directory().join("known_hosts"), text).unwrap();
    }

    /// An environment with only the known_hosts file: no agent, no default keys.
    pub fn environment(&self) -> SshEnvironment {
        SshEnvironment {
            home: Some(self.directory().join("home")),
            agent_socket: None,
            ssh_config: vec![self.directory().join("ssh_config")],
            known_hosts: vec![self.directory().join("known_hosts")],
            user: "root".to_owned(),
            variables: [("PATH".to_owned(), std::env::var("PATH").unwrap())].into(),
        }
    }

    /// This server as a target, with a key.
    pub fn target(&self, key: &Key) -> Target {
        Target {
            port: Some(self.port),
            user: Some("root".to_owned()),
            identity_files: vec![key.path.clone()],
            ..Target::new("127.0.0.1")
        }
    }

    /// Kills the processes of all its connections, without notice to the clients.
    pub fn kill_connections(&self) {
        for child in self.children.lock().unwrap().iter_mut() {
            let of_user = for_user(child.id());
            let _ = child.kill();
            let _ = child.wait();
            for id in of_user {
                let _ = Command::new("kill").args(["-9", &id]).stderr(Stdio::null()).status();
            }
        }
    }

    /// The server's log, for the message of a failed test.
    pub fn log(&self) -> String {
        fs::read_to_string(self.directory().join("log")).unwrap_or_default()
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port));
        let _ = self.accepting.take().map(JoinHandle::join);
        self.kill_connections();
    }
}

/// The child processes that serve a user other than root: they hold the connection, too.
fn for_user(server: u32) -> Vec<String> {
    let children = fs::read_to_string(format!("/proc/{server}/task/{server}/children"));
    let is_server = |id: &&str| {
        let name = fs::read_to_string(format!("/proc/{id}/comm")).unwrap_or_default();
        name.starts_with("sshd")
    };
    let children = children.unwrap_or_default();
    children.split_whitespace().filter(is_server).map(str::to_owned).collect()
}

type Children = Arc<Mutex<Vec<Child>>>;

fn serve(program: &[String], directory: &Path, stream: TcpStream) -> Child {
    let log = OpenOptions::new().create(true).append(true).open(directory.join("log")).unwrap();
    let words: Vec<&str> = program.iter().map(String::as_str).chain([SSHD]).collect();
    Command::new(words[0])
        .args(&words[1..])
        .args(["-i", "-e", "-f"])
        .arg(directory.join("sshd_config"))
        .stdin(Stdio::from(OwnedFd::from(stream.try_clone().unwrap())))
        .stdout(Stdio::from(OwnedFd::from(stream)))
        .stderr(Stdio::from(File::from(OwnedFd::from(log))))
        .spawn()
        .expect("sshd starts")
}

/// A key pair made by ssh-keygen.
pub struct Key {
    /// The private key file.
    pub path: PathBuf,
}

impl Key {
    /// A new key without a passphrase.
    pub fn new(directory: &Path, name: &str, kind: &str) -> Key {
        Key::with_passphrase(directory, name, kind, "")
    }

    /// A new key.
    pub fn with_passphrase(directory: &Path, name: &str, kind: &str, passphrase: &str) -> Key {
        let path = directory.join(name);
        let made = Command::new("ssh-keygen")
            .args(["-q", "-t", kind, "-C", name, "-N", passphrase, "-f"])
            .arg(&path)
            .status()
            .expect("ssh-keygen: apt-get install openssh-client");
        assert!(made.success());
        Key { path }
    }

    /// The public half, one line.
    pub fn public(&self) -> String {
        fs::read_to_string(self.path.with_extension("pub")).unwrap()
    }
}
