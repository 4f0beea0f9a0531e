//! What `service_files_observe` reports about the files that a unit reads and consists of.

use super::Answers;
use crate::secret::Content;
use std::fmt::Write;

/// The shell function.
pub(super) const FUNCTION: &str = "service_files_observe";

/// Some of these files.
#[derive(Clone, Copy)]
pub(super) struct ServiceFiles<'a> {
    pub(super) answers: &'a Answers,
    pub(super) paths: &'a [String],
}

impl ServiceFiles<'_> {
    /// Whether the host looked at all.
    pub(super) fn were_seen(&self) -> bool {
        self.answers.get(FUNCTION, "/").is_some()
    }

    /// One digest over names, kinds, link targets and contents, as the host's `service_digest` makes it: first what
    /// `stat -c '%F %N'` prints of them, then what `sha256sum` does.
    pub(super) fn digest(&self) -> String {
        let (mut stats, mut sums) = (String::new(), String::new());
        for path in self.paths {
            // Writing to a text cannot fail.
            if let (Some(kind), Some(shown)) = (self.field(path, "kind"), self.field(path, "shown"))
            {
                let _ = writeln!(stats, "{kind} {shown}");
            }
            if let Some(sum) = self.field(path, "sum") {
                // A name with a backslash is escaped, and its line says so.
                let (mark, name) = match path.contains('\\') {
                    true => ("\\", path.replace('\\', "\\\\")),
                    false => ("", path.clone()),
                };
                let _ = writeln!(sums, "{mark}{sum}  {name}");
            }
        }
        Content::plain(stats + &sums).digest()
    }

    /// When the last of them was changed, and which that is: `DATE TIME ZONE PATH`, in UTC. A link counts, and what it
    /// points to; a folder does not: whatever comes and goes in it changes its time.
    pub(super) fn newest(&self) -> Option<String> {
        let times = self.paths.iter().flat_map(|path| {
            let of = |field| Some(format!("{} {path}", self.field(path, field)?));
            let is_folder = self.field(path, "kind").is_some_and(|kind| kind == "directory");
            [of("changed").filter(|_| !is_folder), of("target_changed")]
        });
        times.flatten().max()
    }

    fn field(&self, path: &str, field: &str) -> Option<String> {
        self.answers.get(FUNCTION, path)?.text(field)
    }
}
