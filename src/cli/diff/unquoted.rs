//! Removes the text of files that are not TOML from problems: someone else's spec can name any file of the repository,
//! and one that does not parse may be an uncommitted secrets file.

use crate::diagnostic::{Diagnostic, Problems, visible};

/// The code of the problem with a text that does not parse.
const SYNTAX: &str = "spec/syntax";

/// Returns the problems, reduced to name and line for a file that does not parse. Of several in one file, only the
/// first is kept.
pub(super) fn unquoted(problems: Problems) -> Problems {
    let mut reported = Problems::new();
    for problem in problems {
        let problem = match &problem.place {
            Some((place, _)) if problem.code == SYNTAX => {
                let name = visible(&place.source.name).replace('\n', "\\n");
                let message = format!("{name}:{} is not TOML", place.line_column().0);
                let text = Diagnostic::error(SYNTAX, message).exit(problem.exit);
                text.help("run `matrixform check SPEC` to see why; its text is not quoted here")
            }
            _ => problem,
        };
        if !reported.contains(&problem) {
            reported.push(problem);
        }
    }
    reported
}
