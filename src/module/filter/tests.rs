//! Templates and expressions from the view of a manifest's author: what works, and what fails loudly.

use super::*;
use crate::secret::Secret;
use minijinja::{Value, context};
use std::collections::BTreeSet;

fn globals() -> Value {
    context! {
        name => "synapse", port => 8008, on => true, nothing => (), list => vec!["a", "b"],
        pw => secret_value(Secret::new("db/password", "it's")),
        rows => vec![
            context! { name => "a", count => 2, kind => "x" },
            context! { name => "b", count => 1, kind => "y" },
        ],
    }
}

fn shown(source: &str) -> Result<String, String> {
    let content = render(source, &globals()).map_err(|failure| failure.message)?;
    Ok(String::from_utf8(content.masked()).unwrap())
}

fn value(expression: &str) -> Result<Value, String> {
    eval(expression, &globals()).map_err(|failure| failure.message)
}

#[test]
fn prints_text_numbers_and_booleans() {
    assert_eq!(shown("{{ name }}:{{ port }} {{ on }}\n").unwrap(), "synapse:8008 true\n");
    assert_eq!(shown("{% for x in list %}\n{{ x }}\n{% endfor %}\n").unwrap(), "a\nb\n");
}

#[test]
fn only_printable_values_are_printed() {
    for source in [
        "{{ nothing }}",
        "{{ list }}",
        "{{ rows[0] }}",
        "{{ typo }}",
        "{{ rows[0].typo }}",
        "{{ 'a' if nothing }}",
        "{{ list | typo }}",
        "{{ typo | json }}",
        "{{ nothing | json }}",
        "{{ {'a': nothing} | json }}",
        "{{ [rows[0].typo] | json }}",
        "{{ list | default(1) }}",
        "{{ 'a' | safe }}",
        "{{ list | tojson }}",
        "{{ range(3) }}",
        "{{ name | sh('x') }}",
        "{{ name | sh(x=1) }}",
        "{{ on is defined }}",
        "{% include 'other' %}",
        "{{ name.upper() }}",
    ] {
        assert!(shown(source).is_err(), "{source}: {:?}", shown(source));
    }
}

#[test]
fn an_error_has_its_place() {
    let source = "a: {{ name }}\nb: {{ rows[0].typo | json }}\n";
    let failure = render(source, &globals()).unwrap_err();
    let range = failure.range.unwrap();
    assert!(source[range.clone()].contains("json"), "{:?} {}", &source[range], failure.message);
    let failure = fill_single("{{ rows[0].typo.more }}", &globals()).unwrap_err();
    assert!(failure.range.unwrap().start >= 3, "{}", failure.message);
}

#[test]
fn nothing_runs_without_a_limit() {
    for source in [
        "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
        "{% for a in 'x' * 9999 %}{% for b in 'x' * 9999 %}{{ b }}{% endfor %}{% endfor %}",
        "{% for a in [1] * 99999 %}{% for b in [1] * 99999 %}{{ b }}{% endfor %}{% endfor %}",
    ] {
        assert!(shown(source).is_err());
    }
}

#[test]
fn secrets_are_printed_as_ranges() {
    assert_eq!(shown("a {{ pw }} b").unwrap(), "a [secret db/password] b");
    let quoted = render("{{ pw | sh }}", &globals()).unwrap();
    assert_eq!(quoted.expose(), b"'it'\\''s'");
    assert!(quoted.is_only_secret());
    let macros = "{% macro m(x) %}<{{ x | json }}>{% endmacro %}{% set s %}{{ pw }}{% endset %}{{ m(pw) }}{{ s }}";
    let content = render(macros, &globals()).unwrap();
    assert_eq!(content.expose(), b"<\"it's\">it's");
    assert_eq!(content.secrets().len(), 2);
    let table = render("{{ {'a': 1, 'b': pw} | json }}", &globals()).unwrap();
    assert_eq!(table.masked(), b"{\"a\": 1, \"b\": [secret db/password]}");
    assert_eq!(table.expose(), b"{\"a\": 1, \"b\": \"it's\"}");
    assert_eq!(shown("{{ 'yes' if pw else 'no' }} {{ pw is none }}").unwrap(), "yes false");
}

