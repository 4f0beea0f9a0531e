//! Reads what a command works on: the spec, the modules and the secrets of one host. Connects to nothing.

use super::parsed_spec::ParsedSpec;
use super::process_env::ProcessEnv;
use super::spec_path::{named, which};
use super::terminal::Terminal;
use super::{args, host_of};
use crate::diagnostic::{Place, Problems};
use crate::module::NamedSecret;
use crate::plan::Scope;
use crate::remote::{CONNECT_TIMEOUT, Target};
use crate::revision::Repository;
use crate::run::{Base, Detail, Project, Reporter, SecretValues, Timings};
use crate::secret::age::IdentityPlaces;
use crate::secret::{
    NoKeyring, PLAN_KEY, PLAN_KEY_RECIPE, Prompt, StoreSettings, Stores, desktop_keyring,
};
use crate::spec::{Spec, Variables};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Reads everything that the host's spec names; `verb` is the command that was called, `base` the spec whose host it
/// must be. Without secrets, the only store opened is the environment, which may hold the sudo password.
pub(super) fn read(
    args: &args::HostArgs,
    verb: &str,
    base: Option<&Path>,
    process_env: &ProcessEnv,
    with_secrets: bool,
) -> Result<Project, Problems> {
    let mut timings = Timings::begin();
    let path = which(args.spec.as_ref(), verb)?;
    process_env.stderr.read("spec", &path);
    let variables = Variables::read(process_env.variables.clone());
    let base = base.map(named).transpose()?;
    let base = base.map(|base| host_of::base(&base, &path, &variables)).transpose()?;
    let parsed = ParsedSpec::read_with(&path, variables)?;
    base.iter().try_for_each(|base| host_of::compare(&base.spec, &parsed.spec))?;
    let mut named = parsed.check()?;
    let ParsedSpec { spec, modules, directory, .. } = parsed;
    named.push(plan_key(&spec));
    for own in modules.own() {
        let (name, directory) = (own.name.clone(), own.directory.shown.clone());
        process_env.stderr.detail(&Detail::Module { name, directory });
    }
    // A relative path means what it means in the trusted spec.
    let base_directory = base.as_ref().map_or(directory.as_path(), |base| base.directory.as_path());
    let places = match with_secrets {
        true => places(&spec, &path, base_directory, process_env),
        false => no_places(&spec, base_directory, process_env),
    };
    let secrets = Stores::open(places).map_err(|one| vec![one])?;
    process_env.stderr.detail(&timings.end("spec, modules, secrets"));
    Ok(Project {
        target: target(&spec, process_env),
        environment: process_env.ssh(),
        cache: process_env.cache(),
        spec,
        modules,
        secrets,
        named,
        base: base.map(|parsed| Base { spec: parsed.spec, modules: parsed.modules }),
        empty_server: None,
        rebuilds: false,
        skip_name_check: false,
        allow: BTreeSet::new(),
        values: if with_secrets { SecretValues::AtHand } else { SecretValues::Withheld },
        scope: Scope::default(),
        repository: Repository::of(&directory, process_env.git()),
        timings,
    })
}

/// The secret that every inventory has.
fn plan_key(spec: &Spec) -> NamedSecret {
    NamedSecret {
        name: PLAN_KEY.to_owned(),
        generate: Some(PLAN_KEY_RECIPE.to_owned()),
        place: Place::new(&spec.source, 0..0),
        used: true,
    }
}

/// Returns where to connect, according to `[host]`.
fn target(spec: &Spec, process_env: &ProcessEnv) -> Target {
    let host = &spec.host;
    let mut target = Target::new(host.address.clone());
    target.port = host.port;
    target.user = host.user.clone();
    target.host_key = host.host_key.clone();
    target.jump = host.jump.clone();
    target.identity_files =
        host.identity_files.iter().map(|path| local(path, process_env)).collect();
    let timeout = host.connect_timeout;
    target.connect_timeout =
        timeout.map_or(CONNECT_TIMEOUT, |timeout| Duration::from_secs(timeout.as_secs()));
    target
}

/// Returns a path on this machine: `~` is the home directory, relative paths start at the working directory.
fn local(path: &str, process_env: &ProcessEnv) -> PathBuf {
    match (path.strip_prefix("~/"), process_env.get("HOME")) {
        (Some(rest), Some(home)) => Path::new(home).join(rest),
        _ => PathBuf::from(path),
    }
}

/// Returns no secret store but the environment.
fn no_places(spec: &Spec, directory: &Path, process_env: &ProcessEnv) -> StoreSettings {
    let keyring = NoKeyring("not used with `--without-secrets`".to_owned());
    StoreSettings {
        variables: process_env.variables.clone(),
        age: None,
        identity: IdentityPlaces::default(),
        file: None,
        inventory: directory.to_owned(),
        scope: spec.id.text.clone(),
        former_scope: spec.host.address.clone(),
        keyring: Box::new(keyring),
        prompt: None,
        runtime: process_env.runtime(),
    }
}

/// Returns the stores of the secrets that the spec refers to.
fn places(spec: &Spec, path: &Path, directory: &Path, process_env: &ProcessEnv) -> StoreSettings {
    let file = spec.secrets_file.as_ref().map(|file| local(&file.path, process_env));
    let absolute = |path: PathBuf| std::path::absolute(&path).unwrap_or(path);
    if let Some(file) = &file {
        process_env.stderr.read("secrets file", file);
    }
    StoreSettings {
        variables: process_env.variables.clone(),
        age: Some(absolute(path.with_extension("secrets.age"))),
        identity: process_env.identity(),
        file: file.map(|file| absolute(directory.join(file))),
        inventory: absolute(directory.to_owned()),
        scope: spec.id.text.clone(),
        former_scope: spec.host.address.clone(),
        keyring: desktop_keyring(),
        prompt: process_env.interactive.then(|| Box::new(Terminal) as Box<dyn Prompt>),
        runtime: process_env.runtime(),
    }
}
