//! Refusals to turn a server into a different one.

use super::deployed_key::DeployedKey;
use super::{Claim, name};
use crate::diagnostic::{Diagnostic, Exit, visible};
use crate::labelled;
use crate::resource::Wanted;
use crate::synapse::SigningIdentity;

/// The known identity of the server, and whether the spec or the host records it.
#[derive(Clone, Copy)]
pub(super) struct KnownIdentity<'a> {
    pub(super) identity: &'a SigningIdentity,
    pub(super) by_spec: bool,
}

impl KnownIdentity<'_> {
    fn sentence(self) -> String {
        let by = if self.by_spec { "the spec" } else { "the host" };
        format!("{by} records {}", self.identity)
    }
}

pub(super) fn lost_key(key: &SigningIdentity, is_remembered: bool) -> String {
    let lost = format!("the host has a database but no signing key: apply installs {key}");
    match is_remembered {
        true => format!("{lost}, which is recorded as this server's; find out why it is gone"),
        false => format!(
            "{lost}, and there is no record that it is this server's; right for a first apply that stopped half-way"
        ),
    }
}

/// Reports that the stores have a different key than the known one.
pub(super) fn another_key(known: KnownIdentity<'_>, key: &SigningIdentity) -> Diagnostic {
    let message = "the signing key in the stores is not this server's";
    Diagnostic::error("identity/another-key", message)
        .note_line(known.sentence())
        .note_line(format!("the key is     {key}"))
        .help(
            "use the store that has the recorded key, or import the host's with `matrixform secrets import SPEC --from-host`; \
             if the key was rotated, write the new one as `identity` under `[synapse]`",
        )
}

/// Reports that the host has a different key than the known one.
pub(super) fn another_on_host(
    known: KnownIdentity<'_>,
    file: &Wanted,
    found: &SigningIdentity,
) -> Diagnostic {
    let path = &file.address().name;
    let message = "the signing key on the host is not this server's";
    Diagnostic::error("identity/another-key", message)
        .note_line(known.sentence())
        .note_line(format!("{path} is {found}"))
        .help(format!(
            "find out who replaced it, and move it away: `apply` installs the recorded key if a store has it; if the key was \
             rotated, write the new one as `identity` under `[synapse]`, and import it with `matrixform secrets import SPEC \
             --from-host --replace {}`",
            name(file)
        ))
}

/// Reports two keys without a record of which is right.
pub(super) fn two_keys(
    file: &Wanted,
    key: &SigningIdentity,
    found: &SigningIdentity,
) -> Diagnostic {
    let (name, path) = (name(file), &file.address().name);
    let message = "the host's signing key differs from the one in the stores";
    Diagnostic::error("identity/another-key", message)
        .note_line(format!("`{name}` is {key}"))
        .note_line(format!("{path} is {found}"))
        .help(format!(
            "other servers know the right one. If it is the host's: `matrixform secrets import SPEC --from-host --replace \
             {name}`; if not, move {path} away. Then record it as `identity` below `[synapse]`"
        ))
}

/// Reports that no store has the key of a server that is known or has data.
pub(super) fn without_key(
    known: Option<KnownIdentity<'_>>,
    file: &Wanted,
    on_host: &DeployedKey,
    database: Option<&Wanted>,
) -> Diagnostic {
    let (name, path) = (name(file), &file.address().name);
    let message =
        format!("`{name}` is missing here and is not generated: it is the server's identity");
    let problem = Diagnostic::error("identity/lost-key", message);
    let has = database.map(|database| format!("the host has {}", database.address()));
    let problem = known
        .map(KnownIdentity::sentence)
        .into_iter()
        .chain(has)
        .fold(problem, Diagnostic::note_line);
    let import = "import the host's with `matrixform secrets import SPEC --from-host`";
    let (line, help) = match on_host {
        DeployedKey::Absent => (
            format!("the host has no {path}"),
            format!(
                "use the store that has the key; or import it with `matrixform secrets import SPEC --from-host` if a homeserver.yaml there names it; or restore it from the recovery kit or a backup: `matrixform secrets set SPEC \
                 {name}`"
            ),
        ),
        DeployedKey::Unread(why) => (
            format!("{path} could not be read: {why}"),
            format!("use the store that has the key, or fix {path} on the host"),
        ),
        DeployedKey::Same | DeployedKey::Known(_) => (
            format!("the host has it in {path}"),
            format!("use the store that has the key, or {import}"),
        ),
    };
    problem.note_line(line).help(help)
}

