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
                "removed when it is empty; else it stays, and that is said".to_owned()
            }
            Forget::Unit => {
                "stopped and disabled, with `--allow destroy:service:NAME` alone".to_owned()
            }
            Forget::Package => "stays; with `--allow destroy:apt:NAME` it is removed (never purged, nothing with it), if \
                                matrixform installed it"
                .to_owned(),
            Forget::Left(command) => format!("stays; `{command}` removes it"),
            Forget::Nothing(why) => format!("nothing: {why}"),
        }
    }
}
