//! Problems without the text of what is not TOML: a spec of someone else can name any file of the repository, and what
//! does not parse may be a file of secrets that lies there uncommitted.

use crate::diagnostic::{Diagnostic, Problems, visible};

/// The code of a text that does not parse.
const SYNTAX: &str = "spec/syntax";

/// The same problems; for a file that does not parse, only its name and line. Of several in one file, only the first is reported.
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
