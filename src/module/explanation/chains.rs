//! The dotted names that expressions and templates read (`synapse.media.max_upload`), each with its place. `item` and a
//! template's own names are replaced by the names that they stand for.

use crate::diagnostic::{Place, Source};
use crate::module::filter::parse;
use crate::module::form::{Form, FormShape};
use crate::module::syntax::{attribute, expression, statement};
use crate::module::text::{Expression, Text, TextForm, inside};
use minijinja::machinery::ast::{Expr, Stmt};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// One read of a name.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Chain {
    /// The name, part by part.
    pub(super) names: Vec<String>,
    /// Where it is read.
    pub(super) place: Place,
    /// The key of the row for which it is read.
    pub(super) under: Option<String>,
}

/// The reads of one part of a manifest.
#[derive(Default)]
pub(super) struct Chains {
    /// All reads found so far.
    pub(super) found: Vec<Chain>,
    /// The names that `item`, loop variables and `set` variables of a template stand for.
    locals: BTreeMap<String, Vec<String>>,
    under: Option<String>,
}

impl Chains {
    /// The reads below a `for_each`.
    pub(super) fn over(for_each: Option<&Expression>) -> Chains {
        let mut chains = Chains::default();
        let Some(list) = for_each else { return chains };
        chains.expression(list);
        // True for `a.list` and `a.list | sorted`, not for `a.x + b.y`.
        if let [one] = chains.found.as_slice() {
            chains.locals.insert("item".to_owned(), one.names.clone());
        }
        chains
    }

    /// Adds the reads of an expression.
    pub(super) fn expression(&mut self, of: &Expression) {
        self.source(&of.text, &of.place, &of.text, 0);
    }

    /// Adds the reads of a text.
    pub(super) fn text(&mut self, text: &Text) {
        match text.form {
            TextForm::Literal => {}
            TextForm::Single(at) => {
                let source = text.expression().unwrap_or_default();
                self.source(source, &text.place, &text.text, at);
            }
            TextForm::Template => self.statements(&text.text, &text.place),
        }
    }

    /// Adds the reads of all texts of a form.
    pub(super) fn form(&mut self, form: &Form) {
        form.texts(&mut |text| self.text(text));
    }

    /// Adds the reads of a row, key by key.
    pub(super) fn row(&mut self, form: &Form) {
        let FormShape::Table(table) = &form.shape else { return self.form(form) };
        for (key, form) in table {
            self.under = Some(key.clone());
            self.form(form);
        }
        self.under = None;
    }

    /// Adds the reads of a template.
    pub(super) fn template(&mut self, source: &Arc<Source>) {
        self.statements(&source.text, &Place::new(source, 0..source.text.len()));
    }

    fn statements(&mut self, text: &str, place: &Place) {
        let Ok(tree) = parse::template(text) else { return };
        self.bind(&tree);
        let mut seen = Visited::default();
        statement(&tree, &mut |expr| seen.see(expr));
        self.record(seen.found, place, text, 0);
    }

    /// Records what loop and `set` variables stand for, where that is a single name.
    fn bind(&mut self, of: &Stmt<'_>) {
        let (target, value, bodies) = match of {
            Stmt::Template(template) => (None, None, vec![&template.children]),
            Stmt::ForLoop(each) => {
                (Some(&each.target), Some(&each.iter), vec![&each.body, &each.else_body])
            }
            Stmt::Set(set) => (Some(&set.target), Some(&set.expr), vec![]),
            Stmt::IfCond(cond) => (None, None, vec![&cond.true_body, &cond.false_body]),
            Stmt::WithBlock(with) => (None, None, vec![&with.body]),
            _ => (None, None, vec![]),
        };
        if let (Some(Expr::Var(target)), Some(value)) = (target, value) {
            let mut seen = Visited::default();
            expression(value, &mut |expr| seen.see(expr));
            if let Some((names, _)) = seen.found.first() {
                self.locals.insert(target.id.to_owned(), names.clone());
            }
        }
        bodies.into_iter().flatten().for_each(|stmt| self.bind(stmt));
    }

    /// Adds the reads of the expression `source`, which begins at byte `at` of `text`.
    fn source(&mut self, source: &str, place: &Place, text: &str, at: usize) {
        let Ok(tree) = parse::expression(source) else { return };
        let mut seen = Visited::default();
        expression(&tree, &mut |expr| seen.see(expr));
        self.record(seen.found, place, text, at);
    }

    fn record(&mut self, seen: Vec<VariableRead>, place: &Place, text: &str, at: usize) {
        for (names, range) in seen {
            let place = inside(place, text, range.start + at..range.end + at);
            let names = self.resolved(names);
            self.found.push(Chain { names, place, under: self.under.clone() });
        }
    }

    /// The names, with the first one replaced by what it stands for.
    fn resolved(&self, mut names: Vec<String>) -> Vec<String> {
        // Locals may refer to locals; a loop variable that refers to itself would never end.
        for _ in 0..8 {
            let Some(of) = names.first().and_then(|first| self.locals.get(first)) else { break };
            names.splice(..1, of.iter().cloned());
        }
        names
    }
}

/// Names, and their range in the text.
type VariableRead = (Vec<String>, std::ops::Range<usize>);

/// Collects the reads of a walk that visits `a.b.c` before the `a.b` in it.
#[derive(Default)]
struct Visited {
    found: Vec<VariableRead>,
    parts: BTreeSet<usize>,
}

impl Visited {
    fn see(&mut self, expr: &Expr<'_>) {
        if self.parts.contains(&address(expr)) {
            return;
        }
        let span = match expr {
            Expr::GetAttr(get) => get.span(),
            Expr::GetItem(get) => get.span(),
            Expr::Var(var) => var.span(),
            _ => return,
        };
        let mut names = Vec::new();
        let mut at = expr;
        while let Some((base, name)) = attribute(at) {
            names.push(name);
            self.parts.insert(address(base));
            at = base;
        }
        let Expr::Var(root) = at else { return };
        names.push(root.id.to_owned());
        names.reverse();
        self.found.push((names, span.start_offset as usize..span.end_offset as usize));
    }
}

/// Identifies an expression within the tree.
fn address(expr: &Expr<'_>) -> usize {
    std::ptr::from_ref(expr).addr()
}
