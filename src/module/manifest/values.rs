//! Values that modules share: constants, derived values, lists that others fill (`collect`) and the rows that fill them
//! (`contribute`).

use crate::diagnostic::{Diagnostic, Place, Problems, all};
use crate::module::form::Form;
use crate::module::text::Expression;
use crate::module::types::{Field, ParamType, Shape};
use crate::spec::keys::TableReader;
use crate::spec::node::{Entry, Node, Table, Value as Toml};
use indexmap::IndexMap;
use minijinja::Value;

/// `[const.X]`: a constant.
#[derive(Clone, Debug)]
pub struct Constant {
    /// The value.
    pub value: Value,
    /// The names in it.
    pub shape: Shape,
    /// Where it is declared.
    pub place: Place,
}

/// `[derive]`: a value computed once from others.
#[derive(Clone, Debug)]
pub struct Derive {
    /// How it is derived.
    pub form: DeriveForm,
    /// Where it is declared.
    pub place: Place,
}

/// How a value is derived.
#[derive(Clone, Debug)]
pub enum DeriveForm {
    /// By one expression.
    One(Expression),
    /// As a list, item by item.
    Each {
        /// The list that it iterates over.
        for_each: Expression,
        /// The condition that selects items.
        when: Option<Expression>,
        /// The value for each item.
        value: Form,
    },
}

/// `[collect.X]`: a list that other modules fill.
#[derive(Clone, Debug)]
pub struct Collect {
    /// The meaning of a row.
    pub doc: String,
    /// The type of a row.
    pub fields: IndexMap<String, Field>,
    /// The field that must be unique among the rows.
    pub unique: Option<String>,
    /// Where it is declared.
    pub place: Place,
}

/// `[[contribute]]`: rows for another module's list.
#[derive(Clone, Debug)]
pub struct Contribution {
    /// The list that receives the rows.
    pub to: ContributionTarget,
    /// The condition under which they are contributed.
    pub when: Option<Expression>,
    /// The list that it iterates over.
    pub for_each: Option<Expression>,
    /// The row.
    pub value: Form,
    /// Where it is declared.
    pub place: Place,
}

/// `MODULE.X` or `ROLE.X`, with `?` if the target may be absent.
#[derive(Clone, Debug, PartialEq)]
pub struct ContributionTarget {
    /// A module or a role.
    pub module: String,
    /// The list's name.
    pub collect: String,
    /// Whether the module may be absent.
    pub optional: bool,
    /// The place of the target.
    pub place: Place,
}

impl Constant {
    /// Reads a constant: any TOML.
    ///
    /// # Errors
    ///
    /// The value contains a number that is not finite, a reserved character, or a secret in plain text.
    pub fn read(entry: &Entry) -> Result<Constant, Problems> {
        let value = ParamType::Any.read(&entry.node)?;
        Ok(Constant { value, shape: shape(&entry.node), place: entry.key.clone() })
    }
}

/// The names in a TOML value. Tables of similar values are read with computed keys (a version by release), so a table
/// keeps all its keys, and a list of rows has the keys common to all rows.
fn shape(node: &Node) -> Shape {
    match &node.value {
        Toml::Array(items) => {
            let shapes = items.iter().map(shape);
            Shape::List(Box::new(shapes.reduce(common).unwrap_or(Shape::Any)))
        }
        Toml::Table(table) => Shape::Table(
            table.iter().map(|(key, entry)| (key.clone(), shape(&entry.node))).collect(),
        ),
        _ => Shape::Scalar(&[]),
    }
}

/// Returns the part that two shapes have in common.
pub fn common(a: Shape, b: Shape) -> Shape {
    match (a, b) {
        (Shape::Table(a), Shape::Table(mut b)) => Shape::Table(
            a.into_iter()
                .filter_map(|(key, a)| b.shift_remove(&key).map(|b| (key, common(a, b))))
                .collect(),
        ),
        (Shape::List(a), Shape::List(b)) => Shape::List(Box::new(common(*a, *b))),
        (Shape::Map(a), Shape::Map(b)) => Shape::Map(Box::new(common(*a, *b))),
        (a, b) if a == b => a,
        (Shape::Scalar(_), Shape::Scalar(_)) => Shape::Scalar(&[]),
        _ => Shape::Any,
    }
}

impl Derive {
    /// Reads an entry of `[derive]`: an expression, or a table with `for_each`.
    ///
    /// # Errors
    ///
    /// The expression or a template does not parse, or the table lacks `for_each` or `value` or has an unknown key.
    pub fn read(name: &str, entry: &Entry) -> Result<Derive, Problems> {
        let place = entry.key.clone();
        let Some(table) = entry.node.as_table() else {
            return Ok(Derive { form: DeriveForm::One(Expression::read(&entry.node)?), place });
        };
        let mut keys = TableReader::new(format!("`[derive.{name}]`"), table, &entry.key);
        let for_each = required_expression(&mut keys, "for_each");
        let when = expression(&mut keys, "when");
        let value = keys.required("value", "a table or string of templates for each item");
        let value = value.and_then(|entry| keys.ok_or_record(Form::read(&entry.node)));
        let problems = keys.finish();
        match (for_each, value) {
            (Some(for_each), Some(value)) if problems.is_empty() => {
                Ok(Derive { form: DeriveForm::Each { for_each, when, value }, place })
            }
            _ => Err(problems),
        }
    }
}

