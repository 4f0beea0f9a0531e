//! The activations of the used modules.

use super::run::{Runner, all_or_reported};
use super::scope::EvalFrame;
use crate::diagnostic::{Diagnostic, Problems};
use crate::module::form::Form;
use crate::module::manifest::{ActivationForm, HealthForm};
use crate::module::text::Text;
use crate::resource::{Activation, Health, Sandbox};
use indexmap::IndexMap;
use minijinja::Value;
use minijinja::value::ValueKind;

/// One activation; none if its `when` does not hold.
pub(super) fn activation(
    runner: &Runner,
    frame: &EvalFrame,
    form: &ActivationForm,
) -> Result<Option<Activation>, Problems> {
    if !runner.is_met(form.when.as_ref(), frame)? {
        return Ok(None);
    }
    let texts =
        |texts: &[Text]| all_or_reported(texts.iter().map(|text| runner.plain(text, frame)));
    let optional =
        |text: &Option<Text>| text.as_ref().map(|text| runner.plain(text, frame)).transpose();
    let health = form.health.iter().map(|health| {
        Ok(match health {
            HealthForm::Run { command, early } => {
                Health::Run { command: runner.plain(command, frame)?, early: *early }
            }
            HealthForm::Http { url, status, body } => Health::Http {
                url: runner.plain(url, frame)?,
                status: *status,
                body: optional(body)?,
            },
        })
    });
    let network = form.network.is_some() && runner.is_met(form.network.as_ref(), frame)?;
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
        reports: optional(&form.reports)?,
        outside: public_ports(form, &optional(&form.outside)?.unwrap_or_default())?,
        restart: optional(&form.restart)?,
        health: all_or_reported(health)?,
        timeout: form.timeout,
    }))
}

/// The paths of a list; nested lists are flattened.
fn paths(runner: &Runner, frame: &EvalFrame, owns: &Form) -> Result<Vec<String>, Problems> {
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
                let message = format!("`owns` takes absolute paths, not {value}");
                return Err(vec![Diagnostic::error("module/activation", message).at(&owns.place)]);
            }
        }
    }
    Ok(found)
}

/// The names and ports in a text.
fn public_ports(form: &ActivationForm, text: &str) -> Result<Vec<(String, u16)>, Problems> {
    let door = |text: &str| {
        let (name, port) = text.rsplit_once(':')?;
        Some((name.to_owned(), port.parse().ok()?))
    };
    let read = |text: &str| {
        door(text).ok_or_else(|| {
            let message = format!("`outside` takes `NAME:PORT`, not {text}");
            vec![Diagnostic::error("module/activation", message).at(&form.place)]
        })
    };
    all_or_reported(text.split_whitespace().map(read))
}

/// Activations that share a name.
pub(super) fn duplicates(forms: &[&ActivationForm]) -> Problems {
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
