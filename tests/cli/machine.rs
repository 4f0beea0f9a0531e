//! This machine as a disposable host: its whole file system below an overlay in a private mount namespace, so that all
//! writes end up in a directory in memory, where they can also be listed. Commands run inside as root; nothing outlives
//! the test.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

/// The namespace; it exists as long as the process that holds it.
pub(crate) struct Machine {
    holder: Child,
    directory: TempDir,
}

/// Builds the root, reports it, and waits until standard input closes. $1 is the machine's directory, visible inside
/// under the same path. The comparisons must not depend on the programs of this machine. A device 0:0 in the upper
/// layer is a whiteout: it hides what is below, at no cost.
const SETUP: &str = r#"
set -eu
mkdir "$1/fs" "$1/shared"
mount -t tmpfs -o mode=0755 machine "$1/fs"
mkdir "$1/fs/upper" "$1/fs/work" "$1/fs/root"
for hidden in root srv; do mknod "$1/fs/upper/$hidden" c 0 0; done
mount -t overlay -o "lowerdir=/,upperdir=$1/fs/upper,workdir=$1/fs/work" machine "$1/fs/root"
cd "$1/fs/root"
mount --rbind /proc proc
mount --rbind /dev dev
mount -t tmpfs machine run
mount -t tmpfs -o mode=1777 machine tmp
mkdir run/sshd
mkdir -p "./$1/shared"
mount --bind "$1/shared" "./$1/shared"
rm -rf var/lib/matrixform etc/os-release
mkdir -m 0700 root
mkdir srv
printf '%s\n' ID=debian 'VERSION_ID="12"' VERSION_CODENAME=bookworm >etc/os-release
exec chroot . /bin/sh -c 'echo ready; read -r _'
"#;

impl Machine {
    /// A fresh machine.
    pub(crate) fn new() -> Machine {
        assert!(
            rustix::process::geteuid().is_root(),
            "these tests need root: they mount and run sshd"
        );
        let directory = tempfile::tempdir().unwrap();
        let mut holder = Command::new("unshare")
            .args(["--mount", "--", "/bin/sh", "-c", SETUP, "sh"])
            .arg(directory.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("unshare: apt-get install util-linux");
        let mut line = String::new();
        BufReader::new(holder.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert_eq!(line, "ready\n", "mount namespaces and overlays are needed for these tests");
        Machine { holder, directory }
    }

    /// A directory visible inside and outside under the same path.
    pub(crate) fn shared(&self) -> std::path::PathBuf {
        self.directory.path().join("shared")
    }

    /// The command prefix that runs a command inside.
    pub(crate) fn enter(&self) -> Vec<String> {
        let target = self.holder.id().to_string();
        ["nsenter", "-t", &target, "-m", "-r", "-w", "--"].map(str::to_owned).to_vec()
    }

    /// Runs a script inside and returns its standard output; it must succeed.
    pub(crate) fn run(&self, script: &str) -> String {
        let args = self.enter();
        let output = Command::new(&args[0])
            .args(&args[1..])
            .args(["/bin/sh", "-c", script])
            .env_clear()
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
            .output()
            .expect("nsenter: apt-get install util-linux");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{script}\n{stderr}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Everything ever written to it, with all metadata.
    pub(crate) fn written(&self) -> String {
        self.outside("find upper -printf '%P %y %m %U:%G %i %s %T@ %C@ %l\\n' | sort")
    }

    /// The paths written or removed.
    pub(crate) fn paths(&self) -> Vec<String> {
        let text = self.outside("find upper ! -type d -printf '/%P\\n' | sort");
        text.lines().map(str::to_owned).collect()
    }

    /// Runs a script in the directory of the overlay, outside the root.
    fn outside(&self, script: &str) -> String {
        let target = self.holder.id().to_string();
        let directory = self.directory.path().join("fs");
        let output = Command::new("nsenter")
            .args(["-t", &target, "-m", "--", "/bin/sh", "-c", "cd \"$1\" && eval \"$2\"", "sh"])
            .arg(directory)
            .arg(script)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Its root, as seen from outside.
    pub(crate) fn inside(&self) -> std::path::PathBuf {
        Path::new("/proc").join(self.holder.id().to_string()).join("root")
    }

    /// Waits until a path exists, for at most a minute.
    pub(crate) fn await_path(&self, path: &str) {
        let wanted = self.inside().join(path.trim_start_matches('/'));
        super::await_that(path, || wanted.exists());
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        drop(self.holder.stdin.take());
        let _ = self.holder.wait();
    }
}
