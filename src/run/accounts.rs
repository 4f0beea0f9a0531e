//! Operations on a homeserver's accounts: requests go over the session, and changes happen under the host's lock and
//! are recorded in its history like any other run.

use super::operation::BegunOperation;
use super::snapshot::supported;
use super::{Project, Reporter, Session, one, partial};
use crate::accounts::{
    ASK, Accounts, AdminCall, AdminReply, CHANGE, Caller, RequestRefusal, Synapse, UserId,
    connection_args, denied, script,
};
use crate::diagnostic::{Diagnostic, Problems};
use crate::facts::Facts;
use crate::host;
use crate::module::{AccountService, expand};
use crate::plan::barred;
use crate::resource::{Answers, Questions};
use crate::secret::StandIns;
use std::collections::BTreeMap;
use std::time::Duration;

/// The limit for one batch of requests: no token works longer.
const BATCH_TIMEOUT: Duration = Duration::from_secs(60);

/// The accounts of a connected host.
pub struct AccountOperation<'a> {
    session: Session<'a>,
    service: AccountService,
    /// The host's own time, if it was queried.
    at: Option<u64>,
}

impl Project {
    /// How to reach the accounts on a host with these facts; opens no secret store.
    fn account_service(&self, facts: &Facts) -> Result<AccountService, Problems> {
        let names = StandIns { in_use: None };
        let expansion = expand(&self.spec, &self.modules, facts, &names)?;
        let service = expansion.accounts.ok_or_else(|| {
            let message = format!("{} does not define a homeserver", self.spec.source.name);
            one(Diagnostic::error("accounts/none", message).help("add `[synapse]`"))
        })?;
        if service.delegated || service.program != "synapse" {
            let message = "an authentication service manages accounts and logins";
            return Err(one(Diagnostic::error("accounts/delegated", message)
                .help("use that service's own tool, such as `mas-cli manage`")));
        }
        Ok(service)
    }
}

impl<'a> AccountOperation<'a> {
    /// Connects. A host is assumed to match its remembered facts, which are only refreshed if requests fail.
    ///
    /// # Errors
    ///
    /// The host cannot be reached or queried or is not supported, or the spec does not expand, defines no homeserver
    /// (`accounts/none`), or leaves accounts to an authentication service (`accounts/delegated`).
    pub async fn open(
        project: &'a Project,
        reporter: &'a dyn Reporter,
    ) -> Result<AccountOperation<'a>, Problems> {
        let prefetch = |facts: Option<&Facts>| project.account_service(facts?).ok();
        let (mut session, prefetch) = Session::open_with(project, reporter, prefetch).await?;
        match prefetch {
            Some(service) => Ok(AccountOperation { session, service, at: None }),
            None => {
                let (service, at) = service_and_time(&mut session).await?;
                Ok(AccountOperation { session, service, at: Some(at) })
            }
        }
    }

    /// Returns how to reach the accounts.
    pub fn service(&self) -> &AccountService {
        &self.service
    }

    /// Returns the backend that manages them.
    pub fn accounts(&self) -> impl Accounts + use<> {
        Synapse { own: self.service.own.clone() }
    }

    /// Returns the full user id for a name on this server.
    ///
    /// # Errors
    ///
    /// The name cannot be that of a user on this server (`accounts/name`).
    pub fn id(&self, name: &str, new: bool) -> Result<UserId, Problems> {
        UserId::of(name, &self.service.server_name, new).map_err(one)
    }

    /// Returns the host's own time, in seconds since 1970.
    ///
    /// # Errors
    ///
    /// The time is not known yet and querying the host fails, or the host is not supported or has no accounts that
    /// Synapse manages.
    pub async fn time(&mut self) -> Result<u64, Problems> {
        if self.at.is_none() {
            self.refresh_facts().await?;
        }
        Ok(self.at.unwrap_or_default())
    }

    /// Takes the host's lock and records the planned changes in its history: actions and addresses, no secrets.
    ///
    /// # Errors
    ///
    /// The host's time cannot be queried, another run holds the lock (`apply/locked`), or the history cannot be
    /// written.
    pub async fn begin(
        &mut self,
        operation: &str,
        items: impl Iterator<Item = (&'static str, String)>,
    ) -> Result<BegunOperation, Problems> {
        let at = self.time().await?;
        self.session.begin_operation(at, operation, items, None).await
    }

    /// Records the result.
    ///
    /// # Errors
    ///
    /// The problem in `result`, with exit status `Exit::Partial` unless it already has a more specific one.
    pub async fn end<T>(
        &mut self,
        begun: BegunOperation,
        result: Result<T, Diagnostic>,
    ) -> Result<T, Problems> {
        let result = result.map_err(|problem| partial(one(problem)));
        self.session.end_operation(begun, result).await
    }

    /// Summarizes the cost so far.
    pub fn cost(&self) -> String {
        self.session.cost()
    }

    /// Ends the connection.
    pub async fn close(self) {
        self.session.close().await;
    }

    /// Refreshes the facts; returns whether the accounts are reached in another way than assumed.
    async fn refresh_facts(&mut self) -> Result<bool, Problems> {
        let (service, at) = service_and_time(&mut self.session).await?;
        self.at = Some(at);
        let other = service != self.service;
        self.service = service;
        Ok(other)
    }

    async fn asked(&mut self, calls: &[AdminCall]) -> Result<Answers, Problems> {
        let mut args = connection_args(&self.service).map_err(one)?;
        args.push(script(&self.service, calls).to_string());
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let mut questions = Questions::default();
        questions.ask(ASK, &args);
        self.session.ask_alone(&questions).await
    }

    fn replies(&self, function: &str, answers: &Answers) -> Result<Vec<AdminReply>, Diagnostic> {
        if let Some(record) = answers.get(function, "refused") {
            let text = |field: &str| record.text(field).unwrap_or_default();
            return Err(denied(
                &self.service,
                &RequestRefusal { reason: text("reason"), output: text("output") },
            ));
        }
        if answers.get(function, "kept").is_some() {
            let message = "Synapse did not revoke matrixform's token; it expires within a minute";
            self.session.reporter.problems(&[Diagnostic::warning("accounts/token", message)]);
        }
        let records = answers.answer(function).map(|answer| &answer.records);
        let reply = |(key, record): (&String, &crate::resource::Record)| {
            let status = record.text("status")?.parse().unwrap_or_default();
            let body = record.bytes("body").unwrap_or_default().to_vec();
            Some((key.parse::<u32>().ok()?, AdminReply { status, body }))
        };
        let replies: BTreeMap<u32, AdminReply> =
            records.into_iter().flatten().filter_map(reply).collect();
        Ok(replies.into_values().collect())
    }
}

