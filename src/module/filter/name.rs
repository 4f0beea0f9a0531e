//! Takes names and paths apart, and compares networks and versions.

use super::argument::FilterArguments;
use super::failure::refuse;
use super::print::text;
use super::registry::{Filter, Takes};
use super::version::compare;
use crate::module::types::network::Network;
use crate::module::types::{host_of, why_not_public};
use crate::module::value::Literal;
use minijinja::{Error, State, Value};
use regex_lite::Regex;

pub(super) const ALL: &[Filter] = &[
    Filter { name: "host_of", takes: Takes::Plain, run: host },
    Filter { name: "why_not_public", takes: Takes::Plain, run: not_public },
    Filter { name: "lower", takes: Takes::Plain, run: lower },
    Filter { name: "dirname", takes: Takes::Plain, run: dirname },
    Filter { name: "in_networks", takes: Takes::Plain, run: in_networks },
    Filter { name: "matches", takes: Takes::Plain, run: matches },
    Filter { name: "version_ge", takes: Takes::Plain, run: version_ge },
];

/// The host of a URL, an endpoint or a server name.
fn host(_: &mut State, value: Value, _: &mut FilterArguments) -> Result<Value, Error> {
    if let Some(host) = Literal::of(&value).and_then(|_| value.get_attr("host").ok())
        && !host.is_undefined()
    {
        return Ok(host);
    }
    host_of(&text(&value)?).map(Value::from).ok_or_else(|| refuse("`host_of`: it has no host"))
}

/// Why a host name is not in public DNS; `none` if it may be. An IP address is not a name.
fn not_public(_: &mut State, value: Value, _: &mut FilterArguments) -> Result<Value, Error> {
    let name = text(&value)?;
    let is_address = Network::parse(name.trim_matches(['[', ']'])).is_ok();
    let why = (!is_address).then(|| why_not_public(&name)).flatten();
    Ok(why.map_or(Value::from(()), Value::from))
}

/// Converts to lower case, for names that are case-insensitive.
fn lower(_: &mut State, value: Value, _: &mut FilterArguments) -> Result<Value, Error> {
    Ok(Value::from(text(&value)?.to_ascii_lowercase()))
}

/// The directory of a path; `/` for paths directly below it.
fn dirname(_: &mut State, value: Value, _: &mut FilterArguments) -> Result<Value, Error> {
    let path = path("dirname", &value)?;
    Ok(match path.rsplit_once('/') {
        Some(("", _)) => Value::from("/"),
        Some((directory, _)) => Value::from(directory),
        None => Value::from("."),
    })
}

fn path(filter: &str, value: &Value) -> Result<String, Error> {
    let path = text(value)?;
    match path.is_empty() || path.ends_with('/') {
        true => Err(refuse(format!("`{filter}` takes the path of a file, without `/` at its end"))),
        false => Ok(path),
    }
}

/// Whether an address or a whole network lies within the networks of a list. Nothing lies within a text that is not a
/// network.
fn in_networks(
    _: &mut State,
    value: Value,
    arguments: &mut FilterArguments,
) -> Result<Value, Error> {
    let inner = network("in_networks", &value)?;
    let list = arguments.next("networks")?.try_iter()?;
    let outer: Vec<Network> = list.filter_map(|one| network("in_networks", &one).ok()).collect();
    Ok(Value::from(inner.is_within(&outer)))
}

/// Whether a text matches a pattern as a whole.
fn matches(_: &mut State, value: Value, arguments: &mut FilterArguments) -> Result<Value, Error> {
    let pattern = arguments.text("pattern")?;
    let whole = Regex::new(&format!("^(?:{pattern})$"))
        .map_err(|error| refuse(format!("`matches`: `{pattern}` is not a pattern: {error}")))?;
    Ok(Value::from(whole.is_match(&text(&value)?)))
}

fn network(filter: &str, value: &Value) -> Result<Network, Error> {
    let text = text(value)?;
    // A URL has brackets around an IPv6 address.
    Network::parse(text.trim_matches(['[', ']'])).map_err(|refused| {
        refuse(format!("`{filter}`: `{text}` is not a network: {}", refused.why))
    })
}

/// Whether a version is the same as another one or later, in dpkg's order.
fn version_ge(
    _: &mut State,
    value: Value,
    arguments: &mut FilterArguments,
) -> Result<Value, Error> {
    let other = arguments.text("version")?;
    Ok(Value::from(compare(&text(&value)?, &other).is_ge()))
}
