//! Walks through a spec, and describes each secret found: its place, and a name under which it can be stored.

use super::name::{may_name_a_secret, names_a_secret, nearly_names_a_secret};
use super::shape::credentials;
use super::text::{FoundSecret, PUBLIC, secrets};
use super::value::is_random;
use super::{PLAIN_SECRET, Plain, is_reference, plain_secret, source_range};
use crate::diagnostic::{Diagnostic, Place, Source};
use crate::spec::Spec;
use crate::spec::node::{Node, Table, Value};
use std::ops::Range;

pub(super) struct SecretWalk<'a> {
    declared: &'a dyn Fn(&[&str]) -> bool,
    /// The resource being examined: its name, and whether its file can be built from `contents`.
    resource: Option<(String, Option<&'static str>)>,
    pub(super) plain: Plain,
}

impl<'a> SecretWalk<'a> {
    pub(super) fn new(declared: &'a dyn Fn(&[&str]) -> bool) -> SecretWalk<'a> {
        SecretWalk { declared, resource: None, plain: Plain::default() }
    }

    /// Examines a `[[resource]]`, with the file that it sends.
    pub(super) fn resource(&mut self, spec: &Spec, node: &Node) {
        let text = |key: &str| node.as_table().and_then(|table| table.get(key)?.node.as_str());
        let name = text("name").unwrap_or_default();
        self.resource = Some((name.to_owned(), format(name)));
        self.node(&mut vec!["resource", text("kind").unwrap_or_default()], node);
        for key in ["source", "template"] {
            let place = node.as_table().and_then(|table| Some(&table.get(key)?.node.place));
            if let (Some(path), Some(place)) = (text(key), place) {
                // An unreadable file is reported where it is needed.
                let read =
                    spec.file(path, place).ok().and_then(|bytes| String::from_utf8(bytes).ok());
                let source = read.map(|text| Source::new(path, text));
                if let Some(source) = source {
                    let at = |range: Range<usize>| Place::new(&source, range);
                    self.text(
                        &["resource"],
                        &source.text,
                        "a secret must not be in a file of the inventory",
                        &at,
                    );
                }
            }
        }
        self.resource = None;
    }

    pub(super) fn node<'n>(&mut self, path: &mut Vec<&'n str>, node: &'n Node) {
        match &node.value {
            Value::String(text) => {
                let at = |range: Range<usize>| inside(node, text, range);
                match credentials(text) {
                    Some(range) => {
                        let what = Some("a password in an address");
                        let one = FoundSecret { range, key: None, what };
                        let at = at(one.range.clone());
                        let what = "a secret must not be in the spec";
                        self.plain.reported.push(self.problem(path, &one, what, &at, true));
                    }
                    None => self.text(path, text, "a secret must not be in the spec", &at),
                }
            }
            Value::Array(items) => items.iter().for_each(|item| self.node(path, item)),
            Value::Table(_) if is_reference(node) => {}
            Value::Table(table) => self.table(path, table),
            _ => {}
        }
    }

