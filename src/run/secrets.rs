//! The secrets of a run: what is missing is made before anything uses it, and what a rotation kept is dropped when
//! the host is as wanted.

use super::{AppliedHost, Project, Session, Snapshot, one, partial};
use crate::diagnostic::Problems;
use crate::plan::secret_names;
use crate::secret::PLAN_KEY;

impl Session<'_> {
    /// Generates and stores what is still missing, before anything uses it.
    pub fn generate(&self, snapshot: Snapshot) -> Result<Snapshot, Problems> {
        let pending = snapshot.wanted.iter().flat_map(|item| item.resource.pending_secrets());
        let mut names: Vec<String> = pending.collect();
        names.sort();
        names.dedup();
        if names.is_empty() {
            return Ok(snapshot);
        }
        let generated = self.project.secrets.generate(&names).map_err(one)?;
        self.reporter.problems(generated.note().as_slice());
        snapshot.again(self.project, &self.scope)
    }
}

/// The host is as wanted: values from before a rotation are needed no more.
/// Where the host is, is remembered: a rebuild asks for that once it is lost.
pub fn settle(project: &Project, snapshot: &Snapshot) -> Result<(), Problems> {
    let host = &project.spec.host;
    project.memory().keep_applied(&AppliedHost {
        address: host.address.clone(),
        user: host.user.clone(),
        port: host.port,
        host_key: snapshot.shown.bound.host_key.clone(),
        addresses: snapshot.facts.addresses.clone(),
    });
    let mut names: Vec<String> = secret_names(&snapshot.wanted).into_iter().collect();
    names.push(PLAN_KEY.to_owned());
    project.secrets.settle(&names).map_err(|problem| partial(vec![problem]))
}
