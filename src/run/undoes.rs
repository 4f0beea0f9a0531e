//! Whether an apply may undo the last one: nobody should undo a colleague's work by accident.

use crate::plan::ledger::Applied;
use crate::revision::Revision;

/// Explains why an apply may undo the last one, in a sentence; `None` if it cannot, or the commits are unknown.
pub(super) fn undoes(revision: &Revision, applied: &Applied) -> Option<String> {
    let last = applied.commit.as_ref()?;
    let (who, when) = (&applied.who, &applied.time);
    let start: String = last.chars().take(12).collect();
    let of = format!("commit {start}, which {who} applied on {when}");
    match &revision.commit {
        None => Some(format!("this spec is not from a known commit: it may undo {of}")),
        Some(_) if revision.dirty => {
            Some(format!("this spec's directory has uncommitted changes on top of {of}"))
        }
        Some(commit) if commit == last || revision.knows(last) => None,
        Some(_) => Some(format!("this spec does not contain {of}, and may undo it")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn applied(commit: Option<&str>) -> Applied {
        Applied {
            run: "r".into(),
            time: "2026-11-27T05:00:00Z".into(),
            who: "bob".into(),
            commit: commit.map(str::to_owned),
        }
    }

    #[test]
    fn unknown_and_uncommitted_revisions_are_reported() {
        let last = "0123456789abcdef0123456789abcdef01234567";
        let none = Revision::default();
        let refusal = undoes(&none, &applied(Some(last))).unwrap();
        assert!(
            refusal.contains("not from a known commit")
                && refusal.contains("0123456789ab, which bob applied"),
            "{refusal}"
        );
        assert_eq!(undoes(&none, &applied(None)), None, "nobody uses git here");
        let at = |commit: &str, dirty: bool| {
            let mut revision = Revision::default();
            revision.commit = Some(commit.to_owned());
            revision.dirty = dirty;
            undoes(&revision, &applied(Some(last)))
        };
        assert_eq!(at(last, false), None);
        assert!(at(last, true).unwrap().contains("uncommitted changes"));
        assert!(at("f", false).unwrap().contains("does not contain commit"));
    }
}
