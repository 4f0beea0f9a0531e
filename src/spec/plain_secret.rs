//! Secrets that stand in a spec itself, wherever that is: told by their form, or by the key that they stand
//! under. A spec is committed, so each is an error; whoever shows the place puts stars there.

use super::Spec;
use super::node::{Node, Table, Value};
use crate::diagnostic::{Diagnostic, Place, Problems};
use std::collections::HashSet;
use std::ops::Range;

/// The code of the problem: where it points, a secret stands.
pub const PLAIN_SECRET: &str = "spec/plain-secret";

/// What begins or marks a secret, and what it is.
const MARKS: [(&str, &str); 5] = [
    ("PRIVATE KEY-----", "a private key"),
    ("AGE-SECRET-KEY-1", "the identity of an age file"),
    ("syt_", "an access token of Synapse"),
    ("mct_", "an access token of an authentication service"),
    ("ed25519 a_", "a signing key of Synapse"),
];

/// All secrets in the sections and resources of a spec. `declared` tells of a path whether a module has
/// an option there that is no secret, whatever it is called: the `access_token` of a session is a time.
/// A resource's path begins with `resource` and its kind.
pub fn plain_secrets(spec: &Spec, declared: &dyn Fn(&[&str]) -> bool) -> Problems {
    let mut walk = Walk { declared, templates: false, found: Problems::new() };
    for (name, entry) in &spec.sections {
        walk.node(&mut vec![name], &entry.node);
    }
    walk.templates = true;
    for node in &spec.resources {
        let kind = node.as_table().and_then(|table| table.get("kind")?.node.as_str());
        walk.node(&mut vec!["resource", kind.unwrap_or_default()], node);
    }
    walk.templates = false;
    // Whoever has the files reads it there all the same.
    for replaced in &spec.replaced {
        let mut above = replaced.above.iter().map(String::as_str).collect();
        walk.table(&mut above, &replaced.entry);
    }
    walk.found
}

/// The same of the keys that are no module's: `[host]` and its like.
pub(super) fn own_secrets<'a>(entries: impl Iterator<Item = (&'a str, &'a Node)>) -> Problems {
    let mut walk = Walk { declared: &|_| false, templates: false, found: Problems::new() };
    entries.for_each(|(name, node)| walk.node(&mut vec![name], node));
    walk.found
}

/// The problem of a secret that stands in the spec.
pub fn plain_secret(node: &Node) -> Diagnostic {
    plain_secret_at(&node.place)
}

/// The same by its place.
pub fn plain_secret_at(place: &Place) -> Diagnostic {
    Diagnostic::error(PLAIN_SECRET, "a secret must not stand in the spec")
        .labelled(place, "anyone who reads the spec could read it")
        .help(
            "put it into a store with `matrixform secrets set`, and write `{ secret = \"name\" }`",
        )
}

/// The problem of a path where a secret is named: the value itself is not shown, as it may be one after all.
pub fn secret_path(node: &Node) -> Diagnostic {
    Diagnostic::error(PLAIN_SECRET, "a secret is given by its name, not by the path of its file")
        .at(&node.place)
        .help("read the file into a store with `matrixform secrets set` and `<FILE` behind it, and write `{ secret = \"name\" }`")
}

/// Whether a text is the path of a file, and not something that begins like one.
pub fn is_file_path(text: &str) -> bool {
    let starts =
        ["/etc/", "/root/", "/home/", "/srv/", "/var/", "/opt/", "/run/", "~/", "./", "../"];
    let clean = |c: char| c.is_ascii_alphanumeric() || "/._-~@".contains(c);
    let file = [".pem", ".key", ".crt", ".txt"].iter().any(|end| text.ends_with(end));
    text.len() < 200
        && text.chars().all(clean)
        && (file || starts.iter().any(|start| text.starts_with(start)))
}

/// Whether a key is one under which programs keep a secret. A path is none, and what is one by mistake
/// may be given by name like a secret.
pub fn names_a_secret(key: &str) -> bool {
    const WORDS: [&str; 9] = [
        "secret",
        "password",
        "passwd",
        "passphrase",
        "pepper",
        "token",
        "private_key",
        "signing_key",
        "api_key",
    ];
    let key = key.to_ascii_lowercase().replace('-', "_");
    let ends = |word: &str| {
        let rest = key.strip_suffix(word);
        rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('_'))
    };
    WORDS.iter().any(|word| ends(word)) || key.ends_with("secret_key") || key == "smtp_pass"
}

