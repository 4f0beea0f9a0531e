//! Everything read from the environment: variables, home, terminal. Read once, passed down as values.

use super::stderr::Stderr;
use crate::remote::SshEnvironment;
use crate::revision;
use crate::secret::age::IdentityPlaces;
use std::collections::HashMap;
use std::io::IsTerminal;
use std::path::PathBuf;

/// The environment that the process was started with.
pub(super) struct ProcessEnv {
    /// All environment variables that are UTF-8.
    pub(super) variables: HashMap<String, String>,
    /// Whether standard output is a terminal that takes colour.
    pub(super) colour: bool,
    /// Whether a question can be asked.
    pub(super) interactive: bool,
    /// Where progress is reported: standard error.
    pub(super) stderr: Stderr,
}

impl ProcessEnv {
    /// Reads the environment.
    #[allow(clippy::disallowed_methods)] // the one place that reads the environment
    pub(super) fn read() -> ProcessEnv {
        let variables: HashMap<String, String> = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        let is_set = |name: &str| variables.get(name).is_some_and(|value| !value.is_empty());
        let dumb = variables.get("TERM").is_none_or(|term| term == "dumb");
        let plain = is_set("NO_COLOR") || dumb;
        let colour = std::io::stdout().is_terminal() && !plain;
        let draws = std::io::stderr().is_terminal() && !dumb;
        let stderr = Stderr::new(draws, draws && !plain);
        let interactive = std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
        ProcessEnv { variables, colour, interactive, stderr }
    }

    /// Returns a variable that is set and not empty.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// Returns where this machine keeps what SSH needs.
    pub(super) fn ssh(&self) -> SshEnvironment {
        let home = self.get("HOME").map(PathBuf::from);
        let below =
            |name: &str| home.iter().map(|home| home.join(".ssh").join(name)).collect::<Vec<_>>();
        let mut ssh_config = below("config");
        ssh_config.push("/etc/ssh/ssh_config".into());
        let mut known_hosts = below("known_hosts");
        known_hosts.extend(below("known_hosts2"));
        known_hosts.push("/etc/ssh/ssh_known_hosts".into());
        let user = self.get("USER").or(self.get("LOGNAME")).unwrap_or("root").to_owned();
        let agent_socket = self.get("SSH_AUTH_SOCK").map(PathBuf::from);
        // ssh and the commands in its configuration are the user's own, and need no `MATRIXFORM_` variable: it may be
        // secret.
        let foreign = self.variables.iter().filter(|(name, _)| !name.starts_with("MATRIXFORM_"));
        let variables = foreign.map(|(name, value)| (name.clone(), value.clone())).collect();
        SshEnvironment { home, agent_socket, ssh_config, known_hosts, user, variables }
    }

    /// Returns the variables that git gets.
    pub(super) fn git(&self) -> revision::GitVariables {
        let given = revision::VARIABLES.into_iter();
        given.filter_map(|name| Some((name, self.get(name)?.to_owned()))).collect()
    }

    /// Returns a directory of the XDG Base Directory Specification, which says that a relative path is ignored.
    fn base_directory(&self, variable: &str) -> Option<PathBuf> {
        self.get(variable).map(PathBuf::from).filter(|path| path.is_absolute())
    }

    /// Returns where this user's age identity may be.
    pub(super) fn identity(&self) -> IdentityPlaces {
        let own = self.base_directory("XDG_CONFIG_HOME");
        let base = own.or_else(|| Some(PathBuf::from(self.get("HOME")?).join(".config")));
        IdentityPlaces {
            variable: self.get("MATRIXFORM_AGE_IDENTITY").map(str::to_owned),
            file: base.map(|base| base.join("matrixform/age-identity")),
        }
    }

    /// Returns a directory for lock files that only this user can access.
    pub(super) fn runtime(&self) -> PathBuf {
        let own = self.base_directory("XDG_RUNTIME_DIR");
        let base = own.or_else(|| self.cache()).unwrap_or_else(|| PathBuf::from("."));
        base.join("matrixform")
    }

    /// Returns the directory for data that may be lost.
    pub(super) fn cache(&self) -> Option<PathBuf> {
        let own = self.base_directory("XDG_CACHE_HOME");
        let base = own.or_else(|| Some(PathBuf::from(self.get("HOME")?).join(".cache")));
        base.map(|base| base.join("matrixform"))
    }
}
