//! One golden case: reads it and runs it on each recorded host.

use super::shown::shown;
use super::{GoldenResult, facts, facts_names};
use crate::diagnostic::{Diagnostic, Place, Problems, Source};
use crate::facts::Facts;
use crate::module::{Expanded, Manifest, ModuleDirectory, Modules, expand_with_rows};
use crate::resource::declare;
use crate::secret::{Secret, SecretSource};
use crate::spec::Spec;
use crate::spec::files::InMemory;
use crate::spec::keys::{TableReader, suggest};
use crate::spec::node::{self, Node};
use indexmap::IndexMap;
use std::sync::Arc;

/// A spec with the hosts that it is expanded for.
pub(super) struct Case {
    name: String,
    facts: Vec<String>,
    packages: IndexMap<String, Option<String>>,
    /// The whole case, parsed.
    pub(super) root: Node,
    spec: Result<Spec, Problems>,
}

impl Case {
    /// Reads the case at a path.
    pub(super) fn read(directory: &ModuleDirectory, path: &str) -> Result<Case, Problems> {
        let name = path.trim_start_matches("golden/").trim_end_matches(".toml").to_owned();
        let source = directory.source(path).unwrap_or_else(|| Source::new(path, ""));
        let root = node::parse(&source)?;
        let (facts, packages) = options(&root)?;
        let spec = spec(directory, &source, &root);
        Ok(Case { name, facts, packages, root, spec })
    }

    /// The results, one per host.
    pub(super) fn run(
        &self,
        directory: &ModuleDirectory,
        manifest: &Manifest,
        modules: &Modules,
    ) -> Vec<GoldenResult> {
        let hosts = self.facts.iter().filter_map(|name| Some((name, facts(name)?)));
        let results = hosts.map(|(name, mut facts)| {
            facts.packages.extend(self.packages.clone());
            let file = format!("golden/{}.{name}.txt", self.name);
            let expected = directory.files.get(&file).cloned().map(String::from_utf8);
            let expected = expected.and_then(Result::ok);
            GoldenResult { file, expected, found: self.expand(manifest, modules, &facts) }
        });
        results.collect()
    }

    fn expand(&self, manifest: &Manifest, modules: &Modules, facts: &Facts) -> String {
        let expanded = match &self.spec {
            Ok(spec) => expand_with_rows(spec, modules, facts, &Fixtures),
            Err(problems) => Err(problems.clone()),
        };
        shown(manifest, &expanded.and_then(accepted))
    }
}

/// Passes the resources through their kinds as well: a module whose attributes they refuse does not work.
fn accepted(expanded: Expanded) -> Result<Expanded, Problems> {
    declare(expanded.expansion.resources.clone())?;
    Ok(expanded)
}

type CaseOptions = (Vec<String>, IndexMap<String, Option<String>>);

fn options(root: &Node) -> Result<CaseOptions, Problems> {
    let all = || facts_names().map(str::to_owned).collect::<Vec<String>>();
    let entry = root.as_table().and_then(|table| table.get("golden"));
    let Some(entry) = entry else { return Ok((all(), IndexMap::new())) };
    let mut keys =
        TableReader::of_node("`[golden]`", &entry.node).map_err(|problem| vec![problem])?;
    let mut hosts = Vec::new();
    for (name, place) in keys.texts("facts") {
        if facts(name).is_none() {
            let known: Vec<&str> = facts_names().collect();
            let problem =
                Diagnostic::error("golden/facts", format!("no facts are recorded for `{name}`"));
            keys.push(suggest(problem.at(place), name, &known, "recorded:"));
        }
        hosts.push(name.to_owned());
    }
    let mut packages = IndexMap::new();
    for (name, entry) in keys.table("packages").into_iter().flat_map(|(table, _)| table) {
        packages.insert(name.clone(), entry.node.as_str().map(str::to_owned));
    }
    let problems = keys.finish();
    let hosts = if hosts.is_empty() { all() } else { hosts };
    if problems.is_empty() { Ok((hosts, packages)) } else { Err(problems) }
}

/// The spec of a case: without `[golden]`, with a `[host]`, and with the files of `golden/`.
fn spec(directory: &ModuleDirectory, source: &Arc<Source>, root: &Node) -> Result<Spec, Problems> {
    let has_host = root.as_table().is_some_and(|table| table.contains_key("host"));
    let host = "\n[host]\naddress = \"203.0.113.10\"\n";
    let text = format!("{}{}", source.text, if has_host { "" } else { host });
    let files = directory.files.iter().filter_map(|(path, content)| {
        Some((path.strip_prefix("golden/")?.to_owned(), content.clone()))
    });
    let source = Source::new(source.name.clone(), text);
    let mut spec = Spec::read(&source, Arc::new(InMemory(files.collect())))?;
    spec.sections.shift_remove("golden");
    if spec.sections.contains_key(&directory.name) {
        return Ok(spec);
    }
    let message = format!("this case does not use the module `{}`", directory.name);
    let start = Place::new(&source, 0..0);
    Err(vec![Diagnostic::error("golden/module", message).at(&start)])
}

/// A store in which every secret exists; its values are never shown.
struct Fixtures;

impl SecretSource for Fixtures {
    fn secret(&self, name: &str, _: Option<&str>) -> Result<Secret, Diagnostic> {
        Ok(Secret::new(name, format!("value of {name}")))
    }
}
