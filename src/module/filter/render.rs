//! Runs templates and expressions: text becomes `Content`, expressions become values. Everything that runs goes through
//! here, because this is where marks become secrets and misused secrets are detected.

use super::environment::environment;
use super::failure::TemplateFailure;
use super::print::text;
use super::secret_mark::{Marks, is_marked};
use super::secret_text::{SecretText, watch};
use crate::secret::Content;
use minijinja::Value;
use minijinja::machinery::ast::Stmt;
use minijinja::value::ValueKind;
use std::io::Write;

/// Renders the text of a template.
///
/// # Errors
///
/// The template does not parse, an expression in it fails or misuses a secret, or the text is larger than 16 MiB.
pub fn render(source: &str, context: &Value) -> Result<Content, TemplateFailure> {
    let template = environment().template_from_str(source)?;
    watch(|| {
        let mut text = BoundedWriter(Vec::new());
        let mut captured = template.render_captured_to(context.clone(), &mut text)?;
        let marks = captured.with_state_mut(|state| std::mem::take(Marks::of(state)));
        marks.fill(&String::from_utf8_lossy(&text.0))
    })
}

/// The most text that a template may produce (bytes): larger content is never sent to a host.
pub(super) const MAX_BYTES: usize = 16 << 20;

/// A writer that refuses output over the limit.
struct BoundedWriter(Vec<u8>);

impl Write for BoundedWriter {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.0.len() + bytes.len() > MAX_BYTES {
            return Err(std::io::ErrorKind::FileTooLarge.into());
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Evaluates an expression; `none` is a value.
///
/// # Errors
///
/// The expression does not parse or fails, its result is undefined, or it compares, joins or tests a secret.
pub fn eval(expression: &str, context: &Value) -> Result<Value, TemplateFailure> {
    watch(|| {
        let value = environment().compile_expression(expression)?.eval(context.clone())?;
        check(&value)?;
        Ok(value)
    })
}

/// The rendered text of a template as a value, with secret ranges.
///
/// # Errors
///
/// Fails as `render` does.
pub fn fill_template(source: &str, context: &Value) -> Result<Value, TemplateFailure> {
    Ok(SecretText::from_content(render(source, context)?))
}

/// The value of a string that is a single `{{ expression }}`.
///
/// # Errors
///
/// The string is not a single `{{ expression }}`, or `eval` fails.
pub fn fill_single(text: &str, context: &Value) -> Result<Value, TemplateFailure> {
    let (offset, expression) = inside_braces(text)
        .ok_or_else(|| TemplateFailure::new("this is not one single expression"))?;
    eval(expression, context).map_err(|mut failure| {
        failure.range = failure.range.map(|range| range.start + offset..range.end + offset);
        failure
    })
}

/// The expression of a string that is a single `{{ expression }}`, and its start in the string; `template` is its parsed form.
pub fn single_of<'t>(template: &Stmt<'_>, text: &'t str) -> Option<(usize, &'t str)> {
    let Stmt::Template(template) = template else { return None };
    let [Stmt::EmitExpr(_)] = template.children.as_slice() else { return None };
    inside_braces(text)
}

/// The text between `{{` and `}}`, and its start in the string.
pub fn inside_braces(text: &str) -> Option<(usize, &str)> {
    let expression = text.strip_prefix("{{")?.strip_suffix("}}")?;
    // The whitespace control sign belongs to the braces.
    let inner = expression.strip_prefix(['-', '+']).unwrap_or(expression);
    let inner = inner.strip_suffix(['-', '+']).unwrap_or(inner).trim();
    Some((inner.as_ptr() as usize - text.as_ptr() as usize, inner))
}

/// A value as content: secrets become ranges, and text is printed.
///
/// # Errors
///
/// The value is not a single piece of text: it is undefined, `none`, a list or a table, or has the remains of a secret
/// in it.
pub fn content(value: &Value) -> Result<Content, TemplateFailure> {
    match SecretText::of(value) {
        Some(secret) => Ok(secret.content().clone()),
        None => {
            check(value)?;
            Ok(Content::plain(text(value)?))
        }
    }
}

/// Refuses a result that is undefined or has the remains of a secret in its texts.
fn check(value: &Value) -> Result<(), TemplateFailure> {
    if SecretText::of(value).is_some() {
        return Ok(());
    }
    match value.kind() {
        ValueKind::Undefined => Err(TemplateFailure::new("the result is undefined")),
        ValueKind::String if value.as_str().is_some_and(is_marked) => Err(TemplateFailure::new(
            "a secret is part of a text: quote it or print it in a template",
        )),
        ValueKind::Map => match value.as_object().and_then(|object| object.try_iter_pairs()) {
            Some(mut pairs) => pairs.try_for_each(|(key, value)| check(&key).and(check(&value))),
            None => Ok(()),
        },
        ValueKind::Seq | ValueKind::Iterable => value.try_iter()?.try_for_each(|item| check(&item)),
        _ => Ok(()),
    }
}
