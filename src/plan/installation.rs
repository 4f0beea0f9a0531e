//! The installation that an earlier run recorded on the host: a host of a different one is refused.

use super::Claim;
use crate::diagnostic::Diagnostic;
use crate::resource::{Answers, INSTALLATION, Step};
use crate::synapse::SigningIdentity;

/// The file on the host.
const PATH: &str = "/var/lib/matrixform/installation";

/// What the host has recorded about itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Installation {
    /// The installation's name; `None` if none has been recorded yet.
    pub id: Option<String>,
    /// The public half of the key that was in use when Synapse was first healthy.
    pub identity: Option<SigningIdentity>,
    /// The record of a rebuild that has not ended, as `KEY=VALUE` lines.
    pub rebuild: Option<String>,
    /// The record of what the last rebuild restored, as `KEY=VALUE` lines.
    pub rebuilt: Option<String>,
    /// The record of who fenced this host because another has taken over, as `KEY=VALUE` lines.
    pub fenced: Option<String>,
}

impl Installation {
    /// Reads the answer; an error if it names another installation or is of a newer version.
    pub(super) fn of(claim: &Claim<'_>, answers: &Answers) -> Result<Installation, Diagnostic> {
        let value = |key: &str| answers.get(INSTALLATION, key)?.text("value");
        let text = |key: &str| answers.get(INSTALLATION, key)?.text("text");
        let known = Installation {
            rebuild: text("rebuild"),
            rebuilt: text("rebuilt"),
            fenced: text("fenced"),
            ..Installation::default()
        };
        if answers.get(INSTALLATION, "/").is_none() {
            return Ok(known);
        }
        if value("format").as_deref() != Some("1") {
            return Err(unreadable());
        }
        let identity = value("identity").map(|text| SigningIdentity::parse(&text));
        let identity = identity.transpose().map_err(|_| unreadable())?;
        match value("id") {
            Some(id) if id == claim.id => Ok(Installation { id: Some(id), identity, ..known }),
            Some(id) => Err(foreign(claim, &id)),
            None => Err(unreadable()),
        }
    }

    /// Returns the step that records it, unless it is recorded already.
    pub fn step(&self, id: &str, identity: Option<&SigningIdentity>) -> Option<Step> {
        let identity = identity.or(self.identity.as_ref());
        if self.id.as_deref() == Some(id) && self.identity.as_ref() == identity {
            return None;
        }
        let identity = identity.map(SigningIdentity::to_string).unwrap_or_default();
        let args = [id, &identity];
        Some(Step::new("recording which installation this is", "installation_write", &args))
    }
}

fn foreign(claim: &Claim<'_>, id: &str) -> Diagnostic {
    let id = id.escape_debug();
    let message = format!("this host is the installation `{id}`, and the spec is `{}`", claim.id);
    Diagnostic::error("host/installation", message).note_line("nothing was changed").help(format!(
        "check that this is the right host, or write `id = \"{id}\"` if the installation was renamed; to hand the \
         host over to this one, delete {PATH} there by hand"
    ))
}

fn unreadable() -> Diagnostic {
    let message = format!("this host's {PATH} was written by a newer matrixform, or is damaged");
    Diagnostic::error("host/installation", message).help(
        "use the version that wrote it; if it is damaged, delete it by hand: apply recreates it",
    )
}
