//! What happens to a resource that an earlier apply made and the spec no longer asks for. Nothing that holds data is
//! ever removed: it is named, with the command.

/// How a kind is forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forget {
    /// What stands at its paths is removed.
    Paths,
    /// The directory is removed when nothing is in it.
    EmptyDirectory,
    /// The unit is stopped and disabled, once that is allowed by name.
    Unit,
    /// The package stays; it is removed, never purged, once that is allowed by name, if matrixform installed it and
    /// nothing else would go with it.
    Package,
    /// It stays, and the command that removes it is shown; `NAME` in it is its name.
    Left(&'static str),
    /// Nothing: there is nothing of it to remove, for this reason.
    Nothing(&'static str),
}

impl Forget {
    /// For the reference.
    pub fn words(self) -> String {
        match self {
            Forget::Paths => "removed".to_owned(),
            Forget::EmptyDirectory => {
                "removed if it is empty; otherwise kept and reported".to_owned()
            }
            Forget::Unit => {
                "stopped and disabled, only with `--allow destroy:service:NAME`".to_owned()
            }
            Forget::Package => "stays; with `--allow destroy:apt:NAME` it is removed (not purged, and nothing else with it) if \
                                matrixform installed it"
                .to_owned(),
            Forget::Left(command) => format!("stays; remove it with `{command}`"),
            Forget::Nothing(why) => format!("nothing: {why}"),
        }
    }
}
