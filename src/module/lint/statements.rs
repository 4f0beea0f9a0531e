//! Checks the statements of templates, and binds their names. A template's name never hides a module: `synapse.port`
//! would mean two things in one file.

use super::checker::Checker;
use crate::module::types::Shape;
use minijinja::machinery::Span;
use minijinja::machinery::ast::{self, Expr, Spanned, Stmt};
use std::collections::BTreeMap;

impl Checker<'_, '_> {
    /// Checks a statement and those below it.
    pub(super) fn statement(&mut self, stmt: &Stmt<'_>) {
        match stmt {
            Stmt::Template(template) => self.block(&template.children),
            Stmt::EmitRaw(_) => {}
            Stmt::EmitExpr(emit) => self.print(&emit.expr),
            Stmt::ForLoop(each) => self.each(each),
            Stmt::IfCond(cond) => {
                self.infer(&cond.expr, true);
                self.block(&cond.true_body);
                self.block(&cond.false_body);
            }
            Stmt::WithBlock(with) => self.scoped(|checker| {
                for (target, value) in &with.assignments {
                    let shape = checker.infer(value, false).unwrap_or(Shape::Any);
                    checker.bind(target, shape);
                }
                checker.block(&with.body);
            }),
            Stmt::Set(set) => {
                let shape = self.infer(&set.expr, false).unwrap_or(Shape::Any);
                self.bind(&set.target, shape);
            }
            Stmt::SetBlock(set) => {
                set.filter.iter().for_each(|filter| drop(self.infer(filter, false)));
                self.block(&set.body);
                self.bind(&set.target, Shape::Scalar(&[]));
            }
            Stmt::FilterBlock(filter) => {
                self.infer(&filter.filter, false);
                self.block(&filter.body);
            }
            Stmt::Macro(declared) => self.declare(declared, declared.span()),
            Stmt::CallBlock(block) => {
                self.infer_call(&block.call);
                self.macro_body(&block.macro_decl);
            }
            Stmt::Do(once) => self.infer_call(&once.call),
            Stmt::AutoEscape(other) => self.refuse("autoescape", other.span()),
            Stmt::Block(other) => self.refuse("block", other.span()),
            Stmt::Import(other) => self.refuse("import", other.span()),
            Stmt::FromImport(other) => self.refuse("from", other.span()),
            Stmt::Extends(other) => self.refuse("extends", other.span()),
            Stmt::Include(other) => self.refuse("include", other.span()),
        }
    }

    fn refuse(&mut self, word: &str, span: Span) {
        let message = format!("`{word}` is not supported: a template is one file");
        self.report(span, "lint/statement", message);
    }

    fn block(&mut self, body: &[Stmt<'_>]) {
        body.iter().for_each(|stmt| self.statement(stmt));
    }

    fn print(&mut self, expr: &Expr<'_>) {
        let shape = self.infer(expr, false);
        let what = match shape {
            Some(Shape::Secret) if self.as_plain_text => {
                return self.report(
                    expr.span(),
                    "lint/print",
                    "a secret cannot be used here".into(),
                );
            }
            Some(Shape::List(_)) => "a list",
            Some(Shape::Table(_) | Shape::Map(_)) => "a table",
            None => "`none`",
            _ => return,
        };
        self.report(expr.span(), "lint/print", format!("{what} cannot be printed: use a filter"));
    }

    fn each(&mut self, each: &ast::ForLoop<'_>) {
        let item = match self.infer(&each.iter, false) {
            Some(Shape::List(of)) => *of,
            _ => Shape::Any,
        };
        self.scoped(|checker| {
            checker.bind(&each.target, item);
            checker.local("loop", Shape::Any);
            each.filter_expr.iter().for_each(|filter| drop(checker.infer(filter, true)));
            checker.block(&each.body);
        });
        self.block(&each.else_body);
    }

    fn declare(&mut self, declared: &ast::Macro<'_>, span: Span) {
        self.hidden(declared.name, span);
        self.local(declared.name, Shape::Any);
        self.macro_body(declared);
    }

    fn macro_body(&mut self, declared: &ast::Macro<'_>) {
        declared.defaults.iter().for_each(|default| drop(self.infer(default, false)));
        self.scoped(|checker| {
            declared.args.iter().for_each(|arg| checker.bind(arg, Shape::Any));
            checker.local("caller", Shape::Any);
            checker.block(&declared.body);
        });
    }

    fn infer_call(&mut self, call: &Spanned<ast::Call<'_>>) {
        if let Expr::Var(var) = &call.expr
            && !self.locals.iter().any(|scope| scope.contains_key(var.id))
        {
            let message = format!("there is no macro `{}`", var.id);
            self.report(call.span(), "lint/call", message);
        }
        self.arguments(&call.args);
    }

    fn scoped(&mut self, run: impl FnOnce(&mut Self)) {
        self.locals.push(BTreeMap::new());
        run(self);
        self.locals.pop();
    }

    /// Binds the name, or pair of names, that a loop or `set` introduces.
    fn bind(&mut self, target: &Expr<'_>, shape: Shape) {
        match target {
            Expr::Var(var) => {
                self.hidden(var.id, var.span());
                self.local(var.id, shape);
            }
            Expr::List(list) => list.items.iter().for_each(|one| self.bind(one, Shape::Any)),
            Expr::Tuple(tuple) => tuple.items.iter().for_each(|one| self.bind(one, Shape::Any)),
            _ => {}
        }
    }

    fn hidden(&mut self, name: &str, span: Span) {
        let taken = ["facts", "host", "item"].contains(&name);
        if taken || self.names.roots().contains(&name) {
            let message = format!("`{name}` is taken: choose another name");
            self.report(span, "lint/hidden", message);
        }
    }

    fn local(&mut self, name: &str, shape: Shape) {
        if self.locals.is_empty() {
            self.locals.push(BTreeMap::new());
        }
        if let Some(scope) = self.locals.last_mut() {
            scope.insert(name.to_owned(), shape);
        }
    }
}
