//! Selects the repository that a command means.

use crate::diagnostic::Diagnostic;

/// Returns the repository with this name, or the first one if no name is given.
///
/// # Errors
///
/// The spec has no repository with this name.
pub fn repository<'a, T>(
    all: &'a [T],
    name: Option<&str>,
    name_of: impl Fn(&T) -> &str,
) -> Result<&'a T, Diagnostic> {
    let found = match name {
        None => all.first(),
        Some(name) => all.iter().find(|one| name_of(one) == name),
    };
    found.ok_or_else(|| {
        let names: Vec<&str> = all.iter().map(&name_of).collect();
        let message = format!("there is no repository `{}`", name.unwrap_or_default());
        Diagnostic::error("backup/repository", message)
            .help(format!("the spec has {}", names.join(", ")))
    })
}
