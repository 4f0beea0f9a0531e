//! The output of `service_files_observe`: the files that a unit reads and consists of.

use super::Answers;
use crate::secret::Content;
use std::fmt::Write;

/// The shell function.
pub(super) const FUNCTION: &str = "service_files_observe";

/// A set of these files.
#[derive(Clone, Copy)]
pub(super) struct ServiceFiles<'a> {
    pub(super) answers: &'a Answers,
    pub(super) paths: &'a [String],
}

impl ServiceFiles<'_> {
    /// Whether the host listed the files at all.
    pub(super) fn were_seen(&self) -> bool {
        self.answers.get(FUNCTION, "/").is_some()
    }

    /// Returns one digest of names, types, link targets and contents, computed like the host's `service_digest`: over
    /// the output of `stat -c '%F %N'`, followed by that of `sha256sum`.
    pub(super) fn digest(&self) -> String {
        let (mut stats, mut sums) = (String::new(), String::new());
        for path in self.paths {
            // Writing to a string cannot fail.
            if let (Some(kind), Some(shown)) = (self.field(path, "kind"), self.field(path, "shown"))
            {
                let _ = writeln!(stats, "{kind} {shown}");
            }
            if let Some(sum) = self.field(path, "sum") {
                // sha256sum escapes a name with a backslash and marks its line.
                let (mark, name) = match path.contains('\\') {
                    true => ("\\", path.replace('\\', "\\\\")),
                    false => ("", path.clone()),
                };
                let _ = writeln!(sums, "{mark}{sum}  {name}");
            }
        }
        Content::plain(stats + &sums).digest()
    }

    /// Returns the time of the last change and its path: `DATE TIME ZONE PATH`, in UTC. A link counts, and so does its
    /// target; a directory does not, since its time changes whenever a file is created or removed in it.
    pub(super) fn newest(&self) -> Option<String> {
        let times = self.paths.iter().flat_map(|path| {
            let of = |field| Some(format!("{} {path}", self.field(path, field)?));
            let is_directory = self.field(path, "kind").is_some_and(|kind| kind == "directory");
            [of("changed").filter(|_| !is_directory), of("target_changed")]
        });
        times.flatten().max()
    }

    fn field(&self, path: &str, field: &str) -> Option<String> {
        self.answers.get(FUNCTION, path)?.text(field)
    }
}
