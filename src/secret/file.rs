//! The file that a spec names for its secrets: TOML, `"area/name" = "value"` at the top level, mode 0600. No message
//! ever quotes a line of it, and lines are changed in place, so that the owner's comments stay.

use super::lines::{Edit, edited};
use super::{Secret, access, private_file};
use crate::diagnostic::Diagnostic;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use toml::de::{DeTable, DeValue};
use zeroize::Zeroizing;

/// Its name in messages.
const WHAT: &str = "secrets file";

/// The first words of a recovery kit.
pub const KIT: &str = "RECOVERY KIT";

/// A secrets file, which may not exist yet.
pub(super) struct SecretFile {
    path: PathBuf,
}

impl SecretFile {
    /// Creates a handle for the file at this path.
    pub(super) fn new(path: PathBuf) -> SecretFile {
        SecretFile { path }
    }

    /// Returns its path.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Returns all secrets in it; none if there is no file.
    pub(super) fn load(&self) -> Result<BTreeMap<String, Secret>, Diagnostic> {
        parse(&self.path, &self.text()?)
    }

    /// Changes secrets in place. The caller holds the lock.
    pub(super) fn edit(&self, edits: &[Edit]) -> Result<(), Diagnostic> {
        private_file::replace(&self.path, edited(&self.text()?, edits).as_bytes())
            .map_err(|error| access::failed(&self.path, WHAT, "written", &error))
    }

    fn text(&self) -> Result<Zeroizing<String>, Diagnostic> {
        Ok(access::read(&self.path, WHAT)?.unwrap_or_default())
    }
}

fn parse(path: &Path, text: &str) -> Result<BTreeMap<String, Secret>, Diagnostic> {
    let wrong = |at: usize, what: &str| {
        let line = text.get(..at).unwrap_or_default().matches('\n').count() + 1;
        let message = format!("the secrets file {}, line {line}: {what}", path.display());
        Diagnostic::error("secret/file-form", message)
            .help("every line must be `\"area/name\" = \"value\"`; the line itself is not shown")
    };
    if text.starts_with(KIT) {
        let message = format!("{} is a sealed recovery kit", path.display());
        return Err(Diagnostic::error("secret/file-form", message)
            .help("follow step 2 of the printed kit, then import the decrypted file"));
    }
    // The parser's message may quote the text: only the position is passed on.
    let table = DeTable::parse(text)
        .map_err(|error| wrong(error.span().map_or(0, |span| span.start), "this is not TOML"))?;
    let mut secrets = BTreeMap::new();
    for (key, value) in table.get_ref() {
        let DeValue::String(value) = value.get_ref() else {
            return Err(wrong(key.span().start, "the value is not a string"));
        };
        if value.is_empty() {
            return Err(wrong(key.span().start, "the value is empty"));
        }
        let name = key.get_ref().to_string();
        secrets.insert(name.clone(), Secret::new(name, value.as_bytes()));
    }
    Ok(secrets)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn file(text: &str, mode: u32) -> (tempfile::TempDir, SecretFile) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("secrets.toml");
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        (directory, SecretFile::new(path))
    }

    #[test]
    fn reads_and_appends_and_keeps_comments() {
        let (_directory, file) = file("# mine\n\"a/b\" = \"one\" # kept", 0o600);
        file.edit(&[Edit::set(&Secret::new("c/d", "it's \"two\"\n\\"))]).unwrap();
        let secrets = file.load().unwrap();
        assert_eq!(secrets["a/b"].expose(), b"one");
        assert_eq!(secrets["c/d"].expose(), b"it's \"two\"\n\\");
        let text = std::fs::read_to_string(file.path()).unwrap();
        assert!(text.starts_with("# mine\n\"a/b\" = \"one\" # kept\n"));
        let mode = std::fs::metadata(file.path()).unwrap().permissions().mode();
        assert_eq!(mode & 0o7777, 0o600);
    }

    #[test]
    fn a_sealed_kit_is_recognized() {
        let (_directory, file) = file("RECOVERY KIT OF A MATRIX HOMESERVER\n", 0o600);
        let problem = file.load().unwrap_err();
        assert!(problem.message.ends_with("is a sealed recovery kit"), "{problem:?}");
    }

    #[test]
    fn a_file_that_others_can_read_is_refused() {
        for mode in [0o640, 0o604, 0o700, 0o4600] {
            let (_directory, file) = file("", mode);
            let error = file.load().unwrap_err();
            assert_eq!(error.code, "secret/file-access");
            assert!(error.help.unwrap().starts_with("run `chmod 600 /"));
        }
    }

    #[test]
    fn a_file_of_another_user_is_refused() {
        let (_directory, file) = file("", 0o600);
        // Only root can change a file's owner; the check itself is the same for everyone.
        if std::os::unix::fs::chown(file.path(), Some(12345), None).is_ok() {
            assert!(file.load().unwrap_err().message.contains("belongs to user 12345"));
        }
    }

    #[test]
    fn no_message_quotes_the_file() {
        for text in ["x = \"canary", "\"a/b\" = [\"canary\"]", "\"a/b\" = canary", "[canary]\n"] {
            let (_directory, file) = file(text, 0o600);
            let shown = file.load().unwrap_err().render(false);
            assert!(!shown.contains("canary"), "{shown}");
            assert!(shown.contains("line 1"), "{shown}");
        }
    }

    #[test]
    fn a_missing_file_has_no_secrets() {
        let directory = tempfile::tempdir().unwrap();
        let file = SecretFile::new(directory.path().join("new/secrets.toml"));
        assert!(file.load().unwrap().is_empty());
        file.edit(&[Edit::set(&Secret::new("a/b", "value"))]).unwrap();
        assert_eq!(file.load().unwrap()["a/b"].expose(), b"value");
    }
}