/// Where a secret is named and does not stand: `{ secret = "name" }`.
pub fn is_reference(node: &Node) -> bool {
    let table = node.as_table().filter(|table| table.len() == 1);
    let name = table.and_then(|table| table.get("secret"));
    name.is_some_and(|name| name.node.as_str().is_some())
}

/// Adds the secrets that are not told yet.
pub fn tell_plain(problems: &mut Problems, found: Problems) {
    let told = plain_spots(problems);
    problems.extend(found.into_iter().filter(|one| spot(one).is_none_or(|at| !told.contains(&at))));
}

/// Where secrets stand in the spec, as far as problems tell.
pub fn plain_places(problems: &[Diagnostic]) -> Vec<Place> {
    let plain = problems.iter().filter(|problem| problem.code == PLAIN_SECRET);
    plain.filter_map(|problem| Some(problem.place.as_ref()?.0.clone())).collect()
}

/// The same as far as a comparison needs it. Texts may differ: in one of them there are stars.
pub fn plain_spots(problems: &[Diagnostic]) -> HashSet<Spot> {
    problems.iter().filter(|problem| problem.code == PLAIN_SECRET).filter_map(spot).collect()
}

/// A file, and the bytes of it.
pub type Spot = (String, usize, usize);

/// Where a problem points.
pub fn spot(problem: &Diagnostic) -> Option<Spot> {
    let (place, _) = problem.place.as_ref()?;
    Some((place.source.name.clone(), place.span.start, place.span.end))
}

struct Walk<'a> {
    declared: &'a dyn Fn(&[&str]) -> bool,
    /// Whether a text with `{{ }}` in it is filled in: what it gives is judged then.
    templates: bool,
    found: Problems,
}

impl Walk<'_> {
    fn node<'n>(&mut self, path: &mut Vec<&'n str>, node: &'n Node) {
        match &node.value {
            Value::String(text) => self.found.extend(kind(text).map(|what| marked(what, node))),
            Value::Array(items) => items.iter().for_each(|item| self.node(path, item)),
            Value::Table(_) if is_reference(node) => {}
            Value::Table(table) => self.table(path, table),
            _ => {}
        }
    }

    fn table<'n>(&mut self, path: &mut Vec<&'n str>, table: &'n Table) {
        for (key, entry) in table {
            path.push(key);
            let of: &[Node] = match &entry.node.value {
                // `tokens = ["…"]`: each of them.
                Value::Array(items) if names_a_secret(key.strip_suffix('s').unwrap_or(key)) => {
                    items
                }
                _ if names_a_secret(key) => std::slice::from_ref(&entry.node),
                _ => &[],
            };
            let of = if (self.declared)(path) { &[] } else { of };
            let plain: Vec<&Node> = of.iter().filter(|node| self.is_value(node)).collect();
            match plain.is_empty() {
                true => self.node(path, &entry.node),
                false => self.found.extend(plain.into_iter().map(plain_secret)),
            }
            path.pop();
        }
    }

    fn is_value(&self, node: &Node) -> bool {
        match &node.value {
            Value::String(text) => !self.templates || !(text.contains("{{") || text.contains("{%")),
            Value::Integer(_) | Value::Float(_) | Value::Datetime(_) => true,
            _ => false,
        }
    }
}

fn marked(what: &str, node: &Node) -> Diagnostic {
    Diagnostic::error(PLAIN_SECRET, format!("{what} stands in the spec"))
        .labelled(&node.place, "anyone who reads the spec could read it")
        .help("take it out of the file and its history, replace it, and name the new one: `{ secret = \"name\" }`")
}

/// What kind of secret a text holds. A mark without anything after it is a word about secrets.
fn kind(text: &str) -> Option<&'static str> {
    let holds = |(mark, _): &&(&str, &str)| {
        text.split(mark).skip(1).any(|after| after.trim_start().len() >= 16)
    };
    MARKS.iter().find(holds).map(|(_, what)| *what)
}

/// Where a text that is no TOML may hold secrets: from the `=` or `:` behind a key that says so to the end
/// of the line, or of the text in three quotes that begins there; behind such a word that begins a line, too.
pub(super) fn suspected(text: &str) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    for (equals, _) in text.match_indices(['=', ':']) {
        // What is hidden already is not looked at again: there may be very much of it.
        if found.last().is_some_and(|last| equals < last.end) {
            continue;
        }
        let before = text.get(..equals).unwrap_or_default().trim_end();
        let key = before.rsplit(|c: char| c.is_whitespace() || "{},.\"'[=".contains(c));
        let key = key.take(2).find(|word| !word.is_empty()).unwrap_or_default();
        let after = text.get(equals + 1..).unwrap_or_default();
        if !names_a_secret(key) || is_named(before, after) {
            continue;
        }
        let line = after.split('\n').next().unwrap_or_default();
        let long = ["\"\"\"", "'''"].into_iter().find_map(|quotes| {
            let inside = line.trim_start().strip_prefix(quotes)?;
            let start = after.len() - after.trim_start().len() + quotes.len();
            let end = after.get(start..)?.find(quotes).map_or(after.len(), |end| start + end);
            (!inside.contains(quotes)).then_some(end)
        });
        found.push(equals + 1..equals + 1 + long.unwrap_or(line.len()));
    }
    found.extend(behind_a_word(text));
    found
}

