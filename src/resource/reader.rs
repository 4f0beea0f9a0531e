//! Reads a declaration's attributes into typed values. It collects all problems; each message names the kind, the
//! attribute and the accepted values.

use super::{Attribute, AttributeDoc, Declared, DeclaredValue};
use crate::diagnostic::{Diagnostic, Problems, nearest};
use crate::host_path;
use crate::secret::Content;

/// Takes attributes from a declaration.
pub(super) struct AttributeReader<'a> {
    declared: &'a Declared,
    problems: Problems,
}

impl<'a> AttributeReader<'a> {
    /// Creates a reader; attributes that the kind does not know are refused.
    pub(super) fn new(
        declared: &'a Declared,
        known: &'static [AttributeDoc],
    ) -> AttributeReader<'a> {
        let mut reader = AttributeReader { declared, problems: Vec::new() };
        for (name, attribute) in &declared.attributes {
            if !known.iter().any(|doc| doc.name == name) {
                reader.unknown(name, attribute, known);
            }
        }
        for doc in known.iter().filter(|doc| doc.required) {
            if !declared.attributes.contains_key(doc.name) {
                reader.missing(doc);
            }
        }
        reader
    }

    /// Returns the finished value, or all problems.
    pub(super) fn finish<T>(self, value: T) -> Result<T, Problems> {
        if self.problems.is_empty() { Ok(value) } else { Err(self.problems) }
    }

    /// Adds a problem at an attribute (or at the declaration if it is not set).
    pub(super) fn refuse(&mut self, name: &str, message: impl Into<String>) {
        let origin = &self.declared.origin;
        let attribute = self.declared.attributes.get(name).map(|attribute| &attribute.place);
        let place = attribute.unwrap_or(&origin.declared);
        let message = format!("{}: {}", self.declared.address, message.into());
        let problem = Diagnostic::error("resource/attribute", message);
        // The user of a spec cannot change a line in a module: point to the spec's line, if there is one.
        self.problems.push(match &origin.requested {
            Some(requested) => problem.at(requested).see(place, "what the module makes of it"),
            None => problem.at(place),
        });
    }

    /// Whether the attribute is set.
    pub(super) fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// Reads text without secrets.
    pub(super) fn text(&mut self, name: &str) -> Option<String> {
        match &self.get(name)?.value {
            DeclaredValue::Text(content) => match content.as_plain_text() {
                Some(text) => Some(text.to_owned()),
                None => self.wrong(name, "text without a secret"),
            },
            DeclaredValue::Int(number) => Some(number.to_string()),
            _ => self.wrong(name, "text"),
        }
    }

    /// Reads text that may contain secrets.
    pub(super) fn content(&mut self, name: &str) -> Option<Content> {
        match &self.get(name)?.value {
            DeclaredValue::Text(content) => Some(content.clone()),
            _ => self.wrong(name, "text"),
        }
    }

    /// Reads a boolean.
    pub(super) fn flag(&mut self, name: &str) -> Option<bool> {
        match &self.get(name)?.value {
            DeclaredValue::Bool(flag) => Some(*flag),
            _ => self.wrong(name, "`true` or `false`"),
        }
    }

    /// Reads a whole number.
    pub(super) fn int(&mut self, name: &str) -> Option<i64> {
        match &self.get(name)?.value {
            DeclaredValue::Int(number) => Some(*number),
            _ => self.wrong(name, "a whole number"),
        }
    }

    /// Reads a list of texts; empty if not set.
    pub(super) fn list(&mut self, name: &str) -> Vec<String> {
        let Some(attribute) = self.get(name) else { return Vec::new() };
        let DeclaredValue::List(items) = &attribute.value else {
            self.wrong::<()>(name, "a list of text");
            return Vec::new();
        };
        let mut texts = Vec::new();
        for item in items {
            match item {
                DeclaredValue::Text(content) => match content.as_plain_text() {
                    Some(text) => texts.push(text.to_owned()),
                    None => drop(self.wrong::<()>(name, "a list of text without secrets")),
                },
                DeclaredValue::Int(number) => texts.push(number.to_string()),
                _ => drop(self.wrong::<()>(name, "a list of text")),
            }
        }
        texts
    }

    /// Reads a list of absolute paths; empty if not set.
    pub(super) fn paths(&mut self, name: &str) -> Vec<String> {
        let paths = self.list(name);
        if !paths.iter().all(|path| host_path::is_normal(path)) {
            self.wrong::<()>(name, "a list of absolute paths without `.`, `..` or `//`");
        }
        paths
    }

    /// Reads a table of texts; empty if not set.
    pub(super) fn table(&mut self, name: &str) -> Vec<(String, String)> {
        let Some(attribute) = self.get(name) else { return Vec::new() };
        let DeclaredValue::Table(rows) = &attribute.value else {
            self.wrong::<()>(name, "a table of text");
            return Vec::new();
        };
        let mut texts = Vec::new();
        for (key, value) in rows {
            let text = match value {
                DeclaredValue::Text(content) => content.as_plain_text().map(str::to_owned),
                DeclaredValue::Int(number) => Some(number.to_string()),
                DeclaredValue::Bool(flag) => Some(flag.to_string()),
                _ => None,
            };
            match text {
                Some(text) => texts.push((key.clone(), text)),
                None => drop(self.wrong::<()>(name, "a table of text without secrets")),
            }
        }
        texts
    }

    /// Reads a mode: four octal digits, as in `0644`.
    pub(super) fn mode(&mut self, name: &str, default: &str) -> String {
        let Some(text) = self.text(name) else { return default.to_owned() };
        let octal = text.len() == 4 && text.chars().all(|c| ('0'..='7').contains(&c));
        if !octal {
            self.wrong::<()>(name, "four octal digits such as `0644`");
            let digits = text.len() == 3 && text.chars().all(|c| ('0'..='7').contains(&c));
            let meant = if digits { format!("0{text}") } else { default.to_owned() };
            if let Some(problem) = self.problems.last_mut() {
                problem.help = Some(format!("write `{name} = \"{meant}\"`"));
            }
        }
        text
    }

    /// Reads a user or group name.
    pub(super) fn account(&mut self, name: &str, default: &str) -> String {
        let Some(text) = self.text(name) else { return default.to_owned() };
        if !is_account(&text) {
            self.wrong::<()>(name, "a user or group name");
        }
        text
    }

    /// Reads the resource's name as an absolute, normalized path.
    pub(super) fn path_name(&mut self) -> String {
        let name = self.declared.address.name.clone();
        if !host_path::is_normal(&name) {
            self.refuse("name", "its name must be an absolute path without `.`, `..` or `//`");
        }
        name
    }

    fn get(&self, name: &str) -> Option<&'a Attribute> {
        self.declared.attributes.get(name)
    }

    fn wrong<T>(&mut self, name: &str, takes: &str) -> Option<T> {
        self.refuse(name, format!("`{name}` takes {takes}"));
        None
    }

    fn unknown(&mut self, name: &str, attribute: &Attribute, known: &'static [AttributeDoc]) {
        let kind = &self.declared.address.kind;
        let message = format!("kind `{kind}` has no attribute `{name}`");
        let mut problem = Diagnostic::error("resource/unknown-attribute", message);
        problem = problem.at(&attribute.place);
        let names = || known.iter().map(|doc| doc.name);
        problem = problem.help(match nearest(name, names()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("its attributes: {}", names().collect::<Vec<_>>().join(", ")),
        });
        self.problems.push(problem);
    }

    fn missing(&mut self, doc: &AttributeDoc) {
        self.refuse(doc.name, format!("`{}` is missing: {}", doc.name, doc.doc));
    }
}

/// Whether this is a portable user or group name (as Debian's adduser accepts it).
pub(super) fn is_account(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(|c| c.is_ascii_lowercase() || c == '_')
        && text.len() <= 32
        && chars.all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '-')
}

/// Returns the directories above a path, nearest first, without `/`.
pub(super) fn parents(path: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = path;
    while let Some((parent, _)) = rest.rsplit_once('/') {
        if parent.is_empty() {
            break;
        }
        found.push(parent.to_owned());
        rest = parent;
    }
    found
}
