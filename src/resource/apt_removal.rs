//! A package that must not be installed: removed, never purged, and only if nothing else would be removed with it.

use super::apt_state::PackageState;
use super::*;

#[derive(Debug)]
pub(super) struct Removal {
    pub(super) name: String,
}

impl Resource for Removal {
    fn provides(&self) -> Vec<String> {
        Vec::new()
    }

    fn requires(&self) -> Vec<String> {
        Vec::new()
    }

    fn ask(&self, _: &Context, questions: &mut Questions) {
        questions.ask("apt_observe", &[&self.name, "*"]);
    }

    fn observe(&self, _: &Context, answers: &Answers) -> Observed {
        match PackageState::attributes(&self.name, answers) {
            Ok(seen) if seen.get("state") == Some(&AttributeValue::word("installed")) => {
                let state =
                    seen.into_iter().filter(|(name, _)| matches!(*name, "state" | "version"));
                Observed::Present(state.collect())
            }
            Ok(_) => Observed::Absent,
            Err(reason) => Observed::Unknown(reason),
        }
    }

    fn simulate(&self, _: &Context, host: &SimulatedHost<'_>, before: Option<&Wanted>) -> Observed {
        let mut seen = PackageState::of_simulated(&self.name, host, before);
        match seen.shift_remove("state") {
            Some(AttributeValue::Word(_)) => Observed::Present(seen),
            _ => Observed::Absent,
        }
    }

    fn wanted(&self) -> Attributes {
        Attributes::new()
    }

    fn compare(&self, _: &Context, observed: &Observed) -> Comparison {
        let from = match observed {
            Observed::Absent => return Comparison::unchanged(),
            Observed::Unknown(why) => AttributeValue::Unknown(why.clone()),
            Observed::Present(seen) => {
                seen.get("version").cloned().unwrap_or(AttributeValue::Nothing)
            }
        };
        let difference = Difference { attribute: "version", from, to: AttributeValue::Nothing };
        let notes = vec!["its configuration and its dependencies stay".to_owned()];
        let differences = vec![difference];
        Comparison { action: Action::Remove, differences, notes, ..Comparison::unchanged() }
    }

    fn converge(&self, _: &Context, _: &Comparison) -> Vec<Step> {
        let label = format!("removing {}", self.name);
        vec![Step::new(label, "apt_remove", &[&self.name]).long_running()]
    }

    /// By then the services that used it have stopped.
    fn phase(&self) -> Option<Phase> {
        Some(Phase::Act)
    }
}
