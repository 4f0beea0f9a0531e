//! `--version`, and the build script that provides its commit: wherever a source is, it names that commit or none.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

#[test]
fn the_version_names_commit_and_formats() {
    for args in [["--version"], ["-V"]] {
        let ran = Command::new(env!("CARGO_BIN_EXE_matrixform")).args(args).output().unwrap();
        let stdout = String::from_utf8(ran.stdout).unwrap();
        let form = r"^matrixform [0-9]+\.[0-9]+\.[0-9]+ \((unknown commit|[0-9a-z.-]+(, [0-9-]{10})?); formats: spec 1, plan 1, ledger 1\)\n$";
        assert!(regex_lite::Regex::new(form).unwrap().is_match(&stdout), "{stdout}");
    }
}

/// The build script, as cargo runs it for a source.
struct Script {
    workspace: TempDir,
}

impl Script {
    fn new() -> Script {
        let workspace = tempfile::tempdir().unwrap();
        let rustc = std::env::var_os("RUSTC").unwrap_or("rustc".into());
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("build.rs");
        let built = Command::new(rustc)
            .args(["--edition", "2024", "--crate-name", "build", "-o"])
            .args([workspace.path().join("script").as_path(), source.as_path()])
            .output()
            .unwrap();
        assert!(built.status.success(), "{built:?}");
        Script { workspace }
    }

    /// A source directory below the workspace.
    fn source(&self, name: &str) -> std::path::PathBuf {
        let source = self.workspace.path().join(name);
        std::fs::create_dir_all(source.join("modules")).unwrap();
        source
    }

    /// The commit and date it reports, and its whole output.
    fn says(&self, source: &Path, variables: &[(&str, &str)]) -> (String, String, String) {
        let mut command = Command::new(self.workspace.path().join("script"));
        command.env_remove("MATRIXFORM_COMMIT").env_remove("MATRIXFORM_COMMIT_DATE");
        command.env("CARGO_MANIFEST_DIR", source).env("OUT_DIR", self.workspace.path());
        command.env("PROFILE", "release").envs(variables.iter().copied());
        let ran = command.current_dir(source).output().unwrap();
        assert!(ran.status.success(), "{ran:?}");
        let stdout = String::from_utf8(ran.stdout).unwrap();
        let value = |name: &str| {
            let mut found = stdout.lines().filter_map(|line| line.strip_prefix(name));
            let value = found.next().unwrap().to_owned();
            assert_eq!(found.next(), None, "{stdout}");
            value
        };
        let commit = value("cargo::rustc-env=MATRIXFORM_COMMIT=");
        let date = value("cargo::rustc-env=MATRIXFORM_COMMIT_DATE=");
        (commit, date, stdout)
    }
}

fn git(directory: &Path, args: &[&str]) -> String {
    let mut git = Command::new("git");
    git.args([
        "-c",
        "user.name=a",
        "-c",
        "user.email=a@example.org",
        "-c",
        "init.defaultBranch=main",
    ]);
    git.env("GIT_COMMITTER_DATE", "2026-11-27T12:00:00Z").env("GIT_CONFIG_GLOBAL", "/dev/null");
    let ran = git.args(args).current_dir(directory).output().unwrap();
    assert!(ran.status.success(), "{ran:?}");
    String::from_utf8(ran.stdout).unwrap().trim().to_owned()
}

#[test]
fn the_commit_is_that_of_the_source_or_none() {
    let script = Script::new();
    let named = |parts: (String, String, String)| (parts.0, parts.1);
    let nothing = || (String::new(), String::new());
    let checkout = script.source("checkout");
    git(&checkout, &["init", "-q"]);
    // A repository without a commit.
    assert_eq!(named(script.says(&checkout, &[])), nothing());
    git(&checkout, &["commit", "-q", "--allow-empty", "-m", "one"]);
    let commit = git(&checkout, &["rev-parse", "HEAD"]);
    let (shown, date, all) = script.says(&checkout, &[]);
    assert_eq!((shown.as_str(), date.as_str()), (&commit[..12], "2026-11-27"));
    assert!(all.contains("cargo::rerun-if-changed=") && all.contains(".git/logs/HEAD\n"), "{all}");
    // Another worktree has another HEAD.
    git(&checkout, &["worktree", "add", "-q", "../tree"]);
    let tree = script.source("tree");
    git(&tree, &["commit", "-q", "--allow-empty", "-m", "two"]);
    let (shown, _, all) = script.says(&tree, &[]);
    assert!(git(&tree, &["rev-parse", "HEAD"]).starts_with(&shown) && !commit.starts_with(&shown));
    assert!(all.contains(".git/worktrees/tree/logs/HEAD\n"), "{all}");
    // Without a log of HEAD, every reference is watched, but no missing file.
    std::fs::remove_dir_all(checkout.join(".git/logs")).unwrap();
    let (_, _, all) = script.says(&checkout, &[]);
    assert!(all.contains(".git/HEAD\n") && all.contains(".git/refs\n"), "{all}");
    assert!(!all.contains("packed-refs") && !all.contains("logs"), "{all}");
    // A debug build, a cargo package, a tarball, a tarball inside another checkout.
    assert_eq!(named(script.says(&checkout, &[("PROFILE", "debug")])), nothing());
    let package = script.source("checkout/vendor/matrixform");
    assert_eq!(named(script.says(&package, &[])), nothing());
    let info =
        r#"{"git": {"sha1": "0123456789abcdef0123456789abcdef01234567"}, "path_in_vcs": ""}"#;
    std::fs::write(package.join(".cargo_vcs_info.json"), info).unwrap();
    assert_eq!(named(script.says(&package, &[])), ("0123456789ab".to_owned(), String::new()));
    std::fs::write(package.join(".cargo_vcs_info.json"), "{}").unwrap();
    assert_eq!(named(script.says(&package, &[])), nothing());
    let tarball = script.source("tarball");
    assert_eq!(named(script.says(&tarball, &[("PATH", "/nowhere")])), nothing());
    // git is not installed.
    assert_eq!(named(script.says(&checkout, &[("PATH", "/nowhere")])), nothing());
    // The builder's own values, unless malformed.
    let variables =
        [("MATRIXFORM_COMMIT", "fedcba9876543210"), ("MATRIXFORM_COMMIT_DATE", "2026-01-02")];
    let reported = ("fedcba987654".to_owned(), "2026-01-02".to_owned());
    assert_eq!(named(script.says(&checkout, &variables)), reported);
    let hostile = [("MATRIXFORM_COMMIT", "a\ncargo::rustc-cfg=x")];
    assert_eq!(named(script.says(&tarball, &hostile)), nothing());
}
