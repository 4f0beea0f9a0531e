//! The keys that a module writes into its structured files, and the parameter behind each: derived from `sets` and from
//! the expressions of `contents`, so that no separate list has to be maintained.

use crate::module::form::{Form, FormShape};
use crate::module::manifest::{Manifest, Param, Structured};
use crate::module::syntax::Reference;
use crate::module::types::ParamType;
use indexmap::IndexMap;

/// The keys that a module writes, dotted.
#[derive(Clone, Debug, Default)]
pub(in crate::module) struct WrittenKeys {
    keys: IndexMap<String, Option<String>>,
    /// Options whose value the module keeps in a separate file, with the parameter that the value comes from.
    in_files: IndexMap<String, String>,
}

impl WrittenKeys {
    /// The keys that a module writes into its `document` files, and the parameters with exactly the name of an option
    /// (except tables and lists: `federation` in a spec is not Synapse's `federation`).
    pub(in crate::module) fn by(manifest: &Manifest) -> WrittenKeys {
        let mut written = WrittenKeys::default();
        for setting in &manifest.settings {
            let from = format!("{}.{}", manifest.name, setting.from.join("."));
            written.keys.insert(setting.key.join("."), Some(from));
        }
        let files = manifest.resources.iter().filter_map(|form| form.structured());
        for file in files.filter(|file| file.document.is_some()) {
            written.file(manifest, file);
        }
        let one_value = |param: &Param| {
            !matches!(param.field.ty, ParamType::Table(_) | ParamType::List(_) | ParamType::Map(..))
        };
        for (name, param) in &manifest.params {
            let by = || Some(format!("{}.{name}", manifest.name));
            match written.keys.get_mut(name) {
                // Written through a derived value; this includes lists such as `trusted_key_servers`.
                Some(known @ None) => *known = by(),
                Some(_) => {}
                None if one_value(param) => drop(written.keys.insert(name.clone(), by())),
                None => {}
            }
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
                _ => {
                    let option = name.strip_suffix("_path").map(str::to_owned);
                    self.in_files.extend(
                        option
                            .and_then(|option| Some((option, parameter_of_file(manifest, form)?))),
                    );
                    self.keys.insert(name, parameter(manifest, form));
                }
            }
        }
    }

    /// The parameter of an option whose value the module keeps in a file of its own.
    pub(in crate::module) fn parameter_in_file(&self, name: &str) -> Option<&str> {
        self.in_files.get(name).map(String::as_str)
    }

    /// The parameter that writes the only key with this last part, such as `smtp_host` for `email.smtp_host`.
    pub(in crate::module) fn last(&self, leaf: &str) -> Option<&str> {
        let ends = |name: &str| name.rsplit_once('.').is_some_and(|(_, last)| last == leaf);
        let mut found = self.keys.iter().filter(|(name, _)| ends(name));
        match (found.next(), found.next()) {
            (Some((_, by)), None) => by.as_deref(),
            _ => None,
        }
    }

    /// The table that holds all parameters that write keys below this one.
    pub(in crate::module) fn below(&self, name: &str) -> Option<String> {
        let below =
            |known: &str| known.strip_prefix(name).is_some_and(|rest| rest.starts_with('.'));
        let by = self.keys.iter().filter(|(known, _)| below(known));
        let mut by = by.filter_map(|(_, by)| Some(by.as_deref()?.split('.').collect::<Vec<_>>()));
        let first = by.next()?;
        let same = |other: &Vec<&str>| {
            first.iter().zip(other).take_while(|(one, other)| one == other).count()
        };
        let shared = by.map(|other| same(&other)).min().unwrap_or(first.len());
        Some(first.get(..shared)?.join("."))
    }

    /// The parameter that writes a key, if the module writes it; the inner value is none if no parameter changes the
    /// key. A table that the module writes only in part does not count as written; a key inside a list or table that it
    /// writes as a whole does.
    pub(in crate::module) fn written_by(&self, name: &str) -> Option<Option<&str>> {
        let whole = |known: &str| {
            name.strip_prefix(known)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        };
        self.keys.iter().find(|(known, _)| whole(known)).map(|(_, by)| by.as_deref())
    }
}

/// The parameter that supplies the content of the file whose path is written here.
fn parameter_of_file(manifest: &Manifest, path: &Form) -> Option<String> {
    let mut spelt = String::new();
    path.texts(&mut |text| spelt += &text.text);
    let files = manifest.resources.iter().filter_map(|form| {
        // The directory is an expression, and may be spelt differently elsewhere; the text after it is the file name.
        let (_, name) = form.name.text.rsplit_once("}}")?;
        let (_, content) = form.attributes.get("content")?;
        Some((name, content))
    });
    let mut found = files.filter(|(name, _)| !name.is_empty() && spelt.contains(*name));
    parameter(manifest, found.next()?.1)
}

/// The single parameter that an expression reads; none if it reads none or an unknown one.
fn parameter(manifest: &Manifest, form: &Form) -> Option<String> {
    let own = |(of, name): &&Reference| *of == manifest.name && manifest.params.contains_key(name);
    let mut names = form.reads().into_iter().filter(own).map(|(_, name)| name);
    let name = names.next()?;
    Some(field(&manifest.name, name, form).unwrap_or_else(|| format!("{}.{name}", manifest.name)))
}

/// `synapse.turn.uris`, if the expression spells out a field of the parameter.
fn field(module: &str, name: &str, form: &Form) -> Option<String> {
    let mut found = None;
    form.texts(&mut |text| {
        let start = format!("{module}.{name}");
        let mut rest = text.text.split(start.as_str()).skip(1);
        let is_name_char =
            |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '.';
        let fields: Option<String> =
            rest.next().map(|rest| rest.chars().take_while(|c| is_name_char(*c)).collect());
        if let Some(fields) = fields.filter(|_| found.is_none()) {
            found = Some(format!("{start}{fields}"));
        }
    });
    found
}
