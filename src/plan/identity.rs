//! Decides whether converging would replace a known server with a second one, with a different signing key or with an
//! empty database under the old name. Pure.

mod deployed_key;
mod first;
mod refused;
#[cfg(test)]
mod tests;

pub use deployed_key::{identity_at, identity_file, identity_questions};
pub use first::{creates_homeserver, has_database};
pub use refused::fenced;

use super::installation::Installation;
use super::secrets::needed_database;
use crate::diagnostic::{Diagnostic, Problems};
use crate::resource::{Address, Answers, DeclaredValue, IDENTITY, INSTALLATION, Observed, Wanted};
use crate::secret::SecretState;
use crate::synapse::{SIGNING_KEY_FORM, SigningIdentity};
use deployed_key::DeployedKey;
use refused::KnownIdentity;

/// What a spec claims to be.
#[derive(Clone, Copy, Debug, Default)]
pub struct Claim<'a> {
    /// The installation.
    pub id: &'a str,
    /// The homeserver.
    pub server_name: Option<&'a str>,
    /// The server that, according to the user, may start empty.
    pub empty_server: Option<&'a str>,
    /// Whether the run restores the server's database itself, and continues an earlier such run.
    pub rebuilds: bool,
}

/// The result.
#[derive(Clone, Debug, Default)]
pub struct IdentityCheck {
    /// What the reader of a plan must see first.
    pub risks: Vec<String>,
    /// What the host has recorded about itself.
    pub installation: Installation,
    /// The server's identity: its signing key.
    pub identity: Option<SigningIdentity>,
    /// Whether the spec records that identity.
    pub is_recorded: bool,
    /// The database of a known server that could not be asked: if it is missing, it must not be created empty.
    pub must_exist: Option<Address>,
}

/// Returns why no server may run on this host: it is fenced, or a rebuild has not ended. That comes before anything that
/// its services say.
pub fn barred(answers: &Answers, server_name: Option<&str>) -> Option<Diagnostic> {
    let text = |key: &str| answers.get(INSTALLATION, key)?.text("text");
    let fenced = text("fenced").map(|text| refused::fenced(&text, server_name));
    fenced.or_else(|| text("rebuild").map(|text| refused::half_rebuilt(&text)))
}

/// Checks the claim.
///
/// # Errors
///
/// Nothing may be applied: the host is another installation, fenced or half rebuilt, the signing key is unusable or not
/// the server's own, or the database of a known server is missing.
pub fn check_identity(
    claim: &Claim<'_>,
    wanted: &[Wanted],
    answers: &Answers,
) -> Result<IdentityCheck, Problems> {
    checked(claim, wanted, answers).map_err(|problem| vec![problem])
}