/// `password hunter2`: the rest of a line that begins with the name of a secret, and nothing between.
fn behind_a_word(text: &str) -> impl Iterator<Item = Range<usize>> {
    let mut start = 0;
    text.split_inclusive('\n').filter_map(move |line| {
        let at = start;
        start += line.len();
        let indent = line.len() - line.trim_start().len();
        let (word, rest) = line.trim_start().split_once([' ', '\t'])?;
        let is = names_a_secret(word.trim_matches(['"', '\'']))
            && !rest.trim_start().starts_with(['=', ':']);
        is.then(|| at + indent + word.len()..at + line.trim_end_matches('\n').len())
    })
}

/// Whether this is the inside of `{ secret = "name" }`.
fn is_named(before: &str, after: &str) -> bool {
    let opens = before.strip_suffix("secret").is_some_and(|rest| rest.trim_end().ends_with('{'));
    let rest = after.trim_start().strip_prefix('"').and_then(|rest| rest.split_once('"'));
    opens && rest.is_some_and(|(_, rest)| rest.trim_start().starts_with('}'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Source;
    use crate::spec::node::parse;

    #[test]
    fn tells_secrets_by_their_form() {
        let key =
            "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIA\n-----END PRIVATE KEY-----\n";
        assert_eq!(kind(key), Some("a private key"));
        assert_eq!(
            kind("curl -H 'Authorization: Bearer syt_YWxpY2U_abcdefgh'"),
            Some("an access token of Synapse")
        );
        assert_eq!(kind("ed25519 a_Zm9v YmFyYmF6Zm9vYmFyYmF6"), Some("a signing key of Synapse"));
        assert_eq!(kind("it must hold `BEGIN PRIVATE KEY-----`"), None);
        assert_eq!(kind("syt_"), None);
    }

    #[test]
    fn tells_secrets_by_their_keys() {
        for key in ["pepper", "turn_shared_secret", "admin_token", "macaroon_secret_key", "Api-Key"]
        {
            assert!(names_a_secret(key), "{key}");
        }
        for key in ["signing_key_path", "token_lifetime", "password_config", "key", "proxy_pass"] {
            assert!(!names_a_secret(key), "{key}");
        }
        let text = "a = [{ token = \"x\", tokens = [\"y\", { secret = \"n/m\" }] }]\n\
                    password = 7\nsecret = { secret = \"a/b\" }\nlogin.access_token = \"24h\"\n\
                    tokens = { a = 1 }\nrequires_token = true\n";
        let root = parse(&Source::new("s.toml", text)).unwrap();
        let declared = |path: &[&str]| path == ["login", "access_token"];
        let mut walk = Walk { declared: &declared, templates: false, found: Problems::new() };
        walk.node(&mut Vec::new(), &root);
        let shown: Vec<&str> =
            walk.found.iter().map(|one| one.place.as_ref().unwrap().0.text()).collect();
        assert_eq!(shown, ["\"x\"", "\"y\"", "7"]);
    }

    #[test]
    fn a_text_that_is_no_toml_is_searched_line_by_line() {
        let hidden = |text: &str| {
            suspected(text).into_iter().map(|at| text[at].to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(hidden("a = 1\nx.\"admin_token\" = hunter\n"), [" hunter"]);
        assert_eq!(hidden("key = { secret = \"a/b\" } x"), [""; 0]);
        assert_eq!(hidden("pepper = \"\"\"a\nb\"\"\"\nc = "), [" \"\"\"a\nb"]);
        assert_eq!(hidden("p = { pepper = \"a\" "), [" \"a\" "]);
        assert_eq!(hidden("pepper = '''a"), [" '''a"]);
        assert_eq!(hidden("a:\n  \"password\": hunter\n"), [" hunter"]);
        assert_eq!(hidden("x = 1\n admin_token hunter\n"), [" hunter"]);
        assert_eq!(hidden(&"token=".repeat(100_000)).len(), 1, "a line is hidden once");
    }
}
