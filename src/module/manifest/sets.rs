//! `sets` on a parameter, or on a field of a table parameter: the key of a structured file that takes its value
//! unchanged. `sets = "rc_login.address"` writes into the module's only `document`; if there are several, `sets =
//! "DOCUMENT:rc_login.address"` selects one. The value `none` writes nothing. The table of settings is used in both
//! directions, forwards (expand, explain) and backwards (adopt), so computed values belong in `contents` instead.

use super::{Param, ResourceForm};
use crate::diagnostic::{Diagnostic, Place, Problems, nearest};
use crate::module::types::{Field, ParamType};
use indexmap::IndexMap;

/// A parameter that writes a key of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Setting {
    /// The parameter and the fields below it.
    pub from: Vec<String>,
    /// The document that it writes into.
    pub document: String,
    /// The key and the tables above it.
    pub key: Vec<String>,
    /// The place of `sets`.
    pub place: Place,
}

/// Returns all settings of a module.
pub(super) fn settings(
    params: &IndexMap<String, Param>,
    resources: &[ResourceForm],
) -> Result<Vec<Setting>, Problems> {
    let documents: Vec<&str> = resources
        .iter()
        .filter_map(|resource| resource.structured()?.document.as_deref())
        .collect();
    let mut walk = SetsWalk { documents, found: Vec::new(), problems: Vec::new() };
    for (name, param) in params {
        walk.field(&mut vec![name.clone()], &param.field, true);
    }
    walk.check_duplicates();
    if walk.problems.is_empty() { Ok(walk.found) } else { Err(walk.problems) }
}

struct SetsWalk<'a> {
    documents: Vec<&'a str>,
    found: Vec<Setting>,
    problems: Problems,
}

impl SetsWalk<'_> {
    /// Visits a field and the fields below it; inside a list or map there is no single value to set.
    fn field(&mut self, path: &mut Vec<String>, field: &Field, single: bool) {
        if let Some(entry) = field.declared.get("sets") {
            let place = &entry.node.place;
            match entry.node.as_str() {
                _ if !single => self.refuse(place, "`sets` is not allowed inside a list or a map"),
                None => self.refuse(place, "`sets` is a string such as `\"rc_login.address\"`"),
                Some(text) => self.set(path, text, place),
            }
        }
        match &field.ty {
            ParamType::Table(fields) => self.fields(path, fields, single),
            ParamType::List(ty) | ParamType::Map(ty, _) => {
                if let ParamType::Table(fields) = ty.as_ref() {
                    self.fields(path, fields, false);
                }
            }
            _ => {}
        }
    }

    fn fields(&mut self, path: &mut Vec<String>, fields: &IndexMap<String, Field>, single: bool) {
        for (name, field) in fields {
            path.push(name.clone());
            self.field(path, field, single);
            path.pop();
        }
    }

    fn set(&mut self, path: &[String], text: &str, place: &Place) {
        let (document, key) = match (text.split_once(':'), self.documents.as_slice()) {
            (Some((document, key)), _) => (document, key),
            (None, [only]) => (*only, text),
            (None, []) => {
                return self.refuse(place, "`sets` needs a file with `contents` and `document`");
            }
            (None, several) => {
                let names = several.join("`, `");
                let message = format!("`sets` must start with a document: `{names}`");
                return self.refuse(place, message);
            }
        };
        if !self.documents.contains(&document) {
            let problem =
                Diagnostic::error("module/sets", format!("no file has the document `{document}`"));
            let near = nearest(document, self.documents.iter().copied());
            let near = near.map(|near| format!("did you mean `{near}`?"));
            let help =
                near.unwrap_or_else(|| format!("add `document = \"{document}\"` to the file"));
            return self.problems.push(problem.at(place).help(help));
        }
        let key: Vec<String> = key.split('.').map(str::to_owned).collect();
        if key.iter().any(String::is_empty) {
            return self.refuse(place, "`sets` takes keys separated by dots");
        }
        let (from, document) = (path.to_vec(), document.to_owned());
        self.found.push(Setting { from, document, key, place: place.clone() });
    }

    /// Reports two parameters that set the same key, or a key inside a table that another one sets.
    fn check_duplicates(&mut self) {
        for (index, one) in self.found.iter().enumerate() {
            for other in self.found.iter().skip(index + 1) {
                let overlap = one.key.starts_with(&other.key) || other.key.starts_with(&one.key);
                if one.document == other.document && overlap {
                    let message = format!("`{}` is set twice", other.key.join("."));
                    let problem = Diagnostic::error("module/sets", message).at(&other.place);
                    self.problems.push(problem.see(&one.place, "also set here"));
                }
            }
        }
    }

    fn refuse(&mut self, place: &Place, message: impl Into<String>) {
        self.problems.push(Diagnostic::error("module/sets", message).at(place));
    }
}
