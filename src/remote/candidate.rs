//! The keys to log in with, in order: files named by the spec, files named by the SSH configuration, the agent's other
//! keys, the default files. Every refused key costs a round trip and one of the host's MaxAuthTries (6), so the list is
//! cut at [`TRIES`].

use std::path::{Path, PathBuf};
use std::sync::Arc;

use russh::keys::{Certificate, PrivateKey, PublicKey};

use super::agent::{self, Agent, AgentKeys};
use super::certificate;
use super::identity_file::{self, IdentityFileError, IdentityKey};
use crate::diagnostic::Diagnostic;

/// The largest number of keys to offer.
pub(super) const TRIES: usize = 5;

const DEFAULT_FILES: [&str; 3] = ["id_ed25519", "id_ecdsa", "id_rsa"];

/// Where to look for keys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Sources {
    /// Named by the spec: each must be usable.
    pub(super) required: Vec<PathBuf>,
    /// Named by the SSH configuration: skipped if missing.
    pub(super) configured: Vec<PathBuf>,
    /// The certificate named by the SSH configuration; otherwise those beside the key files are used.
    pub(super) certificate: Option<PathBuf>,
    /// Only keys named by a file are taken from the agent.
    pub(super) identities_only: bool,
    pub(super) agent_socket: Option<PathBuf>,
    pub(super) home: Option<PathBuf>,
}

/// A key to try.
pub(super) struct Candidate {
    pub(super) name: String,
    pub(super) public: PublicKey,
    /// `None` if the agent signs.
    pub(super) private: Option<Arc<PrivateKey>>,
    /// Offered instead of the bare key.
    pub(super) certificate: Option<Offered>,
}

/// A certificate to offer.
#[derive(Clone)]
pub(super) struct Offered {
    pub(super) certificate: Certificate,
    /// Whether the agent holds the certificate itself and signs with it; otherwise it signs with the bare key.
    pub(super) is_held: bool,
}

/// The keys to try, and why others were skipped.
#[derive(Default)]
pub(super) struct Candidates {
    pub(super) list: Vec<Candidate>,
    pub(super) passed_over: Vec<String>,
    pub(super) agent: Option<Agent>,
    held: AgentKeys,
    /// The certificate named by the configuration, with its file, until its key is found.
    named: Option<(Certificate, PathBuf)>,
}

impl Candidates {
    /// Gathers the candidates; reads files and queries the agent, but not the host.
    pub(super) async fn gather(sources: &Sources) -> Result<Candidates, Diagnostic> {
        let mut candidates = Candidates::default();
        candidates.ask_agent(sources).await;
        candidates.read_named(sources);
        for path in &sources.required {
            let identity = identity_file::read(path).map_err(|why| unusable(path, &why))?;
            if !candidates.add(path, identity) {
                return Err(encrypted(path));
            }
        }
        for path in &sources.configured {
            candidates.add_if_usable(path);
        }
        if !sources.identities_only {
            candidates.add_agent_keys();
        }
        candidates.add_default_files(sources);
        candidates.note_unused();
        candidates.truncate();
        Ok(candidates)
    }

    async fn ask_agent(&mut self, sources: &Sources) {
        let Some(socket) = &sources.agent_socket else { return };
        match agent::keys(socket).await {
            Ok((agent, held)) => (self.agent, self.held) = (Some(agent), held),
            Err(why) => self.passed_over.push(why),
        }
    }

    fn read_named(&mut self, sources: &Sources) {
        let Some(path) = &sources.certificate else { return };
        match certificate::read(path) {
            Ok(named) => self.named = Some((named, path.clone())),
            Err(why) => self.passed_over.push(format!("`{}` {why}", path.display())),
        }
    }

    /// Returns the certificates of a key, each with its label: the named one or the one beside its file, and those of
    /// the agent.
    fn certificates(&mut self, public: &PublicKey, file: Option<&Path>) -> Vec<(Offered, String)> {
        let mut found = Vec::new();
        let named =
            self.named.as_ref().map(|(certificate, path)| (certificate.clone(), path.clone()));
        let of_file = named.or_else(|| {
            let path = certificate::path_for(file?);
            match certificate::read(&path) {
                Ok(certificate) => Some((certificate, path)),
                Err(IdentityFileError::Missing) => None,
                Err(why) => {
                    self.passed_over.push(format!("`{}` {why}", path.display()));
                    None
                }
            }
        });
        let held = self.held.certificates.iter();
        let held = held.map(|(certificate, comment)| {
            let name = format!("the agent's certificate `{comment}`");
            (Offered { certificate: certificate.clone(), is_held: true }, name)
        });
        found.extend(held.filter(|(one, _)| certificate::is_of(&one.certificate, public)));
        if let Some((certificate, path)) = of_file {
            let is_new = !found.iter().any(|(one, _)| one.certificate == certificate);
            if is_new && certificate::is_of(&certificate, public) {
                let offered = Offered { certificate, is_held: false };
                found.push((offered, format!("the certificate {}", path.display())));
            }
        }
        found
    }

