//! Words that are not answers: the user wants to quit, go back, or get help.

/// The command that a word gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum InitCommand {
    /// Go to the previous question.
    Back,
    /// Show what can be typed here.
    Help,
    /// Quit, with nothing written.
    Leave,
}

impl InitCommand {
    /// Returns the command on a line; `None` for an answer.
    pub(super) fn read(line: &str) -> Option<InitCommand> {
        match line.to_ascii_lowercase().as_str() {
            "<" | "back" => Some(InitCommand::Back),
            "?" | "help" | "--help" | "-h" => Some(InitCommand::Help),
            "quit" | "exit" | "quit()" | "exit()" | ":q" | ":q!" => Some(InitCommand::Leave),
            _ => None,
        }
    }
}

/// Printed before the first question.
pub(super) const INTRODUCTION: &str = "`<` goes back, `?` shows the question again, `quit` exits; Enter accepts the value in brackets.\n\
     Nothing is written before the last answer.";

/// The longest line accepted as an answer (characters).
const MAX_CHARS: usize = 1000;

/// Returns why a line cannot be an answer: keys that a terminal sends as codes, a whole file, another encoding.
pub(super) fn unreadable(line: &str) -> Option<String> {
    let length = line.chars().count();
    if length > MAX_CHARS {
        return Some(format!("this line has {length} characters; no answer is that long"));
    }
    if line.contains(char::is_control) {
        return Some(
            "this line contains a control key, such as an arrow: type the answer again".to_owned(),
        );
    }
    let replaced = line.contains(char::REPLACEMENT_CHARACTER);
    replaced.then(|| "this line is not UTF-8: type the answer again".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_and_answers_are_distinguished() {
        assert_eq!(InitCommand::read("<"), Some(InitCommand::Back));
        assert_eq!(InitCommand::read("Help"), Some(InitCommand::Help));
        assert_eq!(InitCommand::read("EXIT"), Some(InitCommand::Leave));
        for answer in ["", "q", "help.example.org", "exit-1", "none", "no", "root@quit"] {
            assert_eq!(InitCommand::read(answer), None, "{answer}");
        }
    }

    #[test]
    fn unreadable_lines_are_refused() {
        for line in ["\u{1b}[A", "a\u{7f}b", "a\tb", "caf\u{fffd}", &"x".repeat(1001)] {
            assert!(unreadable(line).is_some(), "{line:?}");
        }
        for line in ["", "example.org", "bücher.example", "matrix:u/a:b.example"] {
            assert_eq!(unreadable(line), None, "{line}");
        }
    }
}