#[test]
fn a_pending_secret_stays_pending() {
    let context = context! { pw => secret_value(Secret::pending("a")) };
    for source in ["{{ pw }}", "{{ pw | redis }}", "{{ [pw] | yaml }}"] {
        let content = render(source, &context).unwrap();
        assert!(content.secrets()[0].is_pending(), "{source}");
    }
    let filled = fill_template("x{{ pw }}", &context).unwrap();
    assert!(SecretText::of(&filled).unwrap().secret().is_pending());
}

#[test]
fn a_secret_passes_no_type_test() {
    for kind in ["string", "number", "boolean", "list", "table", "none"] {
        assert_eq!(value(&format!("pw is {kind}")), Ok(Value::from(false)), "{kind}");
    }
}

#[test]
fn all_other_operations_on_secrets_fail() {
    for expression in [
        "pw == 'x'",
        "pw != nothing",
        "pw == pw",
        "pw == 1",
        "pw < 'x'",
        "'i' in pw",
        "pw ~ 'x'",
        "('x' ~ pw) | redis",
        "('x' ~ pw) == 'y'",
        "pw + 'x'",
        "pw * 2",
        "pw | length",
        "[pw] | join(',')",
        "[pw] | sort",
        "[pw, pw] | uniq",
        "[pw] | uniq",
        "[pw] | twice",
        "pw is address",
        "-pw",
        "rows | having('name', pw)",
        "pw[0]",
        "pw.name",
        "pw()",
        "pw[1:]",
        "[pw] | map('length')",
        "pw | split(',')",
        "pw | first",
        "list | prefixed(pw)",
        "pw | version_ge('1')",
        "'a' if pw == 'b' else 'c'",
        "{pw: 1} == {pw: 1}",
        "pw | dirname",
        "pw | keys",
        "pw | without_none | length",
    ] {
        let found = value(expression);
        assert!(found.is_err(), "{expression}: {found:?}");
    }
    for source in [
        "{{ pw ~ 'x' }}",
        "{% filter sh %}{{ pw }}{% endfilter %}",
        "{% for c in pw %}{% endfor %}",
        "{% set s %}{{ pw }}{% endset %}{{ s | json }}",
        "{% set s %}{{ pw }}{% endset %}{{ s[1:] }}",
        "{% if pw == 'x' %}{% endif %}",
    ] {
        assert!(shown(source).is_err(), "{source}: {:?}", shown(source));
    }
}

/// minijinja compares a text on the left without looking at the right side: these cases are left to the lint, which
/// knows that `pw` is a secret.
#[test]
fn two_comparisons_are_left_to_the_lint() {
    assert_eq!(value("'x' == pw"), Ok(Value::from(false)));
    assert_eq!(value("pw in list"), Ok(Value::from(false)));
}

#[test]
fn a_mark_cannot_be_forged() {
    for text in ["\u{fdd0}:0\u{fdd1}", "\u{fdd0}0:0\u{fdd1}", "\u{fdd0}", "\u{fdd2}"] {
        let context = context! { text, pw => secret_value(Secret::new("a", "b")) };
        assert!(render("{{ pw }}{{ text }}", &context).is_err());
        assert!(render("{{ text | sh }}", &context).is_err());
        assert!(eval("[text]", &context).is_err());
    }
}

#[test]
fn errors_do_not_reveal_secrets() {
    for source in ["{{ pw | nginx }}", "{{ pw + 1 }}", "{{ pw | pg_size }}", "{{ [pw] | keys }}"] {
        let context = context! { pw => secret_value(Secret::new("n", "hunter2$")) };
        let failure = render(source, &context).unwrap_err();
        assert!(!format!("{failure:?}").contains("hunter2"), "{failure:?}");
    }
}

