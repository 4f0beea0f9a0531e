//! What a run works on, read beforehand: the spec, the modules and the secrets of one host, and how to get there.

use super::reviewed::Base;
use super::{Detail, Memory, Reporter, Timings, one};
use crate::diagnostic::{Diagnostic, Problems};
use crate::host::Becoming;
use crate::module::{Modules, NamedSecret};
use crate::plan::{Claim, Scope, Shown};
use crate::remote::{Connection, SshEnvironment, Target, hops};
use crate::revision::Repository;
use crate::secret::{SecretSource, Stores};
use crate::spec::{self, Spec};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;
use tokio::task::JoinSet;

/// What part the values of secrets have in plans.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretValues {
    /// They are compared, and each that changes has its version in the plan.
    AtHand,
    /// The same, to be compared with a plan for which no plan key was at hand.
    Unversioned,
    /// No store is asked: what the host has is taken as unchanged.
    Withheld,
    /// They are compared, and the plan is shown as one for which no store was asked.
    AsWithheld,
}

impl SecretValues {
    /// What a plan must be made like to be compared with this one.
    pub fn like(approved: &Shown) -> SecretValues {
        match &approved.secrets {
            secrets if secrets.withheld => SecretValues::AsWithheld,
            secrets if secrets.is_unversioned() => SecretValues::Unversioned,
            _ => SecretValues::AtHand,
        }
    }
}

/// A host as its spec describes it.
pub struct Project {
    /// The spec.
    pub spec: Spec,
    /// Built-in and overriding modules.
    pub modules: Modules,
    /// Where secrets come from.
    pub secrets: Stores,
    /// The secrets that the spec needs or may need.
    pub named: Vec<NamedSecret>,
    /// The spec whose host it is, where this one is not trusted as that one is.
    pub base: Option<Base>,
    /// The server of which the user said that it may begin empty.
    pub empty_server: Option<String>,
    /// The run restores the server's database itself.
    pub rebuilds: bool,
    /// An authority is asked without a look whether names lead to the host.
    pub skip_name_check: bool,
    /// What the user allowed by name, such as `destroy:service:x.service`.
    pub allow: BTreeSet<String>,
    /// What part the values of secrets have in plans.
    pub values: SecretValues,
    /// What the run is about.
    pub scope: Scope,
    /// The repository that the spec lies in.
    pub repository: Repository,
    /// What reading all this took.
    pub timings: Timings,
    /// Where to connect.
    pub target: Target,
    /// Where this machine keeps what SSH needs.
    pub environment: SshEnvironment,
    /// The folder for what may be forgotten.
    pub cache: Option<PathBuf>,
}

impl Project {
    /// The host's name in messages.
    pub fn host_name(&self) -> String {
        self.spec.host.address.clone()
    }

    /// Who works on the host, for others who want to.
    pub(super) fn who(&self) -> String {
        self.environment.user.chars().filter(|c| c.is_ascii_graphic()).take(64).collect()
    }

    /// Who the spec says the server is.
    pub(super) fn claim(&self) -> Claim<'_> {
        Claim {
            id: &self.spec.id.text,
            server_name: self.spec.server_name(),
            empty_server: self.empty_server.as_deref(),
            rebuilds: self.rebuilds,
        }
    }

    /// What is remembered of the host.
    pub fn memory(&self) -> Memory {
        Memory::of_spec(self.cache.as_deref(), &self.spec)
    }

    /// Connects and logs in, as a task of its own: what the caller computes meanwhile does not hold it up. Dropping the
    /// future ends the task.
    pub(super) async fn connect(&self, reporter: &dyn Reporter) -> Result<Connection, Diagnostic> {
        self.connect_to(&self.target, reporter).await
    }

    /// The same to another place than the spec's.
    pub(super) async fn connect_to(
        &self,
        target: &Target,
        reporter: &dyn Reporter,
    ) -> Result<Connection, Diagnostic> {
        self.tell_way(target, reporter);
        let (target, environment) = (target.clone(), self.environment.clone());
        let mut task = JoinSet::new();
        task.spawn(async move { Connection::open(&target, &environment).await });
        let opened = task
            .join_next()
            .await
            .unwrap_or_else(|| Ok(Err(Diagnostic::bug("no connection was begun"))));
        let opened = opened.map_err(|error| Diagnostic::bug(format!("connecting: {error}")))?;
        opened.map_err(|problem| match &self.spec.host.host_key_place {
            Some(place) if problem.code == "remote/host-key-pin" => problem.at(place),
            _ => problem,
        })
    }

    /// How long the host may take to start a shell: sudo may ask others before it does.
    pub(super) fn patience(&self) -> Duration {
        4 * self.target.connect_timeout
    }

    /// Says where it goes, to those who want to follow. Problems with the route are reported when it is used.
    fn tell_way(&self, target: &Target, reporter: &dyn Reporter) {
        if !reporter.follows() {
            return;
        }
        let files = self.environment.ssh_config.iter().chain(&self.environment.known_hosts);
        files.filter(|path| path.exists()).for_each(|path| reporter.read("SSH file", path));
        if let Ok(hops) = hops(target, &self.environment) {
            reporter.detail(&Detail::Way(hops));
        }
    }

    /// How to become root there.
    pub(super) fn becoming(&self, user: &str) -> Result<Becoming, Problems> {
        let host = &self.spec.host;
        if host.become_as(user) == spec::host::Become::Nothing {
            return Ok(Becoming::No);
        }
        let password = host.sudo_password.as_ref().map(|name| self.secrets.secret(name, None));
        Ok(Becoming::Sudo(password.transpose().map_err(one)?))
    }
}
