//! `[[control]]`: one defence of the threat model, with the probes that show that it works. All are read and linted;
//! `verify` runs them from another machine.

use super::finding::{optional_text, text};
use super::values::expression;
use crate::diagnostic::{Diagnostic, Place, Problems};
use crate::module::form::{Form, FormShape};
use crate::module::outside::KINDS;
use crate::module::text::{Expression, Text};
use crate::spec::keys::TableReader;
use crate::spec::node::Node;

/// One control.
#[derive(Clone, Debug)]
pub struct ControlForm {
    /// Its id, such as `admin-hidden`.
    pub id: String,
    /// The threat that it counters.
    pub threat: String,
    /// The guarantee, in one sentence.
    pub title: Text,
    /// What to do if the guarantee does not hold.
    pub fix: Option<Text>,
    /// The condition under which it exists.
    pub when: Option<Expression>,
    /// The list that it iterates over.
    pub for_each: Option<Expression>,
    /// The probes: what to try from another machine, and the expected result.
    pub probes: Vec<Form>,
    /// Where it is declared.
    pub place: Place,
}

impl ControlForm {
    /// Reads a `[[control]]`.
    ///
    /// # Errors
    ///
    /// The node is not a table, a key is missing, unknown or of the wrong type, an expression or template does not
    /// parse, or a probe is invalid (`module/probe`).
    pub fn read(node: &Node) -> Result<ControlForm, Problems> {
        let mut keys =
            TableReader::of_node("`[[control]]`", node).map_err(|problem| vec![problem])?;
        let id = keys.required_text("id", "a stable name such as `admin-hidden`");
        let threat = keys.required_text("threat", "the threat that it answers");
        let title = text(&mut keys, "title", "what holds, in one sentence");
        let fix = optional_text(&mut keys, "fix");
        let when = expression(&mut keys, "when");
        let for_each = expression(&mut keys, "for_each");
        keys.required("probes", "a list of probes");
        let nodes = keys.list("probes");
        let probes = nodes.iter().filter_map(|node| keys.ok_or_record(probe(node))).collect();
        let problems = keys.finish();
        match (id, threat, title) {
            (Some(id), Some(threat), Some(title)) if problems.is_empty() => {
                let (id, threat, place) = (id.to_owned(), threat.to_owned(), node.place.clone());
                Ok(ControlForm { id, threat, title, fix, when, for_each, probes, place })
            }
            _ => Err(problems),
        }
    }
}

/// Reads a probe.
fn probe(node: &Node) -> Result<Form, Problems> {
    let form = Form::read(node)?;
    let wrong =
        |message: &str| vec![Diagnostic::error("module/probe", message.to_owned()).at(&node.place)];
    let FormShape::Table(table) = &form.shape else {
        return Err(wrong("a probe must be a table"));
    };
    match KINDS.iter().filter(|kind| table.contains_key(**kind)).count() {
        1 => Ok(form),
        _ => Err(wrong(&format!("a probe has one of `{}`", KINDS.join("`, `")))),
    }
}
