//! The server's identity, as recorded on the host during a run.

use super::{Project, Session, Snapshot, one};
use crate::apply::{PlannedStep, Role, RunProgress, Stop, run};
use crate::diagnostic::Problems;
use crate::resource::Step;

/// Records which installation this is, before the first change.
pub(super) fn begin(project: &Project, snapshot: &Snapshot) -> Option<PlannedStep> {
    snapshot.identity_check.installation.step(&project.spec.id.text, None).map(note)
}

impl Session<'_> {
    /// Whether the host has recorded the server's identity.
    pub(super) fn is_identified(&self, snapshot: &Snapshot) -> bool {
        let (id, identity) =
            (&self.project.spec.id.text, snapshot.identity_check.identity.as_ref());
        snapshot.identity_check.installation.step(id, identity).is_none()
    }

    /// Records the server's identity, once the host is as wanted.
    pub(super) async fn identify(&mut self, snapshot: &Snapshot) -> Result<(), Problems> {
        let (id, identity) =
            (&self.project.spec.id.text, snapshot.identity_check.identity.as_ref());
        let mut written = snapshot.identity_check.installation.clone();
        // `begin` has recorded it.
        written.id = Some(id.clone());
        let Some(step) = written.step(id, identity) else { return Ok(()) };
        self.write_down(step).await
    }

    /// Runs a step that records something on the host, after the steps of a plan.
    pub(super) async fn write_down(&mut self, step: Step) -> Result<(), Problems> {
        self.connection.round_trips().add("steps", 1);
        let (mut progress, stop) = (RunProgress::new(1), Stop::default());
        run(&mut self.shell, &[note(step)], &mut progress, &stop, &mut |_| {}).await.map_err(one)
    }
}

/// Makes such a step part of a plan.
pub(super) fn note(step: Step) -> PlannedStep {
    PlannedStep::of_run(step, Role::Note)
}
