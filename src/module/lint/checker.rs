//! Checks texts, forms and templates: every expression in them, even in branches that are never taken. Unknown values
//! pass as `Any`, since running is strict too.

use super::names::{KnownNames, facts};
use crate::diagnostic::{Diagnostic, Place, Problems, nearest};
use crate::module::filter::parse;
use crate::module::form::{Form, FormShape};
use crate::module::manifest::{Manifest, common};
use crate::module::text::{Expression, Text, TextForm, inside};
use crate::module::types::Shape;
use minijinja::machinery::Span;
use minijinja::machinery::ast::Stmt;
use std::collections::BTreeMap;

/// The state of a check: the known names, and the text being checked.
#[derive(Clone)]
pub(super) struct Checker<'n, 'm> {
    /// All known names.
    pub(super) names: &'n KnownNames<'m>,
    /// The facts that may be read.
    pub(super) facts: Shape,
    /// The item, if any.
    pub(super) item: Option<Shape>,
    /// Whether the result is plain text, in which no secret may appear.
    pub(super) as_plain_text: bool,
    /// The names that loops, `set` and macros bind.
    pub(super) locals: Vec<BTreeMap<String, Shape>>,
    /// The string or file being checked, and its text.
    at: Option<(Place, String)>,
    /// The problems found.
    pub(super) problems: Problems,
}

impl<'n, 'm> Checker<'n, 'm> {
    /// A checker for a module.
    pub(super) fn of_module(names: &'n KnownNames<'m>, manifest: &Manifest) -> Checker<'n, 'm> {
        Checker::new(names, facts(Some(&manifest.packages)))
    }

    /// A checker for a spec.
    pub(super) fn of_spec(names: &'n KnownNames<'m>) -> Checker<'n, 'm> {
        Checker::new(names, facts(None))
    }

    fn new(names: &'n KnownNames<'m>, facts: Shape) -> Checker<'n, 'm> {
        let (item, locals, at, problems) = (None, Vec::new(), None, Problems::new());
        Checker { names, facts, item, as_plain_text: false, locals, at, problems }
    }

    /// A copy of the checker with this item and without problems.
    pub(super) fn with_item(&self, item: Option<Shape>) -> Checker<'n, 'm> {
        Checker { item, problems: Problems::new(), ..self.clone() }
    }

    /// Checks a bare expression; `tested` if only its truth matters.
    pub(super) fn expression(&mut self, expression: &Expression, tested: bool) -> Shape {
        self.at = Some((expression.place.clone(), expression.text.clone()));
        match parse::expression(&expression.text) {
            Ok(tree) => self.infer(&tree, tested).unwrap_or(Shape::Any),
            Err(_) => Shape::Any,
        }
    }

    /// Checks a `for_each`; returns the shape of its items.
    pub(super) fn items(&mut self, list: &Expression) -> Option<Shape> {
        match self.expression(list, false) {
            Shape::List(of) => Some(*of),
            Shape::Any => Some(Shape::Any),
            _ => {
                let message = "`for_each` takes a list";
                self.problems.push(Diagnostic::error("lint/for-each", message).at(&list.place));
                Some(Shape::Any)
            }
        }
    }

    /// Checks a text whose value keeps its type if it is a single expression.
    pub(super) fn value(&mut self, text: &Text) -> Shape {
        match text.form {
            TextForm::Literal => Shape::Scalar(&[]),
            TextForm::Template => {
                self.template(&text.text, &text.place);
                Shape::Scalar(&[])
            }
            TextForm::Single(_) => {
                self.at = Some((text.place.clone(), text.text.clone()));
                let tree = parse::template(&text.text);
                let Ok(Stmt::Template(tree)) = &tree else { return Shape::Any };
                let Some(Stmt::EmitExpr(emit)) = tree.children.first() else { return Shape::Any };
                self.infer(&emit.expr, false).unwrap_or(Shape::Any)
            }
        }
    }

    /// Checks a text that is rendered as plain text: no list, no table, no secret.
    pub(super) fn plain_text(&mut self, text: &Text) {
        self.as_plain_text = true;
        let shape = self.value(text);
        self.as_plain_text = false;
        let what = match shape {
            Shape::Secret => "a secret cannot be used here",
            Shape::List(_) | Shape::Table(_) | Shape::Map(_) => "a list or table cannot be printed",
            _ => return,
        };
        self.problems.push(Diagnostic::error("lint/print", what).at(&text.place));
    }

    /// Checks all texts of a form.
    pub(super) fn form(&mut self, form: &Form) -> Shape {
        match &form.shape {
            FormShape::Text(text) => self.value(text),
            FormShape::Secret(_) => Shape::Secret,
            FormShape::List(items) => {
                let shapes: Vec<Shape> = items.iter().map(|item| self.form(item)).collect();
                Shape::List(Box::new(shapes.into_iter().reduce(common).unwrap_or(Shape::Any)))
            }
            FormShape::Table(table) => {
                Shape::Table(table.iter().map(|(key, one)| (key.clone(), self.form(one))).collect())
            }
            _ => Shape::Scalar(&[]),
        }
    }

    /// Checks the text of a template at this place.
    pub(super) fn template(&mut self, text: &str, place: &Place) {
        self.at = Some((place.clone(), text.to_owned()));
        match parse::template(text) {
            Ok(tree) => self.statement(&tree),
            Err(failure) => {
                self.problems.push(crate::module::text::failed(&failure, place, text, 0));
            }
        }
    }

    /// Adds a problem at a span of the text.
    pub(super) fn report(&mut self, span: Span, code: &'static str, message: String) {
        self.suggest(span, code, message, "", &[]);
    }

    /// Adds a problem that suggests the most similar known name.
    pub(super) fn suggest(
        &mut self,
        span: Span,
        code: &'static str,
        message: String,
        given: &str,
        known: &[&str],
    ) {
        let problem = Diagnostic::error(code, message);
        let problem = match nearest(given, known.iter().copied()) {
            Some(near) => problem.help(format!("did you mean `{near}`?")),
            None if known.is_empty() => problem,
            None => problem.help(format!("known here: `{}`", known.join("`, `"))),
        };
        self.push(span, problem);
    }

    pub(super) fn push(&mut self, span: Span, problem: Diagnostic) {
        let Some((place, text)) = &self.at else { return };
        let range = span.start_offset as usize..span.end_offset as usize;
        let problem = problem.at(&inside(place, text, range));
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }
}
