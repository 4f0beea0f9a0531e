//! The secrets of a run: missing ones are generated before anything uses them, and old values kept by a rotation are
//! dropped once the host is as wanted.

use super::{AppliedHost, Project, Session, Snapshot, one, partial};
use crate::diagnostic::Problems;
use crate::plan::secret_names;
use crate::secret::PLAN_KEY;

impl Session<'_> {
    /// Generates and stores missing secrets, before anything uses them.
    ///
    /// # Errors
    ///
    /// A secret cannot be generated or stored, or no plan is possible with the new values.
    pub fn generate(&self, snapshot: Snapshot) -> Result<Snapshot, Problems> {
        let pending = snapshot.wanted.iter().flat_map(|item| item.resource.pending_secrets());
        let mut names: Vec<String> = pending.collect();
        names.sort();
        names.dedup();
        if names.is_empty() {
            return Ok(snapshot);
        }
        let generated = self.project.secrets.generate(&names).map_err(one)?;
        // Without its password, a repository of backups is unreadable.
        let storage = snapshot.expansion.backups.iter().flat_map(|own| &own.storage.repositories);
        let generated = generated.with_irreplaceable(storage.map(|one| one.password.as_str()));
        self.reporter.problems(generated.note().as_slice());
        snapshot.again(self.project, &self.scope)
    }
}

/// Once the host is as wanted, drops values from before a rotation, and remembers where the host is: a rebuild needs
/// that if it is lost.
///
/// # Errors
///
/// The age file, the secrets file or the keyring cannot be read or written; the exit status is `Exit::Partial`, since
/// the host has already changed.
pub fn finish_rotations(project: &Project, snapshot: &Snapshot) -> Result<(), Problems> {
    let host = &project.spec.host;
    project.host_cache().store_applied(&AppliedHost {
        address: host.address.clone(),
        user: host.user.clone(),
        port: host.port,
        host_key: snapshot.shown.bound.host_key.clone(),
        addresses: snapshot.facts.addresses.clone(),
    });
    // A part of the spec may have left out what still uses a former value.
    if snapshot.plan.scoped.is_some() {
        return Ok(());
    }
    let mut names: Vec<String> = secret_names(&snapshot.wanted).into_iter().collect();
    names.push(PLAN_KEY.to_owned());
    project.secrets.finish_rotation(&names).map_err(|problem| partial(vec![problem]))
}