impl Collect {
    /// Reads `[collect.X]`.
    ///
    /// # Errors
    ///
    /// The entry is not a table, a key is missing, unknown or of the wrong type, a field is invalid, or `unique` is
    /// not one of the fields (`module/collect`).
    pub fn read(name: &str, entry: &Entry) -> Result<Collect, Problems> {
        let mut keys = TableReader::of_node(format!("`[collect.{name}]`"), &entry.node)
            .map_err(|problem| vec![problem])?;
        let doc = keys.required_text("doc", "what a row means").unwrap_or_default().to_owned();
        let unique = keys.text("unique").map(str::to_owned);
        let fields = keys.required("fields", "the keys of a row with their types");
        let fields = fields.and_then(|entry| keys.ok_or_record(read_fields(&entry.node)));
        // Not if the fields cannot be read: it may be one of them.
        let is_other =
            |unique: &&String| fields.as_ref().is_some_and(|all| !all.contains_key(*unique));
        if let Some(unique) = unique.as_ref().filter(is_other) {
            let message = format!("`unique` names `{unique}`, which is not one of `fields`");
            keys.push(Diagnostic::error("module/collect", message).at(&entry.key));
        }
        let problems = keys.finish();
        let fields = fields.unwrap_or_default();
        let collect = Collect { doc, fields, unique, place: entry.key.clone() };
        if problems.is_empty() { Ok(collect) } else { Err(problems) }
    }

    /// The names in a row.
    pub fn row(&self) -> Shape {
        let fields = self.fields.iter();
        Shape::Table(fields.map(|(name, field)| (name.clone(), field.ty.shape())).collect())
    }
}

fn read_fields(node: &Node) -> Result<IndexMap<String, Field>, Problems> {
    let empty = Table::new();
    let table = node.as_table().unwrap_or(&empty);
    if table.is_empty() {
        let problem = Diagnostic::error("module/collect", "`fields` must be a table of types");
        return Err(vec![problem.at(&node.place)]);
    }
    all(table.iter().map(|(name, entry)| match entry.node.as_table() {
        Some(declared) => Ok((name.clone(), Field::from_manifest(declared, &entry.key)?)),
        None => Err(vec![crate::spec::keys::wrong(&format!("`{name}`"), "a table", &entry.node)]),
    }))
}

impl Contribution {
    /// Reads a `[[contribute]]`.
    ///
    /// # Errors
    ///
    /// The node is not a table, a key is missing, unknown or of the wrong type, an expression or template does not
    /// parse, or `to` does not name a list (`module/contribute`).
    pub fn read(node: &Node) -> Result<Contribution, Problems> {
        let mut keys =
            TableReader::of_node("`[[contribute]]`", node).map_err(|problem| vec![problem])?;
        let takes = "`MODULE.LIST` or `ROLE.LIST`, with `?` at the end when that may be absent";
        let to = keys
            .required("to", takes)
            .and_then(|entry| keys.ok_or_record(ContributionTarget::read(&entry.node)));
        let when = expression(&mut keys, "when");
        let for_each = expression(&mut keys, "for_each");
        let value = keys.required("value", "the row: a table of templates");
        let value = value.and_then(|entry| keys.ok_or_record(Form::read(&entry.node)));
        let problems = keys.finish();
        match (to, value) {
            (Some(to), Some(value)) if problems.is_empty() => {
                Ok(Contribution { to, when, for_each, value, place: node.place.clone() })
            }
            _ => Err(problems),
        }
    }
}

impl ContributionTarget {
    fn read(node: &Node) -> Result<ContributionTarget, Problems> {
        let text = node.as_str().unwrap_or_default();
        let (path, optional) = match text.strip_suffix('?') {
            Some(path) => (path, true),
            None => (text, false),
        };
        match path.split_once('.') {
            Some((module, collect)) if !module.is_empty() && !collect.is_empty() => {
                Ok(ContributionTarget {
                    module: module.to_owned(),
                    collect: collect.to_owned(),
                    optional,
                    place: node.place.clone(),
                })
            }
            _ => Err(vec![
                Diagnostic::error(
                    "module/contribute",
                    "`to` must be `MODULE.LIST`, with `?` when optional",
                )
                .at(&node.place),
            ]),
        }
    }
}

/// Reads an optional expression.
pub(super) fn expression(keys: &mut TableReader<'_>, key: &'static str) -> Option<Expression> {
    let entry = keys.entry(key)?;
    keys.ok_or_record(Expression::read(&entry.node))
}

/// Reads a required expression.
pub(super) fn required_expression(
    keys: &mut TableReader<'_>,
    key: &'static str,
) -> Option<Expression> {
    let entry = keys.required(key, "an expression")?;
    keys.ok_or_record(Expression::read(&entry.node))
}
