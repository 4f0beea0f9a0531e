//! The accounts of a homeserver, and the invitations to make one. What an operation asks of whoever keeps them is
//! [`Accounts`]; Synapse is the first that does. How requests get to the host is a [`Caller`]'s.

mod call;
mod invitation;
mod name;
mod synapse;
mod words;

pub use call::{AdminCall, AdminReply};
pub use invitation::{BEGINNING, Invitation, beginning, new_token};
pub use name::UserId;
pub use synapse::Synapse;
pub use words::{Denied, denied, script, words};

use crate::diagnostic::Diagnostic;
use crate::secret::Secret;
use serde::Serialize;
use std::future::Future;

/// The shell functions that make requests on the host.
pub const SHELL: &str = include_str!("synapse.sh");

/// Asks what changes nothing.
pub const ASK: &str = "accounts_ask";

/// Changes something; the requests go to standard input.
pub const CHANGE: &str = "accounts_change";

/// Who takes requests to the host.
pub trait Caller {
    /// Requests that change nothing, and hold no secret: an answer for each, or for each page of a list. The last one may be
    /// another than was expected.
    fn ask(
        &mut self,
        calls: &[AdminCall],
    ) -> impl Future<Output = Result<Vec<AdminReply>, Diagnostic>>;

    /// Requests that change something; what comes after one that was refused was not asked.
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
    /// What people are shown.
    pub display_name: Option<String>,
    /// Whether it may use the admin API.
    pub admin: bool,
    /// `active`, `deactivated`, `locked`, `suspended`, `guest`.
    pub state: AccountState,
    /// Whether a job or matrixform itself uses it, and nobody logs in to it.
    pub own: bool,
    /// When it was made, in seconds since 1970.
    pub created: Option<u64>,
    /// When it was last heard of, in seconds since 1970.
    pub last_seen: Option<u64>,
}

/// Whether an account can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum AccountState {
    /// It can.
    Active,
    /// It cannot, and its password is gone.
    Deactivated,
    /// It cannot for the time being.
    Locked,
    /// It can read, and not write.
    Suspended,
    /// A guest's, without a password.
    Guest,
}

/// What can be done about accounts. An error names what was not done.
pub trait Accounts {
    /// All accounts, by id.
    fn users(&self, host: &mut impl Caller) -> impl Future<Output = Result<Vec<User>, Diagnostic>>;

    /// One account, where there is one.
    fn user(
        &self,
        host: &mut impl Caller,
        id: &UserId,
    ) -> impl Future<Output = Result<Option<User>, Diagnostic>>;

    /// Makes one; an error where someone has it already, whose password stays.
    fn add(
        &self,
        host: &mut impl Caller,
        id: &UserId,
        password: &Secret,
        admin: bool,
    ) -> impl Future<Output = Result<(), Diagnostic>>;

    /// Gives it another password. Its sessions stay.
    fn reset_password(
        &self,
        host: &mut impl Caller,
        id: &UserId,
        password: &Secret,
    ) -> impl Future<Output = Result<(), Diagnostic>>;

    /// Ends all its sessions; how many there were.
    fn log_out(
        &self,
        host: &mut impl Caller,
        id: &UserId,
    ) -> impl Future<Output = Result<usize, Diagnostic>>;

    /// Ends the account permanently; its messages stay.
    fn deactivate(
        &self,
        host: &mut impl Caller,
        id: &UserId,
    ) -> impl Future<Output = Result<(), Diagnostic>>;

    /// All invitations.
    fn invitations(
        &self,
        host: &mut impl Caller,
    ) -> impl Future<Output = Result<Vec<Invitation>, Diagnostic>>;

    /// Makes invitations; how many of them there are, which are the first ones, and why not all.
    fn invite(
        &self,
        host: &mut impl Caller,
        invitations: &[Invitation],
    ) -> impl Future<Output = (usize, Result<(), Diagnostic>)>;

    /// Whether someone could register by one now.
    fn is_usable(
        &self,
        host: &mut impl Caller,
        invitation: &Invitation,
    ) -> impl Future<Output = Result<bool, Diagnostic>>;

    /// Ends one.
    fn revoke(
        &self,
        host: &mut impl Caller,
        invitation: &Invitation,
    ) -> impl Future<Output = Result<(), Diagnostic>>;
}