#[test]
fn a_single_expression_keeps_its_type() {
    let single = |text: &str| fill_single(text, &globals()).unwrap();
    assert_eq!(single("{{ port }}"), Value::from(8008));
    assert_eq!(single("{{ list }}").len(), Some(2));
    assert_eq!(single("{{- '{{ x }}' -}}"), Value::from("{{ x }}"));
}

#[test]
fn a_template_is_filled_as_text() {
    let filled = |text: &str| fill_template(text, &globals()).unwrap();
    assert_eq!(filled("{{ port }} "), Value::from("8008 "));
    assert_eq!(filled("{{ name }}{{ port }}"), Value::from("synapse8008"));
    assert_eq!(filled("plain"), Value::from("plain"));
    let secret = filled("pg://u:{{ pw }}@h");
    assert_eq!(content(&secret).unwrap().masked(), b"pg://u:[secret db/password]@h");
    assert!(fill_template("{{ list }} x", &globals()).is_err());
}

#[test]
fn lists_rows_and_tables() {
    for (expression, wanted) in [
        ("rows | pluck('name')", "['a', 'b']"),
        ("rows | having('kind', 'x') | pluck('name')", "['a']"),
        ("rows | having('count') | length", "2"),
        ("rows | sort('count') | pluck('name')", "['b', 'a']"),
        ("['b', 'a', 'b'] | uniq", "['b', 'a']"),
        ("['b', 'a', 'b', 'c', 'a', 'b'] | twice", "['b', 'a']"),
        ("[1, 2, 1.0] | twice", "[1.0]"),
        ("['b', 'a'] | sort | join('-')", "a-b"),
        (
            "{'a': ['/etc/x/y', 7, {'b': '/srv/z/'}], 'c': '/etc', 'd': '/', 'e': '/a/../b', 'f': none, 'g': 'https://h/i'} | paths",
            "['/etc/x/y', '/srv/z/']",
        ),
        ("[pw, '/etc/x/y'] | paths", "['/etc/x/y']"),
        ("list | prefixed('x/')", "['x/a', 'x/b']"),
        ("list | map('regex')", "['a', 'b']"),
        ("['a.b'] | map('split', '.') | first | last", "b"),
        ("[1, 2.5] | sum", "3.5"),
        ("[1, 2] | sum", "3"),
        ("'a,b' | split(',')", "['a', 'b']"),
        ("'' | split(',')", "[]"),
        ("{'b': 1, 'a': 2} | keys", "['b', 'a']"),
        ("{'b': 1} | items", "[['b', 1]]"),
        ("{'a': 1, 't': {'x': 1}} | merged({'t': {'y': 2}})", "{'a': 1, 't': {'x': 1, 'y': 2}}"),
        ("[{'a': 1}, {'a': 2}] | merged", "{'a': 2}"),
        ("{'a': none, 'b': [none, {'c': none}], 'd': []} | without_none", "{'b': [{}], 'd': []}"),
        (
            "{'a': [pw, 1], 'b': none, 'c': {'d': pw}} | secret_names",
            "{'a': ['db/password', 1], 'b': None, 'c': {'d': 'db/password'}}",
        ),
        ("pw | secret_names", "db/password"),
        ("{'a': 1, 'b': 2} | only(['a', 'c'])", "{'a': 1}"),
        ("{'a': 1, 'b': 2} | without(['a', 'c'])", "{'b': 2}"),
        (
            "{'retention': {'enabled': true, 'default_policy': {}}} | option_remarks('deletes') | length",
            "1",
        ),
        ("{'retention': {'enabled': false}} | option_remarks('deletes')", "[]"),
        (
            "{'account_validity': {'enabled': false, 'period': '30d'}} | option_remarks('deletes')",
            "[]",
        ),
        ("{'enable_local_media_storage': true} | option_remarks('deletes')", "[]"),
        ("{'enable_local_media_storage': false} | option_remarks('deletes') | length", "1"),
        ("{'use_presence': false} | option_remarks('instead') | length", "1"),
        ("{'enable_local_media_storage': false} | option_remarks('since') | length", "1"),
        (
            "({'use_presence': true} | option_remarks('instead') | first)['remark']",
            "presence.enabled",
        ),
        (
            "{'no_such': 1, 'rc_profile': {}} | option_remarks('since') | pluck('name')",
            "['rc_profile']",
        ),
        (
            "{'start_pushers': false, 'send_federation': true, 'stream_writers': {}} | option_remarks('part') | pluck('name')",
            "['start_pushers', 'stream_writers']",
        ),
        ("{'redis': {'enabled': false, 'host': 'a'}} | option_remarks('part')", "[]"),
        (
            "{'oidc_providers': [{}], 'jwt_config': {'enabled': false}, 'saml2_config': {'sp_config': {}}} | option_remarks('extra') | pluck('remark')",
            "['oidc', 'jwt', 'saml2']",
        ),
        (
            "{'matrix_rtc': {'transports': [{'livekit_service_url': 'x'}]}} | option_remarks('instead') | pluck('name')",
            "['matrix_rtc.transports[].livekit_service_url']",
        ),
        (
            "({'modules': [{'module': 'a.B', 'config': {'module': 'no'}}], 'spam_checker': {'module': 'c.D'}} | option_classes) | pluck('class')",
            "['a.B', 'c.D']",
        ),
        (
            "({'presence': {'presence_router': {'module': 'a.B'}}} | option_classes | first)['path']",
            "presence.presence_router",
        ),
        ("{'x': {'enabled': false, 'module': 'a.B'}} | option_classes", "[]"),
        ("'ü' | length", "1"),
    ] {
        let found = value(expression).map(|value| value.to_string());
        assert_eq!(found.as_deref(), Ok(wanted), "{expression}");
    }
    for expression in [
        "[] | first",
        "rows | pluck('typo')",
        "[1, 'a'] | sort",
        "name | pluck('x')",
        "port | length",
        "['a'] | sum",
        "list | map('typo')",
        "list | merged",
    ] {
        assert!(value(expression).is_err(), "{expression}: {:?}", value(expression));
    }
}