fn checked(
    claim: &Claim<'_>,
    wanted: &[Wanted],
    answers: &Answers,
) -> Result<IdentityCheck, Diagnostic> {
    let installation = Installation::of(claim, answers)?;
    if let Some(problem) = barred(answers, claim.server_name).filter(|_| !claim.rebuilds) {
        return Err(problem);
    }
    if let Some(name) = claim.empty_server.filter(|name| Some(*name) != claim.server_name) {
        return Err(refused::another_server(name, claim.server_name));
    }
    let Some(file) = deployed_key::file(wanted) else {
        return Ok(IdentityCheck { installation, ..IdentityCheck::default() });
    };
    let recorded = text(file, IDENTITY).and_then(|text| SigningIdentity::parse(&text).ok());
    let on_host = DeployedKey::of(file, answers);
    let is_withheld = state(file).is_some_and(SecretState::is_withheld);
    let key = match is_withheld {
        // Assumed to be the key that the host has.
        true => recorded
            .clone()
            .or_else(|| installation.identity.clone())
            .or_else(|| on_host.known().cloned()),
        false => key(file)?,
    };
    let all = [key.as_ref(), recorded.as_ref(), on_host.known()];
    if let Some(known) = all.into_iter().flatten().find(|one| one.is_predictable()) {
        return Err(refused::predictable(known));
    }
    let remembered = recorded.as_ref().or(installation.identity.as_ref());
    let known = remembered.map(|identity| KnownIdentity { identity, by_spec: recorded.is_some() });
    if let Some(known) = known {
        if let Some(key) = key.as_ref().filter(|key| *key != known.identity) {
            return Err(refused::another_key(known, key));
        }
        if let Some(found) = on_host.known().filter(|found| *found != known.identity) {
            return Err(refused::another_on_host(known, file, found));
        }
    } else if let (Some(key), Some(found)) = (&key, on_host.known())
        && key != found
    {
        return Err(refused::two_keys(file, key, found));
    }
    let mut risks = Vec::new();
    let database = needed_database(file, wanted);
    let state = database.map(|item| item.resource.observe(&item.context, answers));
    let has_database = matches!(state, Some(Observed::Present(_)));
    let is_refused_below =
        state == Some(Observed::Absent) && claim.empty_server.is_none() && !claim.rebuilds;
    // A new key would make a different server out of one that is known or has data.
    let is_somebody = known.is_some() || has_database && on_host == DeployedKey::Absent;
    if key.is_none() && is_somebody && !is_refused_below && !is_withheld {
        return Err(refused::without_key(known, file, &on_host, database.filter(|_| has_database)));
    }
    let is_expected = remembered.is_some() && claim.empty_server.is_none() && !claim.rebuilds;
    let is_unseen = matches!(state, Some(Observed::Unknown(_)));
    let must_exist = database.filter(|_| is_expected && is_unseen);
    let must_exist = must_exist.map(|database| database.address().clone());
    match state {
        Some(Observed::Absent) if claim.empty_server.is_some() => {
            let name = claim.server_name.unwrap_or_default();
            risks.push(format!("{name} starts as an empty server: no accounts, no rooms, no messages"));
        }
        // The rebuild restores its rows.
        Some(Observed::Absent) if claim.rebuilds => {}
        Some(Observed::Absent) => match (remembered, &key) {
            (Some(remembered), _) => return Err(refused::empty(claim, remembered, database)),
            (None, Some(key)) => risks.push(format!(
                "the signing key exists ({key}), but the host has no database: {} starts as an empty server. That is right for a first apply, or one that stopped half-way; otherwise restore the backup first",
                claim.server_name.unwrap_or_default()
            )),
            (None, None) => {}
        },
        Some(Observed::Unknown(why)) if is_expected => risks.push(format!(
            "cannot tell whether the database exists ({why}): if it is missing, apply fails, and {} does not start",
            claim.server_name.unwrap_or_default()
        )),
        Some(Observed::Present(_)) if on_host == DeployedKey::Absent => {
            risks.extend(key.as_ref().map(|key| refused::lost_key(key, remembered.is_some())));
        }
        _ => {}
    }
    let is_recorded = recorded.is_some();
    Ok(IdentityCheck { risks, installation, identity: key, is_recorded, must_exist })
}

fn text(item: &Wanted, name: &str) -> Option<String> {
    match &item.declared.attributes.get(name)?.value {
        DeclaredValue::Text(content) => content.as_plain_text().map(str::to_owned),
        _ => None,
    }
}

/// Returns what is known about the signing key's value.
fn state(file: &Wanted) -> Option<SecretState> {
    match &file.declared.attributes.get("content")?.value {
        DeclaredValue::Text(content) => Some(content.state()),
        _ => None,
    }
}

/// Returns the identity of the stores' signing key; `None` while it is still to be generated.
fn key(file: &Wanted) -> Result<Option<SigningIdentity>, Diagnostic> {
    let Some(DeclaredValue::Text(content)) =
        file.declared.attributes.get("content").map(|one| &one.value)
    else {
        return Ok(None);
    };
    if content.secrets().iter().any(|secret| secret.is_pending()) {
        return Ok(None);
    }
    let name = name(file);
    SigningIdentity::of_signing_key(content.expose()).map(Some).ok_or_else(|| {
        let message = format!("`{name}` is not a signing key");
        Diagnostic::error("identity/form", message)
            .at(file.declared.origin.place())
            .help(SIGNING_KEY_FORM)
    })
}

/// Returns the name of the key's secret.
fn name(file: &Wanted) -> String {
    let content = file.declared.attributes.get("content").map(|one| &one.value);
    let Some(DeclaredValue::Text(content)) = content else { return String::new() };
    content.secrets().first().map(|one| one.name.clone()).unwrap_or_default()
}
