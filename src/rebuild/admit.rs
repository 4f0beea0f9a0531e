//! Decides which hosts may be rebuilt: those without the homeserver's database, those with an interrupted rebuild, and,
//! by explicit name, those whose database is given up.

use super::{RebuildMark, RebuildStage};
use crate::diagnostic::{Diagnostic, Exit, visible};
use crate::labelled;
use crate::restic::short_id;

/// The user's request.
#[derive(Clone, Copy, Debug, Default)]
pub struct RebuildRequest<'a> {
    /// A snapshot, by the beginning of its id.
    pub snapshot: Option<&'a str>,
    /// A repository, by its name in the spec.
    pub repository: Option<&'a str>,
    /// The server whose database may be replaced.
    pub replace: Option<&'a str>,
}

/// How a rebuild starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Admission {
    /// From the beginning.
    Begin {
        /// Whether an existing database is replaced.
        replaces: bool,
    },
    /// Where an earlier run stopped.
    Resume(RebuildMark),
}

/// The state of the host.
#[derive(Clone, Copy, Debug, Default)]
pub struct HostState<'a> {
    /// The mark of an unfinished rebuild.
    pub mark: Option<&'a RebuildMark>,
    /// The record of the last finished rebuild, in lines `KEY=VALUE`.
    pub rebuilt: Option<&'a str>,
    /// Whether another host has taken over.
    pub is_fenced: bool,
    /// Whether the homeserver's database exists; `None` if that cannot be determined.
    pub database: Option<bool>,
}

impl HostState<'_> {
    /// Describes the last rebuild, for a user who repeats the command without having seen that it finished.
    fn has_ended(&self) -> Option<String> {
        let value = |key: &str| {
            let line = labelled::value(self.rebuilt?, key, '=')?;
            Some(visible(line).chars().take(100).collect::<String>())
        };
        let (snapshot, repository) = (value("snapshot")?, value("repository")?);
        let id = short_id(&snapshot);
        Some(format!("it was rebuilt from the snapshot {id} of {repository}, and that has ended"))
    }
}

