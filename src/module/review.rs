//! Everything that can be said of a spec without a host and without secrets. A problem in one part
//! takes that part away and nothing else: the rest is judged with what is known.

use super::expand::{KnownFacts, Round, RoundOutcome, name_secrets, used_secrets};
use super::expansion::Expansion;
use super::own::Own;
use super::types::ParamType;
use super::{Modules, settings};
use crate::diagnostic::{Level, Place, Problems, redact};
use crate::facts::Facts;
use crate::resource::{Declared, SECRET, kind};
use crate::spec::{Spec, merge_plain, plain_secrets};
use std::collections::BTreeMap;
use std::panic::resume_unwind;
use std::thread::Builder;

/// As much stack as the program begins with: templates and values nest as deep there.
const STACK: usize = 8 << 20;

/// What was found.
#[derive(Clone, Debug, Default)]
pub struct Review {
    /// Errors, warnings, notes and advice.
    pub problems: Problems,
    /// The wanted state as far as it is known: what needs a fact, or hangs on an error, is left out.
    pub expansion: Expansion,
    /// Whether nothing was left out.
    pub whole: bool,
    /// Where secrets stand in the spec: whoever adds a problem conceals them.
    pub secrets: Vec<Place>,
    /// All secrets that the spec names or leaves to be generated, by name.
    pub named: Vec<NamedSecret>,
}

/// A secret that a spec names, or leaves to be generated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedSecret {
    /// Its name.
    pub name: String,
    /// How it is made when nothing has it; `None` when someone must bring it.
    pub generate: Option<String>,
    /// The line of the spec that names it, or the section that needs it.
    pub place: Place,
    /// Whether a resource holds it; one that needs a fact of the host may hold it too.
    pub used: bool,
}

impl Review {
    /// Whether there is an error.
    pub fn is_refused(&self) -> bool {
        self.problems.iter().any(|problem| problem.level == Level::Error)
    }

    /// The resources that kinds can judge: all of them, or those of the spec itself where an error of
    /// something else may be what is wrong with a module's.
    pub fn take_resources(&mut self) -> Vec<Declared> {
        let all = std::mem::take(&mut self.expansion.resources);
        judgeable(all, self.is_refused(), self.whole)
    }
}

/// What is foreseen of a host that nobody asked.
#[derive(Clone, Debug, Default)]
pub struct Foreseen {
    /// Errors, warnings, notes and advice; what the spec accepts is not judged.
    pub problems: Problems,
    /// The wanted state as far as it is known.
    pub resources: Vec<Declared>,
    /// Whether nothing was left out.
    pub whole: bool,
}

impl Foreseen {
    /// The resources that kinds can judge; `refused`: whether something else is wrong with the spec.
    pub fn take_resources(&mut self, refused: bool) -> Vec<Declared> {
        judgeable(std::mem::take(&mut self.resources), refused, self.whole)
    }
}

/// While something is left out, a need that is not met may be met by that.
fn judgeable(all: Vec<Declared>, refused: bool, whole: bool) -> Vec<Declared> {
    let judged = |declared: &Declared| !refused || declared.origin.is_spec();
    let mut resources: Vec<Declared> = all.into_iter().filter(judged).collect();
    let needs = resources.iter_mut().flat_map(|declared| &mut declared.needs);
    needs.for_each(|need| need.optional |= !whole);
    resources
}

/// Reviews a spec; all problems at once.
pub fn check(spec: &Spec, modules: &Modules) -> Review {
    check_at(spec, modules, None)
}

/// The same at a time (seconds since 1970), by which what ends is judged.
pub fn check_at(spec: &Spec, modules: &Modules, time: Option<u64>) -> Review {
    check_on(spec, modules, time, &[]).0
}

