//! The order in which values are computed: by reference, across modules. Values that depend on each other are an error
//! that prints the cycle.

use crate::diagnostic::{Diagnostic, Place, Problems};
use crate::module::manifest::{Contribution, DeriveForm, Manifest};
use crate::module::syntax::Reference;
use indexmap::{IndexMap, IndexSet};
use std::collections::BTreeSet;

/// A computed value: module and name.
pub(super) type ValueNode = (String, String);

/// The modules of one host, by their names in expressions.
pub(super) struct NamedModules<'m> {
    /// The modules, in order.
    pub(super) modules: Vec<&'m Manifest>,
}

impl<'m> NamedModules<'m> {
    /// The module with this name, or the one that fills this role.
    pub(super) fn find(&self, name: &str) -> Option<&'m Manifest> {
        let by_name = self.modules.iter().find(|manifest| manifest.name == name);
        let by_role = || self.modules.iter().find(|one| one.role.as_deref() == Some(name));
        by_name.or_else(by_role).copied()
    }

    /// All contributions to a list, with the modules they come from.
    pub(super) fn contributions(
        &self,
        module: &'m Manifest,
        collect: &str,
    ) -> impl Iterator<Item = (&'m Manifest, &'m Contribution)> {
        let all = self.modules.iter().flat_map(|from| {
            from.contributions.iter().map(move |contribution| (*from, contribution))
        });
        all.filter(move |(_, contribution)| {
            let to = self.find(&contribution.to.module).map(|to| to.name.as_str());
            to == Some(module.name.as_str()) && contribution.to.collect == collect
        })
    }

    /// All computed values, each after those it refers to.
    pub(super) fn order(&self) -> Result<Vec<ValueNode>, Problems> {
        let mut walk =
            OrderWalk { edges: self.edges(), done: IndexSet::new(), path: IndexSet::new() };
        let nodes: Vec<ValueNode> = walk.edges.keys().cloned().collect();
        for node in &nodes {
            walk.visit(node).map_err(|cycle| vec![self.cycle(&cycle)])?;
        }
        Ok(walk.done.into_iter().collect())
    }

    fn edges(&self) -> IndexMap<ValueNode, Vec<ValueNode>> {
        let nodes = self.modules.iter().flat_map(|module| {
            let names = module.collects.keys().chain(module.derives.keys());
            names.map(move |name| (module.name.clone(), name.clone()))
        });
        nodes.map(|node| (node.clone(), self.needs(&node))).collect()
    }

    fn needs(&self, (module, name): &ValueNode) -> Vec<ValueNode> {
        let Some(manifest) = self.find(module) else { return Vec::new() };
        let mut reads: BTreeSet<&Reference> = BTreeSet::new();
        match manifest.derives.get(name).map(|derive| &derive.form) {
            Some(DeriveForm::One(expression)) => reads.extend(&expression.reads),
            Some(DeriveForm::Each { for_each, when, value }) => {
                reads.extend(&for_each.reads);
                reads.extend(when.iter().flat_map(|when| &when.reads));
                reads.extend(value.reads());
            }
            None => self.contributions(manifest, name).for_each(|(_, contribution)| {
                reads.extend(
                    contribution
                        .when
                        .iter()
                        .chain(&contribution.for_each)
                        .flat_map(|one| &one.reads),
                );
                reads.extend(contribution.value.reads());
            }),
        }
        reads.into_iter().filter_map(|(root, name)| self.node(root, name)).collect()
    }

    /// The computed value behind a reference; none for parameters and constants, which are known from the start.
    fn node(&self, root: &str, name: &str) -> Option<ValueNode> {
        let manifest = self.find(root)?;
        let computed = manifest.derives.contains_key(name) || manifest.collects.contains_key(name);
        computed.then(|| (manifest.name.clone(), name.to_owned()))
    }

    fn place(&self, (module, name): &ValueNode) -> Option<&'m Place> {
        let manifest = self.find(module)?;
        manifest.names().find(|(other, _)| other == name).map(|(_, place)| place)
    }

    fn cycle(&self, cycle: &[ValueNode]) -> Diagnostic {
        let path: Vec<String> =
            cycle.iter().map(|(module, name)| format!("`{module}.{name}`")).collect();
        let message = format!("circular values: {}", path.join(" → "));
        let mut problem = Diagnostic::error("module/cycle", message)
            .help("compute one of them from parameters only");
        let places = cycle.iter().skip(1).filter_map(|node| self.place(node));
        for (index, place) in places.enumerate() {
            problem = if index == 0 { problem.at(place) } else { problem.see(place, "") };
        }
        problem
    }
}

struct OrderWalk {
    edges: IndexMap<ValueNode, Vec<ValueNode>>,
    done: IndexSet<ValueNode>,
    path: IndexSet<ValueNode>,
}

impl OrderWalk {
    /// Visits the dependencies of a node, then the node; the error is the cycle, with its first node repeated at the
    /// end.
    fn visit(&mut self, node: &ValueNode) -> Result<(), Vec<ValueNode>> {
        if self.done.contains(node) {
            return Ok(());
        }
        if let Some(start) = self.path.get_index_of(node) {
            let cycle = self.path.iter().skip(start).chain([node]);
            return Err(cycle.cloned().collect());
        }
        self.path.insert(node.clone());
        for needed in self.edges.get(node).cloned().unwrap_or_default() {
            self.visit(&needed)?;
        }
        self.path.shift_remove(node);
        self.done.insert(node.clone());
        Ok(())
    }
}
