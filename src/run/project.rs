//! The inputs of a run, read beforehand: the spec, the modules and the secrets of one host, and how to connect.

use super::base_spec::Base;
use super::{Detail, HostCache, Reporter, Timings, one};
use crate::diagnostic::{Diagnostic, Problems};
use crate::host::RootAccess;
use crate::module::{Modules, NamedSecret};
use crate::plan::{Claim, PlanDocument, Scope};
use crate::remote::{Connection, SshEnvironment, Target, hops};
use crate::revision::Repository;
use crate::secret::{SecretSource, Stores};
use crate::spec::{self, Spec};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;
use tokio::task::JoinSet;

/// How plans use the values of secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretValues {
    /// Values are compared, and the plan has a version of each that changes.
    AtHand,
    /// Values are compared, with a plan that was made without the plan key.
    Unversioned,
    /// No store is opened: the host's values count as unchanged.
    Withheld,
    /// Values are compared, but the plan is shown as if no store had been opened.
    AsWithheld,
}

impl SecretValues {
    /// Returns the mode in which a plan must be made to be compared with this one.
    pub fn like(approved: &PlanDocument) -> SecretValues {
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
    /// The trusted spec of the same host, if this spec is not trusted itself.
    pub base: Option<Base>,
    /// The server that may start empty, by the user's word.
    pub empty_server: Option<String>,
    /// The run restores the server's database itself.
    pub rebuilds: bool,
    /// Whether certificates are requested without checking that names lead to the host.
    pub skip_name_check: bool,
    /// Actions that the user allowed by name, such as `destroy:service:x.service`.
    pub allow: BTreeSet<String>,
    /// How plans use the values of secrets.
    pub values: SecretValues,
    /// The part of the spec that the run covers.
    pub scope: Scope,
    /// The repository that contains the spec.
    pub repository: Repository,
    /// The time it took to read all this.
    pub timings: Timings,
    /// Where to connect.
    pub target: Target,
    /// This machine's SSH files.
    pub environment: SshEnvironment,
    /// The cache directory.
    pub cache: Option<PathBuf>,
}

impl Project {
    /// Returns the host's name for messages.
    pub fn host_name(&self) -> String {
        self.spec.host.address.clone()
    }

    /// Returns who is working on the host, for others who wait.
    pub(super) fn who(&self) -> String {
        self.environment.user.chars().filter(|c| c.is_ascii_graphic()).take(64).collect()
    }

    /// Returns the server's identity by the spec.
    pub(super) fn claim(&self) -> Claim<'_> {
        Claim {
            id: &self.spec.id.text,
            server_name: self.spec.server_name(),
            empty_server: self.empty_server.as_deref(),
            rebuilds: self.rebuilds,
        }
    }

    /// Returns the memory of the host.
    pub fn host_cache(&self) -> HostCache {
        HostCache::of_spec(self.cache.as_deref(), &self.spec)
    }

    /// Connects and logs in as a separate task, so that the caller's computations do not delay it. Dropping the future
    /// ends the task.
    pub(super) async fn connect(&self, reporter: &dyn Reporter) -> Result<Connection, Diagnostic> {
        self.connect_to(&self.target, reporter).await
    }

    /// Connects to another target than the spec's.
    pub(super) async fn connect_to(
        &self,
        target: &Target,
        reporter: &dyn Reporter,
    ) -> Result<Connection, Diagnostic> {
        self.report_route(target, reporter);
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

    /// Returns how long the host may take to start a shell: sudo may query other servers first.
    pub(super) fn shell_start_limit(&self) -> Duration {
        4 * self.target.connect_timeout
    }

    /// Reports the route, if details are wanted. Problems with the route are reported when it is used.
    fn report_route(&self, target: &Target, reporter: &dyn Reporter) {
        if !reporter.follows() {
            return;
        }
        let files = self.environment.ssh_config.iter().chain(&self.environment.known_hosts);
        files.filter(|path| path.exists()).for_each(|path| reporter.read("SSH file", path));
        if let Ok(hops) = hops(target, &self.environment) {
            reporter.detail(&Detail::Route(hops));
        }
    }

    /// Returns how to become root there.
    pub(super) fn root_access(&self, user: &str) -> Result<RootAccess, Problems> {
        let host = &self.spec.host;
        if host.become_as(user) == spec::host::Become::Nothing {
            return Ok(RootAccess::No);
        }
        let password = host.sudo_password.as_ref().map(|name| self.secrets.secret(name, None));
        Ok(RootAccess::Sudo(password.transpose().map_err(one)?))
    }
}
