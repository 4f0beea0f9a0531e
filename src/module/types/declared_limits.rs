//! The parts of a declaration that narrow a type: the words of an enum, bounds, patterns.

use super::ParamType;
use super::manifest::{Declaration, unknown_type};
use super::number::{Number, Whole};
use super::text_type::{self, BoundedText, Pattern};
use crate::diagnostic::{Diagnostic, Problems};
use crate::spec::node::{Entry, Node, Value as Toml};
use minijinja::Value;
use regex_lite::Regex;

impl Declaration<'_> {
    pub(super) fn words(&self) -> Result<Vec<String>, Problems> {
        let entry = self.table.get("values");
        let words: Option<Vec<String>> = entry.and_then(|entry| {
            let items = entry.node.as_array()?;
            items.iter().map(|item| item.as_str().map(str::to_owned)).collect()
        });
        words.filter(|words| !words.is_empty()).ok_or_else(|| {
            let place = entry.map_or(self.place, |entry| &entry.node.place);
            let problem = Diagnostic::error("module/type", "an enum lists its words in `values`");
            vec![problem.at(place).help("write `values = [\"closed\", \"open\"]`")]
        })
    }

    pub(super) fn text_type(&self, name: &str) -> Result<BoundedText, Problems> {
        let base = text_type::find(name).ok_or_else(|| vec![unknown_type(name, self.place)])?;
        let bound = |key: &str| -> Result<Option<Value>, Problems> {
            let Some(entry) = self.table.get(key) else { return Ok(None) };
            ParamType::Text(BoundedText::plain(base)).read(&entry.node).map(Some)
        };
        let pattern = self.pattern("pattern")?;
        let means = self.optional_text("means")?;
        Ok(BoundedText { base, min: bound("min")?, max: bound("max")?, pattern, means })
    }

    /// A pattern matches the whole string: `[a-z]+` does not let `a;b` pass.
    pub(super) fn pattern(&self, key: &str) -> Result<Option<Pattern>, Problems> {
        let Some(pattern) = self.optional_text(key)? else { return Ok(None) };
        match Regex::new(&format!("^(?:{pattern})$")) {
            Ok(whole) => Ok(Some(Pattern { text: pattern, whole })),
            Err(error) => {
                let place = self.table.get(key).map_or(self.place, |entry| &entry.node.place);
                let message = format!("not a pattern: {error}");
                Err(vec![Diagnostic::error("module/type", message).at(place)])
            }
        }
    }

    pub(super) fn whole(
        &self,
        name: &'static str,
        min: Option<i64>,
        max: Option<i64>,
    ) -> Result<Whole, Problems> {
        let bound = |key: &str, default| match self.table.get(key).map(|entry| &entry.node) {
            None => Ok(default),
            Some(Node { value: Toml::Integer(number), .. }) => Ok(Some(*number)),
            Some(node) => Err(not_a_bound(key, "a whole number", node)),
        };
        Ok(Whole { name, min: bound("min", min)?, max: bound("max", max)? })
    }

    pub(super) fn number(
        &self,
        name: &'static str,
        min: Option<f64>,
        max: Option<f64>,
    ) -> Result<Number, Problems> {
        let bound = |key: &str, default| match self.table.get(key).map(|entry| &entry.node) {
            None => Ok(default),
            Some(Node { value: Toml::Integer(number), .. }) => Ok(Some(*number as f64)),
            Some(Node { value: Toml::Float(number), .. }) => Ok(Some(*number)),
            Some(node) => Err(not_a_bound(key, "a number", node)),
        };
        Ok(Number { name, min: bound("min", min)?, max: bound("max", max)? })
    }

    pub(super) fn optional_text(&self, key: &str) -> Result<Option<String>, Problems> {
        self.table.get(key).map(|entry| text(entry, key).map(str::to_owned)).transpose()
    }
}

/// The text of a key that must be text.
pub(super) fn text<'a>(entry: &'a Entry, key: &str) -> Result<&'a str, Problems> {
    entry.node.as_str().ok_or_else(|| {
        let message = format!("`{key}` is a string, not {}", entry.node.value.type_name());
        vec![Diagnostic::error("module/type", message).at(&entry.node.place)]
    })
}

fn not_a_bound(key: &str, what: &str, node: &Node) -> Problems {
    let message = format!("`{key}` is {what}, not {}", node.value.type_name());
    vec![Diagnostic::error("module/type", message).at(&node.place)]
}