    pub(super) fn table<'n>(&mut self, path: &mut Vec<&'n str>, table: &'n Table) {
        for (key, entry) in table {
            path.push(key);
            let open = !(self.declared)(path);
            let slot = open && names_a_secret(key);
            if slot && is_slot(&entry.node) {
                self.named_by_value(&entry.node);
                path.pop();
                continue;
            }
            if open && entry.node.as_str().is_some() && nearly_names_a_secret(key) {
                self.plain.hidden.push(entry.node.place.clone());
            }
            let may = || entry.node.as_str().is_some_and(is_random) && may_name_a_secret(key);
            let of: &[Node] = match &entry.node.value {
                // `tokens = ["…"]`: each item.
                Value::Array(items) if names_a_secret(key.strip_suffix('s').unwrap_or(key)) => {
                    items
                }
                _ if names_a_secret(key) || may() => std::slice::from_ref(&entry.node),
                _ => &[],
            };
            let of = if open { of } else { &[] };
            let plain: Vec<&Node> = of.iter().filter(|node| self.is_value(node)).collect();
            match plain.is_empty() {
                true => self.node(path, &entry.node),
                false => self.plain.reported.extend(plain.into_iter().map(plain_secret)),
            }
            path.pop();
        }
    }

    /// Handles `{ value = "…" }` in place of a name, or an invalid name.
    fn named_by_value(&mut self, node: &Node) {
        let texts = node.as_table().into_iter().flatten();
        for (key, entry) in texts.filter(|(_, entry)| entry.node.as_str().is_some()) {
            match key.as_str() {
                // Reported where the name is read.
                "secret" => self.plain.hidden.push(entry.node.place.clone()),
                _ => self.plain.reported.push(plain_secret(&entry.node)),
            }
        }
    }

    fn is_value(&self, node: &Node) -> bool {
        match &node.value {
            // A resource's text with `{{ }}` in it is a template: its result is checked later.
            Value::String(text) => {
                self.resource.is_none() || !(text.contains("{{") || text.contains("{%"))
            }
            Value::Integer(_) | Value::Float(_) | Value::Datetime(_) => true,
            _ => false,
        }
    }

    /// Reports the secrets inside a text.
    fn text(&mut self, path: &[&str], text: &str, what: &str, at: &dyn Fn(Range<usize>) -> Place) {
        let mut first = true;
        for one in secrets(text) {
            let problem = self.problem(path, &one, what, &at(one.range.clone()), first);
            // A text whose parts have no place of their own is reported once.
            if self.plain.reported.last().and_then(source_range) != source_range(&problem) {
                self.plain.reported.push(problem);
            }
            first = false;
        }
    }

    fn problem(
        &self,
        path: &[&str],
        one: &FoundSecret,
        what: &str,
        at: &Place,
        first: bool,
    ) -> Diagnostic {
        let message = match (&one.key, one.what) {
            (Some(key), _) => format!("{what}: the value of `{key}`"),
            (None, kind) => format!("{what}: {}", kind.unwrap_or("a secret")),
        };
        let help = self.help(path, one, first);
        let help =
            format!("{help}; if it is not a secret, put `{PUBLIC}` in a comment on that line");
        Diagnostic::error(PLAIN_SECRET, message)
            .labelled(at, "anyone who reads it here could use it")
            .help(help)
    }

    fn help(&self, path: &[&str], one: &FoundSecret, first: bool) -> String {
        let key = one.key.as_deref().unwrap_or("key");
        let store = |name: &str| {
            format!(
                "replace it, because Git history keeps it, and store the new one with `matrixform secrets set SPEC {name}`"
            )
        };
        match &self.resource {
            Some((resource, Some(format))) => {
                let name = advised(&[stem(resource), key]);
                format!(
                    "{}; build the file with `format = \"{format}\"` and `contents`, where `{key} = {{ secret = \"{name}\" }}`",
                    store(&name)
                )
            }
            Some((resource, None)) if first => {
                let name = advised(&["file", stem(resource)]);
                format!(
                    "replace it, because Git history keeps it, and store the whole text with `matrixform secrets set SPEC {name}`: `content = {{ secret = \"{name}\" }}`"
                )
            }
            Some((_, None)) => {
                "it goes in the same secret as the first one in this text".to_owned()
            }
            None => {
                let all: Vec<&str> = path.iter().copied().chain([key]).collect();
                let name = advised(&all);
                format!(
                    "{}; a `[[resource]]` with `content = {{ secret = \"{name}\" }}` puts it into a file, from where this can read it",
                    store(&name)
                )
            }
        }
    }
}

/// Returns the place of a part of a string, if the string has no escapes; otherwise that of the whole string.
fn inside(node: &Node, text: &str, range: Range<usize>) -> Place {
    let raw = node.place.text();
    for quotes in ["\"\"\"", "'''", "\"", "'"] {
        let inner = raw.strip_prefix(quotes).and_then(|rest| rest.strip_suffix(quotes));
        let Some(inner) = inner else { continue };
        let cut = if quotes.len() == 3 && inner.starts_with('\n') { 1 } else { 0 };
        if inner.get(cut..) == Some(text) {
            let start = node.place.span.start + quotes.len() + cut;
            return Place::new(&node.place.source, start + range.start..start + range.end);
        }
    }
    node.place.clone()
}

