//! What a run reads and asks. Paths, names, counts and the words of calls: what may be seen in a process list
//! anyway, and never what goes in on standard input.

use std::time::Duration;

/// One thing that was done on the way.
#[derive(Clone, Debug)]
pub enum Detail {
    /// A file or folder of this machine was read.
    Read {
        /// What it is: `spec`, `secrets`.
        what: &'static str,
        /// Where it is.
        path: String,
    },
    /// A module of the user's own stands in for or beside the built-in ones.
    Module {
        /// Its name.
        name: String,
        /// Where it is.
        folder: String,
    },
    /// The way to the host is settled.
    Way(Vec<String>),
    /// A part of the run is done.
    Lap {
        /// Which.
        part: &'static str,
        /// How long it took.
        took: Duration,
    },
    /// The host was asked.
    Asked {
        /// The shell function that answers.
        function: &'static str,
        /// How many things it was asked about.
        things: usize,
    },
    /// A shell function was called on the host.
    Called {
        /// Its name.
        function: &'static str,
        /// Its words.
        words: Vec<String>,
    },
}
