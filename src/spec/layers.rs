//! A spec and the files it includes, as one tree: `include = ["base.toml"]`. The included files come first, in order,
//! and the file itself takes precedence over them. Paths are relative to the file that names them, and every part of
//! the tree keeps its place in its own file.

use super::files::{Files, nearest_beside};
use super::format::check_format;
use super::merge::{Replaced, merge};
use super::node::{self, Node, Table, Value};
use super::text::decode;
use super::unset::{self, UnsetKey};
use crate::diagnostic::{Diagnostic, Place, Problems, Source};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The maximum depth of includes.
const DEPTH: usize = 8;

/// The maximum number of files in a spec.
const FILES: usize = 64;

/// One file of a spec.
#[derive(Clone, Debug)]
pub struct Layer {
    /// Its text.
    pub source: Arc<Source>,
    /// Its directory, relative to the spec's; empty for that directory itself.
    pub directory: PathBuf,
}

/// All files of a spec, and their merged contents.
#[derive(Clone, Debug)]
pub(super) struct Layers {
    /// The merged tree, without `include`, `unset` and `format`.
    pub(super) table: Table,
    /// The files, starting with the spec itself.
    pub(super) files: Vec<Layer>,
    /// Values that a later file replaces.
    pub(super) replaced: Vec<Replaced>,
    /// Keys that a file removes from those it includes.
    pub(super) unset: Vec<UnsetKey>,
    /// Problems that do not prevent reading the rest.
    pub(super) problems: Problems,
}

/// Reads a spec's text and everything that it includes; fails if any file is missing.
pub(super) fn read(source: &Arc<Source>, files: &dyn Files) -> Result<Layers, Problems> {
    let top = Layer { source: Arc::clone(source), directory: PathBuf::new() };
    let name = Path::new(&source.name).file_name().unwrap_or_default().to_string_lossy();
    let mut reader = LayerReader {
        files,
        layers: Vec::new(),
        replaced: Vec::new(),
        unset: Vec::new(),
        seen: Vec::new(),
        bytes: 0,
        formats: Vec::new(),
        problems: Vec::new(),
    };
    // A spec that is not among the files, such as one in memory, cannot be included.
    reader.seen.extend(files.find(&name).ok().map(|file| (file, None)));
    let mut chain: Vec<PathBuf> = reader.seen.iter().map(|(file, _)| file.clone()).collect();
    let table = reader.layer(top, &mut chain);
    // A newer format may mean anything: report nothing else.
    if let Some(newer) = reader.formats.iter().find(|one| one.code == "spec/format") {
        return Err(vec![newer.clone()]);
    }
    match reader.problems.is_empty() {
        true => Ok(Layers {
            table,
            files: reader.layers,
            replaced: reader.replaced,
            unset: reader.unset,
            problems: reader.formats,
        }),
        false => Err(reader.formats.into_iter().chain(reader.problems).collect()),
    }
}

struct LayerReader<'a> {
    files: &'a dyn Files,
    layers: Vec<Layer>,
    replaced: Vec<Replaced>,
    unset: Vec<UnsetKey>,
    /// Every file so far, with the place where it is included.
    seen: Vec<(PathBuf, Option<Place>)>,
    bytes: usize,
    formats: Problems,
    problems: Problems,
}

