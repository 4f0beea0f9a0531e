//! What a module writes into its structured files itself, and by which parameter: read from `sets` and
//! from the expressions of `contents`, so that no list of it has to be kept.

use crate::module::form::{Form, FormShape};
use crate::module::manifest::{Manifest, Param, Structured};
use crate::module::syntax::References;
use crate::module::types::ParamType;
use indexmap::IndexMap;

/// The keys that a module writes, dotted.
#[derive(Clone, Debug, Default)]
pub(in crate::module) struct Written {
    keys: IndexMap<String, Option<String>>,
}

impl Written {
    /// What a module writes into the files that are a `document`, and what has a parameter of its very
    /// own name (tables apart: `federation` of a spec is another thing than Synapse's).
    pub(in crate::module) fn by(manifest: &Manifest) -> Written {
        let mut written = Written { keys: IndexMap::new() };
        for setting in &manifest.settings {
            let from = format!("{}.{}", manifest.name, setting.from.join("."));
            written.keys.insert(setting.key.join("."), Some(from));
        }
        let files = manifest.resources.iter().filter_map(|form| form.structured());
        for file in files.filter(|file| file.document.is_some()) {
            written.file(manifest, file);
        }
        let one_value = |param: &Param| {
            !matches!(param.field.of, ParamType::Table(_) | ParamType::List(_) | ParamType::Map(_))
        };
        for (name, _) in manifest.params.iter().filter(|(_, param)| one_value(param)) {
            let by = Some(format!("{}.{name}", manifest.name));
            written.keys.entry(name.clone()).or_insert(by);
        }
        written
    }

    fn file(&mut self, manifest: &Manifest, file: &Structured) {
        for part in &file.parts {
            if let FormShape::Table(table) = &part.shape {
                self.table("", manifest, table);
            }
        }
    }

    fn table(&mut self, above: &str, manifest: &Manifest, table: &IndexMap<String, Form>) {
        for (key, form) in table {
            let name = if above.is_empty() { key.clone() } else { format!("{above}.{key}") };
            match &form.shape {
                FormShape::Table(below) => self.table(&name, manifest, below),
                _ => drop(self.keys.insert(name, parameter(manifest, form))),
            }
        }
    }

    /// What writes a key, when the module does: a parameter, or none for what no parameter changes. A
    /// table of which it writes a part is not its own; a key in a list or table that it writes whole is.
    pub(in crate::module) fn by_whom(&self, name: &str) -> Option<Option<&str>> {
        let whole = |known: &str| {
            name.strip_prefix(known)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        };
        self.keys.iter().find(|(known, _)| whole(known)).map(|(_, by)| by.as_deref())
    }
}

/// The one parameter that an expression is about; none when there is none or it cannot be told.
fn parameter(manifest: &Manifest, form: &Form) -> Option<String> {
    let mut read = References::default();
    read.form(form);
    let own = read
        .0
        .iter()
        .filter(|(of, name)| *of == manifest.name && manifest.params.contains_key(name));
    let mut names = own.map(|(_, name)| name);
    let name = names.next()?;
    Some(field(&manifest.name, name, form).unwrap_or_else(|| format!("{}.{name}", manifest.name)))
}

/// `synapse.turn.uris` where the expression spells a field of the parameter.
fn field(module: &str, name: &str, form: &Form) -> Option<String> {
    let mut found = None;
    form.texts(&mut |text| {
        let start = format!("{module}.{name}");
        let mut rest = text.text.split(start.as_str()).skip(1);
        let word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '.';
        let fields: Option<String> =
            rest.next().map(|rest| rest.chars().take_while(|c| word(*c)).collect());
        if let Some(fields) = fields.filter(|_| found.is_none()) {
            found = Some(format!("{start}{fields}"));
        }
    });
    found
}
