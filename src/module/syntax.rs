//! Walks minijinja's syntax tree. The tree is not a stable interface: minijinja is pinned, and this file and the lint
//! need review when the pin moves.

use super::filter::parse;
use minijinja::Value;
use minijinja::machinery::ast::{CallArg, Expr, Stmt};
use std::collections::BTreeSet;

/// `root.name`, as read by an expression.
pub(super) type Reference = (String, String);

/// The names that an expression or a template reads, as far as is known without running it.
pub(super) type Reads = BTreeSet<Reference>;

/// The names that an expression reads.
pub(super) fn reads(tree: &Expr<'_>) -> Reads {
    let mut reads = Reads::new();
    expression(tree, &mut |expr| reads.extend(reference(expr)));
    reads
}

/// The names that a template reads.
pub(super) fn reads_of_template(tree: &Stmt<'_>) -> Reads {
    let mut reads = Reads::new();
    statement(tree, &mut |expr| reads.extend(reference(expr)));
    reads
}

fn reference(expr: &Expr<'_>) -> Option<Reference> {
    match attribute(expr)? {
        (Expr::Var(root), name) => Some((root.id.to_owned(), name)),
        _ => None,
    }
}

/// Every complete chain `root.name.below` of an expression, in the order of the text.
pub(super) fn chains(source: &str) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    if let Ok(tree) = parse::expression(source) {
        chains_of(&tree, &mut found);
    }
    found
}

fn chains_of(expr: &Expr<'_>, found: &mut Vec<Vec<String>>) {
    match chain(expr) {
        Some(chain) => found.push(chain),
        None => children(expr, &mut |child| chains_of(child, found)),
    }
}

fn chain(expr: &Expr<'_>) -> Option<Vec<String>> {
    if let Expr::Var(root) = expr {
        return Some(vec![root.id.to_owned()]);
    }
    let (base, name) = attribute(expr)?;
    let mut names = chain(base)?;
    names.push(name);
    Some(names)
}

/// The base and the name of `base.name` and `base['name']`.
pub(super) fn attribute<'t, 's>(expr: &'t Expr<'s>) -> Option<(&'t Expr<'s>, String)> {
    match expr {
        Expr::GetAttr(get) => Some((&get.expr, get.name.to_owned())),
        Expr::GetItem(get) => match &get.subscript_expr {
            Expr::Const(name) => Some((&get.expr, text(&name.value)?)),
            _ => None,
        },
        _ => None,
    }
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

/// Calls `see` with an expression and every expression below it.
pub(super) fn expression<'t, 's>(expr: &'t Expr<'s>, see: &mut dyn FnMut(&'t Expr<'s>)) {
    see(expr);
    children(expr, &mut |child| expression(child, see));
}

/// Calls `each` with the direct children of an expression.
pub(super) fn children<'t, 's>(expr: &'t Expr<'s>, each: &mut dyn FnMut(&'t Expr<'s>)) {
    match expr {
        Expr::Var(_) | Expr::Const(_) => {}
        Expr::Slice(slice) => {
            each(&slice.expr);
            [&slice.start, &slice.stop, &slice.step].into_iter().flatten().for_each(each);
        }
        Expr::UnaryOp(op) => each(&op.expr),
        Expr::BinOp(op) => [&op.left, &op.right].into_iter().for_each(each),
        Expr::Compare(compare) => {
            each(&compare.expr);
            compare.ops.iter().for_each(|op| each(&op.expr));
        }
        Expr::IfExpr(choice) => {
            [&choice.test_expr, &choice.true_expr].into_iter().for_each(&mut *each);
            choice.false_expr.iter().for_each(each);
        }
        Expr::Filter(filter) => {
            filter.expr.iter().for_each(&mut *each);
            arguments(&filter.args, each);
        }
        Expr::Test(test) => {
            each(&test.expr);
            arguments(&test.args, each);
        }
        Expr::GetAttr(get) => each(&get.expr),
        Expr::GetItem(get) => [&get.expr, &get.subscript_expr].into_iter().for_each(each),
        Expr::Call(call) => {
            each(&call.expr);
            arguments(&call.args, each);
        }
        Expr::List(list) => list.items.iter().for_each(each),
        Expr::Tuple(tuple) => tuple.items.iter().for_each(each),
        Expr::Map(map) => map.keys.iter().chain(&map.values).for_each(each),
    }
}

fn arguments<'t, 's>(args: &'t [CallArg<'s>], each: &mut dyn FnMut(&'t Expr<'s>)) {
    for arg in args {
        match arg {
            CallArg::Pos(expr)
            | CallArg::Kwarg(_, expr)
            | CallArg::PosSplat(expr)
            | CallArg::KwargSplat(expr) => each(expr),
        }
    }
}

/// Calls `see` with all expressions of a statement and of the statements below it.
pub(super) fn statement<'t, 's>(stmt: &'t Stmt<'s>, see: &mut dyn FnMut(&'t Expr<'s>)) {
    let mut expr = |one: &'t Expr<'s>| expression(one, see);
    let bodies: Vec<&'t [Stmt<'s>]> = match stmt {
        Stmt::Template(template) => vec![&template.children],
        Stmt::EmitRaw(_) => vec![],
        Stmt::EmitExpr(emit) => {
            expr(&emit.expr);
            vec![]
        }
        Stmt::ForLoop(each) => {
            expr(&each.iter);
            each.filter_expr.iter().for_each(expr);
            vec![&each.body, &each.else_body]
        }
        Stmt::IfCond(cond) => {
            expr(&cond.expr);
            vec![&cond.true_body, &cond.false_body]
        }
        Stmt::WithBlock(with) => {
            with.assignments.iter().for_each(|(_, value)| expr(value));
            vec![&with.body]
        }
        Stmt::Set(set) => {
            expr(&set.expr);
            vec![]
        }
        Stmt::SetBlock(set) => {
            set.filter.iter().for_each(expr);
            vec![&set.body]
        }
        Stmt::AutoEscape(escape) => {
            expr(&escape.enabled);
            vec![&escape.body]
        }
        Stmt::FilterBlock(filter) => {
            expr(&filter.filter);
            vec![&filter.body]
        }
        Stmt::Macro(declared) => {
            declared.defaults.iter().for_each(expr);
            vec![&declared.body]
        }
        Stmt::CallBlock(block) => {
            expr(&block.call.expr);
            arguments(&block.call.args, &mut expr);
            vec![&block.macro_decl.body]
        }
        Stmt::Do(once) => {
            expr(&once.call.expr);
            arguments(&once.call.args, &mut expr);
            vec![]
        }
        // The lint refuses these.
        Stmt::Block(_) | Stmt::Import(_) | Stmt::FromImport(_) => vec![],
        Stmt::Extends(_) | Stmt::Include(_) => vec![],
    };
    bodies.into_iter().flatten().for_each(|stmt| statement(stmt, see));
}
