//! What `matrixform init` takes.

use super::answers::{Answers, DEFAULT_FOLDER};
use super::normal::normal;
use std::path::PathBuf;

/// The folder, and an answer to every question: what is missing is asked for on a terminal.
#[derive(clap::Args, Debug)]
pub(in crate::cli) struct Init {
    /// The folder for the spec; made when it is not there.
    #[arg(default_value = DEFAULT_FOLDER)]
    pub(super) dir: PathBuf,
    /// The server's name, in every user id: `example.org`. It can never change.
    #[arg(long, value_name = "NAME")]
    server_name: Option<String>,
    /// Where SSH finds the host: a name, an address, or a `Host` of ~/.ssh/config.
    #[arg(long, value_name = "ADDRESS")]
    host: Option<String>,
    /// Whom to log in as; another user than root needs sudo. [default: root]
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    /// The port of sshd there. [default: 22, or as ~/.ssh/config says]
    #[arg(long, value_name = "PORT")]
    port: Option<String>,
    /// The host's key to pin: its fingerprint (`SHA256:…`) or the key. Without it ~/.ssh/known_hosts decides.
    #[arg(long, value_name = "KEY")]
    host_key: Option<String>,
    /// The name under which clients reach the server. [default: the host's, or matrix.NAME]
    #[arg(long, value_name = "NAME")]
    public_name: Option<String>,
    /// What serves a web site at the server's name already: no (nothing, or this host), nginx, caddy or other.
    /// [default: no]
    #[arg(long, value_name = "PROGRAM")]
    web_site: Option<String>,
    /// Whom to tell about abuse: a mail address or a Matrix id. It is published.
    #[arg(long, value_name = "CONTACT")]
    contact: Option<String>,
    /// The kind of server: friends, closed, newsroom or none. See docs/profiles.md.
    #[arg(long, value_name = "PROFILE")]
    profile: Option<String>,
    /// Who may make an account: closed (nobody) or token (who was given one). [default: the profile's]
    #[arg(long, value_name = "MODE")]
    registration: Option<String>,
    /// Where the certificate comes from: letsencrypt (whose terms you agree to with it), files (yours) or self-signed
    /// (for trials).
    #[arg(long, value_name = "PROVIDER")]
    tls: Option<String>,
    /// With `--tls files`: the certificate with its intermediates, PEM; copied beside the spec.
    #[arg(long, value_name = "FILE")]
    chain: Option<String>,
    /// Ask nothing: take the flags, and the defaults of what they do not say.
    #[arg(long)]
    pub(super) yes: bool,
}

impl Init {
    /// The answers that were given as flags.
    pub(super) fn answers(&self) -> Answers {
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
        let (mut said, mut along) = (Vec::new(), Vec::new());
        for (flag, text) in given {
            let (own, others): (Vec<_>, Vec<_>) =
                normal(flag, text).into_iter().partition(|(other, _)| *other == flag);
            said.extend(own);
            along.extend(others);
        }
        // What has a flag of its own counts, whatever `--host` says as well.
        along.retain(|(flag, _)| !said.iter().any(|(known, _)| known == flag));
        said.into_iter().chain(along).collect()
    }
}
