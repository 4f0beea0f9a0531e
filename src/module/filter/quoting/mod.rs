//! Filters that make a value safe for one file format. A quoter returns the text quoted so that the program reads
//! exactly that text, or the reason why it cannot: it never drops or changes anything, and its error never repeats the
//! text, which may be a secret.

use super::argument::FilterArguments;
use super::failure::refuse;
use super::print::text;
use super::registry::{Filter, Takes};
use super::secret_text::{SecretText, secret_value};
use super::structured::{emit_json, unsafe_in_ini};
use crate::secret::Content;
use minijinja::{Error, State, Value};

mod caddy;
mod nginx;
mod postgres;
mod redis;
mod regex;
mod shell;
mod systemd;

/// Maps text to quoted text, or the reason why it cannot be quoted.
type Quoter = fn(&str) -> Result<String, String>;

macro_rules! quoting {
    ($($name:literal => $quoter:expr),* $(,)?) => {
        &[$(Filter {
            name: $name,
            takes: Takes::Secret,
            run: |_, value, _| apply($name, &value, $quoter),
        }),*]
    };
}

/// All quoters except `yaml` and `json`, which also take lists and tables.
pub(super) const TEXT: &[Filter] = quoting! {
    "sh" => shell::sh,
    "pg" => postgres::pg,
    "pgpass" => postgres::pgpass,
    "nginx" => nginx::nginx,
    "nginx_regex" => nginx::nginx_regex,
    "regex" => regex::regex,
    "systemd" => systemd::systemd,
    "caddy" => caddy::caddy,
    "redis" => redis::redis,
    "ini" => |text| match unsafe_in_ini(text) {
        None => Ok(text.to_owned()),
        Some(why) => Err(format!("the text {why}")),
    },
};

/// `yaml` and `json`: one line of JSON, which YAML 1.1 reads the same.
pub(super) const VALUES: &[Filter] = &[
    Filter { name: "yaml", takes: Takes::Secret, run: json },
    Filter { name: "json", takes: Takes::Secret, run: json },
];

fn apply(name: &str, value: &Value, quoter: Quoter) -> Result<Value, Error> {
    let named = |why: String| refuse(format!("`{name}`: {why}"));
    match SecretText::of(value) {
        Some(secret) => Ok(secret_value(secret.map(|text| quoter(text).map_err(named), refuse)?)),
        None => quoter(&text(value)?).map(Value::from).map_err(named),
    }
}

fn json(_: &mut State, value: Value, _: &mut FilterArguments) -> Result<Value, Error> {
    let mut content = Content::default();
    emit_json(&mut content, &value, None).map_err(|failure| refuse(failure.message))?;
    Ok(SecretText::from_content(content))
}

/// The first control character, for quoters whose format has no escape for it.
fn no_control(text: &str) -> Result<(), String> {
    match text.chars().any(char::is_control) {
        true => Err("the text contains a line break or another control character".into()),
        false => Ok(()),
    }
}

/// Whether a word needs no quotes: letters, digits and these characters, and not empty.
fn is_bare(text: &str, others: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || others.contains(c))
}
