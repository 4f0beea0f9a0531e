//! User-facing text is ordinary English: translated or unusual words are refused in messages, help, docs and modules.
//! Comments and names in the code are not checked.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::path::{Path, PathBuf};

/// Refused words, each with its replacement.
const REFUSED: &[(&str, &str)] = &[
    ("anew", "again, new"),
    ("as wanted", "as in the spec"),
    ("for ever", "forever, permanently"),
    ("honoured", "supported"),
    ("in small letters", "in lowercase"),
    ("mail address", "email address"),
    ("mend", "fix"),
    ("mended", "fixed"),
    ("nobody can tell", "it is unknown"),
    ("said several times", "given more than once"),
    ("shall", "must, should, will"),
    ("shut out", "blocked"),
    ("the front", "nginx"),
    ("told", "reported, shown"),
    ("whom", "who"),
];

#[test]
fn user_facing_text_has_no_quaint_words() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    for path in files(root) {
        let text = std::fs::read_to_string(root.join(&path)).unwrap();
        for (number, line) in text.lines().enumerate() {
            let words = words(&readable(&path, line));
            let refused = REFUSED.iter().filter(|(word, _)| words.contains(&format!(" {word} ")));
            found.extend(refused.map(|(word, instead)| {
                format!("{}:{}: `{word}`: write {instead}", path.display(), number + 1)
            }));
        }
    }
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

#[test]
fn only_user_facing_text_is_checked() {
    let rust = Path::new("src/plan/order.rs");
    let help = Path::new("src/cli/args.rs");
    assert_eq!(
        words(&readable(rust, r#"let told = say("made", 'x', "a \"b\" c");"#)),
        " made a b c "
    );
    assert_eq!(words(&readable(rust, "/// It is told.")), " ");
    assert_eq!(words(&readable(help, "    /// Makes it anew.")), " makes it anew ");
    assert_eq!(words(&readable(Path::new("modules/a.toml"), "# told")), " ");
    assert_eq!(words(&readable(Path::new("docs/a.md"), "For ever.")), " for ever ");
}

/// The files that users read in whole or in part.
fn files(root: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = ["README.md", "SECURITY.md"].map(PathBuf::from).to_vec();
    let mut directories: Vec<PathBuf> = ["docs", "modules", "src"].map(PathBuf::from).to_vec();
    while let Some(directory) = directories.pop() {
        for entry in std::fs::read_dir(root.join(&directory)).unwrap() {
            let entry = entry.unwrap();
            let path = directory.join(entry.file_name());
            match entry.file_type().unwrap().is_dir() {
                // Reasons for maintainers, and output of modules.
                true if path.ends_with("docs/decisions") || path.ends_with("golden") => {}
                true => directories.push(path),
                false if is_read(&path) => found.push(path),
                false => {}
            }
        }
    }
    found.sort();
    found
}

fn is_read(path: &Path) -> bool {
    let ends = |ends: &[&str]| ends.iter().any(|end| path.to_string_lossy().ends_with(end));
    ends(&[".md", ".toml", ".j2", ".sh", ".rs"]) && !ends(&["tests.rs", "docs/reliability.md"])
}

/// The user-facing part of a line: all of prose, the doc comments of help, and otherwise quoted text.
fn readable(path: &Path, line: &str) -> String {
    let (kind, line) = (path.extension().and_then(|kind| kind.to_str()), line.trim());
    let is_help = path.starts_with("src/cli") && line.starts_with("///");
    match kind {
        Some("md") => line.to_owned(),
        Some("rs") if is_help => line.trim_start_matches('/').to_owned(),
        Some("rs") if line.starts_with("//") => String::new(),
        Some("toml" | "sh") if line.starts_with('#') => String::new(),
        Some("rs") => quoted(line),
        _ => line.to_owned(),
    }
}

/// The text between double quotes. A string that continues on the next line counts from its quote on; the rest of it is
/// taken for code, so a phrase split there passes.
fn quoted(line: &str) -> String {
    let (mut text, mut inside, mut escaped) = (String::new(), false, false);
    for c in line.chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => {
                inside = !inside;
                text.push(' ');
            }
            _ if inside => text.push(c),
            _ => {}
        }
    }
    text
}

/// The words of a text in lowercase, separated by single spaces.
fn words(text: &str) -> String {
    let is_part = |c: char| c.is_alphanumeric() || "_-'".contains(c);
    // A table cell ends a phrase.
    let text = text.replace('|', " _ ");
    let words = text.split(|c: char| !is_part(c)).filter(|word| !word.is_empty());
    format!(" {} ", words.collect::<Vec<_>>().join(" ").to_lowercase()).replace("  ", " ")
}
