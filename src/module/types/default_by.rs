//! `default_by`: defaults of a parameter that depend on a value elsewhere in the spec: `default_by = { of =
//! "synapse.profile", newsroom = "72h" }`. The rules: `of` is an enum parameter of a module, only its values select a
//! default, nothing is computed, and a parameter whose default is selected cannot select others. The selection happens
//! when settings are read, so that expressions, findings and documents all see the same default.

use super::{Field, ParamType};
use crate::diagnostic::{Diagnostic, Place, Problems, all};
use crate::spec::node::Entry;
use indexmap::IndexMap;
use minijinja::Value;

/// The defaults for the values of an enum parameter.
#[derive(Clone, Debug)]
pub struct DefaultBy {
    /// The module of the selecting parameter.
    pub module: String,
    /// The selecting parameter.
    pub param: String,
    /// The place of `of`.
    pub place: Place,
    /// The defaults of the values that have one.
    pub defaults: IndexMap<String, WordDefault>,
}

/// The default for one value.
#[derive(Clone, Debug)]
pub struct WordDefault {
    /// The value, as expressions see it.
    pub value: Value,
    /// The place of the value.
    pub key: Place,
    /// The place of the value.
    pub place: Place,
}

impl DefaultBy {
    /// Reads the declaration for a parameter of this type; reports all problems at once.
    pub(super) fn read(entry: &Entry, ty: &ParamType) -> Result<DefaultBy, Problems> {
        let chooser = entry.node.as_table().and_then(|table| table.get("of"));
        let named = chooser.and_then(|chooser| chooser.node.as_str()?.split_once('.'));
        let (Some(table), Some(chooser), Some((module, param))) =
            (entry.node.as_table(), chooser, named)
        else {
            let message = "`of` in `default_by` must name the parameter that chooses";
            let problem = Diagnostic::error("module/default-by", message).at(&entry.node.place);
            let help = "write `default_by = { of = \"MODULE.PARAMETER\", WORD = … }`";
            return Err(vec![problem.help(help)]);
        };
        let words = table.iter().filter(|(word, _)| *word != "of");
        let defaults = all(words.map(|(word, entry)| {
            let (key, place) = (entry.key.clone(), entry.node.place.clone());
            Ok((word.clone(), WordDefault { value: ty.read(&entry.node)?, key, place }))
        }))?;
        let (module, param) = (module.to_owned(), param.to_owned());
        Ok(DefaultBy { module, param, place: chooser.node.place.clone(), defaults })
    }

    /// Returns each selecting setting, such as ``profile `closed` ``, with the default as the manifest spells it.
    pub fn spelt(&self) -> impl Iterator<Item = (String, String)> {
        self.defaults
            .iter()
            .map(|(word, one)| (format!("{} `{word}`", self.param), one.place.text().to_owned()))
    }
}

/// Returns the value that the selecting parameter has; none if it has none.
type Choose<'a> = &'a dyn Fn(&DefaultBy) -> Option<String>;

impl Field {
    /// Returns the field with the defaults selected by these values, including those of the fields below it.
    pub fn chosen(&self, choose: Choose<'_>) -> Field {
        let chosen = self.by.as_ref().and_then(|by| by.defaults.get(&choose(by)?));
        let default = chosen.map(|one| one.value.clone()).or_else(|| self.default.clone());
        Field {
            ty: self.ty.chosen(choose),
            default,
            by: self.by.clone(),
            required: self.required,
            doc: self.doc.clone(),
            declared: self.declared.clone(),
        }
    }
}

impl ParamType {
    /// The type with the defaults selected by these values.
    fn chosen(&self, choose: Choose<'_>) -> ParamType {
        match self {
            ParamType::Table(fields) => ParamType::Table(
                fields.iter().map(|(name, field)| (name.clone(), field.chosen(choose))).collect(),
            ),
            ParamType::List(ty) => ParamType::List(Box::new(ty.chosen(choose))),
            ParamType::Map(ty, keys) => ParamType::Map(Box::new(ty.chosen(choose)), keys.clone()),
            other => other.clone(),
        }
    }
}
