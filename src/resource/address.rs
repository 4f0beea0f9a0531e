//! The address of a resource: `kind:name`, unique on a host.

use serde::{Serialize, Serializer};

/// Which resource.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Address {
    /// The kind, such as `file`.
    pub kind: String,
    /// The name, whatever it means to the kind: a path, a package, a unit.
    pub name: String,
}

impl Address {
    /// An address of this kind and name.
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
