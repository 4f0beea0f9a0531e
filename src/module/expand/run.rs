//! Runs expressions and templates, and turns their failures into messages with places. A failure that only follows from
//! an earlier one gives an empty list of problems.

use super::missing_row::name_missing_row;
use super::scope::{ALREADY_REPORTED, AbsentModule, EvalFrame};
use crate::diagnostic::{Diagnostic, Place, Problems, Source, all};
use crate::module::filter::{self, TemplateFailure, secret_value};
use crate::module::form::{Form, FormShape};
use crate::module::manifest::Derive;
use crate::module::text::{self, Expression, Text, TextForm};
use crate::secret::{Content, Secret};
use minijinja::Value;
use minijinja::value::ValueKind;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What expressions and templates run with.
pub(super) struct Runner {
    known: BTreeMap<String, Secret>,
}

impl Runner {
    /// A runner that knows these secrets.
    pub(super) fn new(known: &BTreeMap<String, Secret>) -> Runner {
        Runner { known: known.clone() }
    }

    /// The secret with this name; a placeholder while it is unknown.
    pub(super) fn secret(&self, name: &str) -> Secret {
        self.known.get(name).cloned().unwrap_or_else(|| Secret::pending(name))
    }

    /// The value of an expression. An absent module by itself evaluates to `none`.
    pub(super) fn eval(
        &self,
        expression: &Expression,
        frame: &EvalFrame,
    ) -> Result<Value, Problems> {
        let value = filter::eval(&expression.text, &frame.to_value());
        value.map(absent_to_none).map_err(|failure| {
            if failure.message == ALREADY_REPORTED {
                return Problems::new();
            }
            let problem = expression.failed(&failure);
            vec![name_missing_row(&expression.text, frame, problem)]
        })
    }

    /// Whether a condition is met; no condition always is.
    pub(super) fn is_met(
        &self,
        condition: Option<&Expression>,
        frame: &EvalFrame,
    ) -> Result<bool, Problems> {
        condition.map_or(Ok(true), |condition| Ok(self.eval(condition, frame)?.is_true()))
    }

    /// The frames of all items for which `when` is met, each with its index; a single frame without an item if there is
    /// no `for_each`.
    pub(super) fn frames(
        &self,
        for_each: Option<&Expression>,
        when: Option<&Expression>,
        frame: &EvalFrame,
    ) -> Result<Vec<(usize, EvalFrame)>, Problems> {
        let frames = match for_each {
            None => vec![frame.with(None)],
            Some(list) => {
                self.items(list, frame)?.into_iter().map(|item| frame.with(Some(item))).collect()
            }
        };
        let selected = frames.into_iter().enumerate().filter_map(|(index, frame)| {
            match self.is_met(when, &frame) {
                Ok(true) => Some(Ok((index, frame))),
                Ok(false) => None,
                Err(problems) => Some(Err(problems)),
            }
        });
        all_or_reported(selected)
    }

    fn items(&self, list: &Expression, frame: &EvalFrame) -> Result<Vec<Value>, Problems> {
        let value = self.eval(list, frame)?;
        if !matches!(value.kind(), ValueKind::Seq | ValueKind::Iterable) {
            let message = format!("`for_each` takes a list, not {}", value.kind());
            return Err(vec![Diagnostic::error("module/for-each", message).at(&list.place)]);
        }
        Ok(value.try_iter().map(Iterator::collect).unwrap_or_default())
    }

    /// The value of a text: that of its expression if it consists of one, else the rendered text.
    pub(super) fn fill(&self, text: &Text, frame: &EvalFrame) -> Result<Value, Problems> {
        if text.form == TextForm::Literal {
            return Ok(Value::from(text.text.as_str()));
        }
        let context = frame.to_value();
        let value = match text.form {
            TextForm::Single(_) => filter::fill_single(&text.text, &context),
            _ => filter::fill_template(&text.text, &context),
        };
        value.map(absent_to_none).map_err(|failure| self.failed(text, &failure, frame))
    }