#[test]
fn names_sizes_and_versions() {
    for (expression, wanted) in [
        ("'50M' | nginx_size", "50m"),
        ("'2G' | nginx_size", "2048m"),
        ("1000 | nginx_size", "1000"),
        ("'512M' | pg_size", "512MB"),
        ("'2G' | pg_size", "2GB"),
        ("4294967296 | percent_of(25)", "1G"),
        ("4294967296 | percent_of(10)", "384M"),
        ("'4G' | percent_of(25, hi='512M')", "512M"),
        ("'4G' | percent_of(1, lo='128M')", "128M"),
        ("'https://a.example:8/x' | host_of", "a.example"),
        ("'a.example:443' | host_of", "a.example"),
        ("('a.local' | why_not_public)", "names ending in `local` do not exist in DNS"),
        ("'yes' if ('192.0.2.1' | why_not_public) is none else 'no'", "yes"),
        ("'Listen_Addresses' | lower", "listen_addresses"),
        ("'10.1.2.3' | in_networks(['10.0.0.0/8'])", "True"),
        ("'/a/b' | dirname", "/a"),
        ("'/a' | dirname", "/"),
        ("'1.26.3-3' | version_ge('1.25.1')", "True"),
        ("'1.22.1-9' | version_ge('1.25.1')", "False"),
    ] {
        let found = value(expression).map(|value| value.to_string());
        assert_eq!(found.as_deref(), Ok(wanted), "{expression}");
    }
    for expression in
        ["1000 | pg_size", "'50MB' | nginx_size", "'x y' | host_of", "'/a/' | dirname"]
    {
        assert!(value(expression).is_err(), "{expression}");
    }
}

#[test]
fn nested_values_are_found() {
    let found = |text: &str| value(text).unwrap();
    assert_eq!(found("{'a': {'b.c': 1}} | get('a', 'b.c')"), Value::from(1));
    for text in ["{'a': 1} | get('b')", "{'a': 1} | get('a', 'b')", "[1] | get('a')"] {
        assert!(found(text).is_none(), "{text}");
    }
    assert_eq!(found("{'a': 1} | get('b') or 7"), Value::from(7));
}