/// Decides. A fenced host is only accepted if its database may be replaced: otherwise the caller refuses it.
///
/// # Errors
///
/// The host has a database that nobody gave up, or an interrupted rebuild of another snapshot.
pub fn admit(
    request: RebuildRequest<'_>,
    server_name: &str,
    host: HostState<'_>,
) -> Result<Admission, Diagnostic> {
    if let Some(name) = request.replace.filter(|name| *name != server_name) {
        let message = format!(
            "`--replace-database {}`: the spec's server is `{server_name}`",
            name.escape_debug()
        );
        return Err(Diagnostic::error("cli/usage", message)
            .help("write the exact server name whose database is to be deleted")
            .exit(Exit::Usage));
    }
    let by_name = format!("`--replace-database {server_name}`");
    match (host.mark, host.database) {
        // A rebuild that began before the fence is given up with the rest.
        (_, there) if host.is_fenced => Ok(Admission::Begin { replaces: there != Some(false) }),
        // A database that appeared after the rebuild began stands in its way until it is given up by name.
        (Some(mark), Some(true))
            if request.replace.is_some()
                && !mark.replaces
                && mark.stage < RebuildStage::Restored =>
        {
            Ok(Admission::Begin { replaces: true })
        }
        (Some(mark), _) if mark.is_meant(request.snapshot, request.repository) => {
            Ok(Admission::Resume(mark.clone()))
        }
        // A database that Synapse has used is live.
        (Some(mark), _) if request.replace.is_none() => {
            let id = short_id(&mark.snapshot);
            let message = format!(
                "an interrupted rebuild of this host restores the snapshot {id} of {}, not another one",
                mark.repository
            );
            Err(Diagnostic::error("rebuild/another-snapshot", message).help(format!(
                "finish it without `--snapshot` and `--repository`, or begin again with {by_name}"
            )))
        }
        // What the interrupted one has restored is given up, media included.
        (Some(_), _) => Ok(Admission::Begin { replaces: true }),
        (None, Some(false)) => Ok(Admission::Begin { replaces: false }),
        (None, Some(true)) if request.replace.is_some() => Ok(Admission::Begin { replaces: true }),
        (None, Some(true)) => {
            let message =
                format!("this host has a live database of {server_name}: it is not replaced");
            let problem = Diagnostic::error("rebuild/live-database", message)
                .note_line("nothing was changed");
            Err(host.has_ended().into_iter().fold(problem, Diagnostic::note_line)
                .help(format!(
                    "check that this is the right host; to delete its database and all that happened since the backup: {by_name}"
                )))
        }
        (None, None) => {
            let message =
                "cannot tell whether this host has a database: PostgreSQL does not answer";
            Err(Diagnostic::error("rebuild/unseen-database", message)
                .note_line("nothing was changed")
                .help("start PostgreSQL there, and run this again"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(stage: RebuildStage) -> RebuildMark {
        RebuildMark {
            snapshot: "0a".repeat(32),
            repository: "main".to_owned(),
            replaces: false,
            stage,
            lists: String::new(),
            old: None,
        }
    }

    fn of(
        request: RebuildRequest<'_>,
        mark: Option<&RebuildMark>,
        database: Option<bool>,
    ) -> String {
        let host = HostState { mark, database, ..HostState::default() };
        match admit(request, "example.org", host) {
            Ok(Admission::Begin { replaces }) => format!("begin {replaces}"),
            Ok(Admission::Resume(mark)) => format!("resume {:?}", mark.stage),
            Err(problem) => problem.code.to_string(),
        }
    }

    #[test]
    fn a_live_database_is_replaced_only_by_name() {
        let none = RebuildRequest::default();
        let named = RebuildRequest { replace: Some("example.org"), ..none };
        let wrong = RebuildRequest { replace: Some("example.com"), ..none };
        for (request, database, expected) in [
            (none, Some(false), "begin false"),
            (named, Some(false), "begin false"),
            (none, Some(true), "rebuild/live-database"),
            (named, Some(true), "begin true"),
            (wrong, Some(true), "cli/usage"),
            (wrong, Some(false), "cli/usage"),
            (none, None, "rebuild/unseen-database"),
            (named, None, "rebuild/unseen-database"),
        ] {
            assert_eq!(of(request, None, database), expected, "{request:?} {database:?}");
        }
    }

    #[test]
    fn a_finished_rebuild_is_reported_afterwards() {
        let rebuilt = Some("snapshot=0a0a0a0a0a0a\nrepository=off\u{1b}site\n");
        let host = HostState { rebuilt, database: Some(true), ..HostState::default() };
        let text =
            format!("{:?}", admit(RebuildRequest::default(), "example.org", host).unwrap_err());
        assert!(text.contains("the snapshot 0a0a0a0a of off"), "{text}");
        assert!(!text.contains('\u{1b}'), "{text}");
        let odd = HostState { rebuilt: Some("snapshot\n"), ..host };
        let text =
            format!("{:?}", admit(RebuildRequest::default(), "example.org", odd).unwrap_err());
        assert!(!text.contains("has ended"), "{text}");
    }

    #[test]
    fn the_same_command_resumes() {
        let none = RebuildRequest::default();
        let same = RebuildRequest { snapshot: Some("0a0a0a0a"), repository: Some("main"), ..none };
        let other = RebuildRequest { snapshot: Some("0b0a0a0a"), ..none };
        let named = RebuildRequest { replace: Some("example.org"), ..other };
        for stage in [RebuildStage::Held, RebuildStage::Loaded, RebuildStage::Restored] {
            let mark = mark(stage);
            let replaces = RebuildRequest { replace: Some("example.org"), ..none };
            for request in [none, same, replaces] {
                assert_eq!(of(request, Some(&mark), Some(false)), format!("resume {stage:?}"));
            }
            let agreed = RebuildMark { replaces: true, ..mark.clone() };
            assert_eq!(of(replaces, Some(&agreed), Some(true)), format!("resume {stage:?}"));
            assert_eq!(of(same, Some(&mark), Some(true)), format!("resume {stage:?}"));
            let appeared =
                if stage < RebuildStage::Restored { "begin true" } else { "resume Restored" };
            assert_eq!(of(replaces, Some(&mark), Some(true)), appeared);
            assert_eq!(of(other, Some(&mark), Some(false)), "rebuild/another-snapshot");
        }
        let mark_of = mark(RebuildStage::Loaded);
        let fenced = HostState {
            mark: Some(&mark_of),
            is_fenced: true,
            database: Some(true),
            rebuilt: None,
        };
        let fenced = admit(named, "example.org", fenced);
        assert_eq!(fenced.unwrap(), Admission::Begin { replaces: true });
        assert_eq!(of(named, Some(&mark(RebuildStage::Loaded)), Some(false)), "begin true");
        assert_eq!(of(named, Some(&mark(RebuildStage::Restored)), Some(true)), "begin true");
    }
}
