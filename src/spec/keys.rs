//! Reads the keys of a table by name and type. Every key that is read is known; `finish` reports the others with a
//! suggestion, so that a typo never silently results in a default.

use super::node::{Entry, Node, Table, Value};
use super::variables::{Variables, variable};
use crate::diagnostic::{Diagnostic, Place, Problems, nearest};
use std::collections::HashSet;

/// The start of the help that only lists the known keys.
pub const KNOWN_HERE: &str = "known here:";

/// A table being read.
pub struct TableReader<'a> {
    title: String,
    place: Place,
    table: &'a Table,
    known: Vec<&'a str>,
    /// Required keys that are missing.
    missing: Vec<(&'static str, Diagnostic)>,
    problems: Problems,
}

impl<'a> TableReader<'a> {
    /// Creates a reader; `title` names the table in messages (`` `[host]` ``), `place` is its position.
    pub fn new(title: impl Into<String>, table: &'a Table, place: &Place) -> TableReader<'a> {
        let place = place.clone();
        let (known, missing, problems) = (Vec::new(), Vec::new(), Vec::new());
        TableReader { title: title.into(), place, table, known, missing, problems }
    }

    /// Creates a reader for a node.
    ///
    /// # Errors
    ///
    /// The node is not a table (`spec/type`).
    pub fn of_node(
        title: impl Into<String>,
        node: &'a Node,
    ) -> Result<TableReader<'a>, Diagnostic> {
        let title = title.into();
        match node.as_table() {
            Some(table) => Ok(TableReader::new(title, table, &node.place)),
            None => Err(wrong(&title, "a table", node)),
        }
    }

