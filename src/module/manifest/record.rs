//! `[[record]]`: a DNS record that the spec needs, for `dns` and `verify`.

use super::finding::{optional_text, text};
use super::values::expression;
use crate::diagnostic::{Diagnostic, Place, Problems};
use crate::module::outside::RecordType;
use crate::module::text::{Expression, Text};
use crate::spec::keys::TableReader;
use crate::spec::node::Node;

/// One record.
#[derive(Clone, Debug)]
pub struct RecordForm {
    /// The owner name.
    pub name: Text,
    /// The type; if unset, A and AAAA of this host.
    pub record_type: Option<RecordType>,
    /// Its value.
    pub value: Option<Text>,
    /// For CAA: the method by which the host proves control of its names.
    pub method: Option<Text>,
    /// The beginning of the value, if the rest is unknown.
    pub begins: Option<Text>,
    /// Whether there must be no such record.
    pub absent: bool,
    /// The purpose of the record.
    pub why: Text,
    /// The condition under which it is needed.
    pub when: Option<Expression>,
    /// The list that it iterates over.
    pub for_each: Option<Expression>,
    /// Where it is declared.
    pub place: Place,
}

impl RecordForm {
    /// Reads a `[[record]]`.
    ///
    /// # Errors
    ///
    /// The node is not a table, a key is missing, unknown or of the wrong type, an expression or template does not
    /// parse, or `value`, `begins`, `absent` and `method` do not go with the type (`module/record`).
    pub fn read(node: &Node) -> Result<RecordForm, Problems> {
        let mut keys =
            TableReader::of_node("`[[record]]`", node).map_err(|problem| vec![problem])?;
        let mut types = vec![("host", None)];
        types.extend(RecordType::ALL.map(|(name, record_type)| (name, Some(record_type))));
        keys.required("type", "`host`, `CAA`, `SRV`, `MX` or `TXT`");
        let record_type = keys.word("type", &types).unwrap_or(None);
        let name = text(&mut keys, "name", "the name of the record");
        let why = text(&mut keys, "why", "what it is for");
        let value = optional_text(&mut keys, "value");
        let method = optional_text(&mut keys, "method");
        let begins = optional_text(&mut keys, "begins");
        let absent = keys.flag("absent").unwrap_or(false);
        let when = expression(&mut keys, "when");
        let for_each = expression(&mut keys, "for_each");
        let count =
            [value.is_some(), begins.is_some(), absent].iter().filter(|is_set| **is_set).count();
        if count != usize::from(record_type.is_some()) {
            let message =
                "a record has one of `value`, `begins` and `absent`, unless its type is `host`";
            keys.push(Diagnostic::error("module/record", message).at(&node.place));
        }
        if method.is_some() && (record_type != Some(RecordType::Caa) || value.is_none()) {
            let message = "`method` belongs to the `value` of a CAA record";
            keys.push(Diagnostic::error("module/record", message).at(&node.place));
        }
        let place = node.place.clone();
        let problems = keys.finish();
        match (name, why) {
            (Some(name), Some(why)) if problems.is_empty() => Ok(RecordForm {
                name,
                record_type,
                value,
                method,
                begins,
                absent,
                why,
                when,
                for_each,
                place,
            }),
            _ => Err(problems),
        }
    }

    /// All texts in it.
    pub fn texts(&self) -> impl Iterator<Item = &Text> {
        [&self.name, &self.why]
            .into_iter()
            .chain(&self.value)
            .chain(&self.method)
            .chain(&self.begins)
    }
}
