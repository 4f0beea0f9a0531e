//! Checkers' findings about files on disk, and their warnings before a switch.

use crate::host::{Host, SHELLS};
use matrixform::for_tests::apply::inspected;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::time::{Duration, SystemTime};

#[tokio::test]
async fn only_refusals_and_warnings_are_reported() {
    for shell in SHELLS {
        let mut host = Host::new(shell);
        let answers = host
            .inspect(&[
                ["first", "root", "echo wrong; echo line 7 >&2; exit 3", "", "", "no"],
                [
                    "second",
                    "root",
                    "echo fine; echo '[warn] again' >&2; echo '[warn] again' >&2",
                    "",
                    "",
                    "no",
                ],
                ["third", "root", "echo fine", "", "", "no"],
                ["fourth", "root", "/nowhere/program --test", "", "", "no"],
                ["fifth", "nobody-of-this-name", "exit 1", "", "", "no"],
            ])
            .await;
        let reported: Vec<String> =
            inspected(&answers).iter().map(|problem| problem.render(false)).collect();
        let reported = reported.join("\n");
        assert!(
            reported.starts_with("warning: with the files now on disk, the next start of first")
        );
        assert!(reported.contains("= note: wrong\n = note: line 7\n"), "{reported}");
        assert!(reported.contains("note: the check of second warns\n"), "{reported}");
        assert_eq!(reported.matches("[warn] again").count(), 1, "{reported}");
        assert_eq!(inspected(&answers).len(), 2, "{reported}");
    }
}

/// Files that a service has already read are not checked; any change since then is.
#[tokio::test]
async fn only_changed_files_are_inspected() {
    for shell in SHELLS {
        let mut host = Host::new(shell);
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name).to_str().unwrap().to_owned();
        let (own, far, taken, later) = (path("own"), path("far"), path("taken"), path("later"));
        fs::create_dir_all(format!("{own}/deep")).unwrap();
        fs::write(&far, "far").unwrap();
        fs::write(format!("{own}/deep/file"), "one").unwrap();
        symlink(&far, format!("{own}/link")).unwrap();
        let take_up = |label: &str| {
            std::thread::sleep(Duration::from_millis(30));
            fs::write(&taken, format!("invocation digest{label}\n")).unwrap();
            std::thread::sleep(Duration::from_millis(30));
        };
        let mut is_asked = async |since: &str, directories: &str| {
            let answers = host.inspect(&[["x", "root", "exit 1", since, directories, "no"]]).await;
            !inspected(&answers).is_empty()
        };
        assert!(is_asked("", &own).await && is_asked(&taken, &own).await, "nobody took it up");
        for label in [" pending", " unhealthy"] {
            take_up(label);
            assert!(is_asked(&taken, &own).await, "{label}");
        }
        take_up("");
        assert!(!is_asked(&taken, &own).await, "it was taken up");
        assert!(is_asked(&taken, "").await, "nobody says where");
        assert!(
            is_asked(&taken, &format!("{own}\n{far}.not")).await,
            "a directory that is not there"
        );
        assert!(
            is_asked(&format!("{taken}\n{later}"), &own).await,
            "a service that took up nothing"
        );
        let changes: [&dyn Fn(); 5] = [
            &|| fs::write(format!("{own}/deep/file"), "two").unwrap(),
            &|| fs::write(&far, "else").unwrap(),
            &|| fs::write(format!("{own}/deep/new"), "").unwrap(),
            &|| fs::remove_file(format!("{own}/deep/new")).unwrap(),
            &|| fs::set_permissions(&far, fs::Permissions::from_mode(0o600)).unwrap(),
        ];
        for (number, change) in changes.into_iter().enumerate() {
            change();
            assert!(is_asked(&taken, &own).await, "change {number}");
            assert!(!is_asked(&taken, &path("taken")).await, "another directory");
            fs::write(&later, "invocation digest\n").unwrap();
            assert!(is_asked(&format!("{taken}\n{later}"), &own).await, "one of two services");
            assert!(is_asked(&format!("{later}\n{taken}"), &own).await, "one of two services");
            take_up("");
            assert!(!is_asked(&format!("{taken}\n{later}"), &own).await, "both of them");
            assert!(!is_asked(&taken, &own).await, "taken up again after {number}");
            fs::remove_file(&later).unwrap();
        }
        let record = fs::File::options().write(true).open(&taken).unwrap();
        record.set_modified(SystemTime::now() + Duration::from_secs(3600)).unwrap();
        assert!(is_asked(&taken, &own).await, "a clock that went wrong");
        fs::remove_file(&far).unwrap();
        take_up("");
        assert!(is_asked(&taken, &own).await, "a link that leads nowhere");
    }
}

