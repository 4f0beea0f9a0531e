//! The library of shell functions, sent in parts: observing a host needs a third of it, and a fresh connection carries
//! little before it waits for the host. Functions begin with a line `name() {` and end with a line `}` (or with
//! parentheses); a test checks that they all do.

use indexmap::IndexMap;

/// A library, without the functions already taken.
#[derive(Clone)]
pub(super) struct Library {
    /// The lines outside functions: variables. They are sent first.
    outside: Option<String>,
    functions: IndexMap<String, String>,
}

impl Library {
    /// Parses a library.
    pub(super) fn new(text: &str) -> Library {
        let (mut outside, mut functions) = (String::new(), IndexMap::new());
        let mut current: Option<(&str, String)> = None;
        for line in text.split_inclusive('\n') {
            if current.is_none() {
                current = begins(line).map(|name| (name, String::new()));
            }
            let Some((name, mut body)) = current.take() else {
                outside.push_str(line);
                continue;
            };
            // No function depends on its indentation, and removing it makes the request smaller.
            body.push_str(line.trim_start_matches(' '));
            if matches!(line, "}\n" | ")\n") {
                functions.insert(name.to_owned(), body);
            } else {
                current = Some((name, body));
            }
        }
        Library { outside: Some(outside), functions }
    }

    /// Takes the functions with these names and their dependencies, unless already taken; may be empty.
    pub(super) fn take<'a>(&mut self, names: impl Iterator<Item = &'a str>) -> String {
        let mut names: Vec<String> = names.map(str::to_owned).collect();
        let mut text = self.outside.take().unwrap_or_default();
        while let Some(name) = names.pop() {
            let Some(body) = self.functions.shift_remove(&name) else { continue };
            let identifiers = body.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
            names.extend(
                identifiers
                    .filter(|identifier| self.functions.contains_key(*identifier))
                    .map(str::to_owned),
            );
            text.push_str(&body);
        }
        text
    }

    /// Takes everything that is left.
    pub(super) fn take_all(&mut self) -> String {
        let mut text = self.outside.take().unwrap_or_default();
        text.extend(self.functions.drain(..).map(|(_, body)| body));
        text
    }
}

/// Returns the name of the function that starts on this line.
fn begins(line: &str) -> Option<&str> {
    let name = line.strip_suffix("() {\n").or_else(|| line.strip_suffix("() (\n"))?;
    let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    name.chars().all(is_name).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "x=1\na() {\n    b \"$x\"\n}\nb() (\n    echo b\n)\nc() {\n    a\n}\n";

    #[test]
    fn dependencies_of_a_function_are_sent_once() {
        let mut library = Library::new(TEXT);
        assert_eq!(library.take(["a"].into_iter()), "x=1\na() {\nb \"$x\"\n}\nb() (\necho b\n)\n");
        assert_eq!(library.take(["b"].into_iter()), "");
        assert_eq!(library.take_all(), "c() {\na\n}\n");
        assert_eq!(library.take_all(), "");
    }

    #[test]
    fn every_library_function_is_parsed_whole() {
        let library = Library::new(&crate::run::library());
        assert!(library.functions.len() > 50, "{}", library.functions.len());
        let outside = library.outside.unwrap();
        let identifiers = outside.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        let called: Vec<&str> =
            identifiers.filter(|identifier| library.functions.contains_key(*identifier)).collect();
        assert!(called.is_empty(), "outside of functions nothing may call one: {called:?}");
        for text in library.functions.values().chain([&outside]) {
            let shell = std::process::Command::new("sh").args(["-n", "-c", text]).output().unwrap();
            let stderr = String::from_utf8_lossy(&shell.stderr);
            assert!(
                shell.status.success(),
                "`}}` alone on a line ends a function: {stderr}\n{text}"
            );
        }
    }
}
