//! The program that makes backups on a host (modules/backup), with restic and PostgreSQL replaced by what they print.

use std::path::Path;
use std::process::Command;

const PROGRAM: &str = include_str!("../../modules/backup/files/backup.sh");
const COMMON: &str = include_str!("../../modules/backup/files/common.sh");

/// What a run needs: a list of what restic was to save is left in `$d/saved`.
const TOOLS: [(&str, &str); 5] = [
    (
        "psql",
        "case $* in *pg_database_size*) echo 1000 ;; *json_object*) echo '{}' ;; *local_media*) cat \"$d/known\" ;; *users*) echo '1|1|1|1' ;; *) echo 15 ;; esac",
    ),
    ("pg_dump", "for last do :; done; echo dump >\"$last\""),
    ("pg_restore", "printf 'COPY public.schema_version (a) FROM stdin;\\n1\\n\\\\.\\n'"),
    (
        "restic",
        "case $* in *'cat config'*) echo '{\"id\":\"0123456789abcdef\"}' ;; *backup*) for last do :; done; cp \"$last\" \"$d/saved\"; echo '{\"message_type\":\"summary\",\"snapshot_id\":\"0123456789\"}' ;; *snapshots*) echo '[]' ;; esac",
    ),
    ("dpkg-query", "echo 1.2.3"),
];

struct Program(tempfile::TempDir);

impl Program {
    /// Sets it up for these paths of `[backup]`; `$d` in them is its directory.
    fn new(paths: &str, more: &str) -> Program {
        let program = Program(tempfile::tempdir().unwrap());
        let d = program.directory().to_str().unwrap();
        let own = |text: &str| {
            let text = text.replace("/etc/matrixform/backup", &format!("{d}/etc"));
            let text = text.replace("/var/lib/matrixform/backup", &format!("{d}/state"));
            let text = text.replace("/var/spool/matrixform-backup", &format!("{d}/spool"));
            let text = text.replace("/run/matrixform-backup", &format!("{d}/run"));
            let text =
                text.replace("/usr/local/lib/matrixform/backup-common", &format!("{d}/common"));
            text.replace("PATH=/usr/sbin", &format!("d='{d}' PATH={d}/bin:/usr/sbin"))
                .replace("export LC_ALL", "export d LC_ALL")
        };
        for directory in ["etc", "spool", "run", "bin", "media/local_content"] {
            std::fs::create_dir_all(program.directory().join(directory)).unwrap();
        }
        program.write("backup", &own(PROGRAM));
        program.write("common", &own(COMMON));
        program.write("key", "ed25519 a_1 x\n");
        program.write("known", "0\n");
        program.write("etc/disk.url", "/srv/x\n");
        let settings = format!(
            "server_name=example.org repositories=disk key=\"$d/key\" synapse=x media=\"$d/media\"\nkeep=\"{paths}\" asked=\"{paths}\" elsewhere=\nevery=9999999\n{more}\n"
        );
        program.write("etc/settings", &settings);
        for (name, script) in TOOLS {
            program.write(&format!("bin/{name}"), &format!("#!/bin/sh\n{script}\n"));
            program.run(&format!("chmod +x \"$d/bin/{name}\""));
        }
        program
    }

    fn directory(&self) -> &Path {
        self.0.path()
    }

    fn write(&self, path: &str, text: &str) {
        std::fs::write(self.directory().join(path), text).unwrap();
    }

    fn read(&self, path: &str) -> String {
        let text = std::fs::read_to_string(self.directory().join(path)).unwrap_or_default();
        text.replace(self.directory().to_str().unwrap(), "")
    }

    /// Runs a script beside it; `$d` is its directory.
    fn run(&self, script: &str) -> String {
        let d = self.directory().to_str().unwrap();
        let ran = Command::new("sh").args(["-c", &format!("d='{d}'\n{script}")]).output().unwrap();
        let output = [ran.stdout, ran.stderr].concat();
        String::from_utf8(output).unwrap().replace(d, "")
    }

    fn back_up(&self) -> String {
        self.run("sh \"$d/backup\" run; echo \"status $?\"; find \"$d/spool\" -mindepth 1 -delete")
    }
}

