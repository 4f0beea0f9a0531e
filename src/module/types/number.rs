//! Numbers within bounds: `int`, `port`, `number`, `percent`. They are TOML's own numbers, and expressions get them
//! unchanged.

use super::text_type::RefusedText;

/// A whole number within bounds.
#[derive(Clone, Debug, PartialEq)]
pub struct Whole {
    /// The type's name in the manifest.
    pub name: &'static str,
    /// The minimum.
    pub min: Option<i64>,
    /// The maximum.
    pub max: Option<i64>,
}

/// A number within bounds.
#[derive(Clone, Debug, PartialEq)]
pub struct Number {
    /// The type's name in the manifest.
    pub name: &'static str,
    /// The minimum.
    pub min: Option<f64>,
    /// The maximum.
    pub max: Option<f64>,
}

impl Whole {
    /// What it accepts, in words.
    pub(super) fn describe(&self) -> String {
        let what = if self.name == "port" { "a port" } else { "a whole number" };
        format!("{what}{}", between(self.min, self.max))
    }

    /// Checks that a number is within the bounds.
    pub(super) fn check(&self, number: i64) -> Result<i64, RefusedText> {
        within(number, self.min, self.max)
    }
}

impl Number {
    /// What it accepts, in words.
    pub(super) fn describe(&self) -> String {
        let what = if self.name == "percent" { "a percentage" } else { "a number" };
        format!("{what}{}", between(self.min, self.max))
    }

    /// Checks that a number is finite and within the bounds.
    pub(super) fn check(&self, number: f64) -> Result<f64, RefusedText> {
        if !number.is_finite() {
            return Err(RefusedText::because("not a finite number, or too large"));
        }
        within(number, self.min, self.max)
    }
}

fn between<T: std::fmt::Display>(min: Option<T>, max: Option<T>) -> String {
    match (min, max) {
        (Some(min), Some(max)) => format!(" from {min} to {max}"),
        (Some(min), None) => format!(" of at least {min}"),
        (None, Some(max)) => format!(" of at most {max}"),
        (None, None) => String::new(),
    }
}

fn within<T>(value: T, min: Option<T>, max: Option<T>) -> Result<T, RefusedText>
where
    T: PartialOrd + std::fmt::Display,
{
    match (min, max) {
        (Some(min), _) if value < min => Err(RefusedText::because(format!("at least {min}"))),
        (_, Some(max)) if value > max => Err(RefusedText::because(format!("at most {max}"))),
        _ => Ok(value),
    }
}