pub(super) fn predictable(known: &SigningIdentity) -> Diagnostic {
    let message = format!("anyone can compute the signing key of {known} (CVE-2026-24044)");
    Diagnostic::error("identity/predictable", message)
        .note_line("it was generated from a known seed; other servers reject what is signed with it")
        .help(format!(
            "rotate it: stop Synapse, write a new key into its file on the host (`generate_signing_key`), import it \
             (`matrixform secrets import SPEC --from-host --replace synapse/signing_key`), record the new `identity`, and \
             name the old one in `[synapse.extra.old_signing_keys]` (`\"{}\" = {{ key = \"…\", expired_ts = NOW }}`)",
            known.to_string().split(' ').next().unwrap_or_default()
        ))
}

pub(super) fn empty(
    claim: &Claim<'_>,
    remembered: &SigningIdentity,
    database: Option<&Wanted>,
) -> Diagnostic {
    let name = claim.server_name.unwrap_or_default();
    let database = database.map(|one| one.address().to_string()).unwrap_or_default();
    let message =
        format!("this host has no {database}, but {name} is on record as an existing server");
    Diagnostic::error("identity/empty-server", message)
        .note_line(format!("it is recorded as {remembered}"))
        .note_line("apply would start an empty server under its name")
        .help(format!(
            "restore the database first; to start empty: `matrixform apply --empty-server {name}`"
        ))
}

/// Reports that another host has taken over; `text` is this host's record of that.
pub fn fenced(text: &str, server_name: Option<&str>) -> Diagnostic {
    let value = |key: &str| {
        let line = labelled::value(text, key, '=')?;
        Some(visible(line).chars().take(100).collect::<String>())
    };
    let [time, by, on] = ["time", "by", "on"].map(|key| value(key).unwrap_or_default());
    let message = "this host is fenced: its server was rebuilt on another one";
    Diagnostic::error("rebuild/fenced", message)
        .note_line(format!("by {by}, {time}, for {on}"))
        .note_line("Synapse cannot start here; its database and media are untouched")
        .help(format!(
            "if the other host does not run it any more, this one can: on it, run `{LIFT}`, and then `matrixform apply`; to \
             restore a backup here instead: `matrixform rebuild SPEC --replace-database {}`",
            server_name.unwrap_or("SERVER_NAME")
        ))
}

/// The command that lifts a fence on its host.
const LIFT: &str = "rm /var/lib/matrixform/fenced /etc/systemd/system/*.d/matrixform-fence.conf; systemctl daemon-reload";

/// Reports that a rebuild was interrupted; `text` is its mark.
pub(super) fn half_rebuilt(text: &str) -> Diagnostic {
    let (message, line) = match labelled::value(text, "stage", '=') {
        Some("restored") => (
            "a rebuild of this host was interrupted after its data were restored",
            "its services may not be as the spec says, and what clients remember was not compared yet",
        ),
        _ => (
            "a rebuild of this host was interrupted: its database may be incomplete",
            "Synapse cannot start there until the rebuild has ended",
        ),
    };
    Diagnostic::error("rebuild/interrupted", message)
        .note_line(line)
        .help("finish it: `matrixform rebuild SPEC` resumes where it stopped")
}

pub(super) fn another_server(name: &str, server_name: Option<&str>) -> Diagnostic {
    let name = name.escape_debug();
    let message = match server_name {
        Some(own) => format!("`--empty-server {name}`: the spec's server is `{own}`"),
        None => format!("`--empty-server {name}`: the spec has no server name"),
    };
    Diagnostic::error("cli/usage", message)
        .help("use the server name from the spec")
        .exit(Exit::Usage)
}
