//! Resources that take effect together, and which ones do: by name, or because they stand where an activation's services
//! read.

use super::{Declared, Effect, Phase, kind};
use crate::diagnostic::{Diagnostic, Problems};
use crate::spec::keys::suggest;
use std::time::Duration;

/// What a resource says that joins none, though an activation owns its path.
pub const NO_ACTIVATION: &str = "none";

/// Resources that take effect together: stage, validate, switch, reload or restart, health.
#[derive(Clone, Debug, PartialEq)]
pub struct Activation {
    /// Its name, unique on the host.
    pub name: String,
    /// What a change of a member asks of the services, unless the member says otherwise.
    pub effect: Effect,
    /// Absolute paths that its services read: what is declared there, or below, joins by itself.
    pub owns: Vec<String>,
    /// Shell commands that check the staged set under its real paths; exit status 0 = good.
    pub validate: Vec<String>,
    /// The names and ports that answer from outside.
    pub outside: Vec<(String, u16)>,
    /// The user that the checks run as; root when unset.
    pub as_user: Option<String>,
    /// Where the staged set is checked; outside of any unit when unset.
    pub sandbox: Option<Sandbox>,
    /// Shell commands that check after the switch and before the reload; on failure the old files come back.
    pub validate_switched: Vec<String>,
    /// Shell commands that check what is on disk at any time, as every look at the host does; they write nothing.
    pub inspect: Vec<String>,
    /// A shell command that names what its services read outside of `owns`, a path a line; asked once they run on it.
    pub watches: Option<String>,
    /// A shell command that prints what a change takes from others, a line each: the id of a finding, and what was
    /// found.
    pub survey: Option<String>,
    /// A shell command that every look at the host runs; it writes nothing. A line for each thing that needs attention: the id
    /// of a finding, and what was found.
    pub reports: Option<String>,
    /// A shell command asked after a reload: exit status 0 = a restart is needed too.
    pub restart: Option<String>,
    /// What must be true afterwards.
    pub health: Vec<Health>,
    /// How long `health` may take to come true.
    pub timeout: Duration,
}

/// What systemd gives a unit, for the check of what it will read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sandbox {
    /// The unit.
    pub unit: String,
    /// Whether the check has the unit's network.
    pub network: bool,
}

/// One condition of a healthy service, awaited after the switch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Health {
    /// A shell command that exits with 0.
    Run(String),
    /// A new login over a new connection, which the client makes while the host waits.
    Login,
    /// A URL on the host's loopback that answers with this status, and this body when given.
    Http {
        /// The URL.
        url: String,
        /// The wanted status.
        status: u16,
        /// The wanted body, white space at the ends apart.
        body: Option<String>,
    },
}

/// A finding that only the host can decide: by a line of the survey of its activation.
#[derive(Clone, Debug)]
pub struct Surveyed {
    /// Its activation.
    pub activation: String,
    /// What it says, without what was found: an error stops before anything changes, a warning is a risk, what is accepted
    /// a note.
    pub problem: Diagnostic,
}

/// The kinds that may join an activation: what they do before its check is done in an overlay of files
/// (or is an installation, which comes before that, or a service, which comes after).
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

/// The activation in whose folders a resource lies, when its kind writes there: the one that owns the longest path,
/// of equal ones the first.
pub fn owner<'a>(declared: &Declared, activations: &'a [Activation]) -> Option<&'a Activation> {
    let (name, of) = (&declared.address.kind, &declared.address.name);
    let writes = kind(name).is_some_and(|kind| kind.phase == Phase::Write);
    if !writes || !JOINING.contains(&name.as_str()) || !of.starts_with('/') {
        return None;
    }
    let holds = |owned: &&String| {
        of.strip_prefix(owned.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let owned = |one: &&Activation| one.owns.iter().filter(holds).map(String::len).max();
    activations.iter().rev().filter(|one| owned(one).is_some()).max_by_key(owned)
}

/// Checks that every joined activation is there, and joins what lies where one owns it. `activation = "x?"` joins it
/// only when it is there, and "none" joins none. A service takes up what its activation says.
pub fn join(resources: &mut [Declared], activations: &[Activation]) -> Problems {
    let known: Vec<&str> = activations.iter().map(|one| one.name.as_str()).collect();
    let mut problems = Problems::new();
    for declared in resources {
        let Some(name) = declared.activation.take() else {
            declared.activation = owner(declared, activations).map(|one| one.name.clone());
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
            // Files that changed behind its back are taken up as those of a plan are.
            let in_activation = activations.iter().find(|one| one.name == bare);
            let is_service = declared.address.kind == "service";
            declared.effect =
                declared.effect.or(in_activation.filter(|_| is_service).map(|one| one.effect));
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
