//! `matrixform secrets export --recovery-kit`: collects everything, encrypts it, writes one file.

use super::args::SecretsExportArgs;
use super::kit::{Kit, public_key};
use super::one;
use crate::cli::output::Output;
use crate::cli::typed;
use crate::diagnostic::{Diagnostic, Exit, Problems};
use crate::run::Project;
use crate::secret::age::{Recipient, seal_for, seal_with_passphrase};
use crate::secret::{PLAN_KEY, Secret, Store};
use crate::spec::node::{Entry, Node, Table};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use zeroize::Zeroizing;

/// The shortest passphrase accepted (characters): a printed kit can be attacked for years.
const SHORTEST: usize = 12;

/// Runs the command.
pub(super) fn export(
    project: &Project,
    args: &SecretsExportArgs,
    output: &mut Output,
) -> Result<Exit, Problems> {
    let kit = gather(project, &args.recovery_kit)?;
    if kit.secrets.is_empty() {
        let message = "the recovery kit would be empty: no store has a secret of this spec";
        return Err(one(
            Diagnostic::error("secret/nothing", message).help("`matrixform apply` generates them")
        ));
    }
    let inside = kit.inside().map_err(one)?;
    let armor = match args.recipient.as_slice() {
        [] => seal_with_passphrase(passphrase()?, inside.as_bytes()),
        keys => keys
            .iter()
            .map(|key| Recipient::new(key, ""))
            .collect::<Result<Vec<_>, _>>()
            .and_then(|recipients| seal_for(&recipients, inside.as_bytes())),
    };
    let page = kit.page(&armor.map_err(one)?, args.recipient.is_empty());
    write(&args.recovery_kit, &page).map_err(one)?;
    output.problems(&missing(project, &kit));
    let message = format!(
        "wrote the recovery kit {} with {} secrets",
        args.recovery_kit.display(),
        kit.secrets.len()
    );
    output.problems(&[Diagnostic::note("secret/kit", message)
        .help("print it, test once that it opens, keep it away from this machine, and record where in `synapse.recovery_kit`; make a new one after each rotation")]);
    Ok(Exit::Done)
}

fn passphrase() -> Result<Zeroizing<String>, Problems> {
    let bytes = typed::read("Passphrase for the recovery kit")?;
    let text = std::str::from_utf8(&bytes).map(|text| Zeroizing::new(text.to_owned()));
    match text {
        Ok(text) if text.chars().count() >= SHORTEST && !text.contains('\n') => Ok(text),
        _ => {
            let message =
                format!("a passphrase must be one line of at least {SHORTEST} characters");
            Err(one(Diagnostic::error("secret/passphrase", message)
                .help("six diceware words are strong, and easy to type from paper")))
        }
    }
}

/// Collects everything that a rebuild needs.
fn gather(project: &Project, file: &Path) -> Result<Kit, Problems> {
    let mut names: Vec<String> = super::names(project).map(str::to_owned).collect();
    names.extend(project.secrets.names().map_err(one)?);
    names.sort();
    names.dedup();
    names.retain(|name| !name.ends_with(crate::secret::PREVIOUS));
    let mut secrets: Vec<Secret> = Vec::new();
    for name in &names {
        secrets.extend(project.secrets.locate(name).map_err(one)?.map(|(secret, _)| secret));
    }
    let is_key = |name: &&crate::module::NamedSecret| {
        name.generate.as_deref() == Some("synapse_signing_key")
    };
    let key = project.named.iter().find(is_key);
    let key = key.and_then(|key| secrets.iter().find(|secret| secret.name() == key.name));
    let identity = match project.secrets.home() {
        Store::Age(_) => Some(project.secrets.identity_text().map_err(one)?),
        _ => None,
    };
    let spec = project.spec.source.name.clone();
    let age = Path::new(&spec).with_extension("secrets.age").display().to_string();
    Ok(Kit {
        spec,
        age: Some(age).filter(|_| !matches!(project.secrets.home(), Store::File(_))),
        file: file.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        address: project.spec.host.address.clone(),
        server_name: text_in_spec(project, "synapse", "server_name"),
        public_key: key.and_then(public_key),
        backup: repositories(project),
        identity,
        secrets,
    })
}

/// Returns a text from the spec.
fn text_in_spec(project: &Project, section: &str, key: &str) -> Option<String> {
    let table = project.spec.sections.get(section)?.node.as_table()?;
    Some(table.get(key)?.node.as_str()?.to_owned())
}

/// Returns what the spec says of the repositories, as lines of TOML; not how snapshots are removed.
fn repositories(project: &Project) -> Option<Vec<String>> {
    let table = project.spec.sections.get("backup")?.node.as_table()?;
    let all = table.get("repositories")?.node.as_array()?.iter().filter_map(Node::as_table);
    let line = |(key, entry): (&String, &Entry)| {
        let value = entry.node.place.text().split_whitespace().collect::<Vec<&str>>().join(" ");
        // A table with a header of its own has no text here.
        let is_whole = entry.node.as_table().is_none() || value.starts_with('{');
        (key != "prune" && is_whole).then(|| format!("{key} = {value}"))
    };
    let of = |table: &Table| {
        let lines = table.iter().filter_map(line).collect::<Vec<String>>();
        std::iter::once("[[backup.repositories]]".to_owned()).chain(lines)
    };
    Some(all.flat_map(of).collect())
}

/// Warns about secrets that the spec names and the kit lacks.
fn missing(project: &Project, kit: &Kit) -> Problems {
    let lacks = |name: &&str| !kit.secrets.iter().any(|secret| secret.name() == *name);
    // If there is no plan key, nothing depends on it.
    let names = super::names(project).filter(|name| *name != PLAN_KEY);
    let lacking: Vec<&str> = names.filter(lacks).collect();
    if lacking.is_empty() {
        return Problems::new();
    }
    let message = format!("the kit lacks secrets that are in no store: {}", lacking.join(", "));
    vec![Diagnostic::warning("secret/kit", message).help("make a new one after the first apply")]
}

/// Writes a new file that only this user can read; never replaces an older kit.
fn write(path: &Path, page: &str) -> Result<(), Diagnostic> {
    let mut options = std::fs::OpenOptions::new();
    let file = options.write(true).create_new(true).mode(0o600).open(path);
    let written = file.and_then(|mut file| {
        file.write_all(page.as_bytes())?;
        file.sync_all()
    });
    written.map_err(|error| {
        let message = format!("{} cannot be written: {error}", path.display());
        let problem = Diagnostic::error("secret/kit", message);
        match error.kind() {
            ErrorKind::AlreadyExists => {
                problem.help("an existing kit is never overwritten: choose another file name")
            }
            ErrorKind::NotFound => problem.help("choose a directory that exists"),
            _ => problem.help("choose a file that you can write"),
        }
    })
}
