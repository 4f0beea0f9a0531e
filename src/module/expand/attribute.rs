//! Attributes of resources: turns forms into plain values. Secrets pass only where kinds keep them apart.

use super::rows::pairs;
use super::run::{Runner, all_or_reported};
use super::scope::EvalFrame;
use crate::diagnostic::{Diagnostic, Place, Problems};
use crate::module::filter;
use crate::module::form::{Form, FormShape};
use crate::module::text::TextForm;
use crate::resource::DeclaredValue as Plain;
use crate::secret::Content;
use minijinja::Value;
use minijinja::value::ValueKind;

/// Attributes that may hold secrets.
const SECRET: [&str; 5] = ["content", "password", "value", "secret_stdin", "eab_key"];

/// The value of an attribute; none if it evaluates to `none`, so that it is left out.
pub(super) fn attribute(
    runner: &Runner,
    frame: &EvalFrame,
    name: &str,
    form: &Form,
) -> Result<Option<Plain>, Problems> {
    let value = fill(runner, frame, form)?;
    if !SECRET.contains(&name) && value.as_ref().is_some_and(has_secret) {
        let message = format!("`{name}` does not take a secret");
        let help = format!("secrets are allowed in `{}`", SECRET.join("`, `"));
        return Err(vec![Diagnostic::error("module/secret", message).at(&form.place).help(help)]);
    }
    Ok(value)
}

fn fill(runner: &Runner, frame: &EvalFrame, form: &Form) -> Result<Option<Plain>, Problems> {
    Ok(Some(match &form.shape {
        FormShape::Secret(name) => Plain::Text(Content::secret(&runner.secret(name))),
        FormShape::Flag(flag) => Plain::Bool(*flag),
        FormShape::Whole(number) => Plain::Int(*number),
        FormShape::Number(number) => Plain::Float(*number),
        FormShape::Text(text) if matches!(text.form, TextForm::Single(_)) => {
            return plain(&runner.fill(text, frame)?, &text.place);
        }
        FormShape::Text(text) => Plain::Text(runner.render(text, frame)?),
        FormShape::List(items) => {
            let items = items.iter().map(|item| fill(runner, frame, item));
            let items: Vec<Option<Plain>> = all_or_reported(items)?;
            Plain::List(items.into_iter().flatten().collect())
        }
        FormShape::Table(table) => {
            let pairs = table.iter().map(|(key, form)| Ok((key, fill(runner, frame, form)?)));
            let pairs: Vec<(&String, Option<Plain>)> = all_or_reported(pairs)?;
            let pairs = pairs.into_iter().filter_map(|(key, value)| Some((key.clone(), value?)));
            Plain::Table(pairs.collect())
        }
    }))
}

/// The value of an expression as a plain value; `none` becomes no value.
fn plain(value: &Value, place: &Place) -> Result<Option<Plain>, Problems> {
    Ok(Some(match value.kind() {
        ValueKind::None => return Ok(None),
        ValueKind::Bool => Plain::Bool(value.is_true()),
        ValueKind::Number if value.is_integer() => {
            Plain::Int(i64::try_from(value.clone()).map_err(|_| refused("too large", place))?)
        }
        ValueKind::Number => {
            Plain::Float(f64::try_from(value.clone()).map_err(|_| refused("not a number", place))?)
        }
        ValueKind::Map => {
            let pairs = pairs(value).into_iter();
            let pairs = pairs.map(|(key, value)| Ok((key, plain(&value, place)?)));
            let pairs: Vec<(String, Option<Plain>)> = all_or_reported(pairs)?;
            Plain::Table(pairs.into_iter().filter_map(|(key, value)| Some((key, value?))).collect())
        }
        ValueKind::Seq | ValueKind::Iterable => {
            let items = value.try_iter().map(Iterator::collect::<Vec<_>>).unwrap_or_default();
            let items: Vec<Option<Plain>> =
                all_or_reported(items.iter().map(|item| plain(item, place)))?;
            Plain::List(items.into_iter().flatten().collect())
        }
        _ => {
            Plain::Text(filter::content(value).map_err(|failure| refused(&failure.message, place))?)
        }
    }))
}

fn refused(why: &str, place: &Place) -> Problems {
    vec![Diagnostic::error("module/value", format!("this value cannot be used: {why}")).at(place)]
}

fn has_secret(value: &Plain) -> bool {
    match value {
        Plain::Text(content) => content.has_secrets(),
        Plain::List(items) => items.iter().any(has_secret),
        Plain::Table(table) => table.values().any(has_secret),
        _ => false,
    }
}
