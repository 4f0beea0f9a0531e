//! The outcome of a backup or a check, as reported by the host.

use super::{absent, shown};
use crate::diagnostic::Diagnostic;
use std::collections::BTreeMap;

/// The outcome of a run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BackupOutcome {
    /// Whether the run succeeded for all repositories.
    pub is_good: bool,
    /// Why nothing was done at all.
    pub failed: Option<String>,
    /// What the last backup does not have, though it was meant to.
    pub missing: Vec<String>,
    /// By repository: its last snapshot, as a short id of eight digits.
    pub saved: BTreeMap<String, String>,
    /// By repository: why the last backup failed.
    pub failures: BTreeMap<String, String>,
    /// By repository: why the last check failed.
    pub check_failures: BTreeMap<String, String>,
}

impl BackupOutcome {
    /// Reads the host's output of `backup_wait`.
    ///
    /// # Errors
    ///
    /// Backups are not set up on the host yet (`backup/absent`), or the output does not say how the work ended
    /// (`backup/unreadable`).
    pub fn read(output: &str, repositories: &[String]) -> Result<BackupOutcome, Diagnostic> {
        if output.starts_with("absent\n") {
            return Err(absent());
        }
        let (_, state) =
            output.rsplit_once("\nended ").or(output.split_once("ended ")).ok_or_else(|| {
                Diagnostic::error("backup/unreadable", "the host did not say how it ended")
                    .help("see `journalctl -u matrixform-backup` on the host")
            })?;
        let mut lines = state.lines();
        let result = lines.next();
        let mut outcome =
            BackupOutcome { is_good: result == Some("success"), ..BackupOutcome::default() };
        if result == Some("unstarted") {
            outcome.failed = Some("systemd did not start it".to_owned());
            return Ok(outcome);
        }
        for line in lines {
            let Some((key, value)) = line.split_once('=') else { continue };
            let (what, name) = key.split_once(' ').unwrap_or((key, ""));
            let is_known = repositories.iter().any(|known| known == name);
            match what {
                "failed" if name.is_empty() => outcome.failed = Some(shown(value)),
                "missing" if name.is_empty() => outcome.missing.push(shown(value)),
                "failed" if is_known => {
                    drop(outcome.failures.insert(name.to_owned(), shown(value)))
                }
                "check-failed" if is_known => {
                    drop(outcome.check_failures.insert(name.to_owned(), shown(value)));
                }
                "saved" if is_known => {
                    let id = value.split_once(' ').map(|(_, id)| id).filter(|id| is_short(id));
                    outcome.saved.extend(id.map(|id| (name.to_owned(), id.to_owned())));
                }
                _ => {}
            }
        }
        Ok(outcome)
    }
}

/// Returns the text of a progress line.
pub fn progress(line: &str) -> Option<String> {
    line.strip_prefix("progress ").map(shown).filter(|line| !line.is_empty())
}

fn is_short(id: &str) -> bool {
    id.len() == 8 && id.bytes().all(|b| b.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_real_end_lines_are_read() {
        let names = ["main".to_owned(), "off-site".to_owned()];
        let output = "progress ended success\nended exit-code\nfailed off-site=wrong = password\n\
            missing=/srv/a=b does not exist\nsaved main=1795720000 0a1b2c3d\nsaved x=1 0a1b2c3d\nsaved off-site=1 zz\ncheck-failed main=bad pack\n";
        let outcome = BackupOutcome::read(output, &names).unwrap();
        assert!(!outcome.is_good && outcome.failed.is_none());
        assert_eq!(outcome.failures["off-site"], "wrong = password");
        assert_eq!(outcome.missing, ["/srv/a=b does not exist"]);
        assert_eq!(outcome.saved.len(), 1);
        assert_eq!(outcome.saved["main"], "0a1b2c3d");
        assert_eq!(outcome.check_failures["main"], "bad pack");
        assert!(BackupOutcome::read("ended success\n", &names).unwrap().is_good);
        let unstarted = "ended unstarted\nsaved main=1795720000 0a1b2c3d\n";
        let unstarted = BackupOutcome::read(unstarted, &names).unwrap();
        assert!(!unstarted.is_good && unstarted.saved.is_empty() && unstarted.failed.is_some());
        for lost in ["", "progress dumping\n", "absent\n"] {
            assert!(BackupOutcome::read(lost, &names).is_err(), "{lost}");
        }
    }

    #[test]
    fn progress_is_escaped() {
        assert_eq!(
            progress("progress main: backing up, 12 %").as_deref(),
            Some("main: backing up, 12 %")
        );
        assert!(!progress("progress a\u{1b}[2J").unwrap().contains('\u{1b}'));
        assert_eq!(progress("ended success"), None);
    }
}