/// Whether a table stands in for `{ secret = "name" }` without being one.
fn is_slot(node: &Node) -> bool {
    let Some(table) = node.as_table() else { return false };
    let named = table.get("secret").and_then(|name| name.node.as_str());
    match named.filter(|_| table.len() == 1) {
        Some(name) => !is_name(name),
        None => named.is_some() || table.contains_key("value"),
    }
}

/// Whether a text may be the name of a secret; any other text is a value.
fn is_name(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
    let part = |part: &str| !part.is_empty() && part.chars().all(plain);
    text.contains('/') && text.split('/').all(part)
}

/// Returns the format in which a file of this name can be built from values.
fn format(name: &str) -> Option<&'static str> {
    match name.rsplit_once('.')?.1 {
        "yaml" | "yml" => Some("yaml"),
        "json" => Some("json"),
        "ini" => Some("ini"),
        _ => None,
    }
}

/// Returns `whatsapp` for `/etc/bridges/whatsapp.yaml`.
fn stem(name: &str) -> &str {
    let file = name.rsplit('/').next().unwrap_or(name);
    let stem = file.split('.').find(|part| !part.is_empty());
    stem.unwrap_or("own")
}

/// Returns a name for a secret: `area/name` with only the allowed characters.
fn advised(parts: &[&str]) -> String {
    let clean = |part: &&str| -> String {
        let part = part.to_ascii_lowercase();
        let clean =
            part.chars().map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { '-' });
        clean.collect::<String>().trim_matches('-').to_owned()
    };
    let parts: Vec<String> = parts.iter().map(clean).filter(|part| !part.is_empty()).collect();
    match parts.as_slice() {
        [one] => format!("own/{one}"),
        parts => parts.join("/"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::node::parse;

    #[test]
    fn recognizes_secrets_by_their_keys() {
        let text = "a = [{ token = \"x\", tokens = [\"y\", { secret = \"n/m\" }] }]\n\
                    password = 7\nsecret = { secret = \"a/b\" }\nlogin.access_token = \"24h\"\n\
                    tokens = { a = 1 }\nrequires_token = true\nencryption_key = \"short\"\n\
                    store_key = \"Zk3Jq9vT2mX7bLw4RnY8cPdH\"\n";
        let root = parse(&Source::new("s.toml", text)).unwrap();
        let declared = |path: &[&str]| path == ["login", "access_token"];
        let mut walk = SecretWalk::new(&declared);
        walk.node(&mut Vec::new(), &root);
        let shown: Vec<&str> =
            walk.plain.reported.iter().map(|one| one.place.as_ref().unwrap().0.text()).collect();
        assert_eq!(shown, ["\"x\"", "\"y\"", "7", "\"Zk3Jq9vT2mX7bLw4RnY8cPdH\""]);
    }

    #[test]
    fn a_secret_in_a_string_has_an_exact_place_if_possible() {
        for (toml, shown) in [
            ("a = '''\nb\npassword: hunter2\n'''", "hunter2"),
            ("a = \"PASSWORD=hunter2 run\"", "hunter2"),
            ("a = \"x\\ty\\nPASSWORD=hunter2\"", "\"x\\ty\\nPASSWORD=hunter2\""),
        ] {
            let root = parse(&Source::new("s.toml", toml)).unwrap();
            let mut walk = SecretWalk::new(&|_| false);
            walk.node(&mut Vec::new(), &root);
            let found: Vec<&str> = walk
                .plain
                .reported
                .iter()
                .map(|one| one.place.as_ref().unwrap().0.text())
                .collect();
            assert_eq!(found, [shown]);
        }
    }

    #[test]
    fn advised_names_are_valid_in_stores() {
        assert_eq!(advised(&["whatsapp", "as_token"]), "whatsapp/as_token");
        assert_eq!(advised(&["Übel.x", "DB_PASSWORD"]), "bel-x/db_password");
        assert_eq!(advised(&["", "key"]), "own/key");
        assert_eq!(stem("/etc/.env"), "env");
    }
}
