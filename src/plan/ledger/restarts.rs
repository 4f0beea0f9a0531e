//! How long the last restart of each unit took on this host: shown with the next one, but never compared.

use crate::plan::{Item, Plan};
use crate::resource::{Action, Address, Effect};
use crate::time::{seconds_of_utc, utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

/// One restart.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Restart {
    /// The time from the call until what depends on the unit was healthy again.
    pub milliseconds: u64,
    /// When the run that measured it started, UTC.
    pub time: String,
}

/// The last restart of each unit.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Restarts(BTreeMap<String, Restart>);

impl Restarts {
    /// Returns whether none was measured.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Records restarts measured in a run that started at `time`.
    pub fn renew(&mut self, units: &[(String, Duration)], time: &str) {
        for (unit, took) in units {
            let milliseconds = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
            self.0.insert(unit.clone(), Restart { milliseconds, time: time.to_owned() });
        }
    }

    /// Returns the restarts of these addresses.
    pub(super) fn of(&self, is_known: impl Fn(&str) -> bool) -> Restarts {
        let known = self.0.iter().filter(|(unit, _)| is_known(&Address::of_unit(unit).to_string()));
        Restarts(known.map(|(unit, restart)| (unit.clone(), restart.clone())).collect())
    }

    /// Returns a sentence for each restart in a plan that was measured before. The record comes from the host.
    pub(super) fn remarks(&self, plan: &Plan) -> Vec<String> {
        restarted(plan).filter_map(|item| self.remark(&item.address.name)).collect()
    }

    fn remark(&self, unit: &str) -> Option<String> {
        let restart = self.0.get(unit)?;
        let time = utc(seconds_of_utc(&restart.time)?);
        let day = time.split('T').next()?;
        let took = match restart.milliseconds.saturating_add(500) / 1000 {
            0 => "less than 1 s".to_owned(),
            seconds @ 1..120 => format!("about {seconds} s"),
            seconds => format!("about {} min", seconds / 60),
        };
        Some(format!("restarts {unit}: {took} (measured on this host on {day})"))
    }
}

/// Returns the running units that a plan restarts.
pub fn restarted(plan: &Plan) -> impl Iterator<Item = &Item> {
    let is_restart = |item: &&Item| {
        item.address.unit().is_some()
            && item.change.action == Action::Update
            && !item.change.differs("running")
            && (item.change.effect == Some(Effect::Restart) || item.change.differs("program"))
    };
    plan.items.iter().filter(is_restart)
}

/// Returns the running units that a plan reloads.
pub fn reloaded(plan: &Plan) -> impl Iterator<Item = &Item> {
    let is_reload = |item: &&Item| {
        item.address.unit().is_some()
            && item.change.action == Action::Update
            && !item.change.differs("running")
            && !item.change.differs("program")
            && item.change.effect == Some(Effect::Reload)
    };
    plan.items.iter().filter(is_reload)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(took: u64, time: &str) -> Option<String> {
        let mut restarts = Restarts::default();
        restarts.renew(&[("a.service".to_owned(), Duration::from_millis(took))], time);
        restarts.remark("a.service")
    }

    #[test]
    fn a_measured_restart_is_one_sentence() {
        for (took, expected) in [
            (0, "less than 1 s"),
            (499, "less than 1 s"),
            (3200, "about 3 s"),
            (119_000, "about 119 s"),
            (185_000, "about 3 min"),
        ] {
            let sentence =
                format!("restarts a.service: {expected} (measured on this host on 2026-11-27)");
            assert_eq!(measured(took, "2026-11-27T05:40:12Z"), Some(sentence));
        }
    }

    /// An invalid time from the host is ignored.
    #[test]
    fn an_invalid_time_is_ignored() {
        for time in ["", "today\u{1b}[2J", "2026-99-27T05:40:12Z"] {
            assert_eq!(measured(10, time), None, "{time:?}");
        }
        assert!(measured(u64::MAX, "2026-11-27T05:40:12Z").is_some());
        assert_eq!(Restarts::default().remark("a.service"), None);
    }
}
