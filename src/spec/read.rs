//! A spec as read: matrixform's own keys are typed here; the sections of modules remain trees, because their types are
//! in the manifests (see `module::settings`).

use super::files::Files;
use super::host::Host;
use super::id::{self, Id};
use super::keys::TableReader;
use super::layers::{self, Layer};
use super::merge::Replaced;
use super::node::{Node, Table};
use super::plain_secret::{Plain, merge_plain, own_secrets};
use super::unset::UnsetKey;
use super::variables::Variables;
use crate::diagnostic::{Diagnostic, Place, Problems, Source, redact};
use std::path::Path;
use std::sync::Arc;

/// Keys of a spec that are not sections of modules.
pub const OWN_KEYS: [&str; 9] =
    ["format", "id", "include", "unset", "host", "secrets", "accept", "activation", "resource"];

/// Returns the header of a table that belongs to no module; `None` for a key without one, such as `format`.
pub fn own_header(key: &str) -> Option<String> {
    match key {
        "host" | "secrets" => Some(format!("[{key}]")),
        "accept" | "activation" | "resource" => Some(format!("[[{key}]]")),
        _ => None,
    }
}

/// The wanted state of a host, as written.
#[derive(Clone, Debug)]
pub struct Spec {
    /// The text of the spec itself.
    pub source: Arc<Source>,
    /// Its files: itself, then everything that it includes.
    pub layers: Vec<Layer>,
    /// Their merged contents, without `format`, `include` and `unset`.
    pub table: Table,
    /// Values that a later file replaces.
    pub replaced: Vec<Replaced>,
    /// Keys that a file removes from those it includes.
    pub unset: Vec<UnsetKey>,
    /// The environment, as far as it was read.
    pub variables: Variables,
    /// The name of the installation.
    pub id: Id,
    /// How to reach the host.
    pub host: Host,
    /// Where secrets are stored, if not in the environment or the keyring.
    pub secrets_file: Option<SecretsFile>,
    /// Findings that the user has accepted.
    pub accepted: Vec<Accepted>,
    /// The user's own `[[resource]]`.
    pub resources: Vec<Node>,
    /// The user's own `[[activation]]`.
    pub activations: Vec<Node>,
    /// The sections of modules, in the order of the file.
    pub sections: Table,
    /// The files beside it.
    pub files: Arc<dyn Files>,
}

/// `[secrets] file`: a file outside the repository that contains the secrets.
#[derive(Clone, Debug, PartialEq)]
pub struct SecretsFile {
    /// Its path as written: relative to the spec, or starting with `~`.
    pub path: String,
    /// Where it is set.
    pub place: Place,
}

/// A finding that the user has accepted, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct Accepted {
    /// The finding's id, such as `MF052`.
    pub id: String,
    /// Why it is acceptable here.
    pub reason: String,
    /// Where it is set.
    pub place: Place,
}

