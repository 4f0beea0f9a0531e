//! `[[finding]]`: a module's judgement of a spec. An error stops the run before any connection is made; a warning is
//! shown with every plan until the spec changes or accepts it; a note is shown with every plan, and its `fix` may be
//! text to paste elsewhere; advice is only shown by `check`. A finding with a `survey` is found on the host, by that
//! activation's survey, before a change to it.

use super::values::{expression, required_expression};
use crate::diagnostic::{Place, Problems};
use crate::module::text::{Expression, Text};
use crate::spec::keys::TableReader;
use crate::spec::node::Node;

/// One finding.
#[derive(Clone, Debug)]
pub struct Finding {
    /// Its id, such as `MF052`; unique over all modules.
    pub id: String,
    /// The severity.
    pub level: FindingLevel,
    /// The condition under which it applies.
    pub condition: Expression,
    /// The activation whose survey finds it on the host; if unset, it is decided offline.
    pub survey: Option<String>,
    /// The list that it iterates over.
    pub for_each: Option<Expression>,
    /// What is wrong.
    pub message: Text,
    /// What to do.
    pub fix: Text,
    /// The value of the spec that it is about, as a dotted path below the section (or below the entry of a list
    /// module); if unset, derived from the condition.
    pub at: Option<Text>,
    /// Why it matters, for the reference.
    pub why: Option<String>,
    /// When accepting it is right. An error without it cannot be accepted.
    pub accept: Option<String>,
    /// Where it is declared.
    pub place: Place,
}

/// The severity of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FindingLevel {
    /// Nobody can have meant the spec like this.
    Error,
    /// It works, but should be looked at.
    Warning,
    /// Nothing is wrong; there is something to know, or to do elsewhere.
    Note,
    /// A risk that many accept knowingly: shown only by `check`, not with every plan.
    Advice,
}

impl FindingLevel {
    /// Returns the name used in a manifest.
    pub fn as_str(self) -> &'static str {
        match self {
            FindingLevel::Error => "error",
            FindingLevel::Warning => "warning",
            FindingLevel::Note => "note",
            FindingLevel::Advice => "advice",
        }
    }
}

impl Finding {
    /// Whether a spec may accept it.
    pub fn can_be_accepted(&self) -> bool {
        self.level != FindingLevel::Error || self.accept.is_some()
    }

    /// Reads a `[[finding]]`.
    ///
    /// # Errors
    ///
    /// The node is not a table, a key is missing, unknown or of the wrong type, or an expression or template does not
    /// parse.
    pub fn read(node: &Node) -> Result<Finding, Problems> {
        let mut keys =
            TableReader::of_node("`[[finding]]`", node).map_err(|problem| vec![problem])?;
        let id = keys.required_text("id", "a stable name such as `MF001`");
        keys.required("level", "`error`, `warning`, `note` or `advice`");
        let levels = [
            ("error", FindingLevel::Error),
            ("warning", FindingLevel::Warning),
            ("note", FindingLevel::Note),
            ("advice", FindingLevel::Advice),
        ];
        let level = keys.word("level", &levels);
        let survey = keys.text("survey").map(str::to_owned);
        let condition = match (&survey, keys.entry("if").is_some()) {
            // Only the host decides.
            (Some(_), false) => Some(Expression::always(&node.place)),
            _ => required_expression(&mut keys, "if"),
        };
        let for_each = expression(&mut keys, "for_each");
        let message = text(&mut keys, "message", "what is wrong");
        let fix = text(&mut keys, "fix", "what to do");
        let at = optional_text(&mut keys, "at");
        let why = keys.text("why").map(str::to_owned);
        let accept = keys.text("accept").map(str::to_owned);
        let problems = keys.finish();
        match (id, level, condition, message, fix) {
            (Some(id), Some(level), Some(condition), Some(message), Some(fix))
                if problems.is_empty() =>
            {
                let (id, place) = (id.to_owned(), node.place.clone());
                #[rustfmt::skip]
                let finding = Finding { id, level, condition, survey, for_each, message, fix, at, why, accept, place };
                Ok(finding)
            }
            _ => Err(problems),
        }
    }
}

/// Reads a required template.
pub(super) fn text(keys: &mut TableReader<'_>, key: &'static str, takes: &str) -> Option<Text> {
    keys.required(key, takes)?;
    optional_text(keys, key)
}

/// Reads an optional template.
pub(super) fn optional_text(keys: &mut TableReader<'_>, key: &'static str) -> Option<Text> {
    let text = keys.text(key)?;
    let place = keys.entry(key)?.node.place.clone();
    keys.ok_or_record(Text::read(text, &place))
}
