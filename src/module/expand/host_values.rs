//! All values of all modules of one host: parameters, constants, rows and derived values, each computed once, in the
//! order of their references.

use super::order::NamedModules;
use super::references::ReferenceResolver;
use super::rows::{Row, duplicates, rows};
use super::run::Runner;
use super::scope::{AbsentModule, EvalFrame, KnownFacts, ModuleScope, UnknownFacts};
use super::watched::{Read, Watched};
use crate::diagnostic::{Place, Problems};
use crate::facts::Facts;
use crate::module::Modules;
use crate::module::manifest::{Manifest, ModuleShape, ResourceForm};
use crate::module::settings::{Section, SectionEntry, Settings};
use crate::spec::node::Node;
use indexmap::IndexMap;
use minijinja::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The address by which this host reaches itself; with several hosts in one spec it would be a choice.
const LOOPBACK: &str = "127.0.0.1";

/// The values of one host.
pub(super) struct HostValues<'m> {
    /// The modules, in order.
    pub(super) named_modules: NamedModules<'m>,
    /// What expressions see.
    pub(super) frame: EvalFrame,
    /// All rows that modules contribute to each other.
    pub(super) rows: Vec<Row>,
    /// Problems of values that the spec sets but that cannot be had, such as missing files.
    pub(super) unread: Problems,
    /// Problems of values that could not be computed; an empty list where they only follow from others.
    pub(super) problems: Vec<Problems>,
    /// The facts read so far.
    pub(super) read: Read,
    scopes: IndexMap<String, Arc<ModuleScope>>,
}

