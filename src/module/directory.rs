//! A module's directory as a value: its files by path, and the name that messages show for it.

use crate::diagnostic::Source;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The files of one module.
#[derive(Clone, Debug, Default)]
pub struct ModuleDirectory {
    /// The module's name, which is that of the directory.
    pub name: String,
    /// The directory as messages show it: `modules/nginx`, `inventory/modules/nginx`.
    pub shown: String,
    /// Contents by path relative to the directory, separated by `/`.
    pub files: BTreeMap<String, Vec<u8>>,
}

impl ModuleDirectory {
    /// A directory without files.
    pub fn new(name: impl Into<String>, shown: impl Into<String>) -> ModuleDirectory {
        ModuleDirectory { name: name.into(), shown: shown.into(), files: BTreeMap::new() }
    }

    /// Returns the directory with one more file.
    pub fn with(mut self, path: &str, content: impl Into<Vec<u8>>) -> ModuleDirectory {
        self.files.insert(path.to_owned(), content.into());
        self
    }

    /// A file as text, under the name that messages show; none if it is missing or not UTF-8.
    pub fn source(&self, path: &str) -> Option<Arc<Source>> {
        let text = String::from_utf8(self.files.get(path)?.clone()).ok()?;
        Some(Source::new(format!("{}/{path}", self.shown), text))
    }

    /// The paths below a subdirectory (`templates/`) that have this ending.
    pub fn below<'a>(&'a self, start: &'a str, end: &'a str) -> impl Iterator<Item = &'a str> {
        let paths = self.files.keys().map(String::as_str);
        paths.filter(move |path| path.starts_with(start) && path.ends_with(end))
    }
}
