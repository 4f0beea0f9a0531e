//! Facts that record which of them were read: a saved plan depends on these, and on nothing else of the host's facts.

use minijinja::Value;
use minijinja::value::{Enumerator, Object, ObjectRepr, ValueKind};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// The facts that were read: values by path (`packages.nginx`).
pub(super) type Read = Arc<Mutex<BTreeMap<String, serde_json::Value>>>;

/// Facts that change on their own between two runs, or depend on who asks: they decide nothing in a plan except what it
/// shows anyway.
const PASSING: [&str; 5] = ["time", "disk", "ssh_client", "user", "reboot_required"];

/// A table of facts.
#[derive(Debug)]
pub(super) struct Watched {
    path: String,
    table: Value,
    read: Read,
}

impl Watched {
    /// All facts.
    pub(super) fn over(facts: Value, read: Read) -> Value {
        Value::from_object(Watched { path: String::new(), table: facts, read })
    }

    fn note(&self, path: &str, value: &Value) {
        if !PASSING.contains(&path.split('.').next().unwrap_or_default()) {
            let value = serde_json::to_value(value).unwrap_or_default();
            let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
            read.insert(path.to_owned(), value);
        }
    }

    fn path(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }
}

impl Object for Watched {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Map
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let name = key.as_str()?;
        let path = self.path(name);
        let found = self.table.get_item(key).ok().filter(|value| !value.is_undefined());
        match found {
            Some(table) if table.kind() == ValueKind::Map => {
                let read = Arc::clone(&self.read);
                Some(Value::from_object(Watched { path, table, read }))
            }
            found => {
                self.note(&path, found.as_ref().unwrap_or(&Value::from(())));
                found
            }
        }
    }

    /// Iterating over a table reads all of it.
    fn enumerate(self: &Arc<Self>) -> Enumerator {
        if !self.path.is_empty() {
            self.note(&self.path, &self.table);
        }
        match self.table.try_iter() {
            Ok(keys) => Enumerator::Values(keys.collect()),
            Err(_) => Enumerator::Empty,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use minijinja::Environment;

    fn read(expression: &str) -> Vec<(String, String)> {
        let facts = serde_json::json!({
            "os": { "id": "debian", "version": "13" },
            "packages": { "nginx": "1.26", "curl": null },
            "addresses": ["192.0.2.1"], "time": 7, "disk": { "/": 9 },
        });
        let seen = Read::default();
        let facts = Watched::over(Value::from(minijinja::value::Serde(facts)), Arc::clone(&seen));
        let environment = Environment::new();
        let expression = environment.compile_expression(expression).unwrap();
        expression.eval(Value::from_pairs([("facts", facts)])).unwrap();
        let seen = seen.lock().unwrap();
        seen.iter().map(|(path, value)| (path.clone(), value.to_string())).collect()
    }

    fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
        list.iter().map(|(path, value)| ((*path).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn only_the_facts_that_were_read_are_recorded() {
        assert_eq!(read("facts.os.id"), pairs(&[("os.id", "\"debian\"")]));
        assert_eq!(
            read("facts.packages.nginx or facts.packages.curl"),
            pairs(&[("packages.nginx", "\"1.26\"")])
        );
        assert_eq!(read("facts.packages.curl"), pairs(&[("packages.curl", "null")]));
        assert_eq!(read("facts.addresses[0]"), pairs(&[("addresses", "[\"192.0.2.1\"]")]));
        assert_eq!(read("facts.nothing is defined").len(), 1, "that it is not there was read, too");
        assert_eq!(read("facts.time + facts.disk['/']"), pairs(&[]));
    }

    #[test]
    fn iterating_over_a_table_reads_all_of_it() {
        let read = read("[facts.packages == {}, facts.os.version]");
        let whole = "{\"nginx\":\"1.26\",\"curl\":null}";
        assert_eq!(read, pairs(&[("os.version", "\"13\""), ("packages", whole)]));
    }
}
