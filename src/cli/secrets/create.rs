//! `matrixform secrets create`: the age file beside the spec, and an identity to open it with.

use super::args::{NewIdentityHome, SecretsCreateArgs};
use super::{one, plan_key};
use crate::cli::output::Output;
use crate::diagnostic::{Diagnostic, Exit, Problems};
use crate::run::Project;
use crate::secret::age::{IdentityHome, Recipient};

/// Runs the command.
pub(super) fn create(
    project: &Project,
    args: &SecretsCreateArgs,
    output: &mut Output,
) -> Result<Exit, Problems> {
    let others = args.recipient.iter().map(|key| Recipient::new(key, ""));
    let others = others.collect::<Result<Vec<_>, _>>().map_err(one)?;
    let home = match args.identity {
        NewIdentityHome::Keyring => IdentityHome::KeyringElseFile,
        NewIdentityHome::File => IdentityHome::File,
    };
    let created = project.secrets.create_age(home, &others).map_err(one)?;
    let generated = project.secrets.generate_plan_key().map_err(one)?;
    let made = if created.is_new { "is new:" } else { "is" };
    let message =
        format!("created {}; your identity {made} {}", project.secrets.home(), created.identity);
    output.problems(&[Diagnostic::note("secret/created", message).help(
        "commit the file, and keep a copy of the identity: `matrixform secrets export --recovery-kit`",
    )]);
    output.problems(plan_key(&generated).as_slice());
    for recipient in &created.recipients {
        output.result(&recipient.to_string());
    }
    Ok(Exit::Done)
}
