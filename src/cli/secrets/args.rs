//! What `matrixform secrets` takes. Doc comments here are the manual.

use super::examples;
use crate::cli::args::Site;
use crate::cli::which;
use crate::diagnostic::Problems;
use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;
use std::slice::from_ref;

/// What to do with secrets.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum SecretsVerb {
    /// Lists the secrets that the spec needs: how each comes about, where it is, which line names it.
    #[command(after_help = examples::LIST)]
    List(Of),
    /// Stores a value, read from standard input or typed without an echo.
    #[command(after_help = examples::SET)]
    Set(Set),
    /// Prints a value to standard output.
    #[command(after_help = examples::GET)]
    Get(Get),
    /// Generates what is missing, if the host never had it either. Changes nothing on the host.
    #[command(after_help = examples::GENERATE)]
    Generate(Of),
    /// Makes a secret anew: stores the new value, then applies what follows from it.
    #[command(after_help = examples::ROTATE)]
    Rotate(Rotate),
    /// Takes values over into the store for new secrets (the age file where there is one).
    #[command(after_help = examples::IMPORT)]
    Import(Import),
    /// Writes the recovery kit: one printable file with everything that rebuilding needs.
    #[command(after_help = examples::EXPORT)]
    Export(Export),
    /// Says and changes who can open the age file.
    #[command(after_help = examples::RECIPIENTS)]
    Recipients {
        /// What to do with them.
        #[command(subcommand)]
        verb: RecipientsVerb,
    },
    /// Makes the age file beside the spec, and an identity for you where you have none.
    #[command(after_help = examples::CREATE)]
    Create(Create),
}

impl SecretsVerb {
    /// Which host it is about, and its words; an error where a spec stands in the place of a name.
    pub(in crate::cli) fn site_and_words(&self) -> Result<(&Site, &'static str), Problems> {
        let (site, words, names): (&Site, &str, &[String]) = match self {
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
                RecipientsVerb::Add(args) => (&args.site, "secrets recipients add", &[]),
                RecipientsVerb::Remove(args) => (&args.site, "secrets recipients remove", &[]),
            },
        };
        which::no_spec(names, "secret", words, "AREA/NAME")?;
        Ok((site, words))
    }
}

/// A verb that takes nothing but the host.
#[derive(Args, Debug)]
pub(in crate::cli) struct Of {
    /// Which host.
    #[command(flatten)]
    pub(in crate::cli) site: Site,
}

/// `secrets set`.
#[derive(Args, Debug)]
#[command(allow_missing_positional = true)]
pub(in crate::cli) struct Set {
    /// Which host.
    #[command(flatten)]
    pub(in crate::cli) site: Site,
    /// The secret's name, such as `tls/front`.
    pub(super) name: String,
    /// Replace a different value that is stored already.
    #[arg(long)]
    pub(super) replace: bool,
}

/// `secrets get`.
#[derive(Args, Debug)]
#[command(allow_missing_positional = true)]
pub(in crate::cli) struct Get {
    /// Which host.
    #[command(flatten)]
    pub(in crate::cli) site: Site,
    /// The secret's name.
    pub(super) name: String,
    /// Print it even onto a terminal.
    #[arg(long)]
    pub(super) show: bool,
}

/// `secrets rotate`.
#[derive(Args, Debug)]
#[command(allow_missing_positional = true)]
pub(in crate::cli) struct Rotate {
    /// Which host.
    #[command(flatten)]
    pub(in crate::cli) site: Site,
    /// The secrets' names.
    #[arg(required = true)]
    pub(super) names: Vec<String>,
    /// Do not ask.
    #[arg(long)]
    pub(super) yes: bool,
}

/// `secrets import`.
#[derive(Args, Debug)]
pub(in crate::cli) struct Import {
    /// Which host.
    #[command(flatten)]
    pub(in crate::cli) site: Site,
    /// Only these secrets; all that the spec names when left out.
    #[arg(long = "only", value_name = "NAME")]
    pub(super) only: Vec<String>,
    /// Read them from the host, from the files that the spec's modules put them into.
    #[arg(long)]
    pub(super) from_host: bool,
    /// Read them from this file (mode 0600, lines `"area/name" = "value"`) instead of the other stores.
    #[arg(long, value_name = "FILE", conflicts_with = "from_host")]
    pub(super) from: Option<PathBuf>,
    /// Replace the different value that is stored for this secret.
    #[arg(long, value_name = "NAME")]
    pub(super) replace: Vec<String>,
}

/// `secrets export`.
#[derive(Args, Debug)]
pub(in crate::cli) struct Export {
    /// Which host.
    #[command(flatten)]
    pub(in crate::cli) site: Site,
    /// The file to write; it must not exist. Print it, and keep the paper where it is dry and locked.
    #[arg(long, value_name = "FILE", required = true)]
    pub(super) recovery_kit: PathBuf,
    /// Encrypt it for this age recipient instead of a passphrase; may be said several times.
    #[arg(long, value_name = "age1…")]
    pub(super) recipient: Vec<String>,
}

/// `secrets recipients`.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum RecipientsVerb {
    /// Lists who can open the age file.
    #[command(after_help = examples::RECIPIENTS)]
    List(Of),
    /// Lets somebody open it: encrypts it anew.
    #[command(after_help = examples::RECIPIENTS)]
    Add(Add),
    /// Takes somebody out: encrypts it anew. What he has read already he goes on knowing.
    #[command(after_help = examples::RECIPIENTS)]
    Remove(Remove),
}

/// `secrets recipients add`.
#[derive(Args, Debug)]
#[command(allow_missing_positional = true)]
pub(in crate::cli) struct Add {
    /// Which host.
    #[command(flatten)]
    pub(in crate::cli) site: Site,
    /// The public key, `age1…`.
    pub(super) key: String,
    /// Whose it is.
    #[arg(long, default_value = "")]
    pub(super) name: String,
}

/// `secrets recipients remove`.
#[derive(Args, Debug)]
#[command(allow_missing_positional = true)]
pub(in crate::cli) struct Remove {
    /// Which host.
    #[command(flatten)]
    pub(in crate::cli) site: Site,
    /// The public key, or the name.
    pub(super) who: String,
}

/// `secrets create`.
#[derive(Args, Debug)]
pub(in crate::cli) struct Create {
    /// Which host.
    #[command(flatten)]
    pub(in crate::cli) site: Site,
    /// Somebody else who can open it; may be said several times.
    #[arg(long, value_name = "age1…")]
    pub(super) recipient: Vec<String>,
    /// Where a new identity of yours goes.
    #[arg(long, value_enum, default_value_t = Identity::Keyring)]
    pub(super) identity: Identity,
}

/// Where a new identity goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Identity {
    /// The keyring; the file where there is none.
    Keyring,
    /// `~/.config/matrixform/age-identity`, mode 0600.
    File,
}
