//! `matrixform secrets recipients`: manages who can open the age file.

use super::args::{RecipientsAddArgs, RecipientsRemoveArgs, RecipientsVerb};
use super::one;
use crate::cli::output::Output;
use crate::diagnostic::{Diagnostic, Exit, Problems};
use crate::run::Project;
use crate::secret::age::Recipient;

/// Runs the command.
pub(super) fn recipients(
    project: &Project,
    verb: &RecipientsVerb,
    output: &mut Output,
) -> Result<Exit, Problems> {
    match verb {
        RecipientsVerb::List(_) => list(project, output),
        RecipientsVerb::Add(args) => add(project, args, output),
        RecipientsVerb::Remove(args) => remove(project, args, output),
    }
}

fn list(project: &Project, output: &mut Output) -> Result<Exit, Problems> {
    let (recipients, own) = project.secrets.recipients().map_err(one)?;
    if recipients.is_empty() {
        let message = format!("{} does not list its recipients", project.secrets.home());
        output.problems(&[Diagnostic::warning("secret/recipients", message)
            .help("add each of them once: `matrixform secrets recipients add SPEC age1…`")]);
    }
    for recipient in recipients {
        let you = if own.contains(&recipient.key) { "  <- your identity" } else { "" };
        output.result(&format!("{recipient}{you}"));
    }
    Ok(Exit::Done)
}

fn add(project: &Project, args: &RecipientsAddArgs, output: &mut Output) -> Result<Exit, Problems> {
    let added = Recipient::new(&args.key, &args.name).map_err(one)?;
    let changed = project.secrets.change_recipients(&mut |recipients| {
        match recipients.iter_mut().find(|known| known.key == added.key) {
            // Without a name, the known one stays.
            Some(known) if !added.name.is_empty() => known.name.clone_from(&added.name),
            Some(_) => {}
            None => recipients.push(added.clone()),
        }
        Ok(())
    });
    reported(project, &changed.map_err(one)?, output);
    Ok(Exit::Done)
}

fn remove(
    project: &Project,
    args: &RecipientsRemoveArgs,
    output: &mut Output,
) -> Result<Exit, Problems> {
    let is_meant = |known: &Recipient| known.key == args.who || known.name == args.who;
    let changed = project.secrets.change_recipients(&mut |recipients| {
        match recipients.iter().filter(|known| is_meant(known)).count() {
            1 => recipients.retain(|known| !is_meant(known)),
            0 => return Err(no_such_recipient(&args.who)),
            _ => return Err(several(&args.who)),
        }
        Ok(())
    });
    reported(project, &changed.map_err(one)?, output);
    let message = format!(
        "`{}` still knows every value that was in the file, and the repository's history keeps them",
        args.who
    );
    output.problems(&[Diagnostic::warning("secret/removed", message)
        .help("rotate what can be rotated: `matrixform secrets rotate SPEC NAME…`")]);
    Ok(Exit::Done)
}

fn reported(project: &Project, recipients: &[Recipient], output: &mut Output) {
    let count = recipients.len();
    let noun = if count == 1 { "recipient" } else { "recipients" };
    let message = format!("re-encrypted {} for {count} {noun}", project.secrets.home());
    output.problems(&[Diagnostic::note("secret/recipients", message).help("commit it")]);
}

fn no_such_recipient(who: &str) -> Diagnostic {
    Diagnostic::error("secret/recipients", format!("`{who}` is not a recipient of the age file"))
        .help("`matrixform secrets recipients list` shows them")
}

fn several(who: &str) -> Diagnostic {
    Diagnostic::error("secret/recipients", format!("more than one recipient is called `{who}`"))
        .help("give the key instead of the name")
}
