//! What expressions see: modules by name, roles, `facts`, `host` and `item`. A module is filled one value at a time, in
//! the order of references; an absent or failed value answers with an error of its own, so nothing is read as undefined
//! by accident.

use crate::facts::Facts;
pub(super) use crate::module::types::{ALREADY_REPORTED, unknown};
use indexmap::IndexMap;
use minijinja::value::{Object, ObjectRepr};
use minijinja::{Error, ErrorKind, Value};
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

/// One module's values.
#[derive(Debug)]
pub(super) struct ModuleScope {
    name: String,
    values: RwLock<BTreeMap<String, Option<Value>>>,
}

impl ModuleScope {
    /// A scope with its first values.
    pub(super) fn new(name: &str, values: BTreeMap<String, Option<Value>>) -> Arc<ModuleScope> {
        Arc::new(ModuleScope { name: name.to_owned(), values: RwLock::new(values) })
    }

    /// Adds a value; none if it could not be computed, which is reported elsewhere.
    pub(super) fn set(&self, name: &str, value: Option<Value>) {
        let mut values = self.values.write().unwrap_or_else(PoisonError::into_inner);
        values.insert(name.to_owned(), value);
    }

    /// A value, if it could be computed.
    pub(super) fn get(&self, name: &str) -> Option<Value> {
        let values = self.values.read().unwrap_or_else(PoisonError::into_inner);
        values.get(name).cloned().flatten()
    }
}

impl Object for ModuleScope {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let name = key.as_str()?;
        let values = self.values.read().unwrap_or_else(PoisonError::into_inner);
        match values.get(name) {
            Some(Some(value)) => Some(value.clone()),
            Some(None) => Some(unknown()),
            None => Some(error(format!("module `{}` has no `{name}`", self.name))),
        }
    }

    fn is_true(self: &Arc<Self>) -> bool {
        true
    }
}

/// A module that the spec does not name, or a role that no module fills: false, and nothing can be read through it.
#[derive(Debug)]
pub(super) struct AbsentModule(pub(super) String);

impl Object for AbsentModule {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, _: &Value) -> Option<Value> {
        let name = &self.0;
        Some(error(format!("`{name}` is not in this spec: guard it, as in `x if {name} else y`")))
    }

    fn is_true(self: &Arc<Self>) -> bool {
        false
    }
}

/// What is known apart from the spec.
#[derive(Clone, Copy)]
pub(in crate::module) enum KnownFacts<'a> {
    /// The host's facts.
    Host(&'a Facts),
    /// The facts of a new host of a release; those that only the host knows are unknown.
    Release(&'a Facts),
    /// No host: the time alone (seconds since 1970), if that.
    Time(Option<u64>),
}

/// The facts of a host that was not asked: anything that reads an unknown fact is left out silently. The time is known
/// without the host, if the caller has a clock.
#[derive(Debug)]
pub(super) struct UnknownFacts {
    pub(super) time: Option<u64>,
    /// The facts of a new host of this release.
    pub(super) release: Option<Value>,
}

/// Facts that the release does not determine.
const HOST_ALONE: [&str; 8] = [
    "addresses",
    "disk",
    "hostname",
    "postgres_clusters",
    "reboot_required",
    "ssh_client",
    "synapse_server_name",
    "user",
];

impl Object for UnknownFacts {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let name = key.as_str()?;
        if name == "time" {
            return Some(self.time.map_or_else(unknown, Value::from));
        }
        let release = self.release.as_ref().filter(|_| !HOST_ALONE.contains(&name));
        Some(release.map_or_else(unknown, |facts| facts.get_attr(name).unwrap_or_default()))
    }
}

fn error(message: impl Into<String>) -> Value {
    Value::from(Error::new(ErrorKind::InvalidOperation, message.into()))
}

/// What one expression sees.
#[derive(Clone, Debug)]
pub(super) struct EvalFrame {
    roots: Arc<IndexMap<String, Value>>,
    item: Option<Value>,
}

impl EvalFrame {
    /// Everything but an item.
    pub(super) fn new(roots: IndexMap<String, Value>) -> EvalFrame {
        EvalFrame { roots: Arc::new(roots), item: None }
    }

    /// The same frame, with an item.
    pub(super) fn with(&self, item: Option<Value>) -> EvalFrame {
        EvalFrame { roots: Arc::clone(&self.roots), item }
    }

    /// The frame as the context of an expression.
    pub(super) fn to_value(&self) -> Value {
        Value::from_object(self.clone())
    }
}

impl Object for EvalFrame {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        match key.as_str()? {
            "item" => self.item.clone(),
            name => self.roots.get(name).cloned(),
        }
    }
}
