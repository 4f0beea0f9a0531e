//! Which keys to log in with, in which order: files the spec names, files the SSH configuration
//! names, the agent's other keys, the default files. Every refused key costs a round trip and one of
//! the host's MaxAuthTries (6), so the list is cut at [`TRIES`].

use std::path::{Path, PathBuf};
use std::sync::Arc;

use russh::keys::{PrivateKey, PublicKey};

use super::agent::{self, Agent};
use super::identity_file::{self, Identity};
use crate::diagnostic::Diagnostic;

/// How many keys are offered at most.
pub(super) const TRIES: usize = 5;

const DEFAULT_FILES: [&str; 3] = ["id_ed25519", "id_ecdsa", "id_rsa"];

/// Where keys are to be looked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Sources {
    /// Named by the spec: each must be usable.
    pub(super) required: Vec<PathBuf>,
    /// Named by the SSH configuration: passed over when not there.
    pub(super) configured: Vec<PathBuf>,
    /// Only keys named by a file are taken from the agent.
    pub(super) identities_only: bool,
    pub(super) agent_socket: Option<PathBuf>,
    pub(super) home: Option<PathBuf>,
}

/// A key to try.
pub(super) struct Candidate {
    pub(super) name: String,
    pub(super) public: PublicKey,
    /// `None`: the agent signs.
    pub(super) private: Option<Arc<PrivateKey>>,
}

/// The keys to try, and why others are not among them.
#[derive(Default)]
pub(super) struct Candidates {
    pub(super) list: Vec<Candidate>,
    pub(super) passed_over: Vec<String>,
    pub(super) agent: Option<Agent>,
    held: Vec<(PublicKey, String)>,
}

impl Candidates {
    /// Gathers them; reads files and asks the agent, but not the host.
    pub(super) async fn gather(sources: &Sources) -> Result<Candidates, Diagnostic> {
        let mut candidates = Candidates::default();
        candidates.ask_agent(sources).await;
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
        candidates.cut();
        Ok(candidates)
    }

    async fn ask_agent(&mut self, sources: &Sources) {
        let Some(socket) = &sources.agent_socket else { return };
        match agent::keys(socket).await {
            Ok((agent, held)) => (self.agent, self.held) = (Some(agent), held),
            Err(why) => self.passed_over.push(why),
        }
    }

    /// False when the key can be used by nobody: encrypted, and not in the agent.
    fn add(&mut self, path: &Path, identity: Identity) -> bool {
        let Identity { public, private } = identity;
        let in_agent = self.held.iter().any(|(held, _)| same(held, &public));
        let known = self.list.iter().any(|candidate| same(&candidate.public, &public));
        if known || !(in_agent || private.is_some()) {
            return known;
        }
        let private = private.filter(|_| !in_agent);
        let by = if in_agent { " (signed by the agent)" } else { "" };
        let name = format!("{}{by}", path.display());
        self.list.push(Candidate { name, public, private });
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
        for (public, comment) in std::mem::take(&mut self.held) {
            if !self.list.iter().any(|candidate| same(&candidate.public, &public)) {
                let name = format!("the agent's key `{comment}`");
                self.list.push(Candidate { name, public, private: None });
            }
        }
    }

    /// As in ssh, they count only when no file is configured.
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

    fn cut(&mut self) {
        for left in self.list.drain(TRIES.min(self.list.len())..) {
            self.passed_over.push(format!("{} was not tried: {TRIES} keys are enough", left.name));
        }
    }
}

fn same(one: &PublicKey, other: &PublicKey) -> bool {
    one.key_data() == other.key_data()
}

fn unusable(path: &Path, why: &identity_file::Unusable) -> Diagnostic {
    Diagnostic::error("remote/identity-file", format!("the key file `{}` {why}", path.display()))
        .help("the spec names this file in [host] identity_files: correct the file or the spec")
}

fn encrypted(path: &Path) -> Diagnostic {
    Diagnostic::error(
        "remote/identity-encrypted",
        format!("the key in `{}` is encrypted, and the SSH agent does not hold it", path.display()),
    )
    .help(format!("run `ssh-add {}` once, then the same command again", path.display()))
}
