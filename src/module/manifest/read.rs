//! Reads a directory into a manifest; reports all problems at once, unknown keys included.

use super::sets::settings;
use super::{
    ActivationForm, ByProductForm, Collect, Constant, Contribution, ControlForm, Derive, Finding,
    Hint, Manifest, ModuleShape, Param, RESERVED, RecordForm, ResourceForm,
};
use crate::diagnostic::{Diagnostic, Place, Problems, Source};
use crate::module::directory::ModuleDirectory;
use crate::module::form::Form;
use crate::spec::keys::TableReader;
use crate::spec::node::{self, Entry, Node, Table};
use indexmap::IndexMap;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The newest format of manifests that this version reads.
const FORMAT: i64 = 1;

/// Names with another meaning in expressions or in a spec.
const TAKEN: [&str; 14] = [
    "facts",
    "host",
    "hosts",
    "item",
    "loop",
    "spec",
    "secrets",
    "accept",
    "activation",
    "resource",
    "format",
    "golden",
    "self",
    "caller",
];

impl Manifest {
    /// Reads a module.
    ///
    /// # Errors
    ///
    /// There is no readable `module.toml` (`module/missing`), it is not valid TOML, or it has another format
    /// (`module/format`); otherwise all problems in it.
    pub fn read(directory: &ModuleDirectory) -> Result<Manifest, Problems> {
        let missing = Source::new(format!("{}/module.toml", directory.shown), "");
        let Some(source) = directory.source("module.toml") else {
            let message = format!("module `{}` has no readable `module.toml`", directory.name);
            let problem = Diagnostic::error("module/missing", message);
            return Err(vec![problem.at(&Place::new(&missing, 0..0))]);
        };
        let root = node::parse(&source)?;
        let table = root.into_table().unwrap_or_default();
        let place = Place::new(&source, 0..0);
        let mut keys = TableReader::new("the manifest", &table, &place);
        // A newer format may mean anything: nothing else is reported about it.
        newer(&mut keys)?;
        let manifest = manifest(directory, &mut keys, &place);
        let problems = keys.finish();
        if problems.is_empty() { Ok(manifest) } else { Err(problems) }
    }
}

fn newer(keys: &mut TableReader<'_>) -> Result<(), Problems> {
    let format = keys.required("format", "`format = 1`").and_then(|_| keys.whole("format"));
    let Some(format) = format.filter(|format| *format != FORMAT) else { return Ok(()) };
    let place = keys.entry("format").map(|entry| entry.node.place.clone());
    let problem = match format > FORMAT {
        true => {
            let message = format!(
                "this module has format {format}, but this matrixform reads format {FORMAT}"
            );
            Diagnostic::error("module/format", message).help("use a newer matrixform")
        }
        false => Diagnostic::error("module/format", format!("format {format} does not exist"))
            .help(format!("write `format = {FORMAT}`")),
    };
    Err(vec![problem.at(&place.unwrap_or_else(|| keys.place().clone()))])
}

fn manifest(directory: &ModuleDirectory, keys: &mut TableReader<'_>, place: &Place) -> Manifest {
    name(&directory.name, keys);
    let summary = keys.required_text("summary", "one line").unwrap_or_default().to_owned();
    let shapes = [("table", ModuleShape::Table), ("list", ModuleShape::List)];
    let shape = keys.word("shape", &shapes).unwrap_or(ModuleShape::Table);
    let role = keys.text("role").map(str::to_owned);
    let packages = packages(keys);
    let constants = entries(keys, "const", |_, entry| Constant::read(entry));
    let mut params = entries(keys, "params", Param::read);
    more_params(directory, keys, &mut params);
    let derives = entries(keys, "derive", Derive::read);
    let collects = entries(keys, "collect", Collect::read);
    let contributions = tables(keys, "contribute", Contribution::read);
    let mut findings = tables(keys, "finding", Finding::read);
    findings.extend(more_findings(directory, keys));
    let activations = tables(keys, "activation", ActivationForm::read);
    let resources = tables(keys, "resource", ResourceForm::read);
    let hints = tables(keys, "hint", Hint::read);
    let accounts = keys.entry("accounts");
    let accounts = accounts.and_then(|entry| keys.ok_or_record(Form::read(&entry.node)));
    let backups = keys.entry("backups");
    let backups = backups.and_then(|entry| keys.ok_or_record(Form::read(&entry.node)));
    let controls = tables(keys, "control", ControlForm::read);
    let by_products = tables(keys, "by_product", ByProductForm::read);
    let records = tables(keys, "record", RecordForm::read);
    let settings = keys.ok_or_record(settings(&params, &resources)).unwrap_or_default();
    let manifest = Manifest {
        name: directory.name.clone(),
        directory: directory.clone(),
        place: place.clone(),
        summary,
        shape,
        role,
        packages,
        constants,
        params,
        derives,
        collects,
        contributions,
        findings,
        activations,
        resources,
        accounts,
        backups,
        controls,
        by_products,
        records,
        templates: templates(directory),
        hints,
        settings,
    };
    names(&manifest, keys);
    manifest
}

