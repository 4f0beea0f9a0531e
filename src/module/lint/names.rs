//! The meaning of every name, for the lint: modules, roles, facts, and the names inside them. The shape of a derived
//! value is inferred from its expression; an unknown one is `Any`.

use super::checker::Checker;
use crate::facts::Facts;
use crate::module::Modules;
use crate::module::manifest::{DeriveForm, Manifest, ModuleShape, RESERVED, common};
use crate::module::types::Shape;
use std::cell::RefCell;
use std::collections::BTreeMap;

/// All known names.
pub(super) struct KnownNames<'m> {
    modules: &'m Modules,
    derived: RefCell<BTreeMap<(String, String), Shape>>,
}

impl<'m> KnownNames<'m> {
    /// The names of these modules.
    pub(super) fn new(modules: &'m Modules) -> KnownNames<'m> {
        KnownNames { modules, derived: RefCell::default() }
    }

    /// The module with this name, or those that fill this role.
    pub(super) fn behind(&self, name: &str) -> Vec<&'m Manifest> {
        match self.modules.get(name) {
            Some(manifest) => vec![manifest],
            None => {
                let all = self.modules.iter();
                all.filter(|manifest| manifest.role.as_deref() == Some(name)).collect()
            }
        }
    }

    /// All names of modules and roles.
    pub(super) fn roots(&self) -> Vec<&'m str> {
        let all = self.modules.iter();
        all.flat_map(|one| [Some(one.name.as_str()), one.role.as_deref()]).flatten().collect()
    }

    /// The shape of `module.name`; through a role, only names that all of its modules have.
    pub(super) fn shape(&self, module: &str, name: &str) -> Option<Shape> {
        let shapes = self.behind(module).into_iter().map(|manifest| self.of(manifest, name));
        shapes.reduce(|a, b| Some(common(a?, b?))).flatten()
    }

    /// All names that can be read as `module.name`.
    pub(super) fn known(&self, module: &str) -> Vec<String> {
        let behind = self.behind(module);
        let Some(first) = behind.first() else { return Vec::new() };
        let names = first.names().map(|(name, _)| name).chain(RESERVED);
        names.filter(|name| self.shape(module, name).is_some()).map(str::to_owned).collect()
    }

    fn of(&self, manifest: &'m Manifest, name: &str) -> Option<Shape> {
        let scalar = || Shape::Scalar(&[]);
        let is_list = manifest.shape == ModuleShape::List;
        match name {
            "at" | "here" | "primary" => return Some(scalar()),
            "addresses" | "provided" => return Some(Shape::List(Box::new(scalar()))),
            "list" => return is_list.then(|| Shape::List(Box::new(entry(manifest)))),
            _ => {}
        }
        if let Some(param) = manifest.params.get(name) {
            // The parameters of a list module are read through its entries.
            return (!is_list).then(|| param.field.ty.shape());
        }
        let constant = manifest.constants.get(name).map(|constant| constant.shape.clone());
        let collect = manifest.collects.get(name).map(|one| Shape::List(Box::new(one.row())));
        constant.or(collect).or_else(|| self.derive(manifest, name))
    }

    fn derive(&self, manifest: &'m Manifest, name: &str) -> Option<Shape> {
        let derive = manifest.derives.get(name)?;
        let key = (manifest.name.clone(), name.to_owned());
        if let Some(known) = self.derived.borrow().get(&key) {
            return Some(known.clone());
        }
        // Circular values are reported when values are ordered; here their shape stays unknown.
        self.derived.borrow_mut().insert(key.clone(), Shape::Any);
        let mut checker = Checker::of_module(self, manifest);
        let shape = match &derive.form {
            DeriveForm::One(expression) => checker.expression(expression, false),
            DeriveForm::Each { for_each, value, .. } => {
                let item = checker.items(for_each);
                Shape::List(Box::new(checker.with_item(item).form(value)))
            }
        };
        self.derived.borrow_mut().insert(key, shape.clone());
        Some(shape)
    }
}

/// One entry of a list module.
fn entry(manifest: &Manifest) -> Shape {
    let params = manifest.params.iter();
    Shape::Table(params.map(|(name, param)| (name.clone(), param.field.ty.shape())).collect())
}

/// The facts that a module may read: of the packages, only those that it asks for.
pub(super) fn facts(packages: Option<&[String]>) -> Shape {
    let facts = serde_json::to_value(Facts::default()).unwrap_or_default();
    let Shape::Table(mut table) = of_json(&facts) else { return Shape::Any };
    let versions = packages.map(|names| {
        Shape::Table(names.iter().map(|name| (name.clone(), Shape::Scalar(&[]))).collect())
    });
    for list in ["packages", "candidates"] {
        table.extend(versions.clone().map(|versions| (list.to_owned(), versions)));
    }
    Shape::Table(table)
}

/// The shape of default facts: an empty table may contain anything.
fn of_json(value: &serde_json::Value) -> Shape {
    match value {
        serde_json::Value::Array(_) => Shape::List(Box::new(Shape::Scalar(&[]))),
        serde_json::Value::Object(table) if table.is_empty() => {
            Shape::Map(Box::new(Shape::Scalar(&[])))
        }
        serde_json::Value::Object(table) => {
            Shape::Table(table.iter().map(|(name, value)| (name.clone(), of_json(value))).collect())
        }
        _ => Shape::Scalar(&[]),
    }
}

/// `host`: see `universe` in the expansion.
pub(super) fn host() -> Shape {
    let list = || Shape::List(Box::new(Shape::Scalar(&[])));
    let pairs = [("at", Shape::Scalar(&[])), ("bind", list()), ("others", list())];
    Shape::Table(pairs.into_iter().map(|(name, shape)| (name.to_owned(), shape)).collect())
}
