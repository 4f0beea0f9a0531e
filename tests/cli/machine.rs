//! This machine as a host that may be spoilt: its whole file system below an overlay in a mount
//! namespace of its own, so that whatever is written lands in a folder in memory, which also shows
//! everything that was written. It runs what is entered into it as root; nothing of it outlives the test.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

/// The namespace: it lives as long as the process that holds it.
pub(crate) struct Machine {
    holder: Child,
    folder: TempDir,
}

/// Builds the root, says so, and waits until standard input ends. $1 is the machine's folder, which is the
/// same inside; what the tests compare must not hang on what this machine runs. A device 0:0 in the upper
/// layer hides what is below, at no cost.
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
    /// A new one.
    pub(crate) fn new() -> Machine {
        assert!(
            rustix::process::geteuid().is_root(),
            "these tests need root: they mount and run sshd"
        );
        let folder = tempfile::tempdir().unwrap();
        let mut holder = Command::new("unshare")
            .args(["--mount", "--", "/bin/sh", "-c", SETUP, "sh"])
            .arg(folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("unshare: apt-get install util-linux");
        let mut said = String::new();
        BufReader::new(holder.stdout.take().unwrap()).read_line(&mut said).unwrap();
        assert_eq!(said, "ready\n", "mount namespaces and overlays are needed for these tests");
        Machine { holder, folder }
    }

    /// A folder that is the same inside and outside.
    pub(crate) fn shared(&self) -> std::path::PathBuf {
        self.folder.path().join("shared")
    }

    /// The words before a command that run it inside.
    pub(crate) fn enter(&self) -> Vec<String> {
        let target = self.holder.id().to_string();
        ["nsenter", "-t", &target, "-m", "-r", "-w", "--"].map(str::to_owned).to_vec()
    }

    /// Runs a script inside and gives its standard output; it must succeed.
    pub(crate) fn run(&self, script: &str) -> String {
        let words = self.enter();
        let output = Command::new(&words[0])
            .args(&words[1..])
            .args(["/bin/sh", "-c", script])
            .env_clear()
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
            .output()
            .expect("nsenter: apt-get install util-linux");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{script}\n{said}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Everything that was ever written to it, with all that can be known of it.
    pub(crate) fn written(&self) -> String {
        self.outside("find upper -printf '%P %y %m %U:%G %i %s %T@ %C@ %l\\n' | sort")
    }

    /// The paths that were written or removed.
    pub(crate) fn paths(&self) -> Vec<String> {
        let text = self.outside("find upper ! -type d -printf '/%P\\n' | sort");
        text.lines().map(str::to_owned).collect()
    }

    /// Runs a script in the folder of the overlay, outside of the root.
    fn outside(&self, script: &str) -> String {
        let target = self.holder.id().to_string();
        let folder = self.folder.path().join("fs");
        let output = Command::new("nsenter")
            .args(["-t", &target, "-m", "--", "/bin/sh", "-c", "cd \"$1\" && eval \"$2\"", "sh"])
            .arg(folder)
            .arg(script)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Its root, seen from here.
    pub(crate) fn inside(&self) -> std::path::PathBuf {
        Path::new("/proc").join(self.holder.id().to_string()).join("root")
    }

    /// Waits until a path is there; a minute is a failure.
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
