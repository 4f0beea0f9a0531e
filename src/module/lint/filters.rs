//! The results of filters, as far as the lint tracks them: filters that select from lists keep the fields of the rows,
//! so that the typo in `(x | having('role', 'sender') | first).prot` is found.

use super::checker::Checker;
use crate::module::filter::{CERTIFICATE_FIELDS, FAULT_FIELDS, FILTERS};
use crate::module::types::Shape;
use minijinja::machinery::ast::{CallArg, Expr, Filter, Spanned};

/// The shape of a filter's result; unknown filters are reported.
pub(super) fn shape(
    checker: &mut Checker<'_, '_>,
    filter: &Spanned<Filter<'_>>,
    piped: Option<Shape>,
) -> Option<Shape> {
    let name = filter.name;
    if !FILTERS.contains(&name) {
        let message = format!("there is no filter `{name}`");
        checker.suggest(filter.span(), "lint/filter", message, name, FILTERS);
        return Some(Shape::Any);
    }
    let scalar = Some(Shape::Scalar(&[]));
    let list = |of: Shape| Some(Shape::List(Box::new(of)));
    match name {
        "first" | "last" => Some(item(piped)),
        "having" => {
            let row = item(piped.clone());
            field(checker, filter, &row);
            piped
        }
        "pluck" => {
            let row = item(piped);
            list(field(checker, filter, &row))
        }
        "map" => mapped(checker, filter, piped),
        "uniq" | "sort" | "loops" | "without_none" | "only" | "without" => piped,
        "keys" | "split" | "paths" => list(Shape::Scalar(&[])),
        "items" => list(Shape::Any),
        "certificates" => list(certificate()),
        "chain_fault" => {
            let fields = FAULT_FIELDS.map(|field| (field.to_owned(), Shape::Scalar(&[])));
            Some(Shape::Table(fields.into_iter().collect()))
        }
        "option_remarks" => list(remark()),
        "option_classes" => list(class()),
        "get" | "merged" | "prefixed" | "secret_names" => Some(Shape::Any),
        // A quoted secret is still a secret.
        _ if piped == Some(Shape::Secret) => piped,
        _ => scalar,
    }
}

fn class() -> Shape {
    let fields = ["path", "class", "package"].map(|field| (field.to_owned(), Shape::Scalar(&[])));
    Shape::Table(fields.into_iter().collect())
}

fn remark() -> Shape {
    let path = ("path".to_owned(), Shape::List(Box::new(Shape::Scalar(&[]))));
    let fields = ["name", "remark"].map(|field| (field.to_owned(), Shape::Scalar(&[])));
    Shape::Table([path].into_iter().chain(fields).collect())
}

fn certificate() -> Shape {
    let shape = |field: &str| match field {
        "names" => Shape::List(Box::new(Shape::Scalar(&[]))),
        _ => Shape::Scalar(&[]),
    };
    let fields = CERTIFICATE_FIELDS.into_iter();
    Shape::Table(fields.map(|field| (field.to_owned(), shape(field))).collect())
}

fn item(list: Option<Shape>) -> Shape {
    match list {
        Some(Shape::List(of)) => *of,
        _ => Shape::Any,
    }
}

/// A list whose items pass through the filter that the first argument names.
fn mapped(
    checker: &mut Checker<'_, '_>,
    filter: &Spanned<Filter<'_>>,
    piped: Option<Shape>,
) -> Option<Shape> {
    let name = match filter.args.first() {
        Some(CallArg::Pos(Expr::Const(name))) => name.value.as_str().unwrap_or_default().to_owned(),
        _ => return Some(Shape::List(Box::new(Shape::Any))),
    };
    if !FILTERS.contains(&name.as_str()) {
        let message = format!("there is no filter `{name}`");
        checker.suggest(filter.span(), "lint/filter", message, &name, FILTERS);
    }
    if name == "without_none" { piped } else { Some(Shape::List(Box::new(Shape::Any))) }
}

/// The field that the first argument names.
fn field(checker: &mut Checker<'_, '_>, filter: &Spanned<Filter<'_>>, row: &Shape) -> Shape {
    match filter.args.first() {
        Some(CallArg::Pos(Expr::Const(name))) => match name.value.as_str() {
            Some(name) => checker.field(row, (None, name), filter.span()),
            None => Shape::Any,
        },
        _ => Shape::Any,
    }
}