/// Files read elsewhere are watched through a list that the host keeps since the switch: files, directories without the
/// content below them, and links with their directory.
#[tokio::test]
async fn files_read_elsewhere_are_inspected() {
    for shell in SHELLS {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name).to_str().unwrap().to_owned();
        let (own, taken, state) = (at("own"), at("taken"), at("state"));
        for made in ["own", "conf.d/deep", "live", "archive", "state/switch/0001/part-001"] {
            fs::create_dir_all(at(made)).unwrap();
        }
        for file in ["own/in", "auto.conf", "conf.d/one", "conf.d/deep/x", "archive/1", "archive/2"]
        {
            fs::write(at(file), "").unwrap();
        }
        symlink("../archive/1", at("live/cert")).unwrap();
        fs::write(at("state/switch/0001/part-001/name"), "x").unwrap();
        let paths = ["own/in", "auto.conf", "conf.d", "auto.conf", "live/cert"].map(at).join("\\n");
        let functions = format!(
            "mf_watches={state}/watched; mf_switches={state}/switch
learn() {{\nmkdir -p $mf_watches && switch_watch x {own} \"printf '\\n{paths}\\nrelative\\n'\" && cp {state}/switch/*/*/watched $mf_watches/x && cat $mf_watches/x\n}}
fails() {{\nswitch_watch x {own} 'echo /half; exit 1'; ls {state}/switch/0001/part-001\n}}\n"
        );
        let mut host = Host::with(shell, &functions, Duration::from_secs(90));
        let take_up = || {
            std::thread::sleep(Duration::from_millis(30));
            fs::write(&taken, "invocation digest\n").unwrap();
            std::thread::sleep(Duration::from_millis(30));
        };
        take_up();
        let checks = [["x", "root", "exit 1", &taken, &own, "yes"]];
        assert!(!inspected(&host.inspect(&checks).await).is_empty(), "nobody knows what is read");
        let (output, status) = host.step(Duration::from_secs(10), "learn").await;
        let expected = ["auto.conf", "conf.d/.", "live/.", "live/cert"].map(at).join("\n") + "\n";
        assert_eq!((output, status), (expected, 0));
        assert!(inspected(&host.inspect(&checks).await).is_empty(), "it was taken up");
        let changes: [(&dyn Fn(), bool); 7] = [
            (&|| fs::write(at("own/in"), "other").unwrap(), true),
            (&|| fs::write(at("auto.conf"), "other").unwrap(), true),
            (&|| fs::write(at("conf.d/new"), "").unwrap(), true),
            (&|| fs::write(at("conf.d/deep/x"), "other").unwrap(), false),
            (&|| fs::write(at("archive/1"), "other").unwrap(), true),
            (
                &|| {
                    fs::remove_file(at("live/cert")).unwrap();
                    symlink("../archive/2", at("live/cert")).unwrap();
                },
                true,
            ),
            (&|| fs::remove_file(at("auto.conf")).unwrap(), true),
        ];
        for (number, (change, is_asked)) in changes.into_iter().enumerate() {
            change();
            let answers = host.inspect(&checks).await;
            assert_eq!(!inspected(&answers).is_empty(), is_asked, "change {number}");
            take_up();
        }
        let (output, status) = host.step(Duration::from_secs(10), "fails").await;
        assert_eq!((output.as_str(), status), ("name\n", 0));
    }
}

#[tokio::test]
async fn a_passed_check_marks_its_warnings() {
    for shell in SHELLS {
        let script = "echo fine; echo '[warn] again' >&2; echo '[warn] again' >&2";
        let bad = "echo because >&2; exit 9";
        let functions = format!(
            "content() {{\nstage_plain front root {script:?}\n}}\nrefuses() {{\nstage_plain front root {bad:?}\n}}\n"
        );
        let mut host = Host::with(shell, &functions, Duration::from_secs(90));
        let limit = Duration::from_secs(10);
        let (output, status) = host.step(limit, "content").await;
        assert_eq!((output.trim(), status), ("fine\nwarned: [warn] again", 0));
        let (output, status) = host.step(limit, "refuses").await;
        let refused = "because\nthe check of front rejected the new files";
        assert_eq!((output.trim(), status), (refused, 9));
    }
}
