//! Every option of the table with a valid value, derived from its kind or taken from option_values.toml, and the
//! verdict of `check` on a spec with it.
#![allow(dead_code)]

use matrixform::for_tests::diagnostic::{Diagnostic, Level, Source};
use matrixform::for_tests::module::{Modules, check, embedded};
use matrixform::for_tests::spec::Spec;
use matrixform::for_tests::spec::files::InMemory;
use matrixform::for_tests::spec::node::{self, Node, Value as Toml};
use matrixform::for_tests::synapse::{OptionKind, SynapseOption, options};
use serde_json::{Map, Value, json};
use std::sync::Arc;

const DATA: &str = include_str!("option_values.toml");

/// The rest of the specs: with mail, TURN and URL previews, so that their options may be set.
pub(crate) const BODY: &str = r#"
[postgres]
memory_percent = 5

[synapse]
server_name = "hs.test"
public_baseurl = "https://matrix.hs.test/"
source = "pypi"
trusted_key_servers = []
python_packages = ["trial-module @ file:///srv/trial/module"]
media.previews = true

[synapse.email]
host = "mail.example.org"
from = "Trial <matrix@hs.test>"

[synapse.turn]
uris = ["turn:turn.hs.test"]
secret = { secret = "trial/turn" }

[tls]
provider = "self-signed"

[nginx]

[well_known]
"#;

/// An option and the settings that give it a value.
#[derive(Clone, Debug)]
pub(crate) struct Trial {
    /// Its dotted name.
    pub(crate) name: String,
    /// The content of `[synapse.extra]`; a secret is `{"secret": NAME}`.
    pub(crate) extra: Map<String, Value>,
    /// Whether an account service takes over accounts.
    pub(crate) delegated: bool,
}

/// A trial for each option of the table.
pub(crate) fn trials() -> Vec<Trial> {
    let data = data();
    let known = options().known.iter();
    known.map(|(name, option)| Trial::of(name, option, &data, beside(&data, name))).collect()
}

/// A trial for each option that needs others beside it, without them, as users may write it.
pub(crate) fn alone() -> Vec<Trial> {
    let data = data();
    let known = options().known.iter();
    let stripped = known.filter(|(name, _)| !beside(&data, name).is_empty());
    stripped.map(|(name, option)| Trial::of(name, option, &data, Map::new())).collect()
}

fn data() -> Value {
    json_of(&node::parse(&Source::new("option_values.toml", DATA)).expect("TOML"))
}

fn beside(data: &Value, name: &str) -> Map<String, Value> {
    let rows = data["beside"].as_object().expect("a table").iter();
    let of = rows.filter(|(start, _)| name.starts_with(start.as_str()));
    of.flat_map(|(_, beside)| beside.as_object().expect("options").clone()).collect()
}

impl Trial {
    fn of(name: &str, option: &SynapseOption, data: &Value, extra: Map<String, Value>) -> Trial {
        let own = data["values"].get(name).cloned();
        let value = own.clone().unwrap_or_else(|| match option.secret {
            true => {
                json!({ "secret": format!("trial/{}", name.replace(['.', '[', ']', '*'], "-")) })
            }
            false => by_kind(&option.kinds[0], option),
        });
        // `a[].b` is a key in the first entry of a list.
        let parts: Vec<&str> = name.split('.').collect();
        let mut whole = Value::Object(extra);
        put(&mut whole, &parts, value, own.is_some());
        let Value::Object(extra) = whole else { panic!("a table") };
        let starts = data["delegated"]["names"].as_array().expect("names");
        let delegated = starts.iter().any(|start| name.starts_with(start.as_str().unwrap()));
        Trial { name: name.to_owned(), extra, delegated }
    }

    /// The spec without `[host]`.
    pub(crate) fn spec(&self) -> String {
        spec(&self.extra, self.delegated)
    }

    /// The error of `check`, if any: a message and a fix.
    pub(crate) fn refusal(&self, modules: &Modules) -> Option<Diagnostic> {
        errors(&self.spec(), modules).into_iter().next()
    }
}

/// A spec with these options.
pub(crate) fn spec(extra: &Map<String, Value>, delegated: bool) -> String {
    let mut text = BODY.to_owned();
    if delegated {
        text += "\n[synapse.passwords]\nlogin = false\n";
    }
    text += "\n[synapse.extra]\n";
    for (key, value) in extra {
        text += &format!("{} = {}\n", quoted(key), toml_of(value));
    }
    text
}

