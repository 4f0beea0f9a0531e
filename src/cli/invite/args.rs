//! What `matrixform invite` takes. Doc comments here are the manual.

use super::examples;
use crate::cli::args::{HostArgs, ListArgs};
use crate::cli::spec_path;
use crate::diagnostic::Problems;
use crate::module::duration_ms;
use clap::{Args, Subcommand};
use std::slice::from_ref;

/// What to do with invitations.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum InviteVerb {
    /// Creates invitations and prints one token per line.
    #[command(after_help = examples::CREATE)]
    Create(InviteCreateArgs),
    /// Lists all invitations: how often each was used, and when it expires.
    #[command(after_help = examples::LIST)]
    List(ListArgs),
    /// Revokes an invitation. Accounts created with it stay.
    #[command(after_help = examples::REVOKE)]
    Revoke(InviteRevokeArgs),
}

impl InviteVerb {
    /// Returns the host and the name of the command; an error if a spec is given in place of a token.
    pub(in crate::cli) fn site_and_name(&self) -> Result<(&HostArgs, &'static str), Problems> {
        match self {
            InviteVerb::Create(args) => Ok((&args.site, "invite create")),
            InviteVerb::List(args) => Ok((&args.site, "invite list")),
            InviteVerb::Revoke(args) => {
                let (given, token) = (args.site.spec.as_ref(), from_ref(&args.token));
                spec_path::refuse_spec_as_name(
                    given,
                    token,
                    "invitation",
                    "invite revoke",
                    "TOKEN",
                )?;
                Ok((&args.site, "invite revoke"))
            }
        }
    }
}

/// `invite create`.
#[derive(Args, Debug)]
pub(in crate::cli) struct InviteCreateArgs {
    /// Which host.
    #[command(flatten)]
    pub(in crate::cli) site: HostArgs,
    /// How many invitations.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=100))]
    pub(super) count: u64,
    /// How many accounts each may create.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=10_000))]
    pub(super) uses: u64,
    /// How long they are valid: `7d`, `12h`.
    #[arg(long, default_value = "7d", value_parser = lifetime, value_name = "DURATION")]
    pub(super) expires: u64,
}

/// `invite revoke`.
#[derive(Args, Debug)]
#[command(allow_missing_positional = true)]
pub(in crate::cli) struct InviteRevokeArgs {
    /// Which host.
    #[command(flatten)]
    pub(in crate::cli) site: HostArgs,
    /// The token, or its start (four characters or more).
    pub(super) token: String,
}

/// Parses a lifetime into milliseconds.
fn lifetime(text: &str) -> Result<u64, String> {
    let (shortest, longest) = (60_000, 366 * 86_400_000);
    match duration_ms(text) {
        Some(ms) if (shortest..=longest).contains(&ms) => Ok(ms),
        Some(_) => {
            Err("an invitation is valid for at least a minute and at most a year".to_owned())
        }
        None => Err("write a whole number and a unit, such as `7d` or `12h`".to_owned()),
    }
}