/// The same, with what is foreseen of new hosts of some releases: nothing where the spec holds a secret in clear,
/// which what is said of them might quote.
pub fn check_on(
    spec: &Spec,
    modules: &Modules,
    time: Option<u64>,
    releases: &[Facts],
) -> (Review, Vec<Foreseen>) {
    let (meant, mut problems) = settings::as_meant(spec, modules);
    let spec = &meant;
    let (settings, found) = settings::judge(spec, modules);
    problems.extend(found);
    let settled = problems.is_empty();
    let own = Own::judge(spec, modules, &mut problems);
    let (settings, own) = (&settings, &own);
    let whole = problems.is_empty();
    let run = |facts| {
        let round = Round { settled, ..own.round(spec, modules, settings, facts) };
        round.run(&BTreeMap::new())
    };
    let run = &run;
    let judge =
        move |facts| run(KnownFacts::Release(facts)).map(|outcome| foreseen(outcome, whole));
    let (outcome, foreseen) = std::thread::scope(|scope| {
        let begin = |facts| {
            let thread = Builder::new().stack_size(STACK);
            thread.spawn_scoped(scope, move || judge(facts)).map_err(|_| facts)
        };
        let threads: Vec<_> = releases.iter().map(begin).collect();
        let outcome = run(KnownFacts::Time(time));
        let foreseen = threads.into_iter().filter_map(|one| match one {
            Ok(thread) => thread.join().unwrap_or_else(|panic| resume_unwind(panic)).ok(),
            Err(facts) => judge(facts).ok(),
        });
        (outcome, foreseen.collect::<Vec<Foreseen>>())
    });
    let review = reviewed((spec, modules), outcome, (problems, whole));
    let foreseen = if review.secrets.is_empty() { foreseen } else { Vec::new() };
    (review, foreseen)
}

fn foreseen(mut outcome: RoundOutcome, whole: bool) -> Foreseen {
    let expansion = std::mem::take(&mut outcome.expanded.expansion);
    let mut problems = outcome.problems;
    problems.extend(expansion.notes);
    problems.retain(|one| !one.code.starts_with("accept/"));
    Foreseen { problems, resources: expansion.resources, whole: whole && !outcome.failed }
}

fn reviewed(
    (spec, modules): (&Spec, &Modules),
    outcome: Result<RoundOutcome, Problems>,
    (mut problems, whole): (Problems, bool),
) -> Review {
    let mut outcome = match outcome {
        Ok(outcome) => outcome,
        Err(found) => {
            problems.extend(found);
            let secrets = redact_all(&mut problems, spec, modules);
            return Review { problems, secrets, ..Review::default() };
        }
    };
    let whole = whole && !outcome.failed;
    let mut expansion = std::mem::take(&mut outcome.expanded.expansion);
    problems.append(&mut outcome.problems);
    problems.append(&mut expansion.notes);
    let secrets = redact_all(&mut problems, spec, modules);
    let used = used_secrets(&expansion.resources);
    let named = outcome.wanted.into_iter().map(|(name, wanted)| {
        let used = used.contains(&name);
        NamedSecret { name, generate: wanted.generate, place: wanted.place, used }
    });
    let named = named.collect();
    Review { problems, expansion, whole, secrets, named }
}

/// Adds the secrets in the spec that are not reported yet, and hides all of them; where they are.
fn redact_all(problems: &mut Problems, spec: &Spec, modules: &Modules) -> Vec<Place> {
    let plain = plain_secrets(spec, &|path| is_option(modules, path).unwrap_or(false));
    let secrets = merge_plain(problems, plain);
    name_secrets(problems, spec, modules);
    redact(problems, &secrets);
    secrets
}

/// Whether a module has an option at this path, or a kind an attribute, that is no secret, whatever it
/// is called.
fn is_option(modules: &Modules, path: &[&str]) -> Option<bool> {
    if let ["resource", name, attribute] = path {
        let doc = kind(name)?.attributes.iter().find(|doc| doc.name == *attribute);
        return doc.map(|doc| doc.takes != SECRET);
    }
    let (module, rest) = path.split_first()?;
    let (name, below) = rest.split_first()?;
    let mut of = &modules.get(module)?.params.get(*name)?.field.of;
    for (at, key) in below.iter().enumerate() {
        of = match each(of) {
            ParamType::Table(fields) => &fields.get(*key)?.of,
            // What a key of one's own is called says what stands there: `DB_PASS` of an environment.
            ParamType::Map(..) if at + 1 == below.len() => return None,
            ParamType::Map(of, _) => of,
            _ => return None,
        };
    }
    // A text instead of `true` is taken for the secret that the option is called after.
    let open = matches!(
        each(of),
        ParamType::Any | ParamType::Map(..) | ParamType::Table(_) | ParamType::Bool
    );
    Some(!open && !matches!(each(of), ParamType::Secret(_)))
}

/// The type of the items of a list; of anything else its own.
fn each(of: &ParamType) -> &ParamType {
    match of {
        ParamType::List(of) => each(of),
        of => of,
    }
}
