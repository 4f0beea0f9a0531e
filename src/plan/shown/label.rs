//! Describes a plan in words that a forge can show as labels.

use super::item::{ShownAction, ShownItem};
use crate::resource::Effect;
use serde::{Deserialize, Serialize};

/// A label, in order of severity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Label {
    /// Nothing is to be done.
    NoOp,
    /// Something changes.
    Change,
    /// A running service is restarted.
    Interrupts,
    /// Some of it is not undone if the rest fails.
    OneWay,
    /// It destroys something that must be allowed by name.
    Destroys,
    /// It cannot be applied.
    Refused,
}

impl Label {
    /// Returns its name in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Label::NoOp => "no-op",
            Label::Change => "change",
            Label::Interrupts => "interrupts",
            Label::OneWay => "one-way",
            Label::Destroys => "destroys",
            Label::Refused => "refused",
        }
    }

    /// Returns the labels of a plan with these items; `is_refused` says whether other things on the host prevent it.
    pub(super) fn of(items: &[ShownItem], is_refused: bool) -> Vec<Label> {
        let mut labels = vec![if items.is_empty() { Label::NoOp } else { Label::Change }];
        let any = |fits: fn(&ShownItem) -> bool| items.iter().any(fits);
        let more = [
            (Label::Interrupts, any(|item| item.effect == Some(Effect::Restart))),
            (Label::OneWay, any(|item| item.one_way)),
            (Label::Destroys, any(|item| item.destroys.is_some())),
            (Label::Refused, is_refused || any(|item| item.action == ShownAction::Refuse)),
        ];
        labels.extend(more.into_iter().filter(|(_, is)| *is).map(|(label, _)| label));
        labels
    }
}
