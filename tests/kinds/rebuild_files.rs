//! Files and media of a snapshot, as a rebuild puts them back: with the real tar, and restic replaced by what it prints.

use crate::machine::{Machine, SHELLS};
use std::path::Path;

/// Calls functions of a rebuild whose directories are below `$d`; restic's output is in files there.
fn ran(shell: &Machine, directory: &Path, script: &str) -> String {
    let d = directory.to_str().unwrap();
    let library = matrixform::for_tests::run::library()
        .replace("/var/lib/matrixform/rebuild", &format!("{d}/mark"));
    let stubs = "rebuild_value() { case $1 in dump) echo /var/spool/database.dump ;; files) echo 0 ;; *) echo x ;; esac; }
        rebuild_reached() { echo \"reached $1\"; }
        rebuild_history() { :; }
        rebuild_restic() { case $2 in ls) cat \"$d/list\" ;; dump) tar -c -C / -- \"${5#/}\" ;; esac; }";
    let script = format!("d='{d}'\n{stubs}\n{script}\n");
    let (output, _) = shell.run_with(library, &script);
    String::from_utf8(output).unwrap().replace(d, "")
}

/// A line of restic's list.
fn listed(path: &str, kind: &str, more: &str) -> String {
    let path = path.replace('\\', "\\\\").replace('"', "\\\"").replace('&', "\\u0026");
    format!(
        "{{\"name\":\"x\",\"type\":\"{kind}\",\"path\":\"{path}\",\"uid\":0,\"gid\":0{more},\"mode\":493}}\n"
    )
}

#[test]
fn an_existing_file_that_differs_is_named() {
    for shell in SHELLS.map(Machine) {
        let directory = tempfile::tempdir().unwrap();
        let output = ran(
            &shell,
            directory.path(),
            r#"mkdir -p "$d/mark" "$d/here/empty" "$d/tree$d/here/sub"
            cd "$d/here"; echo old >differs; echo same >same; echo ours >written; ln -s a link; ln -s a other
            cd "$d/tree$d/here"; echo new >differs; echo same >same; echo theirs >written; ln -s a link; ln -s b other; echo new >sub/new
            echo x >"odd
name & more"
            mkdir "lost
"; echo x >"lost
/file"; one=$(printf 'a\001b'); mkdir "d$one"; echo x >"$one"
            printf '%s\n' "$d/here/written" >"$d/mark/written"
            rebuild_noting files && rebuild_spread "$d/tree" || echo failed
            rebuild_notes
            cd "$d/here"; cat differs written sub/new "odd
name & more"; readlink other"#,
        );
        assert_eq!(
            output,
            "differs /here/differs\ndiffers /here/other\nunnamed /here/a?b\nunnamed /here/lost?/file\nold\nours\nnew\nx\na\n"
        );
    }
}

#[test]
fn media_are_left_to_their_own_stage() {
    for shell in SHELLS.map(Machine) {
        let directory = tempfile::tempdir().unwrap();
        let d = directory.path().to_str().unwrap();
        let [a, m] = ["a & b", "m"].map(|name| format!("{d}/old/{name}"));
        let list = [
            listed(&a, "dir", ""),
            listed(&m, "dir", ""),
            listed(&format!("{m}/media/local_content/one"), "file", ",\"size\":1"),
            listed(&format!("{d}/old/sock"), "socket", ""),
        ];
        std::fs::write(directory.path().join("list"), list.concat()).unwrap();
        let output = ran(
            &shell,
            directory.path(),
            r#"mkdir -p "$d/mark" "$d/old/a & b" "$d/old/m/media/local_content" "$d/old/m/media/local_thumbnails" "$d/old/m/media/remote"
            cd "$d/old"; echo bridge >"a & b/state"; echo 1 >m/media/local_content/one; echo 2 >m/media/remote/two; echo 3 >m/three
            printf '%s\n' "$d/old/a & b" "$d/old/m" "$d/old/sock" "$d/old/absent" "$d/old/m/media/local_content/one" >"$d/mark/kept"
            printf '%s\n' "$d/old/m/media" >"$d/mark/media"; : >"$d/mark/written"
            rebuild_spread() { (cd -P "$1$d/old" && find . ! -type d | sort); }
            rebuild_kept"#,
        );
        assert_eq!(
            output, "./a & b/state\n./m/media/remote/two\n./m/three\nreached kept\n",
            "{:?}",
            shell.0
        );
    }
}

#[test]
fn what_takes_space_several_times_is_counted_as_often() {
    for shell in SHELLS.map(Machine) {
        let directory = tempfile::tempdir().unwrap();
        let size = |bytes: u64| format!(",\"size\":{bytes}");
        let list = [
            listed("/var/spool/database.dump", "file", &size(1000)),
            listed("/srv/m", "dir", ""),
            listed("/srv/m/local_content/a", "file", &size(300)),
            listed("/srv/m/local_thumbnails/b", "file", &size(30)),
            listed("/srv/m/other", "file", &size(7)),
            listed("/etc/a & b/c", "file", &size(50)),
            listed("/mnt/store/local_content/a", "file", &size(300)),
            listed("/nowhere", "file", &size(9)),
            "whole\n".to_owned(),
        ];
        std::fs::write(directory.path().join("list"), list.concat()).unwrap();
        let output = ran(
            &shell,
            directory.path(),
            "rebuild_sizes /var/spool/database.dump '/srv\n/etc/a & b\n' '/srv/m\n/mnt/store\n' <\"$d/list\"
            sed '$d' \"$d/list\" | rebuild_sizes /var/spool/database.dump /srv /srv/m",
        );
        // Twice what is unpacked, and the media in the archive of /srv.
        let expected = "dump 1000\ntotal 1696\nneed unpacking 444 0\nneed files 7 1\nneed files 50 2\n\
            need media 330 1\nneed media 300 2\n";
        assert_eq!(output, expected);
    }
}
