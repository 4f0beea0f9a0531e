//! Activations: resources that take effect together. A resource joins one by name, or because its path lies where the
//! activation's services, or systemd for them, read.

use super::sshd::{NAME_OF_SSHD, affects_login, needs_restart};
use super::unit_files::is_read_for_unit;
use super::{Declared, Effect, Phase, kind};
use crate::diagnostic::{Diagnostic, Problems};
use crate::spec::keys::suggest;
use std::time::Duration;

/// The value by which a resource joins no activation, even if one owns its path.
pub const NO_ACTIVATION: &str = "none";

/// Resources that take effect together: stage, validate, switch, reload or restart, health.
#[derive(Clone, Debug, PartialEq)]
pub struct Activation {
    /// Its name, unique on the host.
    pub name: String,
    /// What a changed member requires of the services, unless the member overrides it.
    pub effect: Effect,
    /// Absolute paths that its services read: a resource declared there or below joins automatically.
    pub owns: Vec<String>,
    /// Shell commands that check the staged set under its real paths; exit status 0 = valid.
    pub validate: Vec<String>,
    /// The names and ports that must answer from outside.
    pub outside: Vec<(String, u16)>,
    /// The user that the checks run as; root when unset.
    pub as_user: Option<String>,
    /// Where the staged set is checked; outside of any unit when unset.
    pub sandbox: Option<Sandbox>,
    /// Shell commands that check after the switch and before the reload; on failure the old files are restored.
    pub validate_switched: Vec<String>,
    /// Shell commands that check the files on disk. They run in every observation and write nothing.
    pub inspect: Vec<String>,
    /// A shell command that lists the paths its services read outside `owns`, one per line; run once the services use
    /// them.
    pub watches: Option<String>,
    /// A shell command that lists how a change affects others, one line each: the id of a finding and the details.
    pub survey: Option<String>,
    /// A shell command that every observation runs; it writes nothing. Prints one line for each problem that needs
    /// attention: the id of a finding and the details.
    pub reports: Option<String>,
    /// A shell command run after a reload: exit status 0 = a restart is needed too.
    pub restart: Option<String>,
    /// Conditions that must hold afterwards.
    pub health: Vec<Health>,
    /// How long `health` may take to succeed.
    pub timeout: Duration,
}

/// The systemd sandbox of a unit, in which its files are checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sandbox {
    /// The unit.
    pub unit: String,
    /// Whether the check has the unit's network.
    pub network: bool,
}

/// One condition of a healthy service, waited for after the switch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Health {
    /// A shell command that exits with 0.
    Run {
        /// The command.
        command: String,
        /// Whether it needs none of the services, so that it can run while they start.
        early: bool,
    },
    /// A new login over a new connection, which the client makes while the host waits.
    Login,
    /// A URL on the host's loopback that answers with this status, and this body when given.
    Http {
        /// The URL.
        url: String,
        /// The expected status.
        status: u16,
        /// The expected body, ignoring leading and trailing white space.
        body: Option<String>,
    },
}

/// A finding that only the host can decide, by a line of its activation's survey.
#[derive(Clone, Debug)]
pub struct Surveyed {
    /// Its activation.
    pub activation: String,
    /// The diagnostic, without the details: an error stops before anything changes, a warning is a risk, an accepted
    /// one becomes a note.
    pub problem: Diagnostic,
}

/// The kinds that may join an activation: everything they do before its check happens in an overlay of files (or is an
/// installation, which comes before the check, or a service, which comes after).
const JOINING: [&str; 10] = [
    "absent",
    "apt",
    "certificate",
    "certificate_authority",
    "directory",
    "file",
    "nginx_capacity",
    "service",
    "symlink",
    "venv",
];

/// The services that are members of an activation: each unit, and the name of its activation.
pub struct Members(Vec<(String, String)>);

impl Members {
    /// Returns those among these resources.
    pub fn of(resources: &[Declared], activations: &[Activation]) -> Members {
        let member = |one: &Declared| {
            let (unit, name) = (one.address.unit()?, one.activation.as_deref()?);
            let name = name.strip_suffix('?').unwrap_or(name);
            let is_known = activations.iter().any(|one| one.name == name);
            is_known.then(|| (unit.to_owned(), name.to_owned()))
        };
        Members(resources.iter().filter_map(member).collect())
    }