impl<'m> HostValues<'m> {
    /// Computes all values.
    pub(super) fn compute(
        runner: &Runner,
        (modules, named_modules): (&Modules, NamedModules<'m>),
        settings: &Settings,
        resolver: &ReferenceResolver<'_>,
        (facts, own): (KnownFacts<'_>, &[ResourceForm]),
    ) -> Result<HostValues<'m>, Problems> {
        let order = named_modules.order()?;
        let mut scopes = IndexMap::new();
        let mut unread = Problems::new();
        let provided: Value = own.iter().flat_map(ResourceForm::provided).collect();
        for manifest in &named_modules.modules {
            let section = settings.get(&manifest.name);
            let mut values = start(manifest, section, resolver, &mut unread);
            values.insert("provided".into(), Some(provided.clone()));
            scopes.insert(manifest.name.clone(), ModuleScope::new(&manifest.name, values));
        }
        let read = Read::default();
        let frame = EvalFrame::new(roots(modules, &named_modules, &scopes, (facts, &read)));
        let (rows, problems) = (Vec::new(), Vec::new());
        let mut universe =
            HostValues { named_modules, frame, rows, unread, problems, read, scopes };
        for (module, name) in order {
            universe.one(runner, &module, &name);
        }
        Ok(universe)
    }

    /// The module's value with this name, if it could be computed.
    pub(super) fn value(&self, module: &str, name: &str) -> Option<Value> {
        self.scopes.get(module)?.get(name)
    }

    fn one(&mut self, runner: &Runner, module: &str, name: &str) {
        let Some(manifest) = self.named_modules.find(module) else { return };
        let value = match manifest.derives.get(name) {
            Some(derive) => runner.derive(derive, &self.frame),
            None => self.collect(runner, manifest, name),
        };
        let value = value.map_err(|found| self.problems.push(found)).ok();
        if let Some(scope) = self.scopes.get(module) {
            scope.set(name, value);
        }
    }

    fn collect(
        &mut self,
        runner: &Runner,
        manifest: &'m Manifest,
        name: &str,
    ) -> Result<Value, Problems> {
        let Some(collect) = manifest.collects.get(name) else { return Ok(Value::from(())) };
        let to = format!("{}.{name}", manifest.name);
        let given: Vec<_> = self.named_modules.contributions(manifest, name).collect();
        let rows = given
            .into_iter()
            .map(|contribution| rows(runner, &self.frame, contribution, (&to, collect)));
        let rows: Vec<Vec<Row>> = super::run::all_or_reported(rows)?;
        let rows: Vec<Row> = rows.into_iter().flatten().collect();
        let doubled = collect.unique.as_ref().map(|unique| duplicates(&to, unique, &rows));
        if let Some(doubled) = doubled.filter(|doubled| !doubled.is_empty()) {
            return Err(doubled);
        }
        let values: Vec<Value> = rows.iter().map(|row| row.value.clone()).collect();
        self.rows.extend(rows);
        Ok(Value::from(values))
    }
}

/// The values that a module has before anything is computed; none for those that are wrong in the spec.
fn start(
    manifest: &Manifest,
    section: Option<&Section>,
    resolver: &ReferenceResolver<'_>,
    unread: &mut Problems,
) -> BTreeMap<String, Option<Value>> {
    let mut values: BTreeMap<String, Option<Value>> = BTreeMap::new();
    for (name, constant) in &manifest.constants {
        values.insert(name.clone(), Some(constant.value.clone()));
    }
    // With one host these are constants. With several they depend on where the module runs.
    values.insert("at".into(), Some(Value::from(LOOPBACK)));
    values.insert("addresses".into(), Some(Value::from(vec![Value::from(LOOPBACK)])));
    values.insert("here".into(), Some(Value::from(true)));
    values.insert("primary".into(), Some(Value::from(true)));
    let mut resolve = |entry: &SectionEntry, prefix: &str, value: &Value, place: &Place| {
        let resolved = resolver.value(value, &entry.node, prefix, place);
        resolved.map_err(|found| unread.extend(found)).ok()
    };
    if manifest.shape == ModuleShape::List {
        let list = section.and_then(|section| list(manifest, section, &mut resolve));
        values.insert("list".into(), list.map(Value::from));
        return values;
    }
    values.extend(manifest.params.keys().map(|name| (name.clone(), None)));
    let entry = section.and_then(|section| Some((section.entries.first()?, section)));
    let Some((entry, section)) = entry else { return values };
    for (name, value) in super::rows::pairs(&entry.value) {
        let value = resolve(entry, &manifest.name, &value, &section.place);
        values.insert(name, value);
    }
    values
}

/// The entries of a list; none if one of them names a missing file.
fn list(
    manifest: &Manifest,
    section: &Section,
    resolve: &mut dyn FnMut(&SectionEntry, &str, &Value, &Place) -> Option<Value>,
) -> Option<Vec<Value>> {
    let entries = section.entries.iter().enumerate().map(|(index, entry)| {
        let prefix = format!("{}/{}", manifest.name, item_name(&entry.node, index));
        resolve(entry, &prefix, &entry.value, &section.place)
    });
    // Reads all entries, so that every missing file is reported.
    let entries: Vec<Option<Value>> = entries.collect();
    entries.into_iter().collect()
}

/// The name of a list entry within the names of its secrets.
fn item_name(node: &Node, index: usize) -> String {
    let name = node.as_table().and_then(|table| table.get("name"));
    let name = name.and_then(|entry| entry.node.as_str());
    name.map_or_else(|| (index + 1).to_string(), str::to_owned)
}

fn roots(
    modules: &Modules,
    named_modules: &NamedModules<'_>,
    scopes: &IndexMap<String, Arc<ModuleScope>>,
    (facts, read): (KnownFacts<'_>, &Read),
) -> IndexMap<String, Value> {
    let mut roots = IndexMap::new();
    for manifest in modules.iter() {
        for name in std::iter::once(&manifest.name).chain(&manifest.role) {
            let scope = named_modules.find(name).and_then(|found| scopes.get(&found.name));
            let value = match scope {
                Some(scope) => Value::from_dyn_object(scope.clone()),
                None => Value::from_object(AbsentModule(name.clone())),
            };
            roots.insert(name.clone(), value);
        }
    }
    let facts = match facts {
        KnownFacts::Host(facts) => Watched::over(known(named_modules, facts), Arc::clone(read)),
        KnownFacts::Release(facts) => {
            let release = Some(known(named_modules, facts));
            Value::from_object(UnknownFacts { time: facts.time, release })
        }
        KnownFacts::Time(time) => Value::from_object(UnknownFacts { time, release: None }),
    };
    roots.insert("facts".into(), facts);
    roots.insert("host".into(), host());
    roots
}

/// The facts, with every package that a module asks for: `none` if it is not installed.
fn known(named_modules: &NamedModules<'_>, facts: &Facts) -> Value {
    let mut facts = facts.clone();
    for package in named_modules.modules.iter().flat_map(|manifest| &manifest.packages) {
        facts.packages.entry(package.clone()).or_default();
        facts.candidates.entry(package.clone()).or_default();
    }
    Value::from(minijinja::value::Serde(facts))
}

/// The host that is expanded: `at` as others reach it, `bind` where it listens for them, `others`.
fn host() -> Value {
    let nobody = || Value::from(Vec::<Value>::new());
    Value::from_pairs([("at", Value::from(LOOPBACK)), ("bind", nobody()), ("others", nobody())])
}
