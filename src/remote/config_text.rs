//! The text of ssh_config files, made ready for the parser: includes put in place, `Match` blocks
//! taken out, settings that do not concern us dropped. ssh2-config would read the lines of a `Match`
//! block as part of the `Host` block before it, and stop at values it does not know.

use std::path::{Path, PathBuf};

use super::pattern::wildcard;
use crate::diagnostic::{Diagnostic, Place, Source};

/// Every setting that config_file.rs reads or warns of; all others change nothing for us.
const KEPT: [&str; 18] = [
    "addressfamily",
    "bindaddress",
    "bindinterface",
    "canonicalizehostname",
    "certificatefile",
    "connecttimeout",
    "hostkeyalias",
    "hostname",
    "identitiesonly",
    "identityagent",
    "identityfile",
    "knownhostscommand",
    "port",
    "proxycommand",
    "proxyjump",
    "revokedhostkeys",
    "user",
    "userknownhostsfile",
];

/// Includes deeper than this are refused, as in OpenSSH (readconf.c READCONF_MAX_DEPTH).
const DEPTH: usize = 16;

/// Pieces of configuration in the order of precedence, each complete in itself.
pub(super) struct Pieces<'a> {
    /// Whether a `Host …` line means the host in question.
    pub(super) means_us: &'a dyn Fn(&str) -> bool,
    pub(super) home: Option<&'a Path>,
    pub(super) texts: Vec<String>,
    pub(super) warnings: Vec<Diagnostic>,
}

impl Pieces<'_> {
    /// Reads a file and what it includes. A file that is not there is empty.
    pub(super) fn read(&mut self, path: &Path, depth: usize) -> Result<(), Diagnostic> {
        let bytes = match std::fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(unreadable(path, &error)),
        };
        if depth > DEPTH {
            return Err(too_deep(path));
        }
        let source = Source::new(path.display().to_string(), String::from_utf8_lossy(&bytes));
        let (mut section, mut text, mut skipping) = (String::new(), String::new(), false);
        let mut at = 0;
        for line in source.text.split_inclusive('\n') {
            let (keyword, rest) = split(line);
            match keyword.as_str() {
                "host" => (section, skipping) = (line.trim().to_owned(), false),
                "match" if always(rest) => (section, skipping) = ("Host *".to_owned(), false),
                "match" => {
                    skipping = true;
                    self.warnings.push(unread_match(&source, at, line));
                }
                "include" if !skipping && (section.is_empty() || (self.means_us)(&section)) => {
                    self.texts.push(std::mem::take(&mut text));
                    for file in self.included(rest, path) {
                        self.read(&file, depth + 1)?;
                    }
                }
                _ => {}
            }
            if matches!(keyword.as_str(), "host" | "match" | "include") {
                text.push_str(&format!("{section}\n"));
            } else if !skipping && KEPT.contains(&keyword.as_str()) {
                text.push_str(&format!("{}\n", line.trim()));
            }
            at += line.len();
        }
        self.texts.push(text);
        Ok(())
    }

    /// The files an `Include` names; relative ones stand beside the including file's folder.
    fn included(&self, rest: &str, from: &Path) -> Vec<PathBuf> {
        let folder = from.parent().unwrap_or(Path::new("/"));
        let mut files = Vec::new();
        for word in rest.split_whitespace().map(|word| word.trim_matches('"')) {
            let path = match (word.strip_prefix("~/"), self.home) {
                (Some(rest), Some(home)) => home.join(rest),
                _ => folder.join(word),
            };
            files.extend(glob(&path));
        }
        files
    }
}

/// The keyword in lower case, and its value; they are parted by spaces or one `=`.
fn split(line: &str) -> (String, &str) {
    let line = line.trim();
    let end = line.find(|c: char| c.is_whitespace() || c == '=').unwrap_or(line.len());
    let (keyword, rest) = line.split_at(end);
    (keyword.to_ascii_lowercase(), rest.trim_start_matches([' ', '\t', '=']).trim())
}

/// `Match all` is `Host *`; `final all` is how Fedora includes its system-wide settings.
fn always(condition: &str) -> bool {
    let words: Vec<String> = condition.split_whitespace().map(str::to_ascii_lowercase).collect();
    matches!(
        words.iter().map(String::as_str).collect::<Vec<_>>().as_slice(),
        ["all"] | ["final", "all"]
    )
}

/// Wildcards in the file's name, in the order of names; a folder's wildcards are not read.
fn glob(path: &Path) -> Vec<PathBuf> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    if !name.contains(['*', '?']) {
        return vec![path.to_owned()];
    }
    let folder = path.parent().and_then(|folder| std::fs::read_dir(folder).ok());
    let entries = folder.into_iter().flatten().flatten();
    let fits = |file: &PathBuf| {
        let found = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        !found.starts_with('.') && wildcard(&name, &found)
    };
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.path()).filter(fits).collect();
    files.sort();
    files
}

fn unread_match(source: &std::sync::Arc<Source>, at: usize, line: &str) -> Diagnostic {
    let place = Place::new(source, at..at + line.trim_end().len());
    Diagnostic::warning("remote/ssh-config-match", "this `Match` block is not read")
        .labelled(&place, "matrixform cannot evaluate it")
        .help("repeat what the host needs in a `Host` block, or in the spec's [host]")
}

fn unreadable(path: &Path, error: &std::io::Error) -> Diagnostic {
    Diagnostic::error(
        "remote/ssh-config",
        format!("cannot read the SSH configuration `{}`: {error}", path.display()),
    )
    .help("make the file readable")
}

fn too_deep(path: &Path) -> Diagnostic {
    Diagnostic::error(
        "remote/ssh-config",
        format!("`{}` is included more than {DEPTH} levels deep", path.display()),
    )
    .help("look for a file that includes itself")
}