#[test]
fn what_is_not_saved_is_reported() {
    let program = Program::new("$d/there\n$d/absent\n$d/broken\n$d/fifo", "");
    program.run(
        "mkdir -p \"$d/there/sub\" \"$d/elsewhere\"; cd \"$d/there\"; echo x >sub/file; mkfifo \"$d/fifo\" fifo
        ln -s nowhere \"$d/broken\"; ln -s sub/file inside; ln -s /etc/passwd 'out & away'; ln -s \"$d/elsewhere\" 'a
b'
        ln -s /usr/bin/env package; ln -s absent dangling",
    );
    let output = program.back_up();
    assert!(output.contains("status 0") && output.contains("disk: saved as 01234567"), "{output}");
    let saved = program.read("saved");
    assert_eq!(saved, "/spool/database.dump\n/spool/manifest.json\n/media/local_content\n/there\n");
    let report = program.run("sh \"$d/backup\" report | sort");
    assert_eq!(
        report,
        "MF374 /absent does not exist on this host
MF374 /broken is a symbolic link that leads nowhere
MF374 /fifo is neither a file nor a directory
MF374 /there/a?b leads to /elsewhere, which is not in the backup
MF374 /there/out & away leads to /etc/passwd, which is not in the backup\n"
    );
    let listed = program.run("sh \"$d/backup\" list");
    assert!(listed.starts_with("missing /absent does not exist on this host\n"), "{listed}");
    assert!(program.run("sh \"$d/backup\" state").contains("\nmissing=/fifo is neither"));
    // Once all is there, nothing is reported.
    program.run("cd \"$d\"; rm broken fifo there/out* there/a*; mkdir absent broken fifo");
    program.back_up();
    assert_eq!(program.run("sh \"$d/backup\" report"), "");
}

/// Whoever owns a directory in the backup can create as many links as they like.
#[test]
fn links_do_not_hide_that_backups_fail() {
    // A directory above a path may be a link: what is below has two names.
    let program = Program::new("$d/srv/bridge", "");
    program.run(
        "mkdir -p \"$d/real/bridge/sub\"; ln -s real \"$d/srv\"; ln -s /etc \"$d/media/local_content/link\"
        cd \"$d/real/bridge\"; ln -s sub inside; ln -s \"$d/real/bridge/sub\" absolute
        long=$(printf %0200d 0); n=0; while [ $n -lt 150 ]; do ln -s /etc/passwd $long$n; n=$((n + 1)); done",
    );
    let output = program.back_up();
    assert!(output.contains("status 0"), "{output}");
    program.run("echo 'disk: wrong password' >\"$d/state/disk.failed\"");
    let report = program.run("sh \"$d/backup\" report");
    assert!(report.starts_with("MF360 disk: disk: wrong password\nMF374 "), "{report}");
    let lines: Vec<&str> = report.lines().collect();
    assert_eq!(lines.len(), 102, "{report}");
    assert_eq!(lines[101], "MF374 and 50 more");
    assert!(lines.iter().all(|line| line.len() <= 306), "{report}");
    assert!(!report.contains("inside") && !report.contains("absolute"), "{report}");
    assert!(!report.contains("local_content"), "{report}");
    let state = program.run("sh \"$d/backup\" state");
    assert!(state.starts_with("failed disk=disk: wrong password\nsaved disk="), "{state}");
}

#[test]
fn a_backup_without_most_of_its_media_is_not_made() {
    let with = |more: &str| {
        let program = Program::new("", more);
        program.run("cd \"$d/media/local_content\"; for n in 1 2 3 4 5 6; do echo x >$n; done; echo 6 >\"$d/known\"");
        let output = program.back_up();
        assert!(output.contains("status 0"), "{output}");
        assert_eq!(program.read("state/media"), "6 12 /media/local_content\n");
        program
    };
    let program = with("");
    program.run("mv \"$d/media\" \"$d/unmounted\"; mkdir -p \"$d/media/local_content\"; echo x >\"$d/media/local_content/1\"");
    let output = program.back_up();
    assert!(output.contains("status 1"), "{output}");
    let why = "/media/local_content has 1 files, the last backup had 6, and the database lists 6 media: is its volume mounted?";
    assert!(program.run("sh \"$d/backup\" report").contains(why), "{output}");
    // With the volume, without the media in the database, or with the word of a person, it is made.
    program.run("echo 1 >\"$d/known\"");
    assert!(program.back_up().contains("status 0"));
    let program = with("");
    program.run("rm \"$d/media/local_content/\"[1-4] \"$d/state/media\"");
    assert!(program.back_up().contains("status 0"));
    // A new place has to have them, too.
    let program = with("");
    program.run("sed -i 's|media=\"$d/media\"|media=\"$d/new\"|' \"$d/etc/settings\"; grep -q 'd/new' \"$d/etc/settings\" || echo not there; mkdir -p \"$d/new/local_content\"; echo x >\"$d/new/local_content/1\"");
    let output = program.back_up();
    assert!(
        output.contains("status 1")
            && output.contains("what replaces /media/local_content has 1 files"),
        "{output}"
    );
    program.run("cp \"$d/media/local_content/\"* \"$d/new/local_content/\"");
    assert!(program.back_up().contains("status 0"));
    let program = with("elsewhere=yes");
    program.run("rm \"$d/media/local_content/\"*");
    assert!(program.back_up().contains("status 0"));
    let program = with("");
    program.run("rm \"$d/media/local_content/\"[1-3]");
    assert!(program.back_up().contains("status 0"), "half of them");
}
