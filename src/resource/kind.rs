//! The definition of a kind: its attributes as data (for errors, the reference and the schema), its shell functions,
//! and how a declaration becomes a resource that can be observed, compared and converged.

use super::{
    Address, Answers, AttributeValue, Attributes, Declared, Effect, Footprint, Observed,
    OrphanPolicy, Questions, SimulatedHost, Step, Wanted,
};
use crate::diagnostic::Problems;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A kind of resource.
pub struct Kind {
    /// Its name, as in `kind = "file"`.
    pub name: &'static str,
    /// One sentence for the reference.
    pub summary: &'static str,
    /// An example `[[resource]]`.
    pub example: &'static str,
    /// Its attributes.
    pub attributes: &'static [AttributeDoc],
    /// Its shell functions.
    pub shell: &'static str,
    /// When in a run it makes changes.
    pub phase: Phase,
    /// What happens to it once no spec declares it any more.
    pub forget: OrphanPolicy,
    /// The attributes that change over time without anyone's doing: their observed values are not part of an approval,
    /// and not drift.
    pub volatile: &'static [&'static str],
    /// The attributes that tell nothing about a new resource, whose certificate is not due and whose service runs what is on
    /// disk: not shown when it is created.
    pub implied: &'static [&'static str],
    /// What a change leaves on the host.
    pub footprint: Footprint,
    /// Creates a resource, or returns all problems at once.
    pub declare: fn(&Declared) -> Result<Box<dyn Resource>, Problems>,
    /// Carries out several changes of this kind together (one `apt-get install`), if that is better.
    pub batch: Option<BatchConverge>,
}

impl Kind {
    /// Whether this attribute changes over time without anyone's doing.
    pub fn is_volatile(&self, attribute: &str) -> bool {
        self.volatile.contains(&attribute)
    }
}

/// When in a run a change happens; this also determines whether it can be undone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Before everything else: packages and accounts. Never undone.
    Prepare,
    /// Files. They can be checked in isolation before they go live, and restored.
    Write,
    /// Changes that can be neither staged nor undone: databases, commands.
    Act,
    /// A service takes up the new files. Can be undone together with its files.
    Effect,
    /// Last: changes decided by a third party, such as a certificate authority. If it fails, everything else is done.
    Outside,
}

/// Carries out many changes of one kind together.
pub type BatchConverge = fn(&[(&dyn Resource, &Comparison)]) -> Vec<Step>;

/// The type of attributes whose value must never appear in a spec.
pub const SECRET: &str = "secret";

/// One attribute of a kind.
pub struct AttributeDoc {
    /// Its name.
    pub name: &'static str,
    /// What it takes, in words: `path`, `text`, `list of text`, `boolean`.
    pub takes: &'static str,
    /// Whether it must be given.
    pub required: bool,
    /// Its default, in words.
    pub default: Option<&'static str>,
    /// What it means.
    pub doc: &'static str,
}

/// What a resource must know about the others.
#[derive(Clone, Debug, Default)]
pub struct Context {
    /// The paths of all files, links and certificates in its activation, sorted.
    pub members: Arc<Vec<String>>,
    /// The members that this plan changes, and the effect each requires of the services (in a plan only).
    pub changed: Vec<(Address, Effect)>,
    /// The paths that any resource of the host declares, sorted; a purge never removes them.
    pub declared_paths: Arc<Vec<String>>,
    /// The top-level keys of the YAML files that any resource of the host declares, by path; no keys for a file that
    /// must be absent.
    pub top_keys: Arc<BTreeMap<String, Vec<String>>>,
    /// What resources with a pending change will provide: `program:psql`, `unit:nginx.service` …
    pub coming: Vec<(String, Address)>,
    /// Whether it must exist already: if it does not, its step fails instead of creating it (in a plan only).
    pub must_exist: bool,
    /// The activation's command that tells whether a reload was not enough: exit status 0 = restart (in a plan only).
    pub restart_if: Option<String>,
}

impl Context {
    /// Returns the pending change that provides `provision`, if any.
    pub fn comes_with(&self, provision: &str) -> Option<&Address> {
        self.coming.iter().find(|(known, _)| known == provision).map(|(_, address)| address)
    }
}

