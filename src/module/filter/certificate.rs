//! The content of a PEM chain, for conditions: `certificates` returns its certificates, and `chain_fault` why there are
//! none.

use super::argument::FilterArguments;
use super::list::items;
use super::print::text;
use super::registry::{Filter, Takes};
use crate::x509::{Certificate, chain};
use minijinja::{Error, State, Value};

pub(super) const ALL: &[Filter] = &[
    Filter { name: "certificates", takes: Takes::Plain, run: certificates },
    Filter { name: "chain_fault", takes: Takes::Plain, run: chain_fault },
    Filter { name: "covers", takes: Takes::Plain, run: covers },
];

/// The fields of a certificate, for the lint.
pub(in crate::module) const FIELDS: [&str; 18] = [
    "index",
    "subject",
    "issuer",
    "names",
    "not_before",
    "first_day",
    "not_after",
    "last_day",
    "self_signed",
    "by_next",
    "by_namesake",
    "weak",
    "unfit",
    "authority",
    "key",
    "rare_key",
    "days",
    "backwards",
];

/// The fields of a fault, for the lint.
pub(in crate::module) const FAULT_FIELDS: [&str; 2] = ["why", "fix"];

/// All certificates of a PEM file, in order; an empty list if any of them cannot be read.
fn certificates(_: &mut State, value: Value, _: &mut FilterArguments) -> Result<Value, Error> {
    let read = chain(&text(&value)?).unwrap_or_default();
    let issuers = read.iter().skip(1).map(Some).chain([None]);
    let values = read.iter().enumerate().zip(issuers);
    Ok(values.map(|((index, one), next)| to_value(one, index, next)).collect())
}

/// Why a program could not serve a PEM file; none if it could.
fn chain_fault(_: &mut State, value: Value, _: &mut FilterArguments) -> Result<Value, Error> {
    Ok(match chain(&text(&value)?) {
        Ok(_) => Value::from(()),
        Err(fault) => Value::from_pairs([("why", fault.why), ("fix", fault.fix)]),
    })
}

/// A certificate as a value; `by_next` and `by_namesake` depend on the certificate that follows.
fn to_value(one: &Certificate, index: usize, next: Option<&Certificate>) -> Value {
    let by_next = next.is_none_or(|next| next.subject == one.issuer);
    let by_namesake = next.is_some_and(|next| one.is_signed_by_namesake_of(next));
    let maybe = |text: Option<String>| text.map_or(Value::from(()), Value::from);
    Value::from_pairs([
        ("index", Value::from(index)),
        ("subject", Value::from(one.subject_name())),
        ("issuer", Value::from(one.issuer_name())),
        ("names", Value::from(one.names.clone())),
        ("not_before", Value::from(one.not_before.seconds)),
        ("first_day", Value::from(one.not_before.day.as_str())),
        ("not_after", Value::from(one.not_after.seconds)),
        ("last_day", Value::from(one.not_after.day.as_str())),
        ("self_signed", Value::from(one.is_self_signed())),
        ("by_next", Value::from(by_next)),
        ("by_namesake", Value::from(by_namesake)),
        ("weak", maybe(one.weakness().map(str::to_owned))),
        ("unfit", maybe(one.unfit_for_servers())),
        // Without the extension it is not an authority: version 1 could not say.
        ("authority", Value::from(one.is_authority == Some(true))),
        ("key", Value::from(one.key.name())),
        ("rare_key", Value::from(!one.key.is_taken_by_browsers())),
        ("days", Value::from(one.days())),
        ("backwards", Value::from(one.not_after.seconds < one.not_before.seconds)),
    ])
}

/// Whether one of the names is this name, or `*` followed by its parent domain.
fn covers(_: &mut State, value: Value, arguments: &mut FilterArguments) -> Result<Value, Error> {
    let wanted = arguments.text("name")?.to_ascii_lowercase();
    let parent = wanted.split_once('.').map(|(_, parent)| format!("*.{parent}"));
    for name in items("covers", &value)? {
        let name = text(&name)?.to_ascii_lowercase();
        if name == wanted || Some(&name) == parent.as_ref() {
            return Ok(Value::from(true));
        }
    }
    Ok(Value::from(false))
}

#[cfg(test)]
mod tests {
    use crate::module::filter::eval;
    use minijinja::Value;

    /// Names `a.example`, `*.b.example`, `127.0.0.1`, `::1`; expires 2051-02-03 04:05:06; self-signed.
    const OLD: &str = include_str!("../../x509/certificate_2051.pem");

    fn value(expression: &str, pem: &str) -> String {
        let context = Value::from_pairs([("pem", pem)]);
        eval(expression, &context).unwrap().to_string()
    }

    #[test]
    fn certificate_fields_are_read() {
        let first = |field: &str| value(&format!("(pem | certificates | first).{field}"), OLD);
        assert_eq!(first("names | join(' ')"), "a.example *.b.example 127.0.0.1 ::1");
        // date -u -d '2051-02-03 04:05:06' +%s
        assert_eq!(first("not_after"), "2559009906");
        assert_eq!(first("last_day"), "2051-02-03");
        assert_eq!(first("self_signed"), "True");
        assert_eq!(value("pem | certificates | length", &OLD.repeat(2)), "2");
    }

    #[test]
    fn names_cover_hosts_as_in_tls() {
        let covers = |name: &str| {
            value(&format!("(pem | certificates | first).names | covers('{name}')"), OLD)
        };
        for name in ["a.example", "A.Example", "x.b.example"] {
            assert_eq!(covers(name), "True", "{name}");
        }
        for name in ["b.example", "x.y.b.example", "x.a.example"] {
            assert_eq!(covers(name), "False", "{name}");
        }
    }

    #[test]
    fn invalid_pem_yields_no_certificate() {
        let cut = OLD.replace("MII", "");
        for pem in ["", "x", "-----BEGIN CERTIFICATE-----", cut.as_str()] {
            assert_eq!(value("pem | certificates | length", pem), "0", "{pem}");
        }
    }
}
