//! The activations of the used modules, and whether every resource that joins one finds it.

use super::run::{Runner, all_or_told};
use super::scope::Frame;
use crate::diagnostic::{Diagnostic, Problems};
use crate::module::expansion::{Activation, Health};
use crate::module::manifest::{ActivationForm, HealthForm};
use crate::module::text::Text;
use crate::resource::Declared;
use crate::spec::keys::suggest;
use indexmap::IndexMap;

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
    Ok(Some(Activation {
        name: form.name.clone(),
        effect: form.effect,
        validate: texts(&form.validate)?,
        as_user: optional(&form.as_user)?,
        validate_switched: texts(&form.validate_switched)?,
        inspect: texts(&form.inspect)?,
        restart: optional(&form.restart)?,
        health: all_or_told(health)?,
        timeout: form.timeout,
    }))
}

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

/// Checks that every joined activation is there. `activation = "x?"` joins it only when it is.
pub(super) fn join(resources: &mut [Declared], activations: &[Activation]) -> Problems {
    let known: Vec<&str> = activations.iter().map(|one| one.name.as_str()).collect();
    let mut problems = Problems::new();
    for declared in resources {
        let Some(name) = declared.activation.take() else { continue };
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
