//! Loads modules: reads them, and lints those of the user's own together with the embedded ones.

use super::embedded::embedded;
use super::folder::Folder;
use super::lint::lint;
use super::modules::Modules;
use crate::diagnostic::Problems;
use crate::resource::kinds;

impl Modules {
    /// The embedded modules and the user's own. Embedded ones alone are not linted: what was built in
    /// passed the lint in a test, and each start of the program would do it again.
    ///
    /// # Errors
    ///
    /// The problems of the user's own modules, as [`Modules::load`] finds them.
    pub fn built_in(own: &[Folder]) -> Result<Modules, Problems> {
        if own.is_empty() {
            Modules::read(&embedded(), own)
        } else {
            Modules::load(&embedded(), own)
        }
    }

    /// Reads and lints modules; `own` are the user's, which override embedded ones.
    ///
    /// # Errors
    ///
    /// All problems of manifests that cannot be read; else all that the lint finds.
    pub fn load(embedded: &[Folder], own: &[Folder]) -> Result<Modules, Problems> {
        let modules = Modules::read(embedded, own)?;
        let problems = lint(&modules, kinds());
        if problems.is_empty() { Ok(modules) } else { Err(problems) }
    }
}
