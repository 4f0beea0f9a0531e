//! The shapes of expressions; infers them while checking every name, attribute, filter, test and call.

use super::checker::Checker;
use super::filters;
use super::names::host;
use crate::diagnostic::Diagnostic;
use crate::module::filter::TESTS;
use crate::module::manifest::common;
use crate::module::syntax;
use crate::module::types::Shape;
use minijinja::machinery::Span;
use minijinja::machinery::ast::{self, BinOpKind, CallArg, Expr, Spanned, UnaryOpKind};

impl Checker<'_, '_> {
    /// The shape of an expression; none for `none`, which fits everything.
    pub(super) fn infer(&mut self, expr: &Expr<'_>, tested: bool) -> Option<Shape> {
        let scalar = Some(Shape::Scalar(&[]));
        match expr {
            Expr::Const(value) if value.value.is_none() => None,
            Expr::Const(_) => scalar,
            Expr::Var(var) => self.variable(var, tested),
            Expr::GetAttr(get) => self.attribute(&get.expr, get.name, get.span()),
            Expr::GetItem(get) => self.subscript(get),
            Expr::Slice(slice) => {
                syntax::children(expr, &mut |child| drop(self.infer(child, false)));
                self.clone().infer(&slice.expr, false)
            }
            Expr::UnaryOp(op) => {
                self.infer(&op.expr, matches!(op.op, UnaryOpKind::Not));
                scalar
            }
            Expr::BinOp(op) => self.operation(op, tested),
            Expr::Compare(compare) => {
                let others = compare.ops.iter().map(|op| &op.expr);
                let sides: Vec<&Expr<'_>> = std::iter::once(&compare.expr).chain(others).collect();
                self.compare(&sides);
                scalar
            }
            Expr::IfExpr(choice) => self.choice(choice, tested),
            Expr::Filter(filter) => {
                let piped = filter.expr.as_ref().map(|expr| self.infer(expr, false));
                self.arguments(&filter.args);
                filters::shape(self, filter, piped.unwrap_or(scalar))
            }
            Expr::Test(test) => {
                self.test(test);
                scalar
            }
            Expr::Call(call) => {
                self.call(call);
                scalar
            }
            Expr::List(list) => Some(self.list(&list.items)),
            Expr::Tuple(tuple) => Some(self.list(&tuple.items)),
            Expr::Map(map) => Some(self.map(map)),
        }
    }

    fn variable(&mut self, var: &Spanned<ast::Var<'_>>, tested: bool) -> Option<Shape> {
        let name = var.id;
        if let Some(local) = self.locals.iter().rev().find_map(|scope| scope.get(name)) {
            return Some(local.clone());
        }
        match (name, &self.item) {
            ("item", Some(item)) => return Some(item.clone()),
            ("item", None) => {
                let message = "there is no `item` without `for_each`".to_owned();
                self.report(var.span(), "lint/name", message);
                return Some(Shape::Any);
            }
            ("facts", _) => return Some(self.facts.clone()),
            ("host", _) => return Some(host()),
            _ => {}
        }
        let roots = self.names.roots();
        if !roots.contains(&name) {
            let known: Vec<&str> = roots.into_iter().chain(["facts", "host"]).collect();
            let message = format!("there is no `{name}` here");
            self.suggest(var.span(), "lint/name", message, name, &known);
        } else if !tested {
            let message = format!("the module `{name}` is not a value: use one of its names");
            self.report(var.span(), "lint/module-value", message);
        }
        Some(Shape::Any)
    }

    fn attribute(&mut self, base: &Expr<'_>, name: &str, span: Span) -> Option<Shape> {
        if let Expr::Var(var) = base {
            let local = self.locals.iter().any(|scope| scope.contains_key(var.id));
            if !local && !self.names.behind(var.id).is_empty() {
                return Some(self.of_module_name(var.id, name, span));
            }
        }
        let shape = self.infer(base, false)?;
        if let Some((Expr::Var(var), list)) = syntax::attribute(base)
            && var.id == "facts"
            && matches!(&shape, Shape::Table(table) if list != "os" && !table.contains_key(name))
        {
            let message = format!("the fact `{list}.{name}` is not requested");
            let help = format!("add `{name}` to `[facts] packages`");
            self.push(span, Diagnostic::error("lint/facts", message).help(help));
            return Some(Shape::Any);
        }
        Some(self.field(&shape, (dotted(base).as_deref(), name), span))
    }

