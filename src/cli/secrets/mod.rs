//! `matrixform secrets`: one file per verb. No verb takes a value as an argument, and only `get` and the recovery kit
//! reveal one.

mod args;
mod create;
mod examples;
mod export;
mod from_host;
mod generate;
mod import;
mod kit;
mod list;
mod merged_yaml;
mod read_back;
mod recipients;
mod rotate;
mod value;

pub(super) use args::SecretsVerb;
pub(in crate::cli) use examples::ALL as EXAMPLES;

use super::output::Output;
use crate::diagnostic::{Diagnostic, Exit, Problems, nearest};
use crate::run::Project;
use crate::secret::{Generated, OverwritePolicy, PLAN_KEY, Recipe, Secret};
use crate::synapse::{SIGNING_KEY_FORM, SigningIdentity};

/// Runs the command.
pub(super) async fn secrets(
    project: &Project,
    verb: &SecretsVerb,
    output: &mut Output,
) -> Result<Exit, Problems> {
    match verb {
        SecretsVerb::List(_) => list::list(project, output),
        SecretsVerb::Set(args) => value::set(project, args, output),
        SecretsVerb::Get(args) => value::get(project, args, output),
        SecretsVerb::Generate(_) => generate::generate(project, output).await,
        SecretsVerb::Rotate(args) => rotate::rotate(project, args, output).await,
        SecretsVerb::Import(args) => import::import(project, args, output).await,
        SecretsVerb::Export(args) => export::export(project, args, output),
        SecretsVerb::Recipients { verb } => recipients::recipients(project, verb, output),
        SecretsVerb::Create(args) => create::create(project, args, output),
    }
}

/// Warns if the spec does not name this secret: most likely it is misspelt.
fn unnamed(project: &Project, name: &str) -> Option<Diagnostic> {
    let known: Vec<&str> = names(project).collect();
    if known.contains(&name) {
        return None;
    }
    let message = format!("{} has no secret `{name}`", project.spec.source.name);
    let problem = Diagnostic::warning("secret/unnamed", message);
    Some(match nearest(name, known.iter().copied()) {
        Some(near) => problem.help(format!("did you mean `{near}`?")),
        None => problem.help("`matrixform secrets list` shows all of them"),
    })
}

/// Returns what may happen to a different stored value, depending on whether `replace` was asked for.
fn over(project: &Project, name: &str, replace: bool) -> OverwritePolicy {
    let recipe = recipe(project, name);
    // What no program could use was never in use.
    let is_usable = || {
        let stored = project.secrets.locate(name).ok().flatten();
        stored.is_none_or(|(secret, _)| has_form(recipe, &secret))
    };
    match recipe.and_then(Recipe::irreplaceable) {
        Some(why) if is_usable() => OverwritePolicy::Permanent(why),
        _ if replace => OverwritePolicy::Replace,
        _ => OverwritePolicy::Refuse,
    }
}

/// Returns how a secret would be generated.
fn recipe(project: &Project, name: &str) -> Option<Recipe> {
    let named = project.named.iter().find(|named| named.name == name)?;
    Recipe::parse(named.generate.as_deref()?).ok()
}

/// Returns an error if a value cannot be used in place of a generated one.
fn check_form(project: &Project, secret: &Secret) -> Result<(), Diagnostic> {
    let name = secret.name();
    if has_form(recipe(project, name), secret) {
        return Ok(());
    }
    let message = format!("`{name}` was not stored: the value is not a signing key");
    Err(Diagnostic::error("secret/form", message).help(SIGNING_KEY_FORM))
}

fn has_form(recipe: Option<Recipe>, secret: &Secret) -> bool {
    recipe != Some(Recipe::SynapseSigningKey)
        || SigningIdentity::of_signing_key(secret.expose()).is_some()
}

/// Returns the note that a plan key was generated.
fn plan_key(generated: &Generated) -> Option<Diagnostic> {
    let message =
        format!("generated the plan key `{PLAN_KEY}` and stored it in {}", generated.store);
    let note = Diagnostic::note("secret/generated", message)
        .help("the next `matrixform apply` records which secrets the host has, so that plans made without secrets can be compared");
    (!generated.names.is_empty()).then_some(note)
}

/// Returns all names in the spec, and the plan key.
fn names(project: &Project) -> impl Iterator<Item = &str> {
    let sudo = project.spec.host.sudo_password.as_deref();
    project.named.iter().map(|one| one.name.as_str()).chain(sudo)
}

fn one(problem: Diagnostic) -> Problems {
    vec![problem]
}