/// A wanted resource of the host.
pub trait Resource: std::fmt::Debug + Send + Sync {
    /// Returns what it provides, such as `path:/x`, `user:x`, `unit:x`, `package:x`, `program:x`.
    fn provides(&self) -> Vec<String>;
    /// Returns what must come before it, in the same terms; anything that no resource provides is assumed to exist.
    fn requires(&self) -> Vec<String>;
    /// Adds its questions.
    fn ask(&self, context: &Context, questions: &mut Questions);
    /// Describes what its questions do on the host besides reading; they run in every observation.
    fn side_effects(&self) -> Option<Vec<String>> {
        None
    }
    /// Reads its part of the answers.
    fn observe(&self, context: &Context, answers: &Answers) -> Observed;
    /// Returns the wanted state.
    fn wanted(&self) -> Attributes;
    /// Returns what it would find on a host that is not asked, where the earlier resources are all applied; `before` is
    /// the earlier resource with the same address.
    fn simulate(
        &self,
        context: &Context,
        host: &SimulatedHost<'_>,
        before: Option<&Wanted>,
    ) -> Observed {
        let _ = context;
        host.observation(&self.provides(), before)
    }
    /// Whether what it provides may be missing until this change is made.
    fn is_missing(&self, change: &Comparison) -> bool {
        change.action == Action::Create
    }
    /// Compares the states; by default attribute by attribute.
    fn compare(&self, context: &Context, observed: &Observed) -> Comparison {
        let _ = context;
        Comparison::of(&self.wanted(), observed)
    }
    /// Returns the paths among what it provides.
    fn provided_paths(&self) -> Vec<String> {
        let provided = self.provides().into_iter();
        provided.filter_map(|one| one.strip_prefix("path:").map(str::to_owned)).collect()
    }
    /// Returns the paths that its steps replace or remove, so that a failed run can restore the originals.
    fn replaces(&self) -> Vec<String> {
        self.provided_paths()
    }
    /// Returns the steps that make the change.
    fn converge(&self, context: &Context, change: &Comparison) -> Vec<Step>;
    /// Returns when in a run it makes changes, if that differs from its kind.
    fn phase(&self) -> Option<Phase> {
        None
    }
    /// Whether some of its steps run before the switch of its activation, without touching what is in use.
    fn prepares(&self) -> bool {
        false
    }
    /// Returns the YAML file that it writes or removes, and its top-level keys.
    fn top_keys(&self) -> Option<(&str, Vec<String>)> {
        None
    }
    /// Returns the target, if it is a symbolic link.
    fn link(&self) -> Option<&str> {
        None
    }
    /// Returns the names of its secrets that exist neither in a store nor on the host yet.
    fn pending_secrets(&self) -> Vec<String> {
        Vec::new()
    }
}

/// The result of a comparison.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// The action to take.
    pub action: Action,
    /// What differs.
    pub differences: Vec<Difference>,
    /// Remarks for the plan: "provided by apt:nginx", "restarts: about 10 s of downtime".
    pub notes: Vec<String>,
    /// How a running service takes up changed files.
    pub effect: Option<Effect>,
}

/// The action to take on a resource.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// It is already as wanted.
    Unchanged,
    /// It is created.
    Create,
    /// It is changed.
    Update,
    /// It is removed.
    Remove,
    /// It differs and cannot be changed in place.
    Refuse {
        /// Why not.
        why: String,
        /// What the user can do.
        help: String,
    },
}

/// One attribute that differs.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// Its name.
    pub attribute: &'static str,
    /// The observed state.
    pub from: AttributeValue,
    /// The wanted state.
    pub to: AttributeValue,
}

impl Difference {
    /// Returns the names of its secrets that differ, as far as that can be seen.
    pub fn secrets(&self) -> Vec<String> {
        match (&self.from, &self.to) {
            (AttributeValue::Body(from), AttributeValue::Body(to)) => to.differing_secrets(from),
            _ => Vec::new(),
        }
    }
}

impl Comparison {
    /// Returns a comparison with nothing to do.
    pub fn unchanged() -> Comparison {
        Comparison {
            action: Action::Unchanged,
            differences: Vec::new(),
            notes: Vec::new(),
            effect: None,
        }
    }

    /// Compares attribute by attribute.
    pub fn of(wanted: &Attributes, observed: &Observed) -> Comparison {
        let empty = Attributes::new();
        let (action, seen) = match observed {
            Observed::Absent => (Action::Create, &empty),
            Observed::Present(seen) => (Action::Update, seen),
            Observed::Unknown(_) => (Action::Update, &empty),
        };
        let unknown = match observed {
            Observed::Unknown(reason) => AttributeValue::Unknown(reason.clone()),
            _ => AttributeValue::Nothing,
        };
        let differences: Vec<Difference> = wanted
            .iter()
            .map(|(name, to)| (name, seen.get(name).unwrap_or(&unknown), to))
            .filter(|(_, from, to)| from != to)
            .map(|(name, from, to)| Difference {
                attribute: name,
                from: from.clone(),
                to: to.clone(),
            })
            .collect();
        if differences.is_empty() && action == Action::Update {
            return Comparison::unchanged();
        }
        Comparison { action, differences, ..Comparison::unchanged() }
    }

    /// Whether there is anything to do.
    pub fn is_change(&self) -> bool {
        self.action != Action::Unchanged
    }

    /// Whether this attribute differs.
    pub fn differs(&self, attribute: &str) -> bool {
        self.differences.iter().any(|difference| difference.attribute == attribute)
    }
}