    fn of_module_name(&mut self, module: &str, name: &str, span: Span) -> Shape {
        if let Some(shape) = self.names.shape(module, name) {
            return shape;
        }
        let known = self.names.known(module);
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        let message = match self.names.behind(module).as_slice() {
            [one] if one.params.contains_key(name) => {
                format!(
                    "`{module}` has several entries: read `{name}` of an item of `{module}.list`"
                )
            }
            [_, _, ..] => format!("not all modules that can be `{module}` have `{name}`"),
            _ => format!("`{module}` has no `{name}`"),
        };
        self.suggest(span, "lint/name", message, name, &known);
        Shape::Any
    }

    /// A field of a shape; `of`: the name of the value that has this shape, if it has one.
    pub(super) fn field(
        &mut self,
        shape: &Shape,
        (of, name): (Option<&str>, &str),
        span: Span,
    ) -> Shape {
        let (message, known): (String, Vec<&str>) = match shape {
            Shape::Any => return Shape::Any,
            Shape::Map(of) => return (**of).clone(),
            Shape::Table(table) => match table.get(name) {
                Some(field) => return field.clone(),
                None => (
                    match of {
                        Some(of) => format!("`{of}` has no `{name}`"),
                        None => format!("there is no field `{name}` here"),
                    },
                    table.keys().map(String::as_str).collect(),
                ),
            },
            Shape::Scalar(fields) if fields.contains(&name) => return Shape::Scalar(&[]),
            Shape::Scalar(fields) if name == "text" && !fields.is_empty() => {
                return Shape::Scalar(&[]);
            }
            Shape::Scalar(fields) => (format!("this value has no `{name}`"), fields.to_vec()),
            Shape::List(_) => (format!("a list has no `{name}`: use one of its items"), Vec::new()),
            Shape::Secret => ("a secret has no fields".to_owned(), Vec::new()),
        };
        self.suggest(span, "lint/name", message, name, &known);
        Shape::Any
    }

    fn subscript(&mut self, get: &Spanned<ast::GetItem<'_>>) -> Option<Shape> {
        if let Expr::Const(key) = &get.subscript_expr
            && let Some(name) = key.value.as_str()
        {
            return self.attribute(&get.expr, name, get.span());
        }
        self.infer(&get.subscript_expr, false);
        match self.infer(&get.expr, false)? {
            Shape::List(of) | Shape::Map(of) => Some(*of),
            Shape::Table(table) => Some(table.into_values().reduce(common).unwrap_or(Shape::Any)),
            other => Some(other),
        }
    }

    fn operation(&mut self, op: &ast::BinOp<'_>, tested: bool) -> Option<Shape> {
        match op.op {
            // The left side only matters for its truth: if it is false, it is treated like `none`.
            BinOpKind::ScAnd => {
                self.infer(&op.left, true);
                self.infer(&op.right, tested)
            }
            BinOpKind::ScOr => {
                let left = self.infer(&op.left, tested);
                either(left, self.infer(&op.right, tested))
            }
            BinOpKind::Eq
            | BinOpKind::Ne
            | BinOpKind::Lt
            | BinOpKind::Lte
            | BinOpKind::Gt
            | BinOpKind::Gte => {
                self.compare(&[&op.left, &op.right]);
                Some(Shape::Scalar(&[]))
            }
            _ => {
                let sides = (self.infer(&op.left, false), self.infer(&op.right, false));
                match sides {
                    (Some(Shape::List(a)), Some(Shape::List(b))) => {
                        either(Some(*a), Some(*b)).map(|of| Shape::List(Box::new(of)))
                    }
                    (Some(Shape::Any), _) | (_, Some(Shape::Any)) => Some(Shape::Any),
                    _ => Some(Shape::Scalar(&[])),
                }
            }
        }
    }

