//! The modules compiled into the program, as the build script found them in `modules/`.

use super::ModuleDirectory;

type EmbeddedFiles = [(&'static str, &'static [u8])];

static MODULES: &[(&str, &EmbeddedFiles)] = include!(concat!(env!("OUT_DIR"), "/modules.rs"));

/// Returns the embedded modules.
pub fn embedded() -> Vec<ModuleDirectory> {
    let directories = MODULES.iter().map(|(name, files)| {
        files.iter().fold(
            ModuleDirectory::new(*name, format!("modules/{name}")),
            |directory, (path, bytes)| directory.with(path, *bytes),
        )
    });
    directories.collect()
}
