//! What `matrixform init` takes.

use super::answers::{DEFAULT_DIRECTORY, InitAnswers};
use super::normal::normal;
use std::path::PathBuf;

/// The directory, and an answer to every question: what is missing is asked for on a terminal.
#[derive(clap::Args, Debug)]
pub(in crate::cli) struct InitArgs {
    /// The directory for the spec; created if it does not exist.
    #[arg(default_value = DEFAULT_DIRECTORY, value_name = "DIRECTORY")]
    pub(super) dir: PathBuf,
    /// The server's name, in every user id: `example.org`. It can never change.
    #[arg(long, value_name = "NAME")]
    server_name: Option<String>,
    /// The SSH host: a name, an address, or a `Host` from ~/.ssh/config.
    #[arg(long, value_name = "ADDRESS")]
    host: Option<String>,
    /// SSH user; any user but root needs sudo. [default: root]
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    /// SSH port. [default: 22, or from ~/.ssh/config]
    #[arg(long, value_name = "PORT")]
    port: Option<String>,
    /// The host key to pin: its fingerprint (`SHA256:…`) or the key. Without it, ~/.ssh/known_hosts decides.
    #[arg(long, value_name = "KEY")]
    host_key: Option<String>,
    /// Host name that clients connect to. [default: the host's, or matrix.NAME]
    #[arg(long, value_name = "NAME")]
    public_name: Option<String>,
    /// What already serves a web site at the server name: no (nothing, or this host), nginx, caddy or other.
    /// [default: no]
    #[arg(long, value_name = "PROGRAM")]
    web_site: Option<String>,
    /// Abuse contact: an email address or a Matrix id. It is published.
    #[arg(long, value_name = "CONTACT")]
    contact: Option<String>,
    /// The kind of server: friends, closed, newsroom or none. See docs/profiles.md.
    #[arg(long, value_name = "PROFILE")]
    profile: Option<String>,
    /// Who may create an account: closed (nobody) or token (anyone with a registration token). [default: the
    /// profile's]
    #[arg(long, value_name = "MODE")]
    registration: Option<String>,
    /// Where the certificate comes from: letsencrypt (you agree to its terms), files (your own) or self-signed
    /// (for testing).
    #[arg(long, value_name = "PROVIDER")]
    tls: Option<String>,
    /// With `--tls files`: the certificate and its intermediates as PEM; copied beside the spec.
    #[arg(long, value_name = "FILE")]
    chain: Option<String>,
    /// Do not ask: use the flags, and defaults for everything else.
    #[arg(long)]
    pub(super) yes: bool,
}

impl InitArgs {
    /// Returns the answers given as flags.
    pub(super) fn answers(&self) -> InitAnswers {
        let given = [
            ("server-name", &self.server_name),
            ("host", &self.host),
            ("user", &self.user),
            ("port", &self.port),
            ("host-key", &self.host_key),
            ("public-name", &self.public_name),
            ("web-site", &self.web_site),
            ("contact", &self.contact),
            ("profile", &self.profile),
            ("registration", &self.registration),
            ("tls", &self.tls),
            ("chain", &self.chain),
        ];
        let given = given.into_iter().filter_map(|(flag, text)| Some((flag, text.as_ref()?)));
        let (mut own_answers, mut derived) = (Vec::new(), Vec::new());
        for (flag, text) in given {
            let (own, others): (Vec<_>, Vec<_>) =
                normal(flag, text).into_iter().partition(|(other, _)| *other == flag);
            own_answers.extend(own);
            derived.extend(others);
        }
        // A flag of its own takes precedence over what `--host` says.
        derived.retain(|(flag, _)| !own_answers.iter().any(|(known, _)| known == flag));
        own_answers.into_iter().chain(derived).collect()
    }
}