impl Caller for AccountOperation<'_> {
    async fn ask(&mut self, calls: &[AdminCall]) -> Result<Vec<AdminReply>, Diagnostic> {
        let mut answers = self.asked(calls).await.map_err(first);
        // Each of Synapse's connections to a database that was just restarted fails once.
        let mut tries = 3;
        while tries > 0 && answers.as_ref().is_ok_and(has_failed) {
            tokio::time::sleep(Duration::from_millis(300)).await;
            answers = self.asked(calls).await.map_err(first);
            tries -= 1;
        }
        let is_answered = answers.as_ref().is_ok_and(|answers| {
            answers.failures().is_empty() && answers.get(ASK, "refused").is_none()
        });
        // The remembered facts may be outdated.
        if !is_answered && self.at.is_none() && self.refresh_facts().await.map_err(first)? {
            answers = self.asked(calls).await.map_err(first);
        }
        let answers = answers?;
        match answers.failures().first() {
            None => self.replies(ASK, &answers),
            Some(failure) => {
                let message = format!(
                    "`{}` failed on the host (exit status {})",
                    failure.function, failure.status
                );
                Err(Diagnostic::error("accounts/failed", message)
                    .note_line(crate::diagnostic::visible(&failure.error_output)))
            }
        }
    }

    async fn change(&mut self, calls: &[AdminCall]) -> Result<Vec<AdminReply>, Diagnostic> {
        let args = connection_args(&self.service)?;
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let script = script(&self.service, calls);
        let session = &mut self.session;
        session.connection.round_trips().add("steps", 1);
        let id = session.shell.step(BATCH_TIMEOUT, CHANGE, &args, Some(script.as_bytes()));
        session.shell.flush().await;
        let (body, status) = session.shell.body(id, BATCH_TIMEOUT, |_| {}).await?;
        let answers = Answers::of(CHANGE, status, &body);
        if status != 0
            && answers.get(CHANGE, "refused").is_none()
            && answers.get(CHANGE, "1").is_none()
        {
            let message = format!("`{CHANGE}` failed on the host (exit status {status})");
            let output = crate::diagnostic::visible(&String::from_utf8_lossy(&body));
            return Err(Diagnostic::error("accounts/failed", message).note_line(output));
        }
        self.replies(CHANGE, &answers)
    }
}

/// Whether the problem is with Synapse itself.
fn has_failed(answers: &Answers) -> bool {
    let record = answers.get(ASK, "1").and_then(|record| record.text("status"));
    record.is_some_and(|status| status.starts_with('5'))
}

/// Returns how to reach accounts by the host's current facts, and the host's time.
async fn service_and_time(session: &mut Session<'_>) -> Result<(AccountService, u64), Problems> {
    let answers = session.ask(&Questions::default()).await?;
    let facts = session.read(&answers);
    supported(&facts, host::is_root(&answers))?;
    if let Some(problem) = barred(&answers, session.project.spec.server_name()) {
        return Err(one(problem));
    }
    session.remembered.iter().for_each(|known| session.host_cache.store(known));
    let at = facts.time.unwrap_or_default();
    Ok((session.project.account_service(&facts)?, at))
}

fn first(problems: Problems) -> Diagnostic {
    let mut problems = problems.into_iter();
    problems.next().unwrap_or_else(|| Diagnostic::bug("an operation failed without a diagnostic"))
}
