//! The activations of the used modules, and which resources join them: by name, or because they stand where
//! an activation's services read.

use super::run::{Runner, all_or_told};
use super::scope::Frame;
use crate::diagnostic::{Diagnostic, Problems};
use crate::module::expansion::{Activation, Health, Sandbox};
use crate::module::form::Form;
use crate::module::manifest::{ActivationForm, HealthForm, NO_ACTIVATION};
use crate::module::text::Text;
use crate::resource::{Declared, Phase, kind};
use crate::spec::keys::suggest;
use indexmap::IndexMap;
use minijinja::Value;
use minijinja::value::ValueKind;

/// One activation; none when its `when` does not hold.
pub(super) fn activation(
    runner: &Runner,
    frame: &Frame,
    form: &ActivationForm,
) -> Result<Option<Activation>, Problems> {
    if !runner.holds(form.when.as_ref(), frame)? {
        return Ok(None);
    }
    let texts = |texts: &[Text]| all_or_told(texts.iter().map(|text| runner.plain(text, frame)));
    let optional =
        |text: &Option<Text>| text.as_ref().map(|text| runner.plain(text, frame)).transpose();
    let health = form.health.iter().map(|health| {
        Ok(match health {
            HealthForm::Run(run) => Health::Run(runner.plain(run, frame)?),
            HealthForm::Http { url, status, body } => Health::Http {
                url: runner.plain(url, frame)?,
                status: *status,
                body: optional(body)?,
            },
        })
    });
    let network = form.network.is_some() && runner.holds(form.network.as_ref(), frame)?;
    Ok(Some(Activation {
        name: form.name.clone(),
        effect: form.effect,
        owns: form.owns.as_ref().map_or(Ok(Vec::new()), |owns| paths(runner, frame, owns))?,
        validate: texts(&form.validate)?,
        as_user: optional(&form.as_user)?,
        sandbox: optional(&form.sandbox)?.map(|unit| Sandbox { unit, network }),
        validate_switched: texts(&form.validate_switched)?,
        inspect: texts(&form.inspect)?,
        watches: optional(&form.watches)?,
        survey: optional(&form.survey)?,
        outside: doors(form, &optional(&form.outside)?.unwrap_or_default())?,
        restart: optional(&form.restart)?,
        health: all_or_told(health)?,
        timeout: form.timeout,
    }))
}

/// The paths of a list; an item that is a list stands for what is in it.
fn paths(runner: &Runner, frame: &Frame, owns: &Form) -> Result<Vec<String>, Problems> {
    let mut open = vec![runner.form(owns, frame)?];
    let mut found = Vec::new();
    while let Some(value) = open.pop() {
        match (value.kind(), value.as_str()) {
            (ValueKind::Seq | ValueKind::Iterable, _) => {
                let items: Vec<Value> = value.try_iter().map(Iterator::collect).unwrap_or_default();
                open.extend(items.into_iter().rev());
            }
            (_, Some(path)) if path.starts_with('/') => {
                found.push(path.trim_end_matches('/').to_owned());
            }
            _ => {
                let message = format!("`owns` is made of absolute paths, and this is {value}");
                return Err(vec![Diagnostic::error("module/activation", message).at(&owns.place)]);
            }
        }
    }
    Ok(found)
}

/// The names and ports of a text.
fn doors(form: &ActivationForm, text: &str) -> Result<Vec<(String, u16)>, Problems> {
    let door = |word: &str| {
        let (name, port) = word.rsplit_once(':')?;
        Some((name.to_owned(), port.parse().ok()?))
    };
    let read = |word: &str| {
        door(word).ok_or_else(|| {
            let message = format!("`outside` is made of `NAME:PORT`, and this is {word}");
            vec![Diagnostic::error("module/activation", message).at(&form.place)]
        })
    };
    all_or_told(text.split_whitespace().map(read))
}

/// The activation that every host has.
pub(super) const NAME_OF_SSHD: &str = "sshd";

/// Two activations of one name.
pub(super) fn twice(forms: &[&ActivationForm]) -> Problems {
    let mut seen: IndexMap<&str, &ActivationForm> = IndexMap::new();
    let mut problems = Problems::new();
    for form in forms {
        if let Some(first) = seen.insert(&form.name, form) {
            let message = format!("the activation `{}` is declared twice", form.name);
            let problem = Diagnostic::error("module/twice", message).at(&form.place);
            problems.push(problem.see(&first.place, "also here"));
        }
    }
    problems
}

/// The kinds that may join an activation: what they do before its check is done in an overlay of files
/// (or is an installation, which comes before that, or a service, which comes after).
const JOINING: [&str; 9] = [
    "absent",
    "apt",
    "certificate",
    "certificate_authority",
    "directory",
    "file",
    "service",
    "symlink",
    "venv",
];

/// The activation in whose folders a resource lies, when its kind writes there: the one that owns the longest path,
/// of equal ones the first.
pub(super) fn owner<'a>(
    declared: &Declared,
    activations: &'a [Activation],
) -> Option<&'a Activation> {
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
                "only files do, and what installs and runs them: `{}`; say `needs` for an order",
                JOINING.join("`, `")
            );
            problems.push(problem.at(&declared.origin.declared).help(help));
            continue;
        }
        if known.contains(&bare) {
            declared.activation = Some(bare.to_owned());
            // Files that changed behind its back are taken up as those of a plan are.
            let joined = activations.iter().find(|one| one.name == bare);
            let is_service = declared.address.kind == "service";
            declared.effect =
                declared.effect.or(joined.filter(|_| is_service).map(|one| one.effect));
        } else if bare == name {
            let message = format!(
                "`{}` joins the activation `{name}`, which is not in this spec",
                declared.address
            );
            let problem = Diagnostic::error("module/activation", message);
            let problem = problem.at(&declared.origin.declared);
            problems.push(suggest(problem, &name, &known, "the activations are"));
        }
    }
    problems
}
