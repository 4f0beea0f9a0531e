//! `matrixform secrets set` and `get`: store or print one value.

use super::args::{SecretsGetArgs, SecretsSetArgs};
use super::{check_form, one, over, unnamed};
use crate::cli::output::Output;
use crate::cli::typed;
use crate::diagnostic::{Diagnostic, Exit, Problems};
use crate::run::Project;
use crate::secret::{Secret, Store, StoreResult};

/// Stores a value.
pub(super) fn set(
    project: &Project,
    args: &SecretsSetArgs,
    output: &mut Output,
) -> Result<Exit, Problems> {
    let name = args.name.as_str();
    output.problems(unnamed(project, name).as_slice());
    let value = typed::read(&format!("Value of `{name}`"))?;
    let secret = Secret::new(name, value.as_slice());
    project.secrets.masker().add([&secret]);
    check_form(project, &secret).map_err(one)?;
    // Decided before the store is locked.
    let policy = over(project, name, args.replace);
    let put = project.secrets.put(&[secret], &|_| policy).map_err(|problem| {
        vec![match problem {
            problem if problem.code == "secret/differs" => {
                problem.help("to overwrite it, add `--replace`")
            }
            problem => problem,
        }]
    })?;
    let home = project.secrets.home();
    let message = match put.first() {
        Some(StoreResult::Same) => format!("{home} already has this value for `{name}`"),
        Some(StoreResult::Replaced) => {
            format!("replaced `{name}` in {home}; run `matrixform apply` to update the host")
        }
        _ => format!("stored `{name}` in {home}"),
    };
    output.problems(&[Diagnostic::note("secret/set", message)]);
    let located = project.secrets.locate(name).map_err(one)?;
    if let Some((_, store)) = located.filter(|(_, store)| *store != home) {
        output.problems(&[hidden(name, &store)]);
    }
    Ok(Exit::Done)
}

/// Warns that another store takes precedence.
fn hidden(name: &str, store: &Store) -> Diagnostic {
    let message = format!("{store} also has `{name}`, and takes precedence");
    Diagnostic::warning("secret/hidden", message).help("remove it there")
}

/// Prints a value.
pub(super) fn get(
    project: &Project,
    args: &SecretsGetArgs,
    output: &mut Output,
) -> Result<Exit, Problems> {
    let name = args.name.as_str();
    match project.secrets.locate(name).map_err(one)? {
        Some((secret, _)) => output.reveal(&secret, args.show).map(|()| Exit::Done),
        None => {
            output.problems(unnamed(project, name).as_slice());
            let message = format!("no store has the secret `{name}`");
            Err(one(Diagnostic::error("secret/missing", message)
                .help("`matrixform secrets list` shows where each is stored")))
        }
    }
}
