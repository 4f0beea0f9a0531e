//! The modules inside the program, as the build script found them in `modules/`.

use super::Folder;

type Files = [(&'static str, &'static [u8])];

static MODULES: &[(&str, &Files)] = include!(concat!(env!("OUT_DIR"), "/modules.rs"));

/// The embedded modules.
pub fn embedded() -> Vec<Folder> {
    let folders = MODULES.iter().map(|(name, files)| {
        files.iter().fold(Folder::new(*name, format!("modules/{name}")), |folder, (path, bytes)| {
            folder.with(path, *bytes)
        })
    });
    folders.collect()
}
