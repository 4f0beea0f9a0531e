//! The modules compiled into the program, as the build script found them in `modules/`.

use super::Folder;

type EmbeddedFiles = [(&'static str, &'static [u8])];

static MODULES: &[(&str, &EmbeddedFiles)] = include!(concat!(env!("OUT_DIR"), "/modules.rs"));

/// Returns the embedded modules.
pub fn embedded() -> Vec<Folder> {
    let folders = MODULES.iter().map(|(name, files)| {
        files.iter().fold(Folder::new(*name, format!("modules/{name}")), |folder, (path, bytes)| {
            folder.with(path, *bytes)
        })
    });
    folders.collect()
}