#[test]
fn durations_are_converted_to_milliseconds() {
    for (text, ms) in [("'1d' | ms", 86_400_000), ("90 | ms", 90), ("'90' | ms", 0)] {
        let found = value(text).unwrap();
        assert_eq!(found.as_i64().unwrap_or_default(), ms, "{text}");
    }
}

#[test]
fn a_pattern_must_match_the_whole_text() {
    let matches = |text: &str| value(text).unwrap().is_true();
    assert!(matches("'abc' | matches('a.c')"));
    assert!(!matches("'xabc' | matches('a.c|x')"));
    assert!(value("'a' | matches('(')").is_err());
}

#[test]
fn loops_of_any_length_are_found() {
    let rows = |ways: &[(&str, &str)]| {
        let rows: Vec<Value> = ways
            .iter()
            .map(|(from, to)| Value::from_pairs([("from", *from), ("to", *to)]))
            .collect();
        let context = Value::from_pairs([("rows", Value::from(rows))]);
        let round = eval("rows | loops | pluck('from') | join(' ')", &context);
        round.unwrap().to_string()
    };
    assert_eq!(rows(&[("a", "a")]), "a");
    assert_eq!(rows(&[("a", "b"), ("b", "c")]), "");
    assert_eq!(rows(&[("a", "b"), ("b", "c"), ("c", "a"), ("d", "e")]), "a b c");
    assert_eq!(rows(&[("x", "a"), ("a", "b"), ("b", "a")]), "x a b", "what leads into it too");
    let long: Vec<(String, String)> =
        (0..200).map(|at| (at.to_string(), ((at + 1) % 200).to_string())).collect();
    let long: Vec<(&str, &str)> =
        long.iter().map(|(from, to)| (from.as_str(), to.as_str())).collect();
    assert_eq!(rows(&long).split(' ').count(), 200);
}

#[test]
fn in_networks_combines_adjacent_networks() {
    let within = |text: &str| value(text).unwrap().is_true();
    assert!(within("'0.0.0.0/0' | in_networks(['0.0.0.0/1', '128.0.0.0/1'])"));
    assert!(within("'[fd00::1]' | in_networks(['no network', 'fc00::/7'])"));
    assert!(!within("'10.0.0.1' | in_networks([])"));
}

/// The reference of filters in modules/README.md: complete, and every example has its result.
#[test]
fn the_reference_of_filters_is_true() {
    let text =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/modules/README.md")).unwrap();
    let (_, section) = text.split_once("## Filters and tests\n").unwrap();
    let section = section.split("\n## ").next().unwrap();
    let globals = context! {
        password => secret_value(Secret::new("db/password", "hunter2")),
        pem => include_str!("../../x509/certificate_2051.pem"),
    };
    let (mut named, mut wrong) = (BTreeSet::new(), Vec::new());
    for line in section.lines().filter(|line| line.starts_with("    ")) {
        let (expression, wanted) = line.trim_start().split_once(" → ").expect(line);
        let one = |source: String| {
            let content = render(&source, &globals).map_err(|failure| failure.message)?;
            Ok::<_, String>(String::from_utf8(content.masked()).unwrap())
        };
        let found = one(format!("{{{{ {expression} }}}}"))
            .or_else(|_| one(format!("{{{{ ({expression}) | json }}}}")));
        if found.as_deref() != Ok(wanted) {
            wrong.push(format!("{expression}: {found:?}"));
        }
        let piped = expression.split(" | ").skip(1);
        named.extend(piped.map(|rest| rest.split(['(', ' ']).next().unwrap_or_default()));
        named.extend(expression.rsplit_once(" is ").map(|(_, test)| test));
    }
    let all: BTreeSet<&str> = FILTERS.iter().chain(TESTS).copied().collect();
    assert_eq!(named, all);
    assert_eq!(wrong, [] as [String; 0]);
}
