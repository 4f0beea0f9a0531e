//! Who the key on the host is. It is derived there, and only where the stores do not know: where they have no key,
//! or another one than the host.

use crate::diagnostic::visible;
use crate::resource::{
    Answers, AttributeValue, HOST_IDENTITY, IDENTITY, Observed, Questions, Wanted,
};
use crate::synapse::SigningIdentity;

/// The key on the host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum OnHost {
    /// There is none.
    Absent,
    /// It is the one of the stores, or nobody asked.
    Same,
    /// It is this one.
    Known(SigningIdentity),
    /// It could not be read, for this reason.
    Unread(String),
}

/// The file that others know the host by.
pub(super) fn file(wanted: &[Wanted]) -> Option<&Wanted> {
    wanted.iter().find(|item| item.declared.attributes.contains_key(IDENTITY))
}

/// What to ask once it is known that the host's file is not as wanted.
pub fn identity_questions(wanted: &[Wanted], answers: &Answers) -> Questions {
    let mut questions = Questions::default();
    if let Some(file) = file(wanted).filter(|file| is_another(file, answers)) {
        questions.ask(HOST_IDENTITY, &[&file.address().name]);
    }
    questions
}

/// The path of the file that others know the host by.
pub fn identity_file(wanted: &[Wanted]) -> Option<&str> {
    file(wanted).map(|file| file.address().name.as_str())
}

/// Who the key in a file is, or why that is not known; none where nobody asked.
pub fn identity_at(path: &str, answers: &Answers) -> Option<Result<SigningIdentity, String>> {
    let record = answers.get(HOST_IDENTITY, path)?;
    let text = |field: &str| record.text(field).unwrap_or_default();
    let identity = format!("ed25519:{} {}", text("id"), text("public"));
    Some(match record.text("unread") {
        Some(why) => Err(visible(&why)),
        None => SigningIdentity::parse(&identity).map_err(str::to_owned),
    })
}

/// Whether something is there that is not the file of the stores.
fn is_another(file: &Wanted, answers: &Answers) -> bool {
    let observed = file.resource.observe(&file.context, answers);
    let Observed::Present(seen) = &observed else { return false };
    match seen.get("type") {
        Some(kind) => *kind != AttributeValue::word("directory"),
        None => file.resource.compare(&file.context, &observed).differs("content"),
    }
}

impl OnHost {
    /// Reads the answer.
    pub(super) fn of(file: &Wanted, answers: &Answers) -> OnHost {
        if file.resource.observe(&file.context, answers) == Observed::Absent {
            return OnHost::Absent;
        }
        match identity_at(&file.address().name, answers) {
            None => OnHost::Same,
            Some(Ok(identity)) => OnHost::Known(identity),
            Some(Err(why)) => OnHost::Unread(why),
        }
    }

    /// Who it is, where the host had to say.
    pub(super) fn known(&self) -> Option<&SigningIdentity> {
        match self {
            OnHost::Known(identity) => Some(identity),
            _ => None,
        }
    }
}
