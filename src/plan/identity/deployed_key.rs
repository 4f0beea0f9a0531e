//! The identity of the key on the host. It is derived there, and only when the stores have no key, or a different one
//! than the host.

use crate::diagnostic::visible;
use crate::resource::{
    Answers, AttributeValue, HOST_IDENTITY, IDENTITY, Observed, Questions, Wanted,
};
use crate::synapse::SigningIdentity;

/// The key on the host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum DeployedKey {
    /// There is no key.
    Absent,
    /// It is the stores' key, or it was not asked for.
    Same,
    /// It is this key.
    Known(SigningIdentity),
    /// It could not be read, for this reason.
    Unread(String),
}

/// Returns the file by which others know the host.
pub(super) fn file(wanted: &[Wanted]) -> Option<&Wanted> {
    wanted.iter().find(|item| item.declared.attributes.contains_key(IDENTITY))
}

/// Returns what to ask once it is known that the host's file is not as wanted.
pub fn identity_questions(wanted: &[Wanted], answers: &Answers) -> Questions {
    let mut questions = Questions::default();
    if let Some(file) = file(wanted).filter(|file| is_another(file, answers)) {
        questions.ask(HOST_IDENTITY, &[&file.address().name]);
    }
    questions
}

/// Returns the path of the file by which others know the host.
pub fn identity_file(wanted: &[Wanted]) -> Option<&str> {
    file(wanted).map(|file| file.address().name.as_str())
}

/// Returns the identity of the key in a file, or why it is unknown; `None` if it was not asked for.
pub fn identity_at(path: &str, answers: &Answers) -> Option<Result<SigningIdentity, String>> {
    let record = answers.get(HOST_IDENTITY, path)?;
    let text = |field: &str| record.text(field).unwrap_or_default();
    let identity = format!("ed25519:{} {}", text("id"), text("public"));
    Some(match record.text("unread") {
        Some(why) => Err(visible(&why)),
        None => SigningIdentity::parse(&identity).map_err(str::to_owned),
    })
}

/// Returns whether the host has something other than the stores' file.
fn is_another(file: &Wanted, answers: &Answers) -> bool {
    let observed = file.resource.observe(&file.context, answers);
    let Observed::Present(seen) = &observed else { return false };
    match seen.get("type") {
        Some(kind) => *kind != AttributeValue::word("directory"),
        None => file.resource.compare(&file.context, &observed).differs("content"),
    }
}

impl DeployedKey {
    /// Reads the answer.
    pub(super) fn of(file: &Wanted, answers: &Answers) -> DeployedKey {
        if file.resource.observe(&file.context, answers) == Observed::Absent {
            return DeployedKey::Absent;
        }
        match identity_at(&file.address().name, answers) {
            None => DeployedKey::Same,
            Some(Ok(identity)) => DeployedKey::Known(identity),
            Some(Err(why)) => DeployedKey::Unread(why),
        }
    }

    /// Returns the identity, if the host was asked for it.
    pub(super) fn known(&self) -> Option<&SigningIdentity> {
        match self {
            DeployedKey::Known(identity) => Some(identity),
            _ => None,
        }
    }
}
