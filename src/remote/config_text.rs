//! The text of ssh_config files, made ready for the parser: includes put in place, `Match` blocks
//! taken out, settings that do not concern us dropped. ssh2-config would read the lines of a `Match`
//! block as part of the `Host` block before it, and stop at values it does not know.

use std::path::Path;
use std::sync::Arc;

use super::include::included;
use crate::bounded;
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

/// Where in a file the reading is.
struct Reading<'a> {
    path: &'a Path,
    source: Arc<Source>,
    depth: usize,
    /// The `Host` line in force; empty before the first one.
    section: String,
    /// In a `Match` block that cannot be evaluated.
    skipping: bool,
    /// The section has named a certificate.
    certified: bool,
    /// What goes to the parser since the last include.
    text: String,
}

impl Pieces<'_> {
    /// Reads a file and what it includes. A file that is not there is empty.
    pub(super) fn read(&mut self, path: &Path, depth: usize) -> Result<(), Diagnostic> {
        let bytes = match bounded::read_file(path, super::LOCAL_FILE) {
            Ok(_) if depth > DEPTH => return Err(too_deep(path)),
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(unreadable(path, &error)),
        };
        let source = Source::new(path.display().to_string(), String::from_utf8_lossy(&bytes));
        let (section, text) = (String::new(), String::new());
        let lines = Arc::clone(&source);
        let mut reading =
            Reading { path, source, depth, section, skipping: false, certified: false, text };
        let mut at = 0;
        for line in lines.text.split_inclusive('\n') {
            self.line(&mut reading, line.trim(), at)?;
            at += line.len();
        }
        self.texts.push(reading.text);
        Ok(())
    }

    fn line(&mut self, reading: &mut Reading, line: &str, at: usize) -> Result<(), Diagnostic> {
        let (keyword, rest) = split(line);
        match keyword.as_str() {
            "host" => reading.enter(line),
            "match" if always(rest) => reading.enter("Host *"),
            "match" => {
                reading.skipping = true;
                self.warnings.push(unread_match(&reading.source, at, line));
            }
            _ if reading.skipping => {}
            "include" => self.include(reading, rest)?,
            "certificatefile" if reading.certified && self.means(&reading.section) => {
                self.warnings.push(second_certificate(&reading.source, at, line));
            }
            other if KEPT.contains(&other) => {
                reading.certified |= other == "certificatefile";
                reading.keep(line);
            }
            _ => {}
        }
        Ok(())
    }

    /// Whether a section is about the host in question; what stands before the first one is.
    fn means(&self, section: &str) -> bool {
        section.is_empty() || (self.means_us)(section)
    }

    /// What is included stands before what follows, which starts again in the same section.
    fn include(&mut self, reading: &mut Reading, rest: &str) -> Result<(), Diagnostic> {
        if !self.means(&reading.section) {
            return Ok(());
        }
        self.texts.push(std::mem::take(&mut reading.text));
        for file in included(rest, reading.path, self.home) {
            self.read(&file, reading.depth + 1)?;
        }
        let section = reading.section.clone();
        reading.keep(&section);
        Ok(())
    }
}

impl Reading<'_> {
    fn enter(&mut self, section: &str) {
        section.clone_into(&mut self.section);
        self.skipping = false;
        self.certified = false;
        self.keep(section);
    }

    fn keep(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
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
    let condition = condition.to_ascii_lowercase();
    let words: Vec<&str> = condition.split_whitespace().collect();
    matches!(words.as_slice(), ["all"] | ["final", "all"])
}

fn second_certificate(source: &Arc<Source>, at: usize, line: &str) -> Diagnostic {
    let place = Place::new(source, at..at + line.trim_end().len());
    Diagnostic::warning("remote/ssh-config-setting", "a second `CertificateFile` is not read")
        .labelled(&place, "the first one of the block counts")
        .help("name the key with `IdentityFile`: the certificate beside it is offered without `CertificateFile`")
}

fn unread_match(source: &Arc<Source>, at: usize, line: &str) -> Diagnostic {
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
