//! A plan made before an installation may turn out differently, since a package's version can determine the content of
//! a file. Then another plan replaces it, and the user is shown the difference.

use super::expanded_spec::{ExpandedSpec, expanded_spec};
use super::{Session, Snapshot};
use crate::diagnostic::{Diagnostic, Exit, Problems};
use crate::facts::Facts;
use crate::resource::Wanted;

/// A plan that replaces the one that was shown.
pub struct ReplacementPlan<'a> {
    /// The observation whose plan was shown.
    pub before: &'a Snapshot,
    /// The observation after the installation.
    pub now: &'a Snapshot,
    /// Whether all differences are due to package versions.
    pub only_versions: bool,
}

impl ReplacementPlan<'_> {
    /// The error that the plan no longer fits, for callers that accept no other.
    pub fn stale(&self) -> Diagnostic {
        let differs = |item: &&Wanted| is_other(item, &self.now.wanted);
        let is_new = |item: &&Wanted| is_other(item, &self.before.wanted);
        let first = self.before.wanted.iter().find(differs);
        let first = first.or_else(|| self.now.wanted.iter().find(is_new));
        let what = first.map_or_else(|| "the host".to_owned(), |one| one.address().to_string());
        stale(&format!("after the installation, {what} differs from the plan you saw"))
    }
}

fn stale(why: &str) -> Diagnostic {
    Diagnostic::error("apply/stale", format!("the plan no longer fits: {why}"))
        .help("run apply again: it plans from what is installed now")
        .exit(Exit::Stale)
}

/// The error if the plan changes every time: something else is changing the host.
pub(super) fn too_often() -> Problems {
    vec![stale("after each installation the host differs from the plan")]
}

/// Whether `among` lacks this resource in this exact form.
fn is_other(item: &Wanted, among: &[Wanted]) -> bool {
    let same = among.iter().find(|other| other.address() == item.address());
    same.is_none_or(|same| !same.declared.declares_the_same(&item.declared))
}

fn are_same(one: &[Wanted], other: &[Wanted]) -> bool {
    !one.iter().any(|item| is_other(item, other)) && !other.iter().any(|item| is_other(item, one))
}

impl Session<'_> {
    /// After an installation, returns a new observation if any wanted resource depends on a fact that changed, and
    /// whether package versions are the only reason.
    pub(super) async fn otherwise(
        &mut self,
        snapshot: &Snapshot,
    ) -> Result<Option<(Snapshot, bool)>, Problems> {
        let facts = self.facts().await?;
        let now = wanted(self, snapshot, &facts)?;
        if are_same(&snapshot.wanted, &now.wanted) {
            return Ok(None);
        }
        let versions = Facts {
            packages: facts.packages.clone(),
            candidates: facts.candidates.clone(),
            ..snapshot.facts.clone()
        };
        let by_versions = wanted(self, snapshot, &versions).ok();
        let only_versions = by_versions.is_some_and(|one| are_same(&one.wanted, &now.wanted));
        let next = self.snapshot_again(&facts).await?;
        super::refuse(&next.plan)?;
        let next = self.generate(next)?;
        Ok(Some((next, only_versions)))
    }
}

fn wanted(
    session: &Session<'_>,
    snapshot: &Snapshot,
    facts: &Facts,
) -> Result<ExpandedSpec, Problems> {
    let (project, scope) = (session.project, &session.scope);
    expanded_spec(project, facts)?.and_orphans(project, scope, snapshot.ledger.as_ref())
}
