//! Details of what a run reads and asks: paths, names, counts and arguments. All of it could be seen in a process list
//! anyway; standard input is never included.

use std::time::Duration;

/// One detail of a run.
#[derive(Clone, Debug)]
pub enum Detail {
    /// A file or directory of this machine was read.
    Read {
        /// Its purpose: `spec`, `secrets`.
        what: &'static str,
        /// Where it is.
        path: String,
    },
    /// One of the user's own modules is used, in place of or besides the built-in ones.
    Module {
        /// Its name.
        name: String,
        /// Where it is.
        directory: String,
    },
    /// The route to the host is known.
    Route(Vec<String>),
    /// A part of the run is done.
    Lap {
        /// The name of the part.
        part: &'static str,
        /// How long it took.
        took: Duration,
    },
    /// The host was asked a question.
    Asked {
        /// The shell function that answers.
        function: &'static str,
        /// The number of items it was asked about.
        things: usize,
    },
    /// A shell function was called on the host.
    Called {
        /// Its name.
        function: &'static str,
        /// Its arguments.
        args: Vec<String>,
    },
}
