//! The environment of all templates and expressions: contains only what is listed here, is strict about undefined
//! values, and limits execution by fuel, so that no manifest can make a plan hang.

use super::print::print;
use super::registry::{self, Filter, Test};
use minijinja::syntax::SyntaxConfig;
use minijinja::value::ValueKind;
use minijinja::{Environment, UndefinedBehavior};
use std::sync::LazyLock;

/// The filters that exist.
pub const FILTERS: &[&str] = &[
    "yaml",
    "json",
    "sh",
    "pg",
    "pgpass",
    "nginx",
    "nginx_regex",
    "regex",
    "systemd",
    "caddy",
    "redis",
    "ini",
    "nginx_size",
    "pg_size",
    "percent_of",
    "host_of",
    "why_not_public",
    "lower",
    "in_networks",
    "matches",
    "get",
    "ms",
    "loops",
    "dirname",
    "version_ge",
    "certificates",
    "chain_fault",
    "covers",
    "pluck",
    "having",
    "uniq",
    "twice",
    "prefixed",
    "paths",
    "merged",
    "keys",
    "without_none",
    "secret_names",
    "only",
    "without",
    "option_remarks",
    "option_classes",
    "first",
    "last",
    "join",
    "length",
    "sum",
    "items",
    "map",
    "split",
    "sort",
];

/// The tests that exist (`x is none`).
pub const TESTS: &[&str] = &["none", "boolean", "number", "string", "list", "table", "address"];

/// The most instructions that one template or expression may run; our largest one needs a few thousand.
const FUEL: u64 = 2_000_000;

/// The depth of calls and loops, which stops macros that call themselves.
const DEPTH: usize = 200;

/// The environment, which has no templates.
pub(super) fn environment() -> &'static Environment<'static> {
    static ENVIRONMENT: LazyLock<Environment<'static>> = LazyLock::new(new);
    &ENVIRONMENT
}

fn new() -> Environment<'static> {
    let mut env = Environment::empty();
    env.set_undefined_behavior(UndefinedBehavior::Strict);
    // Without debug mode, errors have no byte range.
    env.set_debug(true);
    env.set_fuel(Some(FUEL));
    env.set_recursion_limit(DEPTH);
    env.set_formatter(print);
    let mut syntax = SyntaxConfig::builder();
    syntax.trim_blocks(true).lstrip_blocks(true).keep_trailing_newline(true);
    // These are the default delimiters, which are always valid.
    env.set_syntax(syntax.build().unwrap_or_default());
    for filter in families().into_iter().flatten() {
        registry::add(&mut env, filter);
    }
    for test in KINDS {
        registry::add_test(&mut env, *test);
    }
    env
}

/// All filters, family by family.
fn families() -> [&'static [Filter]; 9] {
    use super::{certificate, list, measure, name, quoting, row, synapse, table};
    [
        quoting::TEXT,
        quoting::VALUES,
        measure::ALL,
        name::ALL,
        certificate::ALL,
        list::ALL,
        row::ALL,
        table::ALL,
        synapse::ALL,
    ]
}

const KINDS: &[Test] = &[
    ("none", |value| value.is_none()),
    ("boolean", |value| value.kind() == ValueKind::Bool),
    ("number", |value| value.kind() == ValueKind::Number),
    ("string", |value| matches!(value.kind(), ValueKind::String | ValueKind::Plain)),
    ("list", |value| matches!(value.kind(), ValueKind::Seq | ValueKind::Iterable)),
    ("table", |value| value.kind() == ValueKind::Map),
    // An IP address, as opposed to a host name, as spelt in a URL or a server name.
    ("address", |value| {
        let text = value.as_str().unwrap_or_default();
        let inner = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        inner.unwrap_or(text).parse::<std::net::IpAddr>().is_ok()
    }),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_of_filters_and_tests_are_complete() {
        let mut registered: Vec<&str> =
            families().into_iter().flatten().map(|filter| filter.name).collect();
        let mut listed = FILTERS.to_vec();
        registered.sort_unstable();
        listed.sort_unstable();
        assert_eq!(registered, listed);
        assert_eq!(TESTS.to_vec(), KINDS.iter().map(|(name, _)| *name).collect::<Vec<_>>());
    }
}