impl LayerReader<'_> {
    /// Merges the keys of a file over those of its included files.
    fn layer(&mut self, layer: Layer, chain: &mut Vec<PathBuf>) -> Table {
        self.layers.push(layer.clone());
        let root = node::parse(&layer.source);
        let Some(root) = self.ok_or_record(root) else { return Table::new() };
        let Value::Table(mut own) = root.value else { return Table::new() };
        let format = check_format(own.shift_remove("format").as_ref());
        self.formats.extend(format.err().into_iter().flatten());
        let included =
            own.shift_remove("include").map(|entry| self.ok_or_record(paths(&entry.node)));
        let unset =
            own.shift_remove("unset").map(|entry| self.ok_or_record(unset::keys(&entry.node)));
        let mut below = Table::new();
        for (path, place) in included.flatten().into_iter().flatten() {
            let included = self.included(&path, &place, &layer, chain);
            below = merge(below, included, &mut self.replaced);
        }
        for (path, place) in unset.flatten().into_iter().flatten() {
            let taken = unset::take(&mut below, path, place, &mut self.replaced);
            let taken = self.ok_or_record(taken.map_err(|problem| vec![problem]));
            self.unset.extend(taken);
        }
        merge(below, own, &mut self.replaced)
    }

    /// Reads the keys of an included file.
    fn included(
        &mut self,
        path: &str,
        place: &Place,
        by: &Layer,
        chain: &mut Vec<PathBuf>,
    ) -> Table {
        let found = self.find(path, place, by, chain);
        let Some((layer, file)) = self.ok_or_record(found.map_err(|problem| vec![problem])) else {
            return Table::new();
        };
        chain.push(file);
        let table = self.layer(layer, chain);
        chain.pop();
        table
    }

    fn find(
        &mut self,
        path: &str,
        place: &Place,
        by: &Layer,
        chain: &[PathBuf],
    ) -> Result<(Layer, PathBuf), Diagnostic> {
        let refuse = |why: &str| refused(path, why, place);
        let from_spec = by.directory.join(path);
        let from_spec = from_spec.to_str().ok_or_else(|| refuse("its path is not UTF-8"))?;
        if Path::new(path).is_absolute() {
            return Err(refuse("it must be relative to the file that names it"));
        }
        let file = self.files.find(from_spec).map_err(|why| {
            let problem = refuse(&why);
            match nearest_beside(self.files, path).filter(|_| by.directory.as_os_str().is_empty()) {
                Some(near) => problem.help(format!("did you mean `{near}`?")),
                None => problem,
            }
        })?;
        if chain.contains(&file) {
            let problem =
                Diagnostic::error("spec/include", format!("`{path}` includes itself indirectly"));
            return Err(problem.at(place).help("remove one of the `include`"));
        }
        if let Some((_, first)) = self.seen.iter().find(|(seen, _)| *seen == file) {
            let problem = Diagnostic::error("spec/include", format!("`{path}` is included twice"));
            let problem =
                problem.at(place).help("it is unclear which of the two wins: name it once");
            return Err(first
                .iter()
                .fold(problem, |problem, first| problem.see(first, "also here")));
        }
        if chain.len() >= DEPTH {
            return Err(refuse(&format!("includes are nested more than {DEPTH} deep")));
        }
        if self.seen.len() >= FILES {
            return Err(refuse(&format!("a spec has at most {FILES} files")));
        }
        let bytes = self.files.read(from_spec).map_err(|why| refuse(&why))?;
        self.bytes += bytes.len();
        if self.bytes > super::text::MAX_BYTES {
            return Err(refuse("the files of this spec are too large in total"));
        }
        let text = decode(bytes).map_err(|why| refuse(&why))?;
        self.seen.push((file.clone(), Some(place.clone())));
        let name = Path::new(&by.source.name).parent().unwrap_or(Path::new("")).join(path);
        let directory = Path::new(from_spec).parent().unwrap_or(Path::new("")).to_owned();
        Ok((Layer { source: Source::new(tidy(&name), text), directory }, file))
    }

    fn ok_or_record<T>(&mut self, result: Result<T, Problems>) -> Option<T> {
        result.map_err(|problems| self.problems.extend(problems)).ok()
    }
}

/// Simplifies a name for messages: `inventory/../base.toml` is shown as `base.toml`.
fn tidy(name: &Path) -> String {
    let absolute = name.is_absolute();
    let relative = name.strip_prefix("/").unwrap_or(name).to_string_lossy();
    let clean = super::repository::normal(&relative).unwrap_or_else(|_| name.to_owned());
    format!("{}{}", if absolute { "/" } else { "" }, clean.display())
}

/// Reads `include = ["a.toml", "b.toml"]`.
fn paths(node: &Node) -> Result<Vec<(String, Place)>, Problems> {
    let wrong = |node: &Node| {
        let problem = super::keys::wrong("`include`", "a list of paths", node);
        vec![problem.help("write `include = [\"base.toml\"]`")]
    };
    let items = node.as_array().ok_or_else(|| wrong(node))?;
    items
        .iter()
        .map(|item| Ok((item.as_str().ok_or_else(|| wrong(item))?.to_owned(), item.place.clone())))
        .collect()
}

fn refused(path: &str, why: &str, place: &Place) -> Diagnostic {
    Diagnostic::error("spec/include", format!("`{path}` cannot be included: {why}")).at(place).help(
        "a path is relative to the file that names it, and must stay inside the inventory's repository",
    )
}
