//! What a command works on: the spec, the modules and the secrets of one host. Reading it connects to
//! nothing.

use super::args;
use super::laps::Laps;
use super::memory::Memory;
use super::surroundings::Surroundings;
use crate::diagnostic::{Diagnostic, Exit, Problems, Source};
use crate::host::Become;
use crate::module::{Foreseen, Modules, check, embedded, on_disk};
use crate::plan::check_order;
use crate::remote::{Connection, Target};
use crate::resource::declare;
use crate::secret::{Places, SecretSource, Stores, desktop_keyring};
use crate::spec::{self, Spec};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// A host as its spec describes it.
pub(super) struct Site {
    /// The spec.
    pub(super) spec: Spec,
    /// Built-in and overriding modules.
    pub(super) modules: Modules,
    /// Where secrets come from.
    pub(super) secrets: Stores,
    /// What reading all this took.
    pub(super) laps: Laps,
    surroundings: Surroundings,
}

impl Site {
    /// Reads everything that the host's spec names.
    pub(super) fn read(args: &args::Site, surroundings: Surroundings) -> Result<Site, Problems> {
        let mut laps = Laps::begin();
        let path = which(args)?;
        let text = read_text(&path)?;
        let source = Source::new(path.display().to_string(), text);
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new(".")).to_owned();
        let spec = Spec::read(&source, Arc::new(spec::files::Beside::folder(&folder)))?;
        let own = on_disk::folders(&folder.join("modules")).map_err(|one| vec![one])?;
        let modules = Modules::load(&embedded(), &own)?;
        check_early(check(&spec, &modules)?)?;
        let secrets = open_stores(&spec, &folder, &surroundings).map_err(|one| vec![one])?;
        laps.end("spec, modules, secrets");
        Ok(Site { spec, modules, secrets, laps, surroundings })
    }

    /// Warnings about the stores of secrets.
    pub(super) fn warnings(&self) -> &Problems {
        self.secrets.warnings()
    }

    /// The host's name in messages.
    pub(super) fn host_name(&self) -> String {
        self.spec.host.address.clone()
    }

    /// What is remembered of the host.
    pub(super) fn memory(&self) -> Memory {
        let host = &self.spec.host;
        let port = host.port.map(|port| format!("_{port}")).unwrap_or_default();
        let name = format!("{}{port}", host.address);
        Memory::of(self.surroundings.cache().as_deref(), &name)
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
        if let Some(timeout) = host.connect_timeout {
            target.connect_timeout = Duration::from_secs(timeout.as_secs());
        }
        let opened = Connection::open(&target, &self.surroundings.ssh()).await;
        opened.map_err(|problem| match &host.host_key_place {
            Some(place) if problem.code == "remote/host-key-pin" => problem.at(place),
            _ => problem,
        })
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

/// Lets the kinds read what is wanted whatever the host is, so that their errors need no connection.
/// While something is left out, a need that is not met may be met by that.
fn check_early(mut foreseen: Foreseen) -> Result<(), Problems> {
    let resources = &mut foreseen.expansion.resources;
    let needs = resources.iter_mut().flat_map(|declared| &mut declared.needs);
    needs.for_each(|need| need.optional |= !foreseen.whole);
    check_order(&declare(std::mem::take(resources))?)
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
    folder: &Path,
    surroundings: &Surroundings,
) -> Result<Stores, Diagnostic> {
    let file = spec.secrets_file.as_ref().map(|file| local(&file.path, surroundings));
    let absolute = |path: PathBuf| std::path::absolute(&path).unwrap_or(path);
    Stores::open(Places {
        variables: surroundings.variables.clone(),
        file: file.map(|file| absolute(folder.join(file))),
        inventory: absolute(folder.to_owned()),
        scope: spec.host.address.clone(),
        keyring: desktop_keyring(),
        runtime: surroundings.runtime(),
    })
}

/// The spec that was named, or the only one of `inventory/`.
fn which(args: &args::Site) -> Result<PathBuf, Problems> {
    if let Some(path) = &args.spec {
        return Ok(path.clone());
    }
    let entries = std::fs::read_dir("inventory").into_iter().flatten().flatten();
    let is_spec = |path: &PathBuf| path.extension().is_some_and(|end| end == "toml");
    let mut found: Vec<PathBuf> = entries.map(|entry| entry.path()).filter(is_spec).collect();
    found.sort();
    match found.as_slice() {
        [one] => Ok(one.clone()),
        [] => Err(usage("no spec was named, and there is none in `inventory/`")),
        many => {
            let names: Vec<String> = many.iter().map(|path| path.display().to_string()).collect();
            Err(usage(&format!("no spec was named, and there are several: {}", names.join(", "))))
        }
    }
}

fn usage(message: &str) -> Problems {
    let help = "name it: `matrixform plan inventory/prod.toml`, or set MATRIXFORM_SPEC";
    vec![Diagnostic::error("cli/no-spec", message).help(help).exit(Exit::Usage)]
}

/// Specs larger than this are refused (bytes).
const LIMIT: u64 = 4 << 20;

fn read_text(path: &Path) -> Result<String, Problems> {
    let refuse = |why: String| {
        let message = format!("{} cannot be read: {why}", path.display());
        vec![
            Diagnostic::error("spec/unreadable", message)
                .help("a spec is a text file in TOML, such as `inventory/prod.toml`"),
        ]
    };
    let size = std::fs::metadata(path).map_err(|error| refuse(error.to_string()))?.len();
    if size > LIMIT {
        return Err(refuse(format!("it has {size} bytes, and a spec at most {LIMIT}")));
    }
    let bytes = std::fs::read(path).map_err(|error| refuse(error.to_string()))?;
    let text = String::from_utf8(bytes).map_err(|error| {
        let good = error.as_bytes().get(..error.utf8_error().valid_up_to()).unwrap_or_default();
        let line = good.iter().filter(|byte| **byte == b'\n').count() + 1;
        refuse(format!("line {line} is not UTF-8"))
    })?;
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}
