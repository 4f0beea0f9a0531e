//! `[params.X]`: the parameters of a spec, with their types. `types` reads the type and its keys; this file reads the
//! keys that every parameter has besides.

use crate::diagnostic::{Diagnostic, Place, Problems, nearest};
use crate::module::types::{Field, ParamType};
use crate::spec::node::{Entry, Value};

/// A check of a parameter's value beyond its type (`module/checks`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Check {
    /// No secret is named twice.
    DistinctSecrets,
    /// Options of Synapse, against the table of all its options.
    SynapseOptions,
}

impl Check {
    const ALL: [(&'static str, Check); 2] =
        [("distinct_secrets", Check::DistinctSecrets), ("synapse_options", Check::SynapseOptions)];

    /// The check with this name.
    fn named(name: &str, place: &Place) -> Result<Check, Diagnostic> {
        let found = Check::ALL.iter().find(|(known, _)| *known == name).map(|(_, check)| *check);
        found.ok_or_else(|| {
            let message = format!("there is no checker `{name}`");
            let problem = Diagnostic::error("module/check", message).at(place);
            let names = || Check::ALL.iter().map(|(name, _)| *name);
            match nearest(name, names()) {
                Some(near) => problem.help(format!("did you mean `{near}`?")),
                None => {
                    problem.help(format!("there is `{}`", names().collect::<Vec<_>>().join("`, `")))
                }
            }
        })
    }
}

/// One parameter.
#[derive(Clone, Debug)]
pub struct Param {
    /// Its type, default and documentation.
    pub field: Field,
    /// The hardening that it provides, for the reference.
    pub hardens: Option<String>,
    /// The check of its value beyond its type.
    pub check: Option<Check>,
    /// Where it is declared.
    pub place: Place,
}

impl Param {
    /// Reads a declaration.
    ///
    /// # Errors
    ///
    /// The entry is not a table, `doc` is missing, the type or a default is invalid, another key has the wrong type, or
    /// `check` is unknown or belongs to a field.
    pub fn read(name: &str, entry: &Entry) -> Result<Param, Problems> {
        let Some(table) = entry.node.as_table() else {
            let message = format!("`params.{name}` must be a table with `type` and `doc`");
            return Err(vec![Diagnostic::error("module/param", message).at(&entry.key)]);
        };
        let field = Field::from_manifest(table, &entry.key)?;
        let mut problems = Problems::new();
        if field.doc.is_none() {
            let message = format!("`params.{name}` needs `doc`");
            let problem = Diagnostic::error("module/param", message).at(&entry.key);
            problems.push(
                problem
                    .help("say in one sentence what it means: the reference is generated from it"),
            );
        }
        for key in ["doc", "hardens"] {
            problems.extend(not_text(table.get(key), key));
        }
        problems.extend(not_flag(table.get("destructive"), "destructive"));
        let check = checker(table.get("check")).unwrap_or_else(|found| {
            problems.push(found);
            None
        });
        checks_below(&field.ty, &mut problems);
        let hardens = table.get("hardens").and_then(|entry| entry.node.as_str());
        let param =
            Param { field, hardens: hardens.map(str::to_owned), check, place: entry.key.clone() };
        if problems.is_empty() { Ok(param) } else { Err(problems) }
    }
}

fn not_text(entry: Option<&Entry>, key: &str) -> Option<Diagnostic> {
    let entry = entry.filter(|entry| entry.node.as_str().is_none())?;
    Some(crate::spec::keys::wrong(&format!("`{key}`"), "a string", &entry.node))
}

fn not_flag(entry: Option<&Entry>, key: &str) -> Option<Diagnostic> {
    let entry = entry.filter(|entry| !matches!(entry.node.value, Value::Boolean(_)))?;
    Some(crate::spec::keys::wrong(&format!("`{key}`"), "`true` or `false`", &entry.node))
}

fn checker(entry: Option<&Entry>) -> Result<Option<Check>, Diagnostic> {
    let Some(entry) = entry else { return Ok(None) };
    let name = entry.node.as_str();
    let name = name.ok_or_else(|| crate::spec::keys::wrong("`check`", "a string", &entry.node))?;
    Check::named(name, &entry.node.place).map(Some)
}

/// A checker sees a whole parameter, so fields of a parameter cannot have one.
fn checks_below(ty: &ParamType, problems: &mut Problems) {
    match ty {
        ParamType::List(ty) | ParamType::Map(ty, _) => checks_below(ty, problems),
        ParamType::Table(fields) => {
            for field in fields.values() {
                if let Some(entry) = field.declared.get("check") {
                    let message = "`check` belongs to a parameter, not to a field of one";
                    problems.push(Diagnostic::error("module/check", message).at(&entry.key));
                }
                checks_below(&field.ty, problems);
            }
        }
        _ => {}
    }
}
