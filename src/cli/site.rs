//! What a command works on: the spec, the modules and the secrets of one host. Reading it connects to
//! nothing.

use super::args;
use super::draft::Draft;
use super::laps::Laps;
use super::memory::Memory;
use super::surroundings::Surroundings;
use super::terminal::Terminal;
use super::voice::Voice;
use super::which::which;
use crate::diagnostic::{Diagnostic, Problems};
use crate::host::Become;
use crate::module::{Modules, NamedSecret};
use crate::remote::{CONNECT_TIMEOUT, Connection, Environment, Target, way};
use crate::render::Detail;
use crate::secret::{Places, Prompt, SecretSource, Stores, desktop_keyring};
use crate::spec::{self, Spec, Variables};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A host as its spec describes it.
pub(super) struct Site {
    /// The spec.
    pub(super) spec: Spec,
    /// Built-in and overriding modules.
    pub(super) modules: Modules,
    /// Where secrets come from.
    pub(super) secrets: Stores,
    /// The secrets that the spec needs or may need.
    pub(super) named: Vec<NamedSecret>,
    /// The server of which the user said that it may begin empty.
    pub(super) empty_server: Option<String>,
    /// What reading all this took.
    pub(super) laps: Laps,
    surroundings: Surroundings,
}

impl Site {
    /// Reads everything that the host's spec names; `verb` is what was asked for.
    pub(super) fn read(
        args: &args::Site,
        verb: &str,
        surroundings: Surroundings,
    ) -> Result<Site, Problems> {
        let mut laps = Laps::begin();
        let path = which(args, verb)?;
        surroundings.voice.read("spec", &path);
        let variables = Variables::read(surroundings.variables.clone());
        let draft = Draft::read_with(&path, variables)?;
        let named = draft.check()?;
        let Draft { spec, modules, folder, .. } = draft;
        for own in modules.own() {
            let (name, folder) = (own.name.clone(), own.folder.shown.clone());
            surroundings.voice.detail(&Detail::Module { name, folder });
        }
        let secrets = open_stores(&spec, &path, &folder, &surroundings).map_err(|one| vec![one])?;
        surroundings.voice.detail(&laps.end("spec, modules, secrets"));
        Ok(Site { spec, modules, secrets, named, empty_server: None, laps, surroundings })
    }

    /// Warnings about the stores of secrets.
    pub(super) fn warnings(&self) -> &Problems {
        self.secrets.warnings()
    }

    /// Who is told what happens on the way.
    pub(super) fn voice(&self) -> &Voice {
        &self.surroundings.voice
    }

    /// The host's name in messages.
    pub(super) fn host_name(&self) -> String {
        self.spec.host.address.clone()
    }

    /// Who works on the host, for others who want to.
    pub(super) fn who(&self) -> String {
        let user = self.surroundings.ssh().user;
        user.chars().filter(|c| c.is_ascii_graphic()).take(64).collect()
    }

    /// What is remembered of the host.
    pub(super) fn memory(&self) -> Memory {
        Memory::of_spec(self.surroundings.cache().as_deref(), &self.spec)
    }

    /// Connects and logs in.
    pub(super) async fn connect(&self) -> Result<Connection, Diagnostic> {
        let host = &self.spec.host;
        let mut target = Target::new(host.address.clone());
        target.port = host.port;
        target.user = host.user.clone();
        target.host_key = host.host_key.clone();
        target.jump = host.jump.clone();
        target.identity_files = host.identity_files.iter().map(|path| self.local(path)).collect();
        target.connect_timeout = self.connect_timeout();
        let environment = self.surroundings.ssh();
        self.tell_way(&target, &environment);
        let opened = Connection::open(&target, &environment).await;
        opened.map_err(|problem| match &host.host_key_place {
            Some(place) if problem.code == "remote/host-key-pin" => problem.at(place),
            _ => problem,
        })
    }

    /// How long the host may take to start a shell: sudo may ask others before it does.
    pub(super) fn patience(&self) -> Duration {
        4 * self.connect_timeout()
    }

    fn connect_timeout(&self) -> Duration {
        let timeout = self.spec.host.connect_timeout;
        timeout.map_or(CONNECT_TIMEOUT, |timeout| Duration::from_secs(timeout.as_secs()))
    }

    /// Says where it goes, to those who want to follow. What is wrong with the way is told by going.
    fn tell_way(&self, target: &Target, environment: &Environment) {
        if !self.voice().follows() {
            return;
        }
        let files = environment.ssh_config.iter().chain(&environment.known_hosts);
        files.filter(|path| path.exists()).for_each(|path| self.voice().read("SSH file", path));
        if let Ok(hops) = way(target, environment) {
            self.voice().detail(&Detail::Way(hops));
        }
    }

    /// How to become root there.
    pub(super) fn becoming(&self, user: &str) -> Result<Become, Problems> {
        let host = &self.spec.host;
        if host.become_as(user) == spec::host::Become::Nothing {
            return Ok(Become::No);
        }
        let password = host.sudo_password.as_ref().map(|name| self.secrets.secret(name, None));
        Ok(Become::Sudo(password.transpose().map_err(|problem| vec![problem])?))
    }

    /// A path of this machine: `~` is the home, relative ones start here.
    fn local(&self, path: &str) -> PathBuf {
        local(path, &self.surroundings)
    }
}

fn local(path: &str, surroundings: &Surroundings) -> PathBuf {
    match (path.strip_prefix("~/"), surroundings.get("HOME")) {
        (Some(rest), Some(home)) => Path::new(home).join(rest),
        _ => PathBuf::from(path),
    }
}

/// The stores of the secrets that the spec refers to.
fn open_stores(
    spec: &Spec,
    path: &Path,
    folder: &Path,
    surroundings: &Surroundings,
) -> Result<Stores, Diagnostic> {
    let file = spec.secrets_file.as_ref().map(|file| local(&file.path, surroundings));
    let absolute = |path: PathBuf| std::path::absolute(&path).unwrap_or(path);
    if let Some(file) = &file {
        surroundings.voice.read("file of secrets", file);
    }
    Stores::open(Places {
        variables: surroundings.variables.clone(),
        age: Some(absolute(path.with_extension("secrets.age"))),
        identity: surroundings.identity(),
        file: file.map(|file| absolute(folder.join(file))),
        inventory: absolute(folder.to_owned()),
        scope: spec.id.text.clone(),
        former_scope: spec.host.address.clone(),
        keyring: desktop_keyring(),
        prompt: surroundings.interactive.then(|| Box::new(Terminal) as Box<dyn Prompt>),
        runtime: surroundings.runtime(),
    })
}
