//! What happens to a resource that an earlier apply created and the spec no longer declares. Anything that holds data
//! is never removed; the command that would remove it is shown.

/// How a kind handles a resource that is no longer declared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrphanPolicy {
    /// Its paths are removed.
    Paths,
    /// The directory is removed if it is empty.
    EmptyDirectory,
    /// The unit is stopped and disabled, once the user allows it by name.
    Unit,
    /// The package stays. Once the user allows it by name, it is removed, never purged, provided that matrixform
    /// installed it and nothing else would be removed with it.
    Package,
    /// It stays, and the command that removes it is shown; `NAME` stands for its name.
    Left(&'static str),
    /// There is nothing to remove, for this reason.
    Nothing(&'static str),
}

impl OrphanPolicy {
    /// Returns the description for the reference.
    pub fn describe(self) -> String {
        match self {
            OrphanPolicy::Paths => "removed".to_owned(),
            OrphanPolicy::EmptyDirectory => {
                "removed if it is empty; otherwise kept and reported".to_owned()
            }
            OrphanPolicy::Unit => {
                "stopped and disabled, only with `--allow destroy:service:NAME`".to_owned()
            }
            OrphanPolicy::Package => "stays; with `--allow destroy:apt:NAME` it is removed (not purged, and nothing else with it) if \
                                matrixform installed it"
                .to_owned(),
            OrphanPolicy::Left(command) => format!("stays; remove it with `{command}`"),
            OrphanPolicy::Nothing(why) => format!("nothing: {why}"),
        }
    }
}
