//! Who the server is, as the host writes it down in the course of a run.

use super::{Project, Session, Snapshot, one};
use crate::apply::{PlannedStep, Role, RunProgress, Stop, run};
use crate::diagnostic::Problems;
use crate::resource::Step;

/// Before the first change: which installation this is.
pub(super) fn begin(project: &Project, snapshot: &Snapshot) -> Option<PlannedStep> {
    snapshot.judged.installation.step(&project.spec.id.text, None).map(note)
}

impl Session<'_> {
    /// Whether the host has written down who the server is.
    pub(super) fn is_identified(&self, snapshot: &Snapshot) -> bool {
        let (id, identity) = (&self.project.spec.id.text, snapshot.judged.identity.as_ref());
        snapshot.judged.installation.step(id, identity).is_none()
    }

    /// The host is as wanted: who the server is is written down there.
    pub(super) async fn identify(&mut self, snapshot: &Snapshot) -> Result<(), Problems> {
        let (id, identity) = (&self.project.spec.id.text, snapshot.judged.identity.as_ref());
        let mut written = snapshot.judged.installation.clone();
        // `begin` has done so.
        written.id = Some(id.clone());
        let Some(step) = written.step(id, identity) else { return Ok(()) };
        self.write_down(step).await
    }

    /// A step by which the host remembers something, after the steps of a plan.
    pub(super) async fn write_down(&mut self, step: Step) -> Result<(), Problems> {
        self.connection.round_trips().add("steps", 1);
        let (mut progress, stop) = (RunProgress::new(1), Stop::default());
        run(&mut self.shell, &[note(step)], &mut progress, &stop, &mut |_| {}).await.map_err(one)
    }
}

/// The same among the steps of a plan.
pub(super) fn note(step: Step) -> PlannedStep {
    PlannedStep::of_run(step, Role::Note)
}
