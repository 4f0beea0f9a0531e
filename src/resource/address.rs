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

/// The kinds that general code treats in a way of their own. Only these questions know their names.
impl Address {
    /// Reads an address that was written down; one without a kind has an empty one.
    pub fn written(text: &str) -> Address {
        let (kind, name) = text.split_once(':').unwrap_or(("", text));
        Address::new(kind, name)
    }

    /// Returns the address of a systemd unit.
    pub fn of_unit(unit: &str) -> Address {
        Address::new("service", unit)
    }

    /// Returns the address of a file.
    pub fn of_file(path: &str) -> Address {
        Address::new("file", path)
    }

    /// Returns the systemd unit that it stands for.
    pub fn unit(&self) -> Option<&str> {
        (self.kind == "service").then_some(self.name.as_str())
    }

    /// Returns the path of a file whose content the spec knows.
    pub fn file(&self) -> Option<&str> {
        (self.kind == "file").then_some(self.name.as_str())
    }

    /// Returns the path that must be absent.
    pub fn absent(&self) -> Option<&str> {
        (self.kind == "absent").then_some(self.name.as_str())
    }

    /// Whether it is a package: its files are the package's own, and its version may come out otherwise than planned.
    pub fn is_package(&self) -> bool {
        self.kind == "apt"
    }

    /// Whether it is a command: what it was given cannot be read back, and it leaves nothing that could be lost.
    pub fn is_command(&self) -> bool {
        self.kind == "command"
    }

    /// Whether it is a database, without which a server has lost its data.
    pub fn is_database(&self) -> bool {
        self.kind == "postgres_database"
    }

    /// Whether it is a file that its program merges with others of its directory.
    pub fn is_merged(&self) -> bool {
        self.kind == "merged_yaml"
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
