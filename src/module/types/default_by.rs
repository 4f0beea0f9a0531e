//! `default_by`: defaults of a parameter that follow a word which the spec says elsewhere:
//! `default_by = { of = "synapse.profile", newsroom = "72h" }`. The fences: `of` is an enum parameter of
//! a module, its words alone choose, nothing is computed, and one that is chosen by another chooses
//! nothing itself. The choice is made when settings are read, so that expressions, findings and
//! documents see one default.

use super::{Field, ParamType};
use crate::diagnostic::{Diagnostic, Place, Problems, all};
use crate::spec::node::Entry;
use indexmap::IndexMap;
use minijinja::Value;

/// Defaults by the words of an enum parameter.
#[derive(Clone, Debug)]
pub struct DefaultBy {
    /// The module of the parameter that chooses.
    pub module: String,
    /// The parameter that chooses.
    pub param: String,
    /// Where that is said.
    pub place: Place,
    /// The default for each word that has one of its own.
    pub defaults: IndexMap<String, WordDefault>,
}

/// The default for one word.
#[derive(Clone, Debug)]
pub struct WordDefault {
    /// As expressions see it.
    pub value: Value,
    /// The word, where it is declared.
    pub key: Place,
    /// The value, where it is declared.
    pub place: Place,
}

impl DefaultBy {
    /// Reads a declaration for a parameter of this type; all problems at once.
    pub(super) fn read(entry: &Entry, of: &ParamType) -> Result<DefaultBy, Problems> {
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
            Ok((word.clone(), WordDefault { value: of.read(&entry.node)?, key, place }))
        }))?;
        let (module, param) = (module.to_owned(), param.to_owned());
        Ok(DefaultBy { module, param, place: chooser.node.place.clone(), defaults })
    }

    /// What the spec says that chooses, such as ``profile `closed` ``, with the default as the manifest
    /// spells it.
    pub fn spelt(&self) -> impl Iterator<Item = (String, String)> {
        self.defaults
            .iter()
            .map(|(word, one)| (format!("{} `{word}`", self.param), one.place.text().to_owned()))
    }
}

/// Gives the word that a chooser says; none when it says none.
type Choose<'a> = &'a dyn Fn(&DefaultBy) -> Option<String>;

impl Field {
    /// The field with the defaults that these words choose, its own and those below it.
    pub fn chosen(&self, choose: Choose<'_>) -> Field {
        let chosen = self.by.as_ref().and_then(|by| by.defaults.get(&choose(by)?));
        let default = chosen.map(|one| one.value.clone()).or_else(|| self.default.clone());
        Field {
            of: self.of.chosen(choose),
            default,
            by: self.by.clone(),
            required: self.required,
            doc: self.doc.clone(),
            declared: self.declared.clone(),
        }
    }
}

impl ParamType {
    /// The type with the defaults that these words choose.
    fn chosen(&self, choose: Choose<'_>) -> ParamType {
        match self {
            ParamType::Table(fields) => ParamType::Table(
                fields.iter().map(|(name, field)| (name.clone(), field.chosen(choose))).collect(),
            ),
            ParamType::List(of) => ParamType::List(Box::new(of.chosen(choose))),
            ParamType::Map(of, keys) => ParamType::Map(Box::new(of.chosen(choose)), keys.clone()),
            other => other.clone(),
        }
    }
}
