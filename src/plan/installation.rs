//! Which installation a host is, as an earlier run wrote it down there: a host of another one is refused.

use super::Claim;
use crate::diagnostic::Diagnostic;
use crate::resource::{Answers, INSTALLATION, Step};
use crate::synapse::SigningIdentity;

/// The file on the host.
const PATH: &str = "/var/lib/matrixform/installation";

/// What the host says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Installation {
    /// The installation's name; none: nobody has written one yet.
    pub id: Option<String>,
    /// The public half of the key that was in use when Synapse was first healthy.
    pub identity: Option<SigningIdentity>,
    /// What a rebuild that has not ended wrote down, in lines `KEY=VALUE`.
    pub rebuild: Option<String>,
    /// What the last rebuild restored, in lines `KEY=VALUE`.
    pub rebuilt: Option<String>,
    /// Where another host has taken over: by whose order, in lines `KEY=VALUE`.
    pub fenced: Option<String>,
}

impl Installation {
    /// Reads the answer; an error when it is another installation's, or of a newer version.
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

    /// The step that writes it down, where it does not stand there yet.
    pub fn step(&self, id: &str, identity: Option<&SigningIdentity>) -> Option<Step> {
        let identity = identity.or(self.identity.as_ref());
        if self.id.as_deref() == Some(id) && self.identity.as_ref() == identity {
            return None;
        }
        let identity = identity.map(SigningIdentity::to_string).unwrap_or_default();
        let words = [id, &identity];
        Some(Step::new("recording which installation this is", "installation_write", &words))
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
