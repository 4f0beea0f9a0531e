//! Sizes as other programs spell them, and fractions of a size.

use super::argument::FilterArguments;
use super::failure::refuse;
use super::print::{named, text};
use super::registry::{Filter, Takes};
use super::secret_text::SecretText;
use crate::module::types::size;
use crate::module::value::Literal;
use minijinja::value::ValueKind;
use minijinja::{Error, State, Value};

pub(super) const ALL: &[Filter] = &[
    Filter { name: "nginx_size", takes: Takes::Plain, run: nginx_size },
    Filter { name: "pg_size", takes: Takes::Plain, run: pg_size },
    Filter { name: "ms", takes: Takes::Plain, run: ms },
    Filter { name: "percent_of", takes: Takes::Plain, run: percent_of },
];

const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;

/// Fractions of memory are rounded down to this step, so that they do not change with the kernel.
const STEP: u64 = 64 * MIB;

/// nginx accepts `k` and `m` for every size, and `g` only for some.
fn nginx_size(_: &mut State, value: Value, _: &mut FilterArguments) -> Result<Value, Error> {
    Ok(Value::from(spell(bytes("nginx_size", &value)?, &[("m", MIB), ("k", KIB), ("", 1)])))
}

/// Postgres uses steps of 1024, starting with kB.
fn pg_size(_: &mut State, value: Value, _: &mut FilterArguments) -> Result<Value, Error> {
    let bytes = bytes("pg_size", &value)?;
    if bytes % KIB != 0 {
        return Err(refuse("`pg_size` needs whole kilobytes: Postgres would round"));
    }
    Ok(Value::from(spell(bytes, &[("TB", 1 << 40), ("GB", 1 << 30), ("MB", MIB), ("kB", KIB)])))
}

/// `facts.memory | percent_of(25, lo='128M', hi='8G')`: a fraction as a size.
fn percent_of(
    _: &mut State,
    value: Value,
    arguments: &mut FilterArguments,
) -> Result<Value, Error> {
    let total = bytes("percent_of", &value)?;
    let percent = f64::try_from(arguments.next("percent")?)
        .ok()
        .filter(|percent| (0.0..=100.0).contains(percent))
        .ok_or_else(|| refuse("`percent_of` takes a number from 0 to 100"))?;
    let limit = |value: Option<Value>| value.map(|value| bytes("percent_of", &value)).transpose();
    let (lo, hi) = (limit(arguments.named("lo"))?, limit(arguments.named("hi"))?);
    let share = (total as f64 * percent / 100.0) as u64;
    let step = if share < STEP { MIB } else { STEP };
    let share = (share / step * step).max(lo.unwrap_or(0)).min(hi.unwrap_or(u64::MAX));
    Ok(size::of_bytes(share))
}

/// The milliseconds of a duration, in any form; `none` if it is not a duration.
fn ms(_: &mut State, value: Value, _: &mut FilterArguments) -> Result<Value, Error> {
    let given = if value.is_integer() { value.as_i64() } else { None };
    let ms = || Some(crate::module::types::duration::ms(&text(&value).ok()?)?.cast_signed());
    Ok(given.or_else(ms).map_or(Value::from(()), Value::from))
}

/// The bytes of a size, given as a size, a number or a text.
fn bytes(filter: &str, value: &Value) -> Result<u64, Error> {
    let wrong = || refuse(format!("`{filter}` takes a size, not {}", named(value)));
    if SecretText::of(value).is_some() {
        return Err(wrong());
    }
    if let Some(spelt) = Literal::of(value) {
        let is_size = value.get_attr("bytes").is_ok_and(|bytes| !bytes.is_undefined());
        return spelt.rank().filter(|_| is_size).ok_or_else(wrong);
    }
    let number = match value.kind() {
        ValueKind::Number if value.is_integer() => u64::try_from(value.clone()).ok(),
        ValueKind::String => value.as_str().and_then(size::bytes),
        _ => None,
    };
    number.ok_or_else(wrong)
}

/// Spells bytes in the largest unit that divides them.
fn spell(bytes: u64, units: &[(&str, u64)]) -> String {
    let fits = units.iter().find(|(_, size)| bytes > 0 && bytes.is_multiple_of(*size));
    match fits {
        Some((unit, size)) => format!("{}{unit}", bytes / size),
        None => bytes.to_string(),
    }
}
