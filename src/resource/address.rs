//! The address of a resource: `kind:name`, unique on a host.

use serde::{Serialize, Serializer};

/// The address of a resource.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Address {
    /// The kind, such as `file`.
    pub kind: String,
    /// The name; its meaning depends on the kind: a path, a package, a unit.
    pub name: String,
}

impl Address {
    /// Creates an address.
    pub fn new(kind: impl Into<String>, name: impl Into<String>) -> Address {
        Address { kind: kind.into(), name: name.into() }
    }
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.kind, self.name)
    }
}

impl Serialize for Address {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
