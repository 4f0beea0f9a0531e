//! What a plan is, in a word that a forge can show as a label.

use super::item::{ShownAction, ShownItem};
use crate::resource::Effect;
use serde::{Deserialize, Serialize};

/// A label. The order is that of weight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Label {
    /// Nothing is to be done.
    NoOp,
    /// Something changes.
    Change,
    /// A running service is restarted.
    Interrupts,
    /// Something of it is not taken back if the rest fails.
    OneWay,
    /// Something is destroyed that needs to be allowed by name.
    Destroys,
    /// It cannot be applied.
    Refused,
}

impl Label {
    /// As in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Label::NoOp => "no-op",
            Label::Change => "change",
            Label::Interrupts => "interrupts",
            Label::OneWay => "one-way",
            Label::Destroys => "destroys",
            Label::Refused => "refused",
        }
    }

    /// Those of a plan with these items; `is_refused` says whether others on the host keep it from being applied.
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
