//! What `matrixform secrets` takes. Doc comments here are the manual.

use super::examples;
use crate::cli::args::HostArgs;
use crate::cli::complete;
use crate::cli::spec_path;
use crate::diagnostic::Problems;
use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;
use std::slice::from_ref;

/// What to do with secrets.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum SecretsVerb {
    /// Lists the secrets that the spec needs: where each comes from, where it is stored, which line names it.
    #[command(after_help = examples::LIST)]
    List(SecretsHostArgs),
    /// Stores a value, read from standard input or typed at a prompt.
    #[command(after_help = examples::SET)]
    Set(SecretsSetArgs),
    /// Prints a value to standard output.
    #[command(after_help = examples::GET)]
    Get(SecretsGetArgs),
    /// Generates missing secrets that the host never had either. Changes nothing on the host.
    #[command(after_help = examples::GENERATE)]
    Generate(SecretsHostArgs),
    /// Rotates a secret: stores a new value, then applies the changes it causes.
    #[command(after_help = examples::ROTATE)]
    Rotate(SecretsRotateArgs),
    /// Copies values into the store for new secrets (the age file, if there is one).
    #[command(after_help = examples::IMPORT)]
    Import(SecretsImportArgs),
    /// Writes the recovery kit: one printable file with everything needed to rebuild the server.
    #[command(after_help = examples::EXPORT)]
    Export(SecretsExportArgs),
    /// Lists and changes the recipients of the age file.
    #[command(after_help = examples::RECIPIENTS)]
    Recipients {
        /// What to do with them.
        #[command(subcommand)]
        verb: RecipientsVerb,
    },
    /// Creates the age file beside the spec, and an identity for you if you have none.
    #[command(after_help = examples::CREATE)]
    Create(SecretsCreateArgs),
}

impl SecretsVerb {
    /// Returns the host and the name of the command; an error if a spec is given in place of a name.
    pub(in crate::cli) fn site_and_name(&self) -> Result<(&HostArgs, &'static str), Problems> {
        let (mut what, mut write) = ("secret", "AREA/NAME");
        let (site, command_name, names): (&HostArgs, &str, &[String]) = match self {
            SecretsVerb::List(of) => (&of.site, "secrets list", &[]),
            SecretsVerb::Generate(of) => (&of.site, "secrets generate", &[]),
            SecretsVerb::Set(args) => (&args.site, "secrets set", from_ref(&args.name)),
            SecretsVerb::Get(args) => (&args.site, "secrets get", from_ref(&args.name)),
            SecretsVerb::Rotate(args) => (&args.site, "secrets rotate", &args.names),
            SecretsVerb::Import(args) => (&args.site, "secrets import", &[]),
            SecretsVerb::Export(args) => (&args.site, "secrets export", &[]),
            SecretsVerb::Create(args) => (&args.site, "secrets create", &[]),
            SecretsVerb::Recipients { verb } => match verb {
                RecipientsVerb::List(of) => (&of.site, "secrets recipients list", &[]),
                RecipientsVerb::Add(args) => {
                    (what, write) = ("recipient", "age1…");
                    (&args.site, "secrets recipients add", from_ref(&args.key))
                }
                RecipientsVerb::Remove(args) => {
                    (what, write) = ("recipient", "NAME");
                    (&args.site, "secrets recipients remove", from_ref(&args.who))
                }
            },
        };
        spec_path::refuse_spec_as_name(site.spec.as_ref(), names, what, command_name, write)?;
        if let SecretsVerb::Rotate(SecretsRotateArgs { site, names, .. }) = self {
            spec_path::refuse_secret_as_spec(site.spec.as_ref(), names, command_name)?;
        }
        Ok((site, command_name))
    }
}

/// A verb that takes nothing but the host.
#[derive(Args, Debug)]
pub(in crate::cli) struct SecretsHostArgs {
    /// Which host.
    #[command(flatten)]
    pub(in crate::cli) site: HostArgs,
}

/// `secrets set`.
#[derive(Args, Debug)]
#[command(allow_missing_positional = true)]
pub(in crate::cli) struct SecretsSetArgs {
    /// Which host.
    #[command(flatten)]
    pub(in crate::cli) site: HostArgs,
    /// The secret's name, such as `tls/front`.
    #[arg(add = complete::secrets())]
    pub(super) name: String,
    /// Replace a different value that is already stored.
    #[arg(long)]
    pub(super) replace: bool,
}