impl Spec {
    /// Returns the texts of its files, in order.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.layers.iter().map(|layer| layer.source.text.as_str())
    }

    /// Returns the prefix of its files' names, if the spec is in another directory than this one.
    pub fn base(&self) -> &str {
        let name = self.source.name.as_str();
        name.rfind('/').and_then(|end| name.get(..=end)).unwrap_or_default()
    }

    /// Reads a spec and its included files, without the environment; returns all problems at once, except those of the
    /// modules' own sections.
    ///
    /// # Errors
    ///
    /// All problems of the spec.
    pub fn read(source: &Arc<Source>, files: Arc<dyn Files>) -> Result<Spec, Problems> {
        let (spec, problems) = Spec::read_lenient(source, files, Variables::Unread)?;
        if problems.is_empty() { Ok(spec) } else { Err(problems) }
    }

    /// The same, with the environment variables that it may name.
    ///
    /// # Errors
    ///
    /// As [`Spec::read`].
    pub fn read_with(
        source: &Arc<Source>,
        files: Arc<dyn Files>,
        variables: Variables,
    ) -> Result<Spec, Problems> {
        let (spec, problems) = Spec::read_lenient(source, files, variables)?;
        if problems.is_empty() { Ok(spec) } else { Err(problems) }
    }

    /// Reads a spec as far as possible, with its problems: a mistake in `[host]` does not hide those of the sections.
    ///
    /// # Errors
    ///
    /// Nothing can be read: it is not valid TOML.
    pub fn read_lenient(
        source: &Arc<Source>,
        files: Arc<dyn Files>,
        variables: Variables,
    ) -> Result<(Spec, Problems), Problems> {
        let layers = layers::read(source, files.as_ref())?;
        let (table, start) = (layers.table, Place::new(source, 0..0));
        let mut keys = TableReader::new("the spec", &table, &start);
        layers.problems.into_iter().for_each(|problem| keys.push(problem));
        // Only the modules know their sections: unknown ones are refused there.
        let sections: Vec<_> = table.iter().filter(|(key, _)| !is_own(key)).collect();
        sections.iter().for_each(|(key, _)| keys.allow(key));
        let host = keys.required("host", "a section with at least `address`");
        let host = host.and_then(|entry| keys.ok_or_record(Host::read(&entry.node, &variables)));
        let secrets_file = secrets_file(&mut keys, &variables);
        let accepted = accepted(&mut keys);
        let resources = keys.list("resource").to_vec();
        let activations = keys.list("activation").to_vec();
        let host = host.unwrap_or_else(|| Host::unknown(&start));
        let sections: Table =
            sections.into_iter().map(|(key, entry)| (key.clone(), entry.clone())).collect();
        let id = Id::read(&mut keys, &sections, &host);
        let mut problems = keys.finish();
        let own = table.iter().filter(|(key, _)| is_own(key) && *key != "resource");
        hide(&mut problems, own_secrets(own.map(|(key, entry)| (key.as_str(), &entry.node))));
        let source = Arc::clone(source);
        let (layers, replaced, unset) = (layers.files, layers.replaced, layers.unset);
        let spec = Spec {
            source,
            layers,
            table,
            replaced,
            unset,
            variables,
            id,
            host,
            secrets_file,
            accepted,
            resources,
            activations,
            sections,
            files,
        };
        Ok((spec, problems))
    }

    /// Returns the bytes of a file by its path, relative to the file that names it at `place`.
    ///
    /// # Errors
    ///
    /// The reason why the file is not read, in words.
    pub fn file(&self, path: &str, place: &Place) -> Result<Vec<u8>, String> {
        if Path::new(path).is_absolute() {
            return Err("it must be relative to the file that names it".to_owned());
        }
        let by = self.layers.iter().find(|layer| layer.source.name == place.source.name);
        let from_spec = by.map_or_else(|| path.into(), |layer| layer.directory.join(path));
        self.files.read(from_spec.to_str().ok_or("its path is not UTF-8")?)
    }

    /// Returns the server name of a homeserver's spec.
    pub fn server_name(&self) -> Option<&str> {
        id::server_name(&self.sections)
    }

    /// Returns where a module's section begins.
    pub fn section(&self, module: &str) -> Option<&Place> {
        self.sections.get(module).map(|entry| &entry.key)
    }
}

/// Adds the secrets that are not reported yet, and hides all of them.
fn hide(problems: &mut Problems, found: Plain) {
    let plain = merge_plain(problems, found);
    redact(problems, &plain);
}

fn is_own(key: &str) -> bool {
    OWN_KEYS.contains(&key)
}

fn secrets_file(keys: &mut TableReader<'_>, variables: &Variables) -> Option<SecretsFile> {
    let entry = keys.entry("secrets")?;
    let mut section = keys.ok_or_record(one(TableReader::of_node("`[secrets]`", &entry.node)))?;
    let entry = section.required("file", "a file outside the repository that holds the secrets");
    let path = section.text_or_env("file", variables);
    keys.ok_or_record(nothing(section.finish()));
    Some(SecretsFile { path: path?, place: entry?.node.place.clone() })
}

fn accepted(keys: &mut TableReader<'_>) -> Vec<Accepted> {
    let nodes = keys.list("accept");
    nodes.iter().filter_map(|node| keys.ok_or_record(accept(node))).collect()
}

fn accept(node: &Node) -> Result<Accepted, Problems> {
    let mut keys = one(TableReader::of_node("`[[accept]]`", node))?;
    let id = keys.required_text("id", "the finding's id, such as `MF052`").unwrap_or_default();
    let reason = keys.required_text("reason", "why it is fine here").unwrap_or_default();
    let accepted =
        Accepted { id: id.to_owned(), reason: reason.to_owned(), place: node.place.clone() };
    nothing(keys.finish()).map(|()| accepted)
}

fn one<T>(result: Result<T, Diagnostic>) -> Result<T, Problems> {
    result.map_err(|problem| vec![problem])
}

fn nothing(problems: Problems) -> Result<(), Problems> {
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}