    /// Checks a comparison: a spelt value (`90d`) is an object and never equals a text.
    fn compare(&mut self, sides: &[&Expr<'_>]) {
        let seen: Vec<(bool, Option<Shape>)> = sides
            .iter()
            .map(|side| (matches!(side, Expr::Const(_)), self.infer(side, false)))
            .collect();
        let spelt = seen.iter().zip(sides).find_map(|((_, shape), side)| match shape {
            Some(Shape::Scalar(fields)) => Some((*fields.first()?, side.span())),
            _ => None,
        });
        let plain = |(constant, shape): &(bool, Option<Shape>)| *constant && shape.is_some();
        if let Some((field, span)) = spelt.filter(|_| seen.iter().any(plain)) {
            let message =
                format!("this value is compared by a field of it, such as `.{field}` or `.text`");
            self.report(span, "lint/compare", message);
        }
    }

    fn choice(&mut self, choice: &Spanned<ast::IfExpr<'_>>, tested: bool) -> Option<Shape> {
        self.infer(&choice.test_expr, true);
        let yes = self.infer(&choice.true_expr, tested);
        match &choice.false_expr {
            Some(no) => either(yes, self.infer(no, tested)),
            None => {
                let message = "add the other case: `x if y else none`".to_owned();
                self.report(choice.span(), "lint/else", message);
                yes
            }
        }
    }

    fn test(&mut self, test: &Spanned<ast::Test<'_>>) {
        if !TESTS.contains(&test.name) {
            let message = format!("there is no test `{}`", test.name);
            self.suggest(test.span(), "lint/test", message, test.name, TESTS);
        }
        self.infer(&test.expr, false);
        self.arguments(&test.args);
    }

    fn call(&mut self, call: &Spanned<ast::Call<'_>>) {
        self.arguments(&call.args);
        match &call.expr {
            Expr::Var(var) => {
                let local = self.locals.iter().any(|scope| scope.contains_key(var.id));
                if !local {
                    let message = format!("there is no function `{}`", var.id);
                    self.report(call.span(), "lint/call", message);
                }
            }
            Expr::GetAttr(get) if matches!(&get.expr, Expr::Var(var) if var.id == "loop") => {}
            _ => {
                let message = "values have no methods: use a filter".to_owned();
                self.report(call.span(), "lint/call", message);
            }
        }
    }

    /// Checks the arguments of a call.
    pub(super) fn arguments(&mut self, args: &[CallArg<'_>]) {
        for arg in args {
            match arg {
                CallArg::Pos(expr)
                | CallArg::Kwarg(_, expr)
                | CallArg::PosSplat(expr)
                | CallArg::KwargSplat(expr) => drop(self.infer(expr, false)),
            }
        }
    }

    fn list(&mut self, items: &[Expr<'_>]) -> Shape {
        let shapes: Vec<Option<Shape>> = items.iter().map(|item| self.infer(item, false)).collect();
        Shape::List(Box::new(shapes.into_iter().reduce(either).flatten().unwrap_or(Shape::Any)))
    }

    fn map(&mut self, map: &ast::Map<'_>) -> Shape {
        let mut table = indexmap::IndexMap::new();
        let mut computed = false;
        for (key, value) in map.keys.iter().zip(&map.values) {
            let shape = self.infer(value, false).unwrap_or(Shape::Any);
            match key {
                Expr::Const(key) => drop(table.insert(key.value.to_string(), shape)),
                _ => {
                    self.infer(key, false);
                    computed = true;
                }
            }
        }
        if computed { Shape::Map(Box::new(Shape::Any)) } else { Shape::Table(table) }
    }
}

/// The name of a value such as `facts.os`; none for a computed one.
fn dotted(expr: &Expr<'_>) -> Option<String> {
    if let Expr::Var(var) = expr {
        return Some(var.id.to_owned());
    }
    let (base, name) = syntax::attribute(expr)?;
    Some(format!("{}.{name}", dotted(base)?))
}

/// The shape of a value that is one of two; `none` fits everything.
pub(super) fn either(a: Option<Shape>, b: Option<Shape>) -> Option<Shape> {
    match (a, b) {
        (Some(a), Some(b)) => Some(common(a, b)),
        (a, b) => a.or(b),
    }
}
