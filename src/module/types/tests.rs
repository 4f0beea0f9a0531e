//! Declarations and values as authors write them: what is accepted, and every message.

use super::*;
use crate::diagnostic::{Place, Problems, Source};
use crate::spec::node::{self, Node};
use minijinja::Value;

fn toml(text: &str) -> Node {
    node::parse(&Source::new("t.toml", text)).unwrap()
}

fn declared(text: &str) -> Result<ParamType, Problems> {
    let source = Source::new("module.toml", text);
    let node = node::parse(&source).unwrap();
    ParamType::from_manifest(node.as_table().unwrap(), &Place::new(&source, 0..0), FIELD_KEYS)
}

fn read(ty: &str, value: &str) -> Result<Value, Problems> {
    let node = toml(&format!("v = {value}"));
    declared(ty).unwrap().read(&node.as_table().unwrap()["v"].node)
}

/// All problems, as the user sees them.
fn shown(problems: Problems) -> String {
    problems.iter().map(|problem| problem.render(false)).collect::<Vec<_>>().join("\n\n")
}

const DATABASE: &str = r#"
    type = "table"
    [fields]
    host = { type = "domain", doc = "Where it runs." }
    name = { type = "identifier", default = "synapse" }
    port = { type = "port", default = 5432 }
    password = { type = "secret", generate = "password:40" }
    pool = { type = "table", fields = { min = { type = "int", min = 1, default = 5 } } }
    tags = { type = "list", of = "slug" }
"#;

const CONTACTS: &str = r#"
    type = "list"
    of = { type = "table" }
    fields = { role = { type = "enum", values = ["admin", "security"], required = true }, mail = { type = "email" } }
"#;

#[test]
fn a_table_is_filled_in() {
    let wanted = "{'host': None, 'name': 'synapse', 'port': 5433, 'password': [secret password], \
        'pool': {'min': 5}, 'tags': []}";
    assert_eq!(read(DATABASE, "{ port = 5433 }").unwrap().to_string(), wanted);
    assert_eq!(declared(DATABASE).unwrap().absent().to_string(), wanted.replace("5433", "5432"));
    let given = read(DATABASE, "{ password = { secret = \"a/b\" } }").unwrap();
    let secret = given.get_attr("password").unwrap();
    assert_eq!(SecretRef::of(&secret), Some(&SecretRef::named("a/b", Some("password:40"))));
}

#[test]
fn absent_values_follow_their_type() {
    let absent = |ty: &str| declared(ty).unwrap().absent();
    assert_eq!(absent(CONTACTS).len(), Some(0));
    assert!(absent("type = \"duration\"").is_none());
    assert!(
        absent("type = \"table\"\nfields = { a = { type = \"int\", required = true } }").is_none()
    );
    assert_eq!(absent("type = \"map\"\nof = \"int\"").len(), Some(0));
    let secret = absent("type = \"secret\"\ngenerate = \"hex:32\"");
    assert_eq!(SecretRef::of(&secret), Some(&SecretRef::generated("", "hex:32")));
}

#[test]
fn unnamed_secrets_know_their_keys() {
    let ty = format!(
        "type = \"map\"\nof = {{ type = \"table\", fields = {{ inner = {{ {} }} }} }}",
        "type = \"table\", fields = { pw = { type = \"secret\", generate = \"hex:8\" } }"
    );
    let value = read(&ty, "{ a = {}, b = { inner = { pw = { secret = \"x/y\" } } } }").unwrap();
    assert_eq!(
        value.to_string(),
        "{'a': {'inner': {'pw': [secret a/inner/pw]}}, 'b': {'inner': {'pw': [secret x/y]}}}"
    );
}

#[test]
fn all_problems_are_reported_at_once() {
    let value = r#"{ host = "a_b", prot = 1, name = 3, pool = { min = 0, mix = 1 }, tags = ["ok", "No", 1], password = "hunter2" }"#;
    insta::assert_snapshot!(shown(read(DATABASE, value).unwrap_err()));
}

