//! Replaces the user's files whole or not at all.

use std::fs::{File, Permissions};
use std::io::{Result, Write};
use std::path::Path;

/// Replaces a file with a new one, or leaves it unchanged.
pub(super) fn replace(path: &Path, bytes: &[u8], permissions: Option<Permissions>) -> Result<()> {
    let directory = path.parent().filter(|directory| !directory.as_os_str().is_empty());
    let directory = directory.unwrap_or(Path::new("."));
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let temporary = directory.join(format!(".{name}.{}.new", std::process::id()));
    let replace = || -> Result<()> {
        let mut file = File::create_new(&temporary)?;
        if let Some(permissions) = permissions {
            file.set_permissions(permissions)?;
        }
        file.write_all(bytes)?;
        file.sync_all()?;
        std::fs::rename(&temporary, path)
    };
    replace().inspect_err(|_| {
        // Best effort: the error that matters is the one above.
        let _ = std::fs::remove_file(&temporary);
    })
}
