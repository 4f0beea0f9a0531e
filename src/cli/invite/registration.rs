//! Checks whether an invitation is of any use, by the spec's registration mode.

use crate::diagnostic::{Diagnostic, Place};
use crate::module::AccountService;
use crate::run::Project;

/// Returns an error, at its line, if the spec lets no one register with a token.
pub(super) fn admits(project: &Project, service: &AccountService) -> Result<(), Diagnostic> {
    let at = |problem: Diagnostic| match place(project) {
        Some(place) => problem.at(place),
        None => problem,
    };
    match service.registration.as_str() {
        "token" => Ok(()),
        "open" => {
            let message = "registration is open: nobody needs an invitation";
            Err(at(Diagnostic::error("accounts/open", message)
                .help("with `registration.mode = \"token\"` under `[synapse]`, only people with an invitation can register")))
        }
        _ => {
            let message = "registration is closed: an invitation would not work";
            Err(at(Diagnostic::error("accounts/closed", message).help(
                "write `registration.mode = \"token\"` under `[synapse]` and run `matrixform apply`; or create the account with `matrixform users add`",
            )))
        }
    }
}

/// Returns the place of the mode, or of the section if it is not set.
fn place(project: &Project) -> Option<&Place> {
    let section = project.spec.sections.get("synapse")?;
    let mode = || {
        let registration = section.node.as_table()?.get("registration")?;
        Some(&registration.node.as_table()?.get("mode")?.node.place)
    };
    mode().or(Some(&section.key))
}
