//! The accounts of a homeserver, and the invitations to create them. [`Accounts`] defines what operations need from the
//! program that keeps accounts; Synapse is its first implementation. A [`Caller`] carries the requests to the host.

mod call;
mod invitation;
mod name;
mod request;
mod synapse;

pub use call::{AdminCall, AdminReply};
pub use invitation::{BEGINNING, Invitation, beginning, new_token};
pub use name::UserId;
pub use request::{RequestRefusal, connection_args, denied, script};
pub use synapse::Synapse;

use crate::diagnostic::Diagnostic;
use crate::secret::Secret;
use serde::Serialize;
use std::future::Future;

/// The shell functions that make requests on the host.
pub const SHELL: &str = include_str!("synapse.sh");

/// The function that makes read-only requests.
pub const ASK: &str = "accounts_ask";

/// The function that makes changes; it reads the requests from standard input.
pub const CHANGE: &str = "accounts_change";

/// Carries requests to the host.
pub trait Caller {
    /// Makes requests that change nothing and contain no secret; returns a reply for each request, or for each page of
    /// a list. Only the last reply may have an unexpected status.
    ///
    /// # Errors
    ///
    /// The connection is lost, the host fails to make the requests (`accounts/failed`), or Synapse or its database
    /// cannot be reached.
    fn ask(
        &mut self,
        calls: &[AdminCall],
    ) -> impl Future<Output = Result<Vec<AdminReply>, Diagnostic>>;

    /// Makes requests that change something; requests that follow a refused one are not made.
    ///
    /// # Errors
    ///
    /// Fails as `ask` does.
    fn change(
        &mut self,
        calls: &[AdminCall],
    ) -> impl Future<Output = Result<Vec<AdminReply>, Diagnostic>>;
}

/// One account.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct User {
    /// The whole id.
    pub id: String,
    /// The name that people see.
    pub display_name: Option<String>,
    /// Whether it may use the admin API.
    pub admin: bool,
    /// `active`, `deactivated`, `locked`, `suspended`, `guest`.
    pub state: AccountState,
    /// Whether a job or matrixform itself uses it, and no person logs in to it.
    pub own: bool,
    /// The time of creation, in seconds since 1970.
    pub created: Option<u64>,
    /// The time of the last activity, in seconds since 1970.
    pub last_seen: Option<u64>,
}

/// Whether an account can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum AccountState {
    /// It can be used.
    Active,
    /// It cannot be used, and its password is deleted.
    Deactivated,
    /// It is temporarily unusable.
    Locked,
    /// It can read but not write.
    Suspended,
    /// A guest account, without a password.
    Guest,
}

/// The operations on accounts. An error names what was not done.
pub trait Accounts {
    /// Returns all accounts, by id.
    ///
    /// # Errors
    ///
    /// The requests cannot be made, are refused (`accounts/refused`), or there are more accounts than can be listed
    /// (`accounts/too-many`).
    fn users(&self, host: &mut impl Caller) -> impl Future<Output = Result<Vec<User>, Diagnostic>>;

    /// Returns one account, if it exists.
    ///
    /// # Errors
    ///
    /// The request cannot be made, or is refused (`accounts/refused`).
    fn user(
        &self,
        host: &mut impl Caller,
        id: &UserId,
    ) -> impl Future<Output = Result<Option<User>, Diagnostic>>;

    /// Creates an account; never changes the password of an existing one.
    ///
    /// # Errors
    ///
    /// The id is taken (`accounts/exists`), or the requests cannot be made or are refused (`accounts/refused`); in the
    /// latter case, the account may exist without a password.
    fn add(
        &self,
        host: &mut impl Caller,
        id: &UserId,
        password: &Secret,
        admin: bool,
    ) -> impl Future<Output = Result<(), Diagnostic>>;

    /// Sets a new password. The account's sessions stay.
    ///
    /// # Errors
    ///
    /// The request cannot be made, or is refused (`accounts/refused`).
    fn reset_password(
        &self,
        host: &mut impl Caller,
        id: &UserId,
        password: &Secret,
    ) -> impl Future<Output = Result<(), Diagnostic>>;

    /// Ends all sessions of an account; returns how many there were.
    ///
    /// # Errors
    ///
    /// The requests cannot be made or are refused, or some sessions are still active afterwards (`accounts/refused`).
    fn log_out(
        &self,
        host: &mut impl Caller,
        id: &UserId,
    ) -> impl Future<Output = Result<usize, Diagnostic>>;

    /// Deactivates the account permanently; its messages stay.
    ///
    /// # Errors
    ///
    /// The requests cannot be made or are refused, or the account is still active afterwards (`accounts/refused`).
    fn deactivate(
        &self,
        host: &mut impl Caller,
        id: &UserId,
    ) -> impl Future<Output = Result<(), Diagnostic>>;

    /// Returns all invitations.
    ///
    /// # Errors
    ///
    /// The request cannot be made, or is refused (`accounts/refused`).
    fn invitations(
        &self,
        host: &mut impl Caller,
    ) -> impl Future<Output = Result<Vec<Invitation>, Diagnostic>>;

    /// Creates invitations; returns how many of them exist, starting with the first, and an error if not all do.
    fn invite(
        &self,
        host: &mut impl Caller,
        invitations: &[Invitation],
    ) -> impl Future<Output = (usize, Result<(), Diagnostic>)>;

    /// Whether the invitation can be used to register now.
    ///
    /// # Errors
    ///
    /// The request cannot be made, or is refused (`accounts/refused`).
    fn is_usable(
        &self,
        host: &mut impl Caller,
        invitation: &Invitation,
    ) -> impl Future<Output = Result<bool, Diagnostic>>;

    /// Revokes an invitation.
    ///
    /// # Errors
    ///
    /// The request cannot be made, or is refused (`accounts/refused`); an invitation that no longer exists is not an
    /// error.
    fn revoke(
        &self,
        host: &mut impl Caller,
        invitation: &Invitation,
    ) -> impl Future<Output = Result<(), Diagnostic>>;
}
