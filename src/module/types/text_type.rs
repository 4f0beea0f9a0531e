//! Strings with a grammar of their own, one row per type. A grammar accepts exactly what the programs on the host
//! accept; it says why it refuses a text, and never prints the text.

use super::placeholder::{ReadAs, unfilled};
use super::{
    Literal, duration, host_name, network, path, repository, requirement, route, schedule, size,
    token, url, word,
};
use minijinja::Value;
use regex_lite::Regex;

/// A type whose values are strings in TOML.
#[derive(Debug)]
pub struct TextType {
    /// The name in the manifest.
    pub name: &'static str,
    /// The description with its article: "a duration".
    pub article: &'static str,
    /// Examples, each in backticks.
    pub example: &'static str,
    /// A pattern that matches everything the grammar accepts, for the schema; it may match more.
    pub pattern: &'static str,
    /// The fields of its value; if empty, the value is plain text.
    pub fields: &'static [&'static str],
    /// The grammar.
    pub parse: fn(&str) -> Result<Value, RefusedText>,
}

/// Why a string is refused.
#[derive(Debug, PartialEq, Eq)]
pub struct RefusedText {
    /// The text under the caret.
    pub why: String,
    /// What to write instead, if the type's example does not show it.
    pub help: Option<String>,
}

impl RefusedText {
    /// Refuses a text for this reason.
    pub fn because(why: impl Into<String>) -> RefusedText {
        RefusedText { why: why.into(), help: None }
    }

    /// Adds what to write instead.
    pub fn write(mut self, help: impl Into<String>) -> RefusedText {
        self.help = Some(help.into());
        self
    }
}

/// A pattern as written, and compiled to match the whole string.
#[derive(Clone, Debug)]
pub struct Pattern {
    /// The text in the manifest.
    pub text: String,
    /// The pattern between `^` and `$`.
    pub whole: Regex,
}

/// A text type with the bounds and the pattern that a manifest adds.
#[derive(Clone, Debug)]
pub struct BoundedText {
    /// The type.
    pub base: &'static TextType,
    /// The minimum, as spelt (durations and sizes).
    pub min: Option<Value>,
    /// The maximum.
    pub max: Option<Value>,
    /// The pattern that the whole string must match.
    pub pattern: Option<Pattern>,
    /// The pattern in words.
    pub means: Option<String>,
}

impl BoundedText {
    /// The type without further limits.
    pub(super) fn plain(base: &'static TextType) -> BoundedText {
        BoundedText { base, min: None, max: None, pattern: None, means: None }
    }

    /// What it accepts, in words.
    pub(super) fn describe(&self) -> String {
        if let Some(means) = &self.means {
            return means.clone();
        }
        if let Some(pattern) = &self.pattern {
            return format!("{} that matches `{}`", self.base.article, pattern.text);
        }
        let mut text = format!("{} such as {}", self.base.article, self.base.example);
        if let Some(min) = &self.min {
            text.push_str(&format!(", at least `{min}`"));
        }
        if let Some(max) = &self.max {
            text.push_str(&format!(", at most `{max}`"));
        }
        text
    }

    /// Reads the value of a string.
    pub(super) fn read(&self, text: &str) -> Result<Value, RefusedText> {
        // A shell replaces the variables of its commands.
        let is_read_as_is = self.base.name != word::COMMAND.name;
        if let Some(refused) = is_read_as_is.then(|| unfilled(text, ReadAs::Option)).flatten() {
            return Err(refused);
        }
        let trimmed = text.trim();
        let value =
            (self.base.parse)(text).map_err(|refused| match (self.base.parse)(trimmed) {
                Ok(_) if trimmed != text => {
                    let refused = RefusedText::because("it has spaces around it");
                    refused.write(format!("write `\"{trimmed}\"`"))
                }
                _ => refused,
            })?;
        if let Some(pattern) = &self.pattern
            && !pattern.whole.is_match(text)
        {
            // The message already contains these words.
            return Err(match self.means {
                Some(_) => RefusedText::because(""),
                None => RefusedText::because(format!("does not match `{}`", pattern.text)),
            });
        }
        let rank = |value: &Value| Literal::of(value).and_then(Literal::rank);
        match (&self.min, &self.max) {
            (Some(min), _) if rank(&value) < rank(min) => {
                Err(RefusedText::because(format!("at least `{min}`")))
            }
            (_, Some(max)) if rank(&value) > rank(max) => {
                Err(RefusedText::because(format!("at most `{max}`")))
            }
            _ => Ok(value),
        }
    }
}

/// All text types.
pub(super) static ALL: &[TextType] = &[
    word::STRING,
    word::COMMAND,
    word::SLUG,
    word::IDENTIFIER,
    word::USER,
    duration::DURATION,
    size::SIZE,
    host_name::DOMAIN,
    host_name::HOST,
    host_name::SERVER_NAME,
    network::ADDRESS,
    network::CIDR,
    network::ENDPOINT,
    url::URL,
    url::EMAIL,
    url::CONTACT,
    token::MATRIX_ID,
    token::VERSION,
    repository::REPOSITORY,
    requirement::REQUIREMENT,
    token::FINGERPRINT,
    token::RATE,
    token::IDENTITY,
    path::PATH,
    route::ROUTE,
    schedule::SCHEDULE,
];

/// Returns the type with this name.
pub(super) fn find(name: &str) -> Option<&'static TextType> {
    ALL.iter().find(|one| one.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples_are_accepted_and_offer_their_fields() {
        for one in ALL {
            let value = (one.parse)(one.example.trim_matches('`')).unwrap();
            assert_eq!(Literal::of(&value).is_some(), !one.fields.is_empty(), "{}", one.name);
            let pattern = Regex::new(one.pattern).unwrap();
            assert!(pattern.is_match(one.example.trim_matches('`')), "{}", one.name);
            for field in one.fields {
                assert!(!value.get_attr(field).unwrap().is_undefined(), "{}.{field}", one.name);
            }
        }
    }
}