#[test]
fn messages_say_how_to_fix_the_value() {
    let mut all = String::new();
    for (ty, value) in [
        ("type = \"size\"", "\"50MB\""),
        ("type = \"duration\"\nmax = \"10y\"", "\"11y\""),
        ("type = \"duration\"", "90"),
        ("type = \"bool\"", "\"true\""),
        ("type = \"port\"", "65536"),
        ("type = \"percent\"", "101.0"),
        ("type = \"enum\"\nvalues = [\"closed\", \"token\", \"open\"]", "\"tokn\""),
        (CONTACTS, "[{ role = \"admin\" }, { mail = \"x\" }]"),
        ("type = \"secret\"", "{ secrt = \"a\" }"),
        ("type = \"secret\"", "{ secret = \"../a\" }"),
        ("type = \"secret\"", "{ secret = \"turn/x.previous\" }"),
        ("type = \"string\"\npattern = \"[a-z]+\"", "\"a;b\""),
        ("type = \"string\"", "\"\\uFDD0\""),
        ("type = \"map\"\nof = \"string\"\nkeys = \"[A-Z]+\"", "{ A = \"x\", \"A B\" = \"x\" }"),
        ("type = \"any\"", "{ a = [nan] }"),
        ("type = \"file_ref\"", "\"/a\""),
        ("type = \"rate_limit\"", "{ per_second = 1 }"),
    ] {
        all.push_str(&shown(read(ty, value).unwrap_err()));
        all.push_str("\n\n");
    }
    insta::assert_snapshot!(all);
}

#[test]
fn declarations_are_checked() {
    let mut all = String::new();
    for ty in [
        "doc = \"x\"",
        "type = \"durtion\"",
        "type = 3",
        "type = \"enum\"\nvaules = [\"a\"]",
        "type = \"enum\"\nvalues = []",
        "type = \"list\"",
        "type = \"list\"\nof = 3",
        "type = \"table\"",
        "type = \"table\"\nfields = { a = \"int\", b = { type = \"int\", default = \"x\" } }",
        "type = \"table\"\nfields = { a = { type = \"int\", default = 1, required = true } }",
        "type = \"string\"\npattern = \"(\"",
        "type = \"map\"\nof = \"string\"\nkeys = \"(\"",
        "type = \"duration\"\nmin = \"1x\"",
        "type = \"int\"\nmax = \"3\"",
        "type = \"list\"\nof = { type = \"secret\", generate = \"hex:8\" }",
    ] {
        all.push_str(&shown(declared(ty).unwrap_err()));
        all.push_str("\n\n");
    }
    insta::assert_snapshot!(all);
}

#[test]
fn any_value_may_hold_secrets() {
    let value =
        read("type = \"any\"", "{ a = { secret = \"x/y\" }, d = 2027-01-01, l = [1, 1.5, true] }");
    assert_eq!(
        value.unwrap().to_string(),
        "{'a': [secret x/y], 'd': '2027-01-01', 'l': [1, 1.5, True]}"
    );
}

#[test]
fn references_are_resolved_everywhere() {
    let value = read(DATABASE, "{}").unwrap();
    let found = resolve(&value, &mut |found: &Value| {
        Ok::<_, ()>(Value::from(SecretRef::of(found).ok_or(())?.name.len()))
    });
    assert_eq!(found.unwrap().get_attr("password").unwrap(), Value::from(8));
}

#[test]
fn types_have_a_description_and_a_shape() {
    let mut all = String::new();
    for ty in [
        DATABASE,
        CONTACTS,
        "type = \"duration\"\nmin = \"1d\"",
        "type = \"port\"",
        "type = \"any\"",
    ] {
        let ty = declared(ty).unwrap();
        all.push_str(&format!("{}\n  {:?}\n", ty.describe(), ty.shape()));
    }
    insta::assert_snapshot!(all);
}
