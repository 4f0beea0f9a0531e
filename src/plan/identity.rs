//! Whether converging would put a second server in the place of a known one: with another signing key,
//! or with an empty database under the old name. Pure.

use super::installation::Installation;
use super::secrets::needed_database;
use crate::diagnostic::{Diagnostic, Exit, Problems};
use crate::resource::{Answers, IDENTITY, Observed, Value, Wanted};
use crate::synapse::Identity;

#[cfg(test)]
mod tests;

/// What a spec claims to be.
#[derive(Clone, Copy, Debug, Default)]
pub struct Claim<'a> {
    /// The installation.
    pub id: &'a str,
    /// The homeserver.
    pub server_name: Option<&'a str>,
    /// The server of which the user said that it may begin empty.
    pub empty_server: Option<&'a str>,
}

/// What was found.
#[derive(Clone, Debug, Default)]
pub struct Judged {
    /// What the reader of a plan must see before all else.
    pub risks: Vec<String>,
    /// What the host says of itself.
    pub installation: Installation,
    /// Who the server is, by its signing key.
    pub identity: Option<Identity>,
    /// Whether the spec records that.
    pub is_recorded: bool,
}

/// Judges; an error means that nothing may be applied.
pub fn judge(claim: &Claim<'_>, wanted: &[Wanted], answers: &Answers) -> Result<Judged, Problems> {
    judged(claim, wanted, answers).map_err(|problem| vec![problem])
}

fn judged(claim: &Claim<'_>, wanted: &[Wanted], answers: &Answers) -> Result<Judged, Diagnostic> {
    let installation = Installation::of(claim, answers)?;
    if let Some(name) = claim.empty_server.filter(|name| Some(*name) != claim.server_name) {
        return Err(another_server(name, claim.server_name));
    }
    let file = wanted.iter().find(|item| item.declared.attributes.contains_key(IDENTITY));
    let Some(file) = file else { return Ok(Judged { installation, ..Judged::default() }) };
    let recorded = text(file, IDENTITY).and_then(|text| Identity::parse(&text).ok());
    let key = key(file)?;
    if let Some(known) = [&key, &recorded].into_iter().flatten().find(|one| one.is_predictable()) {
        return Err(predictable(known));
    }
    let remembered = recorded.as_ref().or(installation.identity.as_ref());
    if let (Some(remembered), Some(key)) = (remembered, &key)
        && remembered != key
    {
        let by = if recorded.is_some() { "the spec" } else { "the host" };
        return Err(another_key(by, remembered, key));
    }
    let mut risks = Vec::new();
    let database = needed_database(file, wanted);
    let seen = |item: &Wanted| item.resource.observe(&item.context, answers);
    let state = database.map(seen);
    match state {
        Some(Observed::Absent) if claim.empty_server.is_some() => {
            let name = claim.server_name.unwrap_or_default();
            risks.push(format!("{name} begins as an empty server: no account, no room, no message"));
        }
        Some(Observed::Absent) => match (remembered, &key) {
            (Some(remembered), _) => return Err(empty(claim, remembered, database)),
            (None, Some(key)) => risks.push(format!(
                "the signing key is known ({key}), and the host has no database: {} begins as an empty server. That is \
                 right for a first apply, and for one that stopped half-way; otherwise restore first",
                claim.server_name.unwrap_or_default()
            )),
            (None, None) => {}
        },
        Some(Observed::Unknown(why)) if remembered.is_some() => risks.push(format!(
            "the database cannot be seen ({why}): one that is not there is made, and {} begins as an empty server",
            claim.server_name.unwrap_or_default()
        )),
        // Without a key in a store there is nothing to put back, and none is generated then.
        Some(Observed::Present(_)) if seen(file) == Observed::Absent => {
            risks.extend(key.as_ref().map(|key| lost_key(key, remembered.is_some())));
        }
        _ => {}
    }
    Ok(Judged { risks, installation, identity: key, is_recorded: recorded.is_some() })
}

fn text(item: &Wanted, name: &str) -> Option<String> {
    match &item.declared.attributes.get(name)?.value {
        Value::Text(content) => content.as_plain_text().map(str::to_owned),
        _ => None,
    }
}

/// Who the signing key of the stores is; none while it is still to be generated.
fn key(file: &Wanted) -> Result<Option<Identity>, Diagnostic> {
    let Some(Value::Text(content)) = file.declared.attributes.get("content").map(|one| &one.value)
    else {
        return Ok(None);
    };
    if content.secrets().iter().any(|secret| secret.pending) {
        return Ok(None);
    }
    let name = content.secrets().first().map(|one| one.name.clone()).unwrap_or_default();
    Identity::of_signing_key(content.expose()).map(Some).ok_or_else(|| {
        let message = format!("`{name}` is no signing key");
        Diagnostic::error("identity/form", message)
            .at(file.declared.origin.said())
            .help("Synapse writes it as one line: `ed25519`, an id of letters, digits and `_`, and 43 characters of base64")
    })
}

fn lost_key(key: &Identity, is_remembered: bool) -> String {
    let lost = format!("the host has a database and no signing key: apply puts {key} there");
    match is_remembered {
        true => format!("{lost}, which is recorded as this server's; find out what took it away"),
        false => format!(
            "{lost}, and nothing records whether that is this server's; right for a first apply that stopped half-way"
        ),
    }
}

fn another_key(by: &str, remembered: &Identity, key: &Identity) -> Diagnostic {
    let message = "the signing key in the stores is not this server's";
    Diagnostic::error("identity/another-key", message)
        .note_line(format!("{by} records {remembered}"))
        .note_line(format!("the key is     {key}"))
        .help(
            "use the store that has the recorded key, or take the host's with `matrixform secrets import SPEC --from-host`; \
             if the key was rotated, write the new one as `identity` below `[synapse]`",
        )
}

fn predictable(known: &Identity) -> Diagnostic {
    let message = format!("anybody can make the signing key of {known} (CVE-2026-24044)");
    Diagnostic::error("identity/predictable", message)
        .note_line("a generator used a known seed; other servers refuse what is signed with it")
        .help(format!(
            "rotate it: stop Synapse, write a new key into its file on the host (`generate_signing_key`), take it over \
             (`matrixform secrets import SPEC --from-host --replace synapse/signing_key`), record the new `identity`, and \
             name the old one in `[synapse.extra.old_signing_keys]` (`\"{}\" = {{ key = \"…\", expired_ts = NOW }}`)",
            known.to_string().split(' ').next().unwrap_or_default()
        ))
}

fn empty(claim: &Claim<'_>, remembered: &Identity, database: Option<&Wanted>) -> Diagnostic {
    let name = claim.server_name.unwrap_or_default();
    let database = database.map(|one| one.address().to_string()).unwrap_or_default();
    let message = format!("this host has no {database}, and {name} is a server that is known");
    Diagnostic::error("identity/empty-server", message)
        .note_line(format!("it is recorded as {remembered}"))
        .note_line("apply would make an empty server that goes by its name")
        .help(format!(
            "restore the database first; if it shall begin empty: `matrixform apply --empty-server {name}`"
        ))
}

fn another_server(name: &str, server_name: Option<&str>) -> Diagnostic {
    let name = name.escape_debug();
    let message = match server_name {
        Some(own) => format!("`--empty-server {name}`: the spec's server is `{own}`"),
        None => format!("`--empty-server {name}`: the spec has no server name"),
    };
    Diagnostic::error("cli/usage", message)
        .help("name the server that shall begin empty, as the spec does")
        .exit(Exit::Usage)
}
