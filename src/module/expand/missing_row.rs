//! Explains the most common failure of an expression: a table of the manifest, such as versions by release, has no row
//! for this host.

use super::scope::EvalFrame;
use crate::diagnostic::Diagnostic;
use crate::module::filter;
use crate::module::syntax;
use minijinja::Value;
use minijinja::machinery::ast::{Expr, GetItem};

/// The problem, naming the missing key if that is the cause.
pub(super) fn name_missing_row(source: &str, frame: &EvalFrame, problem: Diagnostic) -> Diagnostic {
    let Ok(tree) = filter::parse::expression(source) else { return problem };
    let mut missing = None;
    syntax::expression(&tree, &mut |expr| {
        if let Expr::GetItem(get) = expr {
            missing = missing.take().or_else(|| missing_key(get, frame));
        }
    });
    match missing {
        None => problem,
        Some((message, help)) => Diagnostic { message, ..problem }.help(help),
    }
}

fn missing_key(get: &GetItem<'_>, frame: &EvalFrame) -> Option<(String, String)> {
    let (table, key) = (path(&get.expr)?, path(&get.subscript_expr)?);
    let value = |path: &str| filter::eval(path, &frame.to_value()).ok();
    let (rows, key_value) = (value(&table)?, value(&key)?);
    let known: Vec<String> = rows.try_iter().ok()?.map(|key| key.to_string()).collect();
    if key_value.is_none() {
        let message =
            format!("`{key}` is not known for this host, so `{table}` cannot be looked up");
        return Some((message, "run `matrixform facts` to see what is known".to_owned()));
    }
    let key = key_value.to_string();
    if known.contains(&key) || rows.as_object()?.get_value(&Value::from(key.as_str())).is_some() {
        return None;
    }
    let known = known.join("`, `");
    let message = format!("`{table}` has no row for `{key}`");
    Some((message, format!("this module knows `{known}`: use one of them, or add a row")))
}

/// `a.b.c` of a chain of names.
fn path(expr: &Expr<'_>) -> Option<String> {
    match expr {
        Expr::Var(var) => Some(var.id.to_owned()),
        Expr::GetAttr(get) => Some(format!("{}.{}", path(&get.expr)?, get.name)),
        _ => None,
    }
}
