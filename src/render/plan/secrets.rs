//! A plan's statements about secrets, as sentences. Versions are for programs: they are in the JSON, and part of the
//! id.

use crate::plan::shown::PlanDocument;
use crate::render::phrases::listed;

/// Returns all sentences; none for a plan that was made with values.
pub(super) fn sentences(plan: &PlanDocument) -> Vec<String> {
    let secrets = &plan.secrets;
    if !secrets.withheld {
        return Vec::new();
    }
    let mut lines = Vec::new();
    if !secrets.unchanged.is_empty() {
        lines.push(format!("secrets assumed unchanged: {}", listed(&secrets.unchanged)));
    }
    if !secrets.changed.is_empty() {
        let new: Vec<String> = secrets.changed.keys().cloned().collect();
        lines.push(format!("secrets new to the host: {}", listed(&new)));
    }
    if !secrets.uncompared.is_empty() {
        lines.push(format!(
            "secrets not compared: the host has no record of {}, so this plan cannot be applied. Run `matrixform secrets generate` and `matrixform apply` once where the secrets are",
            listed(&secrets.uncompared)
        ));
    }
    lines
}