    /// Adds a key with its certificates, which come first, as in ssh.
    fn push(
        &mut self,
        name: String,
        file: Option<&Path>,
        key: (&PublicKey, Option<Arc<PrivateKey>>, bool),
    ) {
        let (public, private, has_key) = key;
        for (offered, name) in self.certificates(public, file) {
            let private = private.clone().filter(|_| !offered.is_held);
            if offered.is_held || has_key {
                let (public, certificate) = (public.clone(), Some(offered));
                self.list.push(Candidate { name, public, private, certificate });
            }
        }
        if has_key {
            self.list.push(Candidate { name, public: public.clone(), private, certificate: None });
        }
    }

    /// Adds a key; returns false if it is unusable: encrypted, and not in the agent.
    fn add(&mut self, path: &Path, identity: IdentityKey) -> bool {
        let IdentityKey { public, private } = identity;
        let in_agent = self.held.keys.iter().any(|(held, _)| same(held, &public));
        let held = self.held.certificates.iter();
        let certified = held.clone().any(|(one, _)| certificate::is_of(one, &public));
        let known = self.list.iter().any(|candidate| same(&candidate.public, &public));
        if known || !(in_agent || certified || private.is_some()) {
            return known;
        }
        let private = private.filter(|_| !in_agent);
        let by = if in_agent { " (signed by the agent)" } else { "" };
        let has_key = in_agent || private.is_some();
        self.push(format!("{}{by}", path.display()), Some(path), (&public, private, has_key));
        true
    }

    fn add_if_usable(&mut self, path: &Path) {
        match identity_file::read(path) {
            Ok(identity) => {
                if !self.add(path, identity) {
                    let why = "is encrypted or public, and its key is not in the SSH agent";
                    self.passed_over.push(format!("`{}` {why}", path.display()));
                }
            }
            Err(why) => self.passed_over.push(format!("`{}` {why}", path.display())),
        }
    }

    fn add_agent_keys(&mut self) {
        let certified = self.held.certificates.iter();
        let certified: Vec<PublicKey> =
            certified.map(|(one, _)| PublicKey::from(one.public_key().clone())).collect();
        for (public, comment) in self.held.keys.clone() {
            if !self.list.iter().any(|candidate| same(&candidate.public, &public)) {
                self.push(format!("the agent's key `{comment}`"), None, (&public, None, true));
            }
        }
        for public in certified {
            if !self.list.iter().any(|candidate| same(&candidate.public, &public)) {
                self.push(String::new(), None, (&public, None, false));
            }
        }
    }

    /// As in ssh, they are used only if no file is configured.
    fn add_default_files(&mut self, sources: &Sources) {
        let Some(home) = sources.home.as_ref().filter(|_| sources.configured.is_empty()) else {
            return;
        };
        if sources.identities_only && !sources.required.is_empty() {
            return;
        }
        for path in DEFAULT_FILES.map(|name| home.join(".ssh").join(name)) {
            if path.exists() {
                self.add_if_usable(&path);
            }
        }
    }

    fn note_unused(&mut self) {
        let Some((named, path)) = &self.named else { return };
        let is_used = |one: &Candidate| {
            one.certificate.as_ref().is_some_and(|offered| offered.certificate == *named)
        };
        if !self.list.iter().any(is_used) {
            let why =
                "is a certificate whose key is neither in a file named here nor in the SSH agent";
            self.passed_over.push(format!("`{}` {why}", path.display()));
        }
    }

    fn truncate(&mut self) {
        for left in self.list.drain(TRIES.min(self.list.len())..) {
            self.passed_over
                .push(format!("{} was not tried: the limit is {TRIES} keys", left.name));
        }
    }
}

fn same(one: &PublicKey, other: &PublicKey) -> bool {
    one.key_data() == other.key_data()
}

fn unusable(path: &Path, why: &identity_file::IdentityFileError) -> Diagnostic {
    Diagnostic::error("remote/identity-file", format!("the key file `{}` {why}", path.display()))
        .help("the spec names this file in [host] identity_files: correct the file or the spec")
}

fn encrypted(path: &Path) -> Diagnostic {
    Diagnostic::error(
        "remote/identity-encrypted",
        format!("the key in `{}` is encrypted and not loaded in the SSH agent", path.display()),
    )
    .help(format!("run `ssh-add {}`, then run the command again", path.display()))
}
