//! Loads modules: reads them, and lints the user's own together with the embedded ones.

use super::directory::ModuleDirectory;
use super::embedded::embedded;
use super::lint::lint;
use super::modules::Modules;
use crate::diagnostic::Problems;
use crate::resource::kinds;

impl Modules {
    /// Loads the embedded modules and the user's own. Embedded modules alone are not linted: they pass the lint in a
    /// test, and every start of the program would repeat it.
    ///
    /// # Errors
    ///
    /// The problems of the user's own modules, as [`Modules::load`] finds them.
    pub fn built_in(own: &[ModuleDirectory]) -> Result<Modules, Problems> {
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
    /// All problems of unreadable manifests; if there are none, all problems that the lint finds.
    pub fn load(
        embedded: &[ModuleDirectory],
        own: &[ModuleDirectory],
    ) -> Result<Modules, Problems> {
        let modules = Modules::read(embedded, own)?;
        let problems = lint(&modules, kinds());
        if problems.is_empty() { Ok(modules) } else { Err(problems) }
    }
}
