//! What `matrixform users` takes. Doc comments here are the manual.

use super::examples;
use crate::cli::args::{HostArgs, ListArgs};
use crate::cli::spec_path;
use crate::diagnostic::Problems;
use clap::{Args, Subcommand};
use std::path::PathBuf;
use std::slice::from_ref;

/// What to do with accounts.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum UsersVerb {
    /// Creates an account, such as the first admin's.
    #[command(after_help = examples::ADD)]
    Add(UsersAddArgs),
    /// Lists all accounts: who is an admin, who is deactivated, when each was last seen.
    #[command(after_help = examples::LIST)]
    List(ListArgs),
    /// Sets a new password. The user's sessions stay logged in.
    #[command(after_help = examples::RESET)]
    ResetPassword(UsersResetPasswordArgs),
    /// Deactivates an account permanently; asks for the full user id.
    ///
    /// Its sessions end, its password and email addresses are removed, and it leaves its rooms. Its messages stay,
    /// and the name cannot be used again.
    #[command(after_help = examples::DEACTIVATE)]
    Deactivate(UsersDeactivateArgs),
    /// Logs an account out everywhere, as after a lost phone.
    #[command(after_help = examples::LOGOUT)]
    Logout(UserArgs),
}

impl UsersVerb {
    /// Returns the host and the name of the command; an error if a spec is given in place of a name.
    pub(in crate::cli) fn site_and_name(&self) -> Result<(&HostArgs, &'static str), Problems> {
        let (site, command_name, names): (&HostArgs, &str, &[String]) = match self {
            UsersVerb::Add(args) => (&args.site, "users add", from_ref(&args.name)),
            UsersVerb::List(args) => (&args.site, "users list", &[]),
            UsersVerb::ResetPassword(args) => {
                (&args.site, "users reset-password", from_ref(&args.name))
            }
            UsersVerb::Deactivate(args) => (&args.site, "users deactivate", from_ref(&args.name)),
            UsersVerb::Logout(args) => (&args.site, "users logout", from_ref(&args.name)),
        };
        spec_path::refuse_spec_as_name(site.spec.as_ref(), names, "user", command_name, "NAME")?;
        Ok((site, command_name))
    }
}

/// A verb about one account.
#[derive(Args, Debug)]
#[command(allow_missing_positional = true)]
pub(in crate::cli) struct UserArgs {
    /// Which host.
    #[command(flatten)]
    pub(in crate::cli) site: HostArgs,
    /// Who: `ada`, or `@ada:example.org`.
    pub(super) name: String,
}

/// `users add`.
#[derive(Args, Debug)]
#[command(allow_missing_positional = true)]
pub(in crate::cli) struct UsersAddArgs {
    /// Which host.
    #[command(flatten)]
    pub(in crate::cli) site: HostArgs,
    /// The new name: `ada` becomes `@ada:example.org`.
    pub(super) name: String,
    /// Let the account use the admin API.
    #[arg(long)]
    pub(super) admin: bool,
    /// Where the password comes from.
    #[command(flatten)]
    pub(super) password: PasswordArgs,
}

/// `users reset-password`.
#[derive(Args, Debug)]
#[command(allow_missing_positional = true)]
pub(in crate::cli) struct UsersResetPasswordArgs {
    /// Which host.
    #[command(flatten)]
    pub(in crate::cli) site: HostArgs,
    /// Whose: `ada`, or `@ada:example.org`.
    pub(super) name: String,
    /// Where the password comes from.
    #[command(flatten)]
    pub(super) password: PasswordArgs,
}

/// `users deactivate`.
#[derive(Args, Debug)]
#[command(allow_missing_positional = true)]
pub(in crate::cli) struct UsersDeactivateArgs {
    /// Which host.
    #[command(flatten)]
    pub(in crate::cli) site: HostArgs,
    /// Whose: `ada`, or `@ada:example.org`.
    pub(super) name: String,
    /// The full user id, to confirm without a terminal.
    #[arg(long, value_name = "ID")]
    pub(super) confirm: Option<String>,
}

/// Where a password comes from: typed twice at a prompt, or read from standard input, unless one of these is given.
#[derive(Args, Debug)]
pub(in crate::cli) struct PasswordArgs {
    /// Generate a password and show it once on the terminal.
    ///
    /// Without this or `--password-to`, it is typed twice at a prompt, or read from standard input.
    #[arg(long)]
    pub(super) generate: bool,
    /// Generate a password and write it to this new file, readable only by you.
    #[arg(long, value_name = "FILE", conflicts_with = "generate")]
    pub(super) password_to: Option<PathBuf>,
}