    /// A text as content, with secrets as ranges.
    pub(super) fn render(&self, text: &Text, frame: &EvalFrame) -> Result<Content, Problems> {
        if text.form == TextForm::Literal {
            return Ok(Content::plain(text.text.as_str()));
        }
        let content = filter::render(&text.text, &frame.to_value());
        content.map_err(|failure| self.failed(text, &failure, frame))
    }

    /// A text without secrets.
    pub(super) fn plain(&self, text: &Text, frame: &EvalFrame) -> Result<String, Problems> {
        let content = self.render(text, frame)?;
        content.as_plain_text().map(str::to_owned).ok_or_else(|| {
            let problem = Diagnostic::error("module/secret", "a secret cannot be used here");
            let help =
                "secrets are allowed in `content`, templates, `password`, `value` and `secret_stdin`";
            vec![problem.at(&text.place).help(help)]
        })
    }

    /// A template file as content.
    pub(super) fn template(
        &self,
        source: &Arc<Source>,
        frame: &EvalFrame,
    ) -> Result<Content, Problems> {
        let content = filter::render(&source.text, &frame.to_value());
        content.map_err(|failure| {
            let whole = Place::new(source, 0..source.text.len());
            let reported = failure.message == ALREADY_REPORTED;
            if reported {
                Problems::new()
            } else {
                vec![text::failed(&failure, &whole, &source.text, 0)]
            }
        })
    }

    /// The value of a form.
    pub(super) fn form(&self, form: &Form, frame: &EvalFrame) -> Result<Value, Problems> {
        Ok(match &form.shape {
            FormShape::Text(text) => self.fill(text, frame)?,
            FormShape::Secret(name) => secret_value(self.secret(name)),
            FormShape::Flag(flag) => Value::from(*flag),
            FormShape::Whole(number) => Value::from(*number),
            FormShape::Number(number) => Value::from(*number),
            FormShape::List(items) => {
                let items = items.iter().map(|item| self.form(item, frame));
                Value::from(all_or_reported::<_, Vec<Value>>(items)?)
            }
            FormShape::Table(table) => {
                let pairs =
                    table.iter().map(|(key, form)| Ok((key.clone(), self.form(form, frame)?)));
                Value::from_pairs(all_or_reported::<_, Vec<(String, Value)>>(pairs)?)
            }
        })
    }

    /// The value of a `[derive]` entry.
    pub(super) fn derive(&self, derive: &Derive, frame: &EvalFrame) -> Result<Value, Problems> {
        use crate::module::manifest::DeriveForm::{Each, One};
        match &derive.form {
            One(expression) => self.eval(expression, frame),
            Each { for_each, when, value } => {
                let frames = self.frames(Some(for_each), when.as_ref(), frame)?;
                let items = frames.iter().map(|(_, frame)| self.form(value, frame));
                Ok(Value::from(all_or_reported::<_, Vec<Value>>(items)?))
            }
        }
    }

    fn failed(&self, text: &Text, failure: &TemplateFailure, frame: &EvalFrame) -> Problems {
        if failure.message == ALREADY_REPORTED {
            return Problems::new();
        }
        let problem = text.failed(failure);
        let expression = text.expression();
        vec![expression.map_or(problem.clone(), |one| name_missing_row(one, frame, problem))]
    }
}

/// Turns an absent module used as a value into `none`.
fn absent_to_none(value: Value) -> Value {
    if value.downcast_object_ref::<AbsentModule>().is_some() { Value::from(()) } else { value }
}

/// Like `all`, but fails on an empty list of problems too.
pub(super) fn all_or_reported<T, C: FromIterator<T>>(
    results: impl Iterator<Item = Result<T, Problems>>,
) -> Result<C, Problems> {
    let mut failed = false;
    let results = results.inspect(|one| failed |= one.is_err());
    let good = all(results)?;
    if failed { Err(Problems::new()) } else { Ok(good) }
}
