//! What a kind is: its attributes as data (for errors, the reference and the schema), its shell, and
//! how a declaration becomes a resource that can be observed, compared and converged.

use super::{
    Address, Answers, AttributeValue, Attributes, Declared, Effect, Footprint, Forget, Observed,
    Questions, Settled, Step, Wanted,
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
    /// A `[[resource]]` as a user would write it.
    pub example: &'static str,
    /// Its attributes.
    pub attributes: &'static [AttributeDoc],
    /// Its shell functions.
    pub shell: &'static str,
    /// When in a run it changes.
    pub phase: Phase,
    /// What becomes of it when no spec asks for it any more.
    pub forget: Forget,
    /// The attributes that are seen otherwise after a night without anyone's doing: what was seen of them is no part of
    /// what is approved, and no drift.
    pub volatile: &'static [&'static str],
    /// What a change of it leaves on the host.
    pub footprint: Footprint,
    /// Makes a resource; all problems at once.
    pub declare: fn(&Declared) -> Result<Box<dyn Resource>, Problems>,
    /// Carries out many changes of this kind together (one `apt-get install`), where that is better.
    pub batch: Option<BatchConverge>,
}

impl Kind {
    /// Whether this attribute of it is seen otherwise by itself.
    pub fn is_volatile(&self, attribute: &str) -> bool {
        self.volatile.contains(&attribute)
    }
}

/// When in a run a change happens, which is also what can be done about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Before everything else: packages and accounts. It is never taken back.
    Prepare,
    /// Files. They can be checked where only a checker sees them, and put back.
    Write,
    /// What can be neither staged nor put back: databases, commands.
    Act,
    /// A service takes up what was written. It can be taken back together with its files.
    Effect,
    /// Last: what someone outside decides, such as a certificate authority. When it fails, all else is done.
    Outside,
}

/// Carries out many changes of one kind together.
pub type BatchConverge = fn(&[(&dyn Resource, &Comparison)]) -> Vec<Step>;

/// What an attribute takes that must never stand in a spec.
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

/// What a resource must know of the others.
#[derive(Clone, Debug, Default)]
pub struct Context {
    /// The paths of all files, links and certificates that share its activation, sorted.
    pub members: Arc<Vec<String>>,
    /// Those of them that this plan changes, and what each asks of the services (in a plan only).
    pub changed: Vec<(Address, Effect)>,
    /// The paths that any resource of the host declares, sorted: what no purge may remove.
    pub declared_paths: Arc<Vec<String>>,
    /// The top-level keys of the YAML files that any resource of the host declares, by path; none of
    /// what must be absent.
    pub top_keys: Arc<BTreeMap<String, Vec<String>>>,
    /// What resources with a pending change will bring: `program:psql`, `unit:nginx.service` …
    pub coming: Vec<(String, Address)>,
    /// The activation's question whether a reload was not enough: exit status 0 = restart (in a plan only).
    pub restart_if: Option<String>,
}

impl Context {
    /// Which pending change brings `provision`, if one does.
    pub fn comes_with(&self, provision: &str) -> Option<&Address> {
        self.coming.iter().find(|(word, _)| word == provision).map(|(_, address)| address)
    }
}

/// A wanted thing on the host.
pub trait Resource: std::fmt::Debug + Send + Sync {
    /// What it brings, in words such as `path:/x`, `user:x`, `unit:x`, `package:x`, `program:x`.
    fn provides(&self) -> Vec<String>;
    /// What must come before it, in the same words; what nobody provides is taken to be there.
    fn requires(&self) -> Vec<String>;
    /// Adds its questions.
    fn ask(&self, context: &Context, questions: &mut Questions);
    /// What its questions do on the host besides reading, in words; a look at the host runs it.
    fn acts(&self) -> Option<Vec<String>> {
        None
    }
    /// Reads its part of the answers.
    fn observe(&self, context: &Context, answers: &Answers) -> Observed;
    /// The wanted state.
    fn wanted(&self) -> Attributes;
    /// What it would find on a host that no one asks and that earlier resources made as they want it; `before` is the one
    /// of its own address among them.
    fn find(&self, context: &Context, settled: &Settled<'_>, before: Option<&Wanted>) -> Observed {
        let _ = context;
        settled.find(&self.provides(), before)
    }
    /// Compares; the default compares attribute by attribute.
    fn compare(&self, context: &Context, observed: &Observed) -> Comparison {
        let _ = context;
        Comparison::of(&self.wanted(), observed)
    }
    /// The paths that its steps replace or remove, so that a failed run can put back what was there.
    fn replaces(&self) -> Vec<String> {
        let words = self.provides().into_iter();
        words.filter_map(|word| word.strip_prefix("path:").map(str::to_owned)).collect()
    }
    /// The steps that make the change.
    fn converge(&self, context: &Context, change: &Comparison) -> Vec<Step>;
    /// When in a run it changes, where that is not when its kind does.
    fn phase(&self) -> Option<Phase> {
        None
    }
    /// Whether a part of its steps is done before the switch of its activation, beside what is in use.
    fn prepares(&self) -> bool {
        false
    }
    /// The YAML file that it writes or removes, and its top-level keys.
    fn top_keys(&self) -> Option<(&str, Vec<String>)> {
        None
    }
    /// Where it points to, of a symbolic link.
    fn link(&self) -> Option<&str> {
        None
    }
    /// Secrets of it that exist neither in a store nor on the host yet.
    fn pending_secrets(&self) -> Vec<String> {
        Vec::new()
    }
}

/// What a comparison found.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// What is to be done.
    pub action: Action,
    /// What differs.
    pub differences: Vec<Difference>,
    /// Words for the plan: "provided by apt:nginx", "restarts: about 10 s of downtime".
    pub notes: Vec<String>,
    /// How a running service takes up files that change.
    pub effect: Option<Effect>,
}

/// What is to be done with a resource.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// It is as wanted.
    Keep,
    /// It is made.
    Create,
    /// It is changed.
    Update,
    /// It is removed.
    Remove,
    /// It differs and cannot be changed in place: why, and what to do.
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
    /// As it is.
    pub from: AttributeValue,
    /// The wanted state.
    pub to: AttributeValue,
}

impl Difference {
    /// The names of the secrets that differ in it, as far as can be seen.
    pub fn secrets(&self) -> Vec<String> {
        match (&self.from, &self.to) {
            (AttributeValue::Body(from), AttributeValue::Body(to)) => to.differing_secrets(from),
            _ => Vec::new(),
        }
    }
}

impl Comparison {
    /// Nothing to do.
    pub fn keep() -> Comparison {
        Comparison {
            action: Action::Keep,
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
            return Comparison::keep();
        }
        Comparison { action, differences, ..Comparison::keep() }
    }

    /// Whether anything is to be done.
    pub fn is_change(&self) -> bool {
        self.action != Action::Keep
    }

    /// Whether this attribute differs.
    pub fn differs(&self, attribute: &str) -> bool {
        self.differences.iter().any(|difference| difference.attribute == attribute)
    }
}
