//! The arguments of a filter: the piped value, positional and named ones. A filter takes the ones it knows; anything
//! left over is an error.

use super::failure::refuse;
use super::print::named;
use minijinja::value::{Kwargs, ValueKind};
use minijinja::{Error, Value};

/// The arguments of one call.
pub(super) struct FilterArguments {
    filter: &'static str,
    by_position: std::vec::IntoIter<Value>,
    by_name: Vec<(String, Value)>,
}

impl FilterArguments {
    /// Splits minijinja's arguments: keyword arguments come as a single last value.
    pub(super) fn new(
        filter: &'static str,
        mut values: Vec<Value>,
    ) -> Result<FilterArguments, Error> {
        let mut by_name = Vec::new();
        if values.last().is_some_and(Value::is_kwargs)
            && let Some(last) = values.pop()
        {
            let kwargs = Kwargs::try_from(last)?;
            for name in kwargs.args() {
                by_name.push((name.to_owned(), kwargs.peek(name)?));
            }
        }
        Ok(FilterArguments { filter, by_position: values.into_iter(), by_name })
    }

    /// The next argument; `name` is how it may be passed by name.
    pub(super) fn next(&mut self, name: &str) -> Result<Value, Error> {
        self.optional(name).ok_or_else(|| refuse(format!("`{}` needs `{name}`", self.filter)))
    }

    /// The next argument, if there is one.
    pub(super) fn optional(&mut self, name: &str) -> Option<Value> {
        if let Some(index) = self.by_name.iter().position(|(known, _)| known == name) {
            return Some(self.by_name.remove(index).1);
        }
        self.by_position.next()
    }

    /// An argument that can only be passed by name.
    pub(super) fn named(&mut self, name: &str) -> Option<Value> {
        let index = self.by_name.iter().position(|(known, _)| known == name)?;
        Some(self.by_name.remove(index).1)
    }

    /// The next argument, as text.
    pub(super) fn text(&mut self, name: &str) -> Result<String, Error> {
        let value = self.next(name)?;
        let text = value.as_str().filter(|_| value.kind() == ValueKind::String);
        text.map(str::to_owned).ok_or_else(|| {
            refuse(format!("`{name}` of `{}` is text, not {}", self.filter, named(&value)))
        })
    }

    /// All remaining positional arguments.
    pub(super) fn rest(&mut self) -> Vec<Value> {
        std::mem::take(&mut self.by_position).collect()
    }

    /// Fails if any argument was not taken.
    pub(super) fn done(mut self) -> Result<(), Error> {
        if let Some((name, _)) = self.by_name.first() {
            return Err(refuse(format!("`{}` has no argument `{name}`", self.filter)));
        }
        match self.by_position.next() {
            Some(_) => Err(refuse(format!("too many arguments for `{}`", self.filter))),
            None => Ok(()),
        }
    }
}
