//! A module's folder as values: its files by path, and the name under which messages show them.

use crate::diagnostic::Source;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The files of one module.
#[derive(Clone, Debug, Default)]
pub struct Folder {
    /// The module's name: the folder's.
    pub name: String,
    /// The folder as shown: `modules/nginx`, `inventory/modules/nginx`.
    pub shown: String,
    /// Contents by path below the folder, with `/`.
    pub files: BTreeMap<String, Vec<u8>>,
}

impl Folder {
    /// A folder without files.
    pub fn new(name: impl Into<String>, shown: impl Into<String>) -> Folder {
        Folder { name: name.into(), shown: shown.into(), files: BTreeMap::new() }
    }

    /// The same with one more file.
    pub fn with(mut self, path: &str, content: impl Into<Vec<u8>>) -> Folder {
        self.files.insert(path.to_owned(), content.into());
        self
    }

    /// A file as text with its shown name; none when it is missing or not UTF-8.
    pub fn source(&self, path: &str) -> Option<Arc<Source>> {
        let text = String::from_utf8(self.files.get(path)?.clone()).ok()?;
        Some(Source::new(format!("{}/{path}", self.shown), text))
    }

    /// The paths below a sub-folder (`templates/`) that end so.
    pub fn below<'a>(&'a self, start: &'a str, end: &'a str) -> impl Iterator<Item = &'a str> {
        let paths = self.files.keys().map(String::as_str);
        paths.filter(move |path| path.starts_with(start) && path.ends_with(end))
    }
}