/// The errors of `check` in a spec without `[host]`.
pub(crate) fn errors(body: &str, modules: &Modules) -> Vec<Diagnostic> {
    let text = format!("format = 1\n[host]\naddress = \"192.0.2.1\"\n{body}");
    let source = Source::new("trial.toml", text);
    let problems = match Spec::read(&source, Arc::new(InMemory::default())) {
        Ok(spec) => check(&spec, modules).problems,
        Err(problems) => problems,
    };
    problems.into_iter().filter(|problem| problem.level == Level::Error).collect()
}

/// The built-in modules.
pub(crate) fn modules() -> Modules {
    Modules::load(&embedded(), &[]).expect("the built-in modules")
}

/// Collects the names of all secrets in a value.
pub(crate) fn secrets(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(table) => match secret_name(table) {
            Some(name) => found.push(name.to_owned()),
            None => table.values().for_each(|value| secrets(value, found)),
        },
        Value::Array(items) => items.iter().for_each(|value| secrets(value, found)),
        _ => {}
    }
}

fn secret_name(table: &Map<String, Value>) -> Option<&str> {
    table.get("secret").filter(|_| table.len() == 1)?.as_str()
}

/// A valid value of a kind; for a bool, the value described by its `deletes` and `part`.
fn by_kind(kind: &OptionKind, option: &SynapseOption) -> Value {
    match kind {
        OptionKind::Bool => json!(!option.off),
        OptionKind::Int => json!(12),
        OptionKind::Number => json!(1.5),
        OptionKind::String | OptionKind::Any | OptionKind::Null => json!("a"),
        OptionKind::Path => json!("/srv/trial/secret"),
        OptionKind::Duration => json!("1h"),
        OptionKind::Size => json!("10M"),
        OptionKind::Word(word) => json!(word),
        OptionKind::List(of) if matches!(**of, OptionKind::Table) => json!([]),
        OptionKind::List(of) => json!([by_kind(of, option)]),
        OptionKind::Map(of) if matches!(**of, OptionKind::Table) => json!({}),
        OptionKind::Map(of) => json!({ "a": by_kind(of, option) }),
        OptionKind::Table => json!({}),
    }
}

/// Sets a value by its path; an empty table or list keeps an existing value unless it was `meant`.
fn put(whole: &mut Value, parts: &[&str], value: Value, meant: bool) {
    let Some((part, rest)) = parts.split_first() else {
        let empty = value.as_object().is_some_and(Map::is_empty)
            || value.as_array().is_some_and(Vec::is_empty);
        if meant || !empty || whole.is_null() {
            *whole = value;
        }
        return;
    };
    let table = whole.as_object_mut().expect("a table");
    let key = match part.trim_end_matches("[]") {
        // The existing key.
        "*" => table.keys().next().cloned().unwrap_or_else(|| "a".to_owned()),
        key => key.to_owned(),
    };
    if rest.is_empty() {
        // A secret is given by value or in a file, not both.
        for other in ["_path", "_file"] {
            key.strip_suffix(other).map(|value| table.remove(value));
        }
    }
    let mut at = table.entry(key).or_insert(Value::Null);
    if part.ends_with("[]") {
        if at.as_array().is_none_or(Vec::is_empty) {
            *at = json!([Value::Null]);
        }
        at = &mut at[0];
    }
    if at.is_null() && !rest.is_empty() {
        *at = json!({});
    }
    put(at, rest, value, meant);
}

/// Converts a TOML value to JSON.
pub(crate) fn json_of(node: &Node) -> Value {
    match &node.value {
        Toml::String(text) | Toml::Datetime(text) => json!(text),
        Toml::Integer(number) => json!(number),
        Toml::Float(number) => json!(number),
        Toml::Boolean(yes) => json!(yes),
        Toml::Array(items) => items.iter().map(json_of).collect(),
        Toml::Table(table) => {
            table.iter().map(|(key, entry)| (key.clone(), json_of(&entry.node))).collect()
        }
    }
}

fn toml_of(value: &Value) -> String {
    match value {
        Value::Object(table) => {
            let pair =
                |(key, value): (&String, &Value)| format!("{} = {}", quoted(key), toml_of(value));
            format!("{{ {} }}", table.iter().map(pair).collect::<Vec<_>>().join(", "))
        }
        Value::Array(items) => {
            format!("[{}]", items.iter().map(toml_of).collect::<Vec<_>>().join(", "))
        }
        // Strings, numbers and bools look the same in JSON and TOML.
        other => other.to_string(),
    }
}

fn quoted(key: &str) -> String {
    Value::from(key).to_string()
}
