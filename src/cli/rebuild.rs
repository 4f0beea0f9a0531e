//! `matrixform rebuild`: restores a lost homeserver from a backup. The tools that read backups are set up first;
//! nothing of the server is touched before the plan has been shown and agreed to.

mod dns;
mod federation;
mod offers;
mod old_server;

use super::args::HostArgs;
use super::output::Output;
use super::{identity, leave};
use crate::diagnostic::{Diagnostic, Exit, Problems, shell_path};
use crate::rebuild::{FencePlace, OldServer, RebuildRequest};
use crate::render;
use crate::run::{ChosenSnapshot, Project, RebuildOperation, RebuildResult, finish_rotations};
use clap::Args;
use old_server::LastKnownHost;
use std::net::IpAddr;

/// The examples at the end of its `--help`.
pub(super) const EXAMPLES: &str = "\
Examples:
  # the newest snapshot of the first repository
  matrixform rebuild inventory/prod.toml
  matrixform rebuild prod --snapshot 1f3c5a7e --repository offsite
  # stop the old server first
  matrixform rebuild prod --old-server fenced --fence root@192.0.2.1
  # delete the database that is there
  matrixform rebuild prod --replace-database example.org";

/// What `rebuild` takes.
#[derive(Args, Debug)]
pub(super) struct RebuildArgs {
    /// Which host.
    #[command(flatten)]
    pub(super) site: HostArgs,
    /// The snapshot, as `backup list` shows it. Default: the newest one.
    #[arg(long, value_name = "ID", value_parser = super::backup::snapshot)]
    snapshot: Option<String>,
    /// The repository, by its name in the spec. Default: the first one.
    #[arg(long, value_name = "NAME")]
    repository: Option<String>,
    /// Delete the database of this server that is on the host, and its media, and restore the backup instead.
    ///
    /// Without it, a host with a database is refused, unless an interrupted rebuild continues there.
    #[arg(long, value_name = "SERVER_NAME")]
    replace_database: Option<String>,
    /// What became of the old server: `fenced`, `stopped`, `seized` or `destroyed`.
    ///
    /// `fenced`: matrixform stops it over SSH, keeps it from starting, and checks that. `stopped`: you did so yourself, and it
    /// cannot start again. `seized`: others have it. `destroyed`: it is gone, with its disk. Two servers under one name corrupt
    /// rooms: the old one is looked for at all addresses of the server's names, and one that answers with this server's key has to be
    /// fenced, unless it was seized. Required with `--yes`, unless an interrupted rebuild continues; recorded in the
    /// host's history.
    #[arg(long, value_name = "WHAT", value_parser = ["fenced", "stopped", "seized", "destroyed"])]
    old_server: Option<String>,
    /// With `--old-server fenced`: where the old host is.
    ///
    /// Default: the address of the last apply from this machine, or one at which the old server answers. All else is as in the spec's
    /// `[host]`; its host key has to be known. A host with another signing key is not touched.
    #[arg(long, value_name = "[USER@]ADDRESS", value_parser = old_server::place)]
    fence: Option<FencePlace>,
    /// Look for the old server at this address too. May be given more than once.
    #[arg(long, value_name = "ADDRESS")]
    also: Vec<IpAddr>,
    /// Afterwards, revoke all invitations that can be used: some of them may have been used since the snapshot.
    #[arg(long)]
    revoke_invitations: bool,
    /// Afterwards, end all sessions of this account. May be given more than once.
    #[arg(long, value_name = "NAME")]
    log_out: Vec<String>,
    /// Do not ask for confirmation. Required without a terminal.
    #[arg(long)]
    yes: bool,
    /// Wait for another run on the host to end, instead of exiting with status 6.
    #[arg(long)]
    wait: bool,
}

impl RebuildArgs {
    fn request(&self) -> RebuildRequest<'_> {
        RebuildRequest {
            snapshot: self.snapshot.as_deref(),
            repository: self.repository.as_deref(),
            replace: self.replace_database.as_deref(),
        }
    }
}