fn name(name: &str, keys: &mut TableReader<'_>) {
    let letters = name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if !letters || TAKEN.contains(&name) {
        let why = if letters { "means something else" } else { "is not a valid name" };
        let message = format!("a module cannot be called `{name}`: that {why}");
        let problem = Diagnostic::error("module/name", message).at(&keys.place().clone());
        keys.push(problem.help("use lowercase letters, digits and `_`"));
    }
}

fn packages(keys: &mut TableReader<'_>) -> Vec<String> {
    let Some(entry) = keys.entry("facts") else { return Vec::new() };
    let read = TableReader::of_node("`[facts]`", &entry.node).map_err(|problem| vec![problem]);
    let Some(mut facts) = keys.ok_or_record(read) else { return Vec::new() };
    let packages = facts.texts("packages").into_iter().map(|(name, _)| name.to_owned()).collect();
    facts.finish().into_iter().for_each(|problem| keys.push(problem));
    packages
}

/// Reads each entry of a table; unreadable ones are reported and left out.
fn entries<T>(
    keys: &mut TableReader<'_>,
    key: &'static str,
    read: impl Fn(&str, &Entry) -> Result<T, Problems>,
) -> IndexMap<String, T> {
    let Some((table, _)) = keys.table(key) else { return IndexMap::new() };
    let entries = table.iter();
    entries
        .filter_map(|(name, entry)| Some((name.clone(), keys.ok_or_record(read(name, entry))?)))
        .collect()
}

/// Reads each item of a list of tables.
fn tables<T>(
    keys: &mut TableReader<'_>,
    key: &'static str,
    read: impl Fn(&Node) -> Result<T, Problems>,
) -> Vec<T> {
    let nodes = keys.list(key);
    nodes.iter().filter_map(|node| keys.ok_or_record(read(node))).collect()
}

/// `params/*.toml`: more `[params.X]`, for modules with many; these files may contain nothing else.
fn more_params(
    directory: &ModuleDirectory,
    keys: &mut TableReader<'_>,
    params: &mut IndexMap<String, Param>,
) {
    for path in directory.below("params/", ".toml") {
        let Some(source) = directory.source(path) else { continue };
        let root = node::parse(&source);
        let Some(root) = keys.ok_or_record(root) else { continue };
        let table: Table = root.into_table().unwrap_or_default();
        let mut file = TableReader::new(format!("`{path}`"), &table, &Place::new(&source, 0..0));
        for (name, param) in entries(&mut file, "params", Param::read) {
            if let Some(other) = params.get(&name) {
                let message = format!("`params.{name}` is declared twice");
                let problem = Diagnostic::error("module/twice", message).at(&param.place);
                file.push(problem.see(&other.place, "also here"));
            }
            params.insert(name, param);
        }
        file.finish().into_iter().for_each(|problem| keys.push(problem));
    }
}

/// `findings/*.toml`: more `[[finding]]`, for modules with many; these files may contain nothing else.
fn more_findings(directory: &ModuleDirectory, keys: &mut TableReader<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for path in directory.below("findings/", ".toml") {
        let Some(source) = directory.source(path) else { continue };
        let root = node::parse(&source);
        let Some(root) = keys.ok_or_record(root) else { continue };
        let table: Table = root.into_table().unwrap_or_default();
        let mut file = TableReader::new(format!("`{path}`"), &table, &Place::new(&source, 0..0));
        found.extend(tables(&mut file, "finding", Finding::read));
        file.finish().into_iter().for_each(|problem| keys.push(problem));
    }
    found
}

fn templates(directory: &ModuleDirectory) -> BTreeMap<String, Arc<Source>> {
    let paths = directory.below("templates/", "");
    paths
        .filter_map(|path| {
            Some((path.strip_prefix("templates/")?.to_owned(), directory.source(path)?))
        })
        .collect()
}

/// Parameters, derived values, constants and collects share one namespace.
fn names(manifest: &Manifest, keys: &mut TableReader<'_>) {
    let mut seen: IndexMap<&str, &Place> = IndexMap::new();
    for (name, place) in manifest.names() {
        if RESERVED.contains(&name) {
            let message =
                format!("`{name}` is a reserved name: every module has `{}.{name}`", manifest.name);
            let problem = Diagnostic::error("module/reserved", message).at(place);
            keys.push(problem.help(format!("reserved: `{}`", RESERVED.join("`, `"))));
        }
        if let Some(other) = seen.insert(name, place) {
            let message = format!("`{}.{name}` is declared twice", manifest.name);
            let problem = Diagnostic::error("module/twice", message).at(place);
            keys.push(problem.see(other, "also here"));
        }
    }
}
