//! Writes the list of embedded modules: every file of `modules/` but the golden tests, which would
//! only make the program larger. A changed, new or removed file builds the list anew.
#![allow(clippy::print_stdout, reason = "this is how a build script talks to cargo")]

use std::fmt::Write;
use std::path::{Path, PathBuf};
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
    fs::write(target.join("modules.rs"), list)
}

/// Adds all files below a folder.
fn embed(module: &Path, folder: &Path, list: &mut String) -> io::Result<()> {
    for path in sorted(folder)? {
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

/// What is in a folder, in the order of the names, so that builds are reproducible.
fn sorted(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths: Vec<PathBuf> =
        fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>()?;
    paths.sort();
    Ok(paths)
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
