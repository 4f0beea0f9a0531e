//! Writes the list of embedded modules: every file of `modules/` but the golden tests, which would
//! only make the program larger. A changed, new or removed file rebuilds the list. It also names the commit that is
//! built, for `--version`, where that can be known; nothing about it fails a build.
#![allow(clippy::print_stdout, reason = "this is how a build script talks to cargo")]

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=modules");
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let mut list = String::from("&[\n");
    for module in sorted(&root.join("modules"))? {
        if module.join("module.toml").is_file() {
            let mut files = String::new();
            embed(&module, &module, &mut files)?;
            let _ = writeln!(list, "({:?}, &[\n{files}]),", name(&module));
        }
    }
    list.push_str("]\n");
    let target = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    fs::write(target.join("modules.rs"), list)?;
    for (name, value) in ["MATRIXFORM_COMMIT", "MATRIXFORM_COMMIT_DATE"].iter().zip(commit(&root)) {
        println!("cargo::rerun-if-env-changed={name}");
        println!("cargo::rustc-env={name}={}", value.unwrap_or_default());
    }
    Ok(())
}

/// The commit and its date: what whoever builds says, else what cargo wrote into a package, else what git says of this
/// checkout.
fn commit(root: &Path) -> [Option<String>; 2] {
    let said = |name| env::var(name).ok().and_then(|value| word(&value));
    if let Some(commit) = said("MATRIXFORM_COMMIT") {
        return [Some(commit), said("MATRIXFORM_COMMIT_DATE")];
    }
    if let Ok(package) = fs::read_to_string(root.join(".cargo_vcs_info.json")) {
        return [packaged(&package), None];
    }
    // A debug build is of whatever lies there, not of a commit, and each commit would build all of it again. A checkout
    // further up is someone else's.
    let is_release = env::var("PROFILE").is_ok_and(|profile| profile == "release");
    if !is_release || !root.join(".git").exists() {
        return [None, None];
    }
    // Each move of HEAD is a line of its log; where none is kept, one of the references changes.
    let exists =
        |name: &str| git(root, &["rev-parse", "--git-path", name]).map(|path| root.join(path));
    let (log, rest) = (exists("logs/HEAD"), ["HEAD", "refs", "packed-refs"].map(exists));
    let watched = match log.filter(|path| path.exists()) {
        Some(log) => vec![log],
        None => rest.into_iter().flatten().filter(|path| path.exists()).collect(),
    };
    watched.iter().for_each(|path| println!("cargo::rerun-if-changed={}", path.display()));
    let asked =
        ["--format=%H", "--format=%cs"].map(|form| git(root, &["show", "-s", form, "HEAD"]));
    asked.map(|value| value.and_then(|value| word(&value)))
}

/// The commit in what `cargo package` writes.
fn packaged(text: &str) -> Option<String> {
    let (_, rest) = text.split_once("\"sha1\"")?;
    word(rest.split('"').nth(1)?)
}

/// What git says; `None` when it cannot or will not.
fn git(root: &Path, words: &[&str]) -> Option<String> {
    let mut git = Command::new("git");
    // As a hook has them, these are of another checkout.
    git.env_remove("GIT_DIR").env_remove("GIT_WORK_TREE");
    let ran =
        git.current_dir(root).args(["-c", "log.showSignature=false"]).args(words).output().ok()?;
    let text = String::from_utf8(ran.stdout).ok().filter(|_| ran.status.success())?;
    Some(text.trim_end_matches('\n').to_owned())
}

/// One short word, which can be nothing else to cargo.
fn word(text: &str) -> Option<String> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-._+~".contains(c);
    let text: String = text.chars().take(12).collect();
    (!text.is_empty() && text.chars().all(is_plain)).then_some(text)
}

/// Adds all files below a directory.
fn embed(module: &Path, directory: &Path, list: &mut String) -> io::Result<()> {
    for path in sorted(directory)? {
        if path.is_dir() {
            if name(&path) != "golden" {
                embed(module, &path, list)?;
            }
        } else if let Ok(below) = path.strip_prefix(module) {
            let below = below.to_string_lossy();
            let _ = writeln!(list, "({below:?}, include_bytes!({path:?})),");
        }
    }
    Ok(())
}

/// What is in a directory, in the order of the names, so that builds are reproducible.
fn sorted(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths: Vec<PathBuf> =
        fs::read_dir(directory)?.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>()?;
    paths.sort();
    Ok(paths)
}

/// The last part of a path.
fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