/// `secrets get`.
#[derive(Args, Debug)]
#[command(allow_missing_positional = true)]
pub(in crate::cli) struct SecretsGetArgs {
    /// Which host.
    #[command(flatten)]
    pub(in crate::cli) site: HostArgs,
    /// The secret's name.
    #[arg(add = complete::secrets())]
    pub(super) name: String,
    /// Print it even if standard output is a terminal.
    #[arg(long)]
    pub(super) show: bool,
}

/// `secrets rotate`.
#[derive(Args, Debug)]
#[command(allow_missing_positional = true)]
pub(in crate::cli) struct SecretsRotateArgs {
    /// Which host.
    #[command(flatten)]
    pub(in crate::cli) site: HostArgs,
    /// The secrets' names.
    #[arg(required = true, add = complete::secrets())]
    pub(super) names: Vec<String>,
    /// Do not ask.
    #[arg(long)]
    pub(super) yes: bool,
}

/// `secrets import`.
#[derive(Args, Debug)]
pub(in crate::cli) struct SecretsImportArgs {
    /// Which host.
    #[command(flatten)]
    pub(in crate::cli) site: HostArgs,
    /// Only these secrets; defaults to all that the spec names.
    #[arg(long = "only", value_name = "NAME", add = complete::secrets())]
    pub(super) only: Vec<String>,
    /// Read them from the host, from the files that the spec's modules write.
    #[arg(long)]
    pub(super) from_host: bool,
    /// Read them from this file (mode 0600, lines of `"area/name" = "value"`) instead of the other stores.
    #[arg(long, value_name = "FILE", conflicts_with = "from_host")]
    pub(super) from: Option<PathBuf>,
    /// Replace the different value that is stored for this secret.
    #[arg(long, value_name = "NAME", add = complete::secrets())]
    pub(super) replace: Vec<String>,
}

/// `secrets export`.
#[derive(Args, Debug)]
pub(in crate::cli) struct SecretsExportArgs {
    /// Which host.
    #[command(flatten)]
    pub(in crate::cli) site: HostArgs,
    /// The file to write; it must not exist. Print it, and keep the paper dry and locked up.
    #[arg(long, value_name = "FILE", required = true)]
    pub(super) recovery_kit: PathBuf,
    /// Encrypt it for this age recipient instead of with a passphrase. May be given more than once.
    #[arg(long, value_name = "age1…")]
    pub(super) recipient: Vec<String>,
}

/// `secrets recipients`.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum RecipientsVerb {
    /// Lists the recipients of the age file.
    #[command(after_help = examples::RECIPIENTS)]
    List(SecretsHostArgs),
    /// Adds a recipient and re-encrypts the file.
    #[command(after_help = examples::RECIPIENTS)]
    Add(RecipientsAddArgs),
    /// Removes a recipient and re-encrypts the file. They still know what they have already read.
    #[command(after_help = examples::RECIPIENTS)]
    Remove(RecipientsRemoveArgs),
}

/// `secrets recipients add`.
#[derive(Args, Debug)]
#[command(allow_missing_positional = true)]
pub(in crate::cli) struct RecipientsAddArgs {
    /// Which host.
    #[command(flatten)]
    pub(in crate::cli) site: HostArgs,
    /// The public key, `age1…`.
    pub(super) key: String,
    /// Who owns the key.
    #[arg(long, default_value = "")]
    pub(super) name: String,
}

/// `secrets recipients remove`.
#[derive(Args, Debug)]
#[command(allow_missing_positional = true)]
pub(in crate::cli) struct RecipientsRemoveArgs {
    /// Which host.
    #[command(flatten)]
    pub(in crate::cli) site: HostArgs,
    /// The public key, or the name.
    pub(super) who: String,
}

/// `secrets create`.
#[derive(Args, Debug)]
pub(in crate::cli) struct SecretsCreateArgs {
    /// Which host.
    #[command(flatten)]
    pub(in crate::cli) site: HostArgs,
    /// Another recipient. May be given more than once.
    #[arg(long, value_name = "age1…")]
    pub(super) recipient: Vec<String>,
    /// Where to store your new identity.
    #[arg(long, value_enum, default_value_t = NewIdentityHome::Keyring)]
    pub(super) identity: NewIdentityHome,
}

/// Where to store a new identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum NewIdentityHome {
    /// The keyring; the file if there is no keyring.
    Keyring,
    /// `~/.config/matrixform/age-identity`, mode 0600.
    File,
}