    /// Returns the entry of a key, of any type.
    pub fn entry(&mut self, key: &'static str) -> Option<&'a Entry> {
        self.allow(key);
        self.table.get(key)
    }

    /// Returns the entry of a required key.
    pub fn required(&mut self, key: &'static str, takes: &str) -> Option<&'a Entry> {
        let entry = self.entry(key);
        if entry.is_none() {
            let message = format!("{} needs `{key}`", self.title);
            let problem = Diagnostic::error("spec/missing-key", message).at(&self.place);
            self.missing.push((key, problem.help(format!("add `{key}`: {takes}"))));
        }
        entry
    }

    /// Returns a string.
    pub fn text(&mut self, key: &'static str) -> Option<&'a str> {
        let entry = self.entry(key)?;
        self.take(key, "a string", entry, Node::as_str)
    }

    /// Returns a required string; `takes` describes its purpose.
    pub fn required_text(&mut self, key: &'static str, takes: &str) -> Option<&'a str> {
        let entry = self.required(key, takes)?;
        self.take(key, "a string", entry, Node::as_str)
    }

    /// Returns a string, or the value of `{ env = "NAME" }`: `$NAME` if the environment is not read.
    pub fn text_or_env(&mut self, key: &'static str, variables: &Variables) -> Option<String> {
        let entry = self.entry(key)?;
        let Some(name) = variable(&entry.node) else {
            return self.take(key, "a string", entry, Node::as_str).map(str::to_owned);
        };
        let value = variables.value(name, &entry.node.place).map_err(|problem| vec![problem]);
        Some(self.ok_or_record(value)?.unwrap_or_else(|| format!("${name}")))
    }

    /// Returns a boolean.
    pub fn flag(&mut self, key: &'static str) -> Option<bool> {
        let entry = self.entry(key)?;
        self.take(key, "`true` or `false`", entry, |node| match node.value {
            Value::Boolean(flag) => Some(flag),
            _ => None,
        })
    }

    /// Returns a whole number.
    pub fn whole(&mut self, key: &'static str) -> Option<i64> {
        let entry = self.entry(key)?;
        self.take(key, "a whole number", entry, |node| match node.value {
            Value::Integer(number) => Some(number),
            _ => None,
        })
    }

    /// Returns a table.
    pub fn table(&mut self, key: &'static str) -> Option<(&'a Table, &'a Place)> {
        let entry = self.entry(key)?;
        self.take(key, "a table", entry, |node| Some((node.as_table()?, &entry.key)))
    }

    /// Returns a list; empty if the key is not set.
    pub fn list(&mut self, key: &'static str) -> &'a [Node] {
        let Some(entry) = self.entry(key) else { return &[] };
        let list = self.take(key, "a list", entry, Node::as_array);
        if entry.node.as_table().is_some()
            && let Some(problem) = self.problems.last_mut()
        {
            problem.help = Some(format!("write `[[{key}]]`: there may be several"));
        }
        list.unwrap_or_default()
    }

    /// Returns a list of strings; empty if the key is not set.
    pub fn texts(&mut self, key: &'static str) -> Vec<(&'a str, &'a Place)> {
        let mut texts = Vec::new();
        for node in self.list(key) {
            match node.as_str() {
                Some(text) => texts.push((text, &node.place)),
                None => self.problems.push(wrong(&format!("`{key}`"), "a list of strings", node)),
            }
        }
        texts
    }

    /// Returns one of a few words.
    pub fn word<T: Copy>(&mut self, key: &'static str, words: &[(&'static str, T)]) -> Option<T> {
        let entry = self.entry(key)?;
        let given = self.take(key, "a string", entry, Node::as_str)?;
        let found = words.iter().find(|(word, _)| *word == given).map(|(_, value)| *value);
        if found.is_none() {
            let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            let message = format!("`{given}` is not a valid `{key}`");
            let problem = Diagnostic::error("spec/value", message).at(&entry.node.place);
            self.problems.push(suggest(problem, given, &known, "one of"));
        }
        found
    }

    /// Marks a key as known that is read elsewhere.
    pub fn allow(&mut self, key: &'a str) {
        self.known.push(key);
    }

    /// Returns the position of the table.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// Adds a problem.
    pub fn push(&mut self, problem: Diagnostic) {
        self.problems.push(problem);
    }

    /// Returns the value of a result, or collects its problems.
    pub fn ok_or_record<T>(&mut self, result: Result<T, Problems>) -> Option<T> {
        result.map_err(|problems| self.problems.extend(problems)).ok()
    }

    /// Returns all problems, including unknown keys.
    pub fn finish(mut self) -> Problems {
        // A key may have been read more than once.
        let mut seen = HashSet::new();
        self.known.retain(|key| seen.insert(*key));
        for (key, entry) in self.table.iter().filter(|(key, _)| !seen.contains(key.as_str())) {
            let message = format!("unknown key `{key}` in {}", self.title);
            let problem = Diagnostic::error("spec/unknown-key", message).at(&entry.key);
            self.problems.push(suggest(problem, key, &self.known, KNOWN_HERE));
            // A misspelt key is not reported as missing too.
            let meant = nearest(key, self.known.iter().copied());
            self.missing.retain(|(missing, _)| Some(*missing) != meant);
        }
        let missing = self.missing.into_iter().map(|(_, problem)| problem);
        missing.chain(self.problems).collect()
    }

    fn take<T>(
        &mut self,
        key: &str,
        takes: &str,
        entry: &'a Entry,
        read: impl FnOnce(&'a Node) -> Option<T>,
    ) -> Option<T> {
        let taken = read(&entry.node);
        if taken.is_none() {
            self.problems.push(wrong(&format!("`{key}`"), takes, &entry.node));
        }
        taken
    }
}

/// Returns the problem "`x` must be a table, not a string".
pub fn wrong(what: &str, takes: &str, node: &Node) -> Diagnostic {
    let message = format!("{what} must be {takes}, not {}", node.value.type_name());
    Diagnostic::error("spec/type", message).at(&node.place)
}

/// Adds "did you mean", or else the known words.
pub fn suggest(problem: Diagnostic, given: &str, known: &[&str], intro: &str) -> Diagnostic {
    match nearest(given, known.iter().copied()) {
        Some(near) => problem.help(format!("did you mean `{near}`?")),
        None if known.is_empty() => problem,
        None => problem.help(format!("{intro} `{}`", known.join("`, `"))),
    }
}