/// Runs the command.
pub(super) async fn rebuild(
    project: &Project,
    args: &RebuildArgs,
    output: &mut Output,
) -> Result<Exit, Problems> {
    let stderr = output.stderr();
    let request = args.request();
    // Read where the lost host was before this machine remembers the new one.
    let before = LastKnownHost::of(project);
    let mut operation =
        RebuildOperation::open(project, &stderr, request, args.wait, leave::at_once).await?;
    let old = match operation.is_resumed() && args.old_server.is_none() && args.fence.is_none() {
        true => None,
        false => Some(old_server::became(project, &operation, args, &before, output).await?),
    };
    operation.read_backups(request, args.wait).await?;
    let chosen = operation.choose(request, old.as_ref().map(|old| old.state)).await?;
    output.end_progress();
    let host = project.host_name();
    let shown = old.as_ref().map(|old| (old.state, old.place()));
    let text =
        render::rebuild::plan(&chosen, operation.server_name(), &host, operation.changes(), shown);
    output.result(&text);
    if !args.yes {
        agreed(&mut operation, &host, output).await?;
    }
    if let Some(old) = &old {
        old_server::fence(old, &mut operation, args.wait, output).await?;
    }
    let old_server = old.as_ref().map(|old| format!(", the old server {}", old.description()));
    let old_server = old_server.unwrap_or_default();
    let result = operation.rebuild(&chosen, &old_server).await;
    output.end_progress();
    if let Ok(rebuilt) = &result {
        operation.probe_from_outside(&rebuilt.snapshot).await;
    }
    output.timings(&operation.cost());
    let server_name = operation.server_name().to_owned();
    let is_direct = operation.is_direct();
    operation.close().await;
    let rebuilt = result?;
    finish_rotations(project, &rebuilt.snapshot)?;
    identity::record(project, &rebuilt.snapshot, output);
    let spec = &project.spec.source.name;
    let missing = dns::missing(&host, &rebuilt.snapshot).await;
    report(project, &chosen, &rebuilt, &server_name, output);
    if is_direct {
        output.problems(federation::seen(&host, &rebuilt.snapshot).await.as_slice());
    }
    if let Some(missing) = missing.as_ref().filter(|missing| !missing.is_empty()) {
        output.result(&format!("\n{}", render::dns::zone(missing)));
    }
    output.problems(&[dns::note(missing.as_deref(), spec)]);
    if chosen.old == Some(OldServer::Seized) {
        output.problems(&[seized(&shell_path(spec))]);
    }
    offers::offer(project, args, output).await?;
    Ok(Exit::Done)
}

fn seized(spec: &str) -> Diagnostic {
    let message = "someone else has the server's signing key, and can impersonate this server";
    Diagnostic::note("rebuild/seized", message)
        .note_line(format!(
            "rotate it: write a new key into its file with `generate_signing_key`, run `matrixform secrets import {spec} --from-host --replace synapse/signing_key`, \
             record the new `identity`, and name the old key in `[synapse.extra.old_signing_keys]`, with the time of the seizure as `expired_ts`"
        ))
        .note_line("other servers go on accepting events signed with the old key until they have fetched the new ones: within a day, unless they are offline")
        .help(format!(
            "then replace all passwords and keys that were on the old host (`matrixform secrets rotate {spec} NAME`), and use a new backup repository with a new password"
        ))
}

/// Asks for `yes`; any other answer, or no terminal to ask on, is an error.
async fn agreed(
    operation: &mut RebuildOperation<'_>,
    host: &str,
    output: &mut Output,
) -> Result<(), Problems> {
    let refused = |code: &'static str, message: &str| Diagnostic::error(code, message.to_owned());
    if !output.can_ask() {
        let message = "nothing was restored: cannot ask for confirmation without a terminal";
        return Err(vec![
            refused("rebuild/unconfirmed", message)
                .help("review the plan above and run again with `--yes`"),
        ]);
    }
    let question = format!("Rebuild {host} from this snapshot? Type `yes` to continue:");
    match operation.while_held(output.agrees(&question)).await {
        true => Ok(()),
        false => {
            Err(vec![refused("rebuild/declined", "nothing was restored: the answer was not `yes`")])
        }
    }
}

/// Reports what is back, and what cannot be recovered.
fn report(
    project: &Project,
    chosen: &ChosenSnapshot,
    rebuilt: &RebuildResult,
    server_name: &str,
    output: &mut Output,
) {
    let address = rebuilt.snapshot.expansion.accounts.as_ref();
    let address = address.map(|service| service.public_url.as_str());
    output.result(&format!("\n{}", render::outcome(&rebuilt.outcome, address)));
    output.problems(&rebuilt.notes);
    let spec = shell_path(&project.spec.source.name);
    let ago = render::rebuild::span(chosen.age);
    let note = |code: &'static str, message: String, help: String| {
        Diagnostic::note(code, message).help(help)
    };
    output.problems(&[
        note(
            "rebuild/lost",
            format!("{server_name} is as it was {ago} before the rebuild: messages, accounts and sessions made since then are gone"),
            "people with a newer session sign in again; what other servers have of rooms is fetched from them".to_owned(),
        ),
        note(
            "rebuild/undone",
            "what was ended since then is back: sessions that were logged out work again, and so do old passwords and deactivated accounts".to_owned(),
            format!("end all sessions of a person: `matrixform users logout {spec} NAME`; deactivate again: `matrixform users deactivate {spec} NAME`"),
        ),
        note(
            "rebuild/invitations",
            "invitations that were used since then can be used again".to_owned(),
            format!("look at them with `matrixform invite list {spec}`, and revoke them with `matrixform invite revoke {spec} TOKEN`"),
        ),
    ]);
}
