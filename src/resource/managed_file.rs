//! A file that a kind writes as a whole: how it is observed, compared and replaced. Kinds that write a file in their
//! own format (a cron entry, an apt source) build on it.

use super::reader::parents;
use super::stat::{path_attributes, path_record, path_type};
use super::*;
use crate::secret::Content;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Larger files are compared, but not fetched for a diff (bytes).
const DIFF_LIMIT: u64 = 256 * 1024;

/// A wanted regular file.
#[derive(Debug)]
pub(super) struct ManagedFile {
    pub(super) path: String,
    pub(super) content: Content,
    pub(super) owner: String,
    pub(super) group: String,
    pub(super) mode: String,
}

impl ManagedFile {
    /// Creates a world-readable file that belongs to root.
    pub(super) fn public(path: impl Into<String>, content: Content) -> ManagedFile {
        let root = || "root".to_owned();
        let mode = "0644".to_owned();
        ManagedFile { path: path.into(), content, owner: root(), group: root(), mode }
    }

    /// Returns the path as a provision.
    pub(super) fn provides(&self) -> Vec<String> {
        vec![format!("path:{}", self.path)]
    }

    /// Returns its parent directories, owner and group.
    pub(super) fn requires(&self) -> Vec<String> {
        let mut requirements = paths_above(&self.path);
        requirements.push(format!("user:{}", self.owner));
        requirements.push(format!("group:{}", self.group));
        requirements
    }

    /// Asks about the path, and for the content if it differs. Content with secrets in other text is always fetched,
    /// since the digest that would tell is never sent; content that is only a secret never is.
    pub(super) fn ask(&self, questions: &mut Questions) {
        questions.ask("paths_observe", &[&self.path]);
        let limit = if self.content.is_only_secret() { 0 } else { DIFF_LIMIT };
        let digest = self.content.digest_to_ask();
        questions.ask("file_observe", &[&self.path, &digest, &limit.to_string()]);
    }

    /// Returns the observed state.
    pub(super) fn observe(&self, answers: &Answers) -> Observed {
        let record = match path_record(answers, &self.path) {
            Ok(Some(record)) => record,
            Ok(None) => return Observed::Absent,
            Err(reason) => return Observed::Unknown(reason),
        };
        let mut seen = path_attributes(record);
        let kind = path_type(record);
        if kind.starts_with("regular") {
            seen.insert("content", self.body(answers, record));
        } else {
            seen.insert("type", AttributeValue::word(kind));
        }
        Observed::Present(seen)
    }

    /// Returns the wanted state.
    pub(super) fn wanted(&self) -> Attributes {
        let mut wanted = Attributes::new();
        wanted.insert("content", AttributeValue::Body(Body::wanted(&self.content)));
        wanted.insert("owner", AttributeValue::word(&self.owner));
        wanted.insert("group", AttributeValue::word(&self.group));
        wanted.insert("mode", AttributeValue::word(&self.mode));
        wanted
    }

    /// Compares; a directory in its place is never replaced.
    pub(super) fn compare(&self, observed: &Observed) -> Comparison {
        let comparison = Comparison::of(&self.wanted(), observed);
        note_obstacle(&self.path, observed, comparison)
    }

    /// Returns the step that replaces it, or only sets owner and mode if nothing else differs.
    pub(super) fn converge(&self, change: &Comparison) -> Vec<Step> {
        let args: [&str; 4] = [&self.path, &self.owner, &self.group, &self.mode];
        let only_attributes = change.action == Action::Update && !change.differs("content");
        if only_attributes {
            return vec![Step::new(format!("setting {}", self.path), "file_attributes", &args)];
        }
        vec![
            Step::new(format!("writing {}", self.path), "file_write", &args)
                .input(self.content.clone()),
        ]
    }

    /// Returns the names of its secrets that are not generated yet.
    pub(super) fn pending_secrets(&self) -> Vec<String> {
        let pending = self.content.secrets().iter().filter(|secret| secret.is_pending());
        pending.map(|secret| secret.name.clone()).collect()
    }

    fn body(&self, answers: &Answers, stat: &Record) -> AttributeValue {
        let Some(record) = answers.get("file_observe", &self.path) else {
            return AttributeValue::Unknown("it could not be read".to_owned());
        };
        let size = stat.text("size").and_then(|size| size.parse().ok()).unwrap_or(0);
        let bytes = record.bytes("content").and_then(|text| STANDARD.decode(text).ok());
        let whole = bytes.filter(|bytes| bytes.len() as u64 == size && size <= DIFF_LIMIT);
        let is_unchanged = self.content.takes_as_unchanged();
        if is_unchanged && self.content.is_only_secret() {
            return AttributeValue::Body(Body::wanted(&self.content));
        }
        if is_unchanged && whole.is_none() {
            let why = "it is too large to compare without its secrets";
            return AttributeValue::Unknown(why.to_owned());
        }
        let content = whole.and_then(|bytes| self.content.mask_like(&bytes));
        let around = content.as_ref().filter(|_| is_unchanged).map(Content::digest);
        let digest = around.or_else(|| record.text("sha256")).unwrap_or_default();
        AttributeValue::Body(Body { digest, size, content })
    }
}

/// Returns the step that makes systemd reload its unit files, if `path` belongs to one that it has already loaded: a
/// changed unit file, or a drop-in. Those of members of an activation are read when that takes effect.
pub(super) fn reread(path: &str, change: &Comparison, in_activation: bool) -> Option<Step> {
    let (directory, _) = path.strip_prefix(UNIT_FILES)?.rsplit_once('/').unwrap_or_default();
    let is_read = change.action != Action::Create || directory.ends_with(".d");
    (is_read && !in_activation).then(|| reread_units().at(Phase::Effect))
}

/// Returns the directories above a path, as requirements.
pub(super) fn paths_above(path: &str) -> Vec<String> {
    parents(path).iter().map(|parent| format!("path:{parent}")).collect()
}

/// Adds a note about anything else that exists at the path; a directory is not replaced.
pub(super) fn note_obstacle(path: &str, observed: &Observed, mut found: Comparison) -> Comparison {
    let Observed::Present(seen) = observed else { return found };
    let Some(AttributeValue::Word(kind)) = seen.get("type") else { return found };
    found.notes.push(format!("there is a {kind} at this path"));
    if kind == "directory" {
        found.action = Action::Refuse {
            why: format!("there is a directory at {path}"),
            help: "move the directory away, or choose another path".to_owned(),
        };
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn systemd_rereads_only_known_units() {
        let change = |action| Comparison { action, ..Comparison::unchanged() };
        let asks =
            |path, action, in_activation| reread(path, &change(action), in_activation).is_some();
        let (unit, drop_in) =
            ("/etc/systemd/system/a.timer", "/etc/systemd/system/cron.service.d/x.conf");
        assert!(asks(unit, Action::Update, false) && asks(unit, Action::Remove, false));
        assert!(!asks(unit, Action::Create, false), "a new one is read when it is asked for");
        assert!(asks(drop_in, Action::Create, false));
        assert!(!asks(drop_in, Action::Update, true), "its service does it");
        assert!(!asks("/etc/systemd/journald.conf", Action::Update, false));
    }
}
