//! The only way to add a filter or test to the environment: wrapped, so that none ever receives an undefined value, a
//! `none` that it did not ask for, or text with a mark in it.

use super::argument::FilterArguments;
use super::failure::refuse;
use super::print::named;
use super::secret_mark::is_marked;
use super::secret_text::SecretText;
use minijinja::value::{Rest, ValueKind, ValueOrKwargs};
use minijinja::{Environment, Error, State, Value};

/// A filter.
pub(super) struct Filter {
    /// Its name.
    pub(super) name: &'static str,
    /// The values it takes beyond the common ones.
    pub(super) takes: Takes,
    /// Maps the piped value and the arguments to the result.
    pub(super) run: fn(&mut State, Value, &mut FilterArguments) -> Result<Value, Error>,
}

/// The values that a filter accepts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Takes {
    /// Text, numbers, lists and tables, but neither `none` nor a secret at the top level.
    Plain,
    /// A secret as well.
    Secret,
}

/// Adds a filter.
pub(super) fn add(env: &mut Environment<'static>, filter: &'static Filter) {
    env.add_filter(filter.name, move |state: &mut State, values: Rest<ValueOrKwargs>| {
        let values: Vec<Value> = values.0.into_iter().map(Value::from).collect();
        values.iter().try_for_each(|value| check(filter.name, value))?;
        let mut values = values.into_iter();
        let piped = values.next().unwrap_or_default();
        accept(filter, &piped)?;
        let mut arguments = FilterArguments::new(filter.name, values.collect())?;
        let result = (filter.run)(state, piped, &mut arguments)?;
        arguments.done()?;
        Ok::<Value, Error>(result)
    });
}

/// A test: its name, and the condition that a value passes.
pub(super) type Test = (&'static str, fn(&Value) -> bool);

/// Adds a test.
pub(super) fn add_test(env: &mut Environment<'static>, (name, test): Test) {
    env.add_test(name, move |values: Rest<ValueOrKwargs>| {
        let values: Vec<Value> = values.0.into_iter().map(Value::from).collect();
        values.iter().try_for_each(|value| check(name, value))?;
        match values.as_slice() {
            // A test may ask whether a secret is there, but not what it is. A secret has no kind: whatever a manifest
            // reads after such a test, it cannot read from a secret.
            [value] if SecretText::of(value).is_some() => match name {
                "none" | "boolean" | "number" | "string" | "list" | "table" => Ok(false),
                _ => Err(refuse(format!("the test `{name}` does not take a secret"))),
            },
            [value] => Ok(test(value)),
            _ => Err(refuse(format!("the test `{name}` takes no argument"))),
        }
    });
}

fn accept(filter: &Filter, piped: &Value) -> Result<(), Error> {
    let secret = SecretText::of(piped).is_some();
    if (secret && filter.takes == Takes::Plain) || (!secret && piped.is_none()) {
        return Err(refuse(format!("`{}` does not take {}", filter.name, named(piped))));
    }
    Ok(())
}

/// Refuses undefined values and marked text, at any depth.
fn check(name: &str, value: &Value) -> Result<(), Error> {
    if SecretText::of(value).is_some() {
        return Ok(());
    }
    match value.kind() {
        ValueKind::Undefined => Err(refuse(format!("`{name}` was given an undefined value"))),
        ValueKind::String if value.as_str().is_some_and(is_marked) => {
            Err(refuse(format!("`{name}` was given text with a secret in it: filter the secret")))
        }
        ValueKind::Map => match value.as_object().and_then(|object| object.try_iter_pairs()) {
            Some(mut pairs) => pairs.try_for_each(|(_, value)| check(name, &value)),
            None => Ok(()),
        },
        ValueKind::Seq | ValueKind::Iterable => {
            value.try_iter()?.try_for_each(|item| check(name, &item))
        }
        _ => Ok(()),
    }
}