    /// Returns the activation whose service systemd would start differently because of this resource.
    fn reader(&self, declared: &Declared) -> Option<&str> {
        let reads = |(unit, _): &&(String, String)| is_read_for_unit(declared, unit);
        self.0.iter().find(reads).map(|(_, name)| name.as_str())
    }
}

/// Whether a resource may join an activation by its path: its kind writes there.
pub(super) fn joins_by_path(declared: &Declared) -> bool {
    let (name, path) = (&declared.address.kind, &declared.address.name);
    let writes = kind(name).is_some_and(|kind| kind.phase == Phase::Write);
    writes && JOINING.contains(&name.as_str()) && path.starts_with('/')
}

/// Returns the activation in whose directories a resource lies: the one that owns the longest matching path, the first
/// if several do.
pub(super) fn owner<'a>(
    declared: &Declared,
    activations: &'a [Activation],
) -> Option<&'a Activation> {
    let of = &declared.address.name;
    let contains = |owned: &&String| {
        of.strip_prefix(owned.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let owned = |one: &&Activation| one.owns.iter().filter(contains).map(String::len).max();
    activations.iter().rev().filter(|one| owned(one).is_some()).max_by_key(owned)
}

/// Joins a resource without an activation to the one that reads its path, if any: a file from which systemd reads a
/// member, a file that decides who can log in, or one in an activation's directories.
fn join_by_path(declared: &mut Declared, members: &Members, activations: &[Activation]) {
    if !joins_by_path(declared) {
        return;
    }
    let unit = members.reader(declared);
    let has_sshd = activations.iter().any(|one| one.name == NAME_OF_SSHD);
    let affects_login = has_sshd && affects_login(declared);
    if unit.is_some() || (affects_login && needs_restart(declared)) {
        // A reload reads neither unit files nor the environment.
        declared.effect = declared.effect.or(Some(Effect::Restart));
    }
    let by_directory = || owner(declared, activations).map(|one| one.name.as_str());
    let name = unit.or_else(by_directory).or_else(|| affects_login.then_some(NAME_OF_SSHD));
    declared.activation = name.map(str::to_owned);
}

/// Checks that every activation that is joined by name exists, and joins the resources whose paths an activation reads.
/// `activation = "x?"` joins only if x exists; "none" joins none. A service inherits the effect of its activation.
pub fn join(resources: &mut [Declared], members: &Members, activations: &[Activation]) -> Problems {
    let known: Vec<&str> = activations.iter().map(|one| one.name.as_str()).collect();
    let mut problems = Problems::new();
    for declared in resources {
        let Some(name) = declared.activation.take() else {
            join_by_path(declared, members, activations);
            continue;
        };
        if name == NO_ACTIVATION {
            continue;
        }
        let bare = name.strip_suffix('?').unwrap_or(&name);
        if !JOINING.contains(&declared.address.kind.as_str()) {
            let message = format!("`{}` cannot join an activation", declared.address);
            let problem = Diagnostic::error("module/activation", message);
            let help = format!(
                "only files, and what installs and runs them, can: `{}`; use `needs` for an order",
                JOINING.join("`, `")
            );
            problems.push(problem.at(&declared.origin.declared).help(help));
            continue;
        }
        if known.contains(&bare) {
            declared.activation = Some(bare.to_owned());
            // Files changed outside matrixform take effect the same way as those changed by a plan.
            let in_activation = activations.iter().find(|one| one.name == bare);
            let is_service = declared.address.unit().is_some();
            let inherited = in_activation.filter(|_| is_service).map(|one| one.effect);
            // A reload does not read unit files.
            let reader = members.reader(declared).filter(|reader| *reader == bare);
            let restart = reader.map(|_| Effect::Restart);
            declared.effect = declared.effect.or(inherited).or(restart);
        } else if bare == name {
            let message = format!(
                "`{}` joins the activation `{name}`, which is not in this spec",
                declared.address
            );
            let problem = Diagnostic::error("module/activation", message);
            let problem = problem.at(&declared.origin.declared);
            problems.push(suggest(problem, &name, &known, "known activations:"));
        }
    }
    problems
}
