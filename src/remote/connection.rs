//! A connection to a host: opened once per run, it runs any number of commands, at most eight at a time, because sshd
//! allows ten sessions per connection (`MaxSessions`) and frees one only after both sides have closed it.

use std::sync::Arc;
use std::time::Duration;

use russh::client::{Handle, Msg};
use russh::{Channel, ChannelOpenFailure};
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use tokio::time::sleep;

use super::client_handler::ClientHandler;
use super::close_reason::CloseReason;
use super::exec::{self, Exec};
use super::hop::Hop;
use super::host_key::HostKey;
use super::round_trips::RoundTrips;
use super::route::Route;
use super::session::SshSession;
use super::target::{SshEnvironment, Target};
use crate::diagnostic::Diagnostic;

const COMMANDS: usize = 8;

/// How often, and at first how long, to wait for sshd to free the session of a dropped command; the wait doubles: 3 s
/// in total.
const RETRIES: (u32, Duration) = (6, Duration::from_millis(50));

/// A verified, logged-in connection. Needs a tokio runtime; dropping it ends the session once the
/// last of its commands is dropped too.
pub struct Connection {
    session: SshSession,
    /// The jump hosts' sessions, in order.
    through: Vec<SshSession>,
    slots: Arc<Semaphore>,
    trips: Arc<RoundTrips>,
    warnings: Vec<Diagnostic>,
    user: String,
}

impl Connection {
    /// Connects, checks the key of every host on the route, and logs in. It changes nothing on the host, so every
    /// failure has exit status 1.
    ///
    /// # Errors
    ///
    /// The host cannot be reached, a host key is not trusted, or the login is refused.
    pub async fn open(
        target: &Target,
        environment: &SshEnvironment,
    ) -> Result<Connection, Diagnostic> {
        // `ssh -G` takes some milliseconds, during which the caller's other work continues.
        let (target, environment) = (target.clone(), environment.clone());
        let planned = spawn_blocking(move || Route::plan(&target, &environment)).await;
        let planned = planned.map_err(|error| Diagnostic::bug(format!("the route: {error}")))?;
        let Route { hops, warnings, .. } = planned?;
        // A setting that is not supported may be the reason.
        let explained = |problem| warnings.iter().fold(problem, explain);
        let (session, through, trips, user) = Connection::log_in(hops).await.map_err(explained)?;
        let slots = Arc::new(Semaphore::new(COMMANDS));
        Ok(Connection { session, through, slots, trips, warnings, user })
    }

    async fn log_in(
        mut hops: Vec<Hop>,
    ) -> Result<(SshSession, Vec<SshSession>, Arc<RoundTrips>, String), Diagnostic> {
        let last = hops.pop().ok_or_else(|| Diagnostic::bug("a route without a host"))?;
        let trips = Arc::new(RoundTrips::default());
        let mut through: Vec<SshSession> = Vec::new();
        for hop in &hops {
            let session = SshSession::open(hop, through.last(), &trips).await?;
            through.push(session);
        }
        let session = SshSession::open(&last, through.last(), &trips).await?;
        Ok((session, through, trips, last.user))
    }

    /// Starts a command in the user's login shell. Waits while eight are running. The command is one argument on the
    /// host, at most 128 KiB and visible in its process list: secrets belong on standard input. sshd opens the window
    /// for that only when the command runs, so it takes another round trip.
    ///
    /// # Errors
    ///
    /// The connection was lost, or the host refuses the channel.
    pub async fn exec(&self, command: &str) -> Result<Exec, Diagnostic> {
        self.starter().exec(command).await
    }

    /// Returns a handle that starts commands on this connection.
    pub fn starter(&self) -> Starter {
        Starter {
            handle: Arc::clone(&self.session.handle),
            close_reason: self.session.close_reason.clone(),
            slots: Arc::clone(&self.slots),
            trips: Arc::clone(&self.trips),
        }
    }

    /// Returns the user who is logged in, before any sudo.
    pub fn user(&self) -> &str {
        &self.user
    }

    /// Returns the round trips of this connection so far.
    pub fn round_trips(&self) -> &RoundTrips {
        &self.trips
    }

    /// Returns the verified key of the host.
    pub fn host_key(&self) -> &HostKey {
        &self.session.host_key
    }

    /// Returns warnings about unsupported settings in the SSH configuration.
    pub fn warnings(&self) -> &[Diagnostic] {
        &self.warnings
    }

    /// Ends the session and those of the jump hosts, in reverse order.
    pub async fn close(self) {
        self.session.close().await;
        for session in self.through.into_iter().rev() {
            session.close().await;
        }
    }
}

/// Adds a warning to a failure.
fn explain(problem: Diagnostic, warning: &Diagnostic) -> Diagnostic {
    let problem = problem.note_line(warning.message.as_str());
    match &warning.place {
        Some((place, _)) => problem.see(place, "this"),
        None => problem,
    }
}

/// Starts commands on a connection.
#[derive(Clone)]
pub struct Starter {
    handle: Arc<Handle<ClientHandler>>,
    close_reason: CloseReason,
    slots: Arc<Semaphore>,
    trips: Arc<RoundTrips>,
}

impl Starter {
    /// Starts a command, like [`Connection::exec`].
    ///
    /// # Errors
    ///
    /// Fails as `Connection::exec` does.
    pub async fn exec(&self, command: &str) -> Result<Exec, Diagnostic> {
        let slots = Arc::clone(&self.slots);
        let slot = slots.acquire_owned().await.map_err(|_| Diagnostic::bug("slots closed"))?;
        let Starter { handle, close_reason, trips, .. } = self.clone();
        let command = command.to_owned();
        // In a separate task: if the opening of a channel were cancelled, it would stay open on the host.
        let opening = tokio::spawn(async move {
            let (opened, tries) = open_channel(&handle).await;
            trips.add("channel opening", tries);
            let channel = opened?;
            let asked = channel.exec(true, command).await;
            trips.add("command until its first answer", 1);
            let exec = exec::start(channel, close_reason, slot);
            asked.map(|()| exec)
        });
        let opened = opening.await.map_err(|error| Diagnostic::bug(error.to_string()))?;
        opened.map_err(|error| self.not_opened(&error))
    }

    /// Records that a command was given its input.
    pub(super) fn count_input(&self) {
        self.trips.add("input of the command", 1);
    }

    fn not_opened(&self, error: &russh::Error) -> Diagnostic {
        if self.handle.is_closed() {
            return self.close_reason.lost("starting a command");
        }
        Diagnostic::error("remote/no-channel", format!("the host did not open a session: {error}"))
            .help("check `MaxSessions` in the host's sshd_config; matrixform uses up to eight")
    }
}

/// Opens a channel; also returns the number of round trips. sshd answers `ConnectFailed` if all sessions are taken, and
/// a dropped command keeps its own until it has ended on the host.
async fn open_channel(handle: &Handle<ClientHandler>) -> (Result<Channel<Msg>, russh::Error>, u32) {
    for attempt in 0..RETRIES.0 {
        match handle.channel_open_session().await {
            Err(russh::Error::ChannelOpenFailure(ChannelOpenFailure::ConnectFailed)) => {
                sleep(RETRIES.1 * 2_u32.pow(attempt)).await;
            }
            other => return (other, attempt + 1),
        }
    }
    (handle.channel_open_session().await, RETRIES.0 + 1)
}
