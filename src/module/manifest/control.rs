//! `[[control]]`: one defence of the threat model with the probes that show it works. Read and linted
//! with the rest; carried out by `verify` and `audit`.

use super::finding::text;
use super::values::expression;
use crate::diagnostic::{Place, Problems};
use crate::module::form::Form;
use crate::module::text::{Expression, Text};
use crate::spec::keys::Keys;
use crate::spec::node::Node;

/// One control.
#[derive(Clone, Debug)]
pub struct Control {
    /// Its id, such as `admin-hidden`.
    pub id: String,
    /// The threat that it answers.
    pub threat: String,
    /// What holds, in one sentence.
    pub title: Text,
    /// Whether it is there.
    pub when: Option<Expression>,
    /// The list gone over.
    pub for_each: Option<Expression>,
    /// What to try, and what must come of it.
    pub probes: Form,
    /// Where it is declared.
    pub place: Place,
}

impl Control {
    /// Reads a `[[control]]`.
    pub fn read(node: &Node) -> Result<Control, Problems> {
        let mut keys = Keys::of_node("`[[control]]`", node).map_err(|problem| vec![problem])?;
        let id = keys.required_text("id", "a stable name such as `admin-hidden`");
        let threat = keys.required_text("threat", "the threat that it answers");
        let title = text(&mut keys, "title", "what holds, in one sentence");
        let when = expression(&mut keys, "when");
        let for_each = expression(&mut keys, "for_each");
        let probes = keys.required("probes", "a list of probes");
        let probes = probes.and_then(|entry| keys.keep(Form::read(&entry.node)));
        let problems = keys.finish();
        match (id, threat, title, probes) {
            (Some(id), Some(threat), Some(title), Some(probes)) if problems.is_empty() => {
                let (id, threat, place) = (id.to_owned(), threat.to_owned(), node.place.clone());
                Ok(Control { id, threat, title, when, for_each, probes, place })
            }
            _ => Err(problems),
        }
    }
}
