//! `matrixform secrets rotate`: another value, and all that follows from it, by the way of apply. The
//! order is that of the plan: a database's role first, then the files, then the services.

use super::args::Rotate;
use super::{one, unnamed};
use crate::cli::args::View;
use crate::cli::carry_out::carry_out;
use crate::cli::output::Output;
use crate::diagnostic::{Diagnostic, Exit, Problems};
use crate::plan::secret_names;
use crate::resource::Wanted;
use crate::run::{Look, Project, Session, refuse};
use crate::secret::{PLAN_KEY, Recipe, Rotation};

/// Runs it.
pub(super) async fn rotate(
    project: &Project,
    args: &Rotate,
    output: &mut Output,
) -> Result<Exit, Problems> {
    let recipes = recipes(project, &args.names)?;
    // Before the connection: what cannot be rotated is said at once.
    let rotation = project.secrets.propose(&recipes).map_err(one)?;
    if let [name] = args.names.as_slice()
        && name == PLAN_KEY
    {
        return plan_key(project, &rotation, output);
    }
    if args.names.iter().any(|name| name == PLAN_KEY) {
        let message = format!("`{PLAN_KEY}` is rotated by itself: nothing was rotated");
        return Err(one(Diagnostic::error("secret/plan-key", message)));
    }
    let voice = output.voice();
    let (mut session, guess) = Session::open(project, &voice).await?;
    let look = session.look(guess).await?;
    if !look.plan.is_empty() {
        output.problems(&look.expansion.notes);
        output.plan(&look.shown, View::text());
        return Err(one(pending()));
    }
    project.secrets.try_on(&rotation);
    let look = session.look_again(&look.facts).await?;
    let unmoved: Problems =
        args.names.iter().filter(|name| !moves(&look, name)).map(|name| nothing(name)).collect();
    if !unmoved.is_empty() {
        return Err(unmoved);
    }
    output.problems(&look.expansion.notes);
    output.plan(&look.shown, View::text());
    refuse(&look.plan)?;
    if !args.yes {
        output.confirm(&look.shown, &project.host_name())?;
    }
    let look = session.hold(&look, false).await?;
    project.secrets.commit(&rotation).map_err(one)?;
    let done = carry_out(session, project, &look, "secrets rotate", output).await;
    done.map_err(|problems| unfinished(problems, output))
}

/// No host has the plan key: the next apply writes the versions of all secrets again.
fn plan_key(project: &Project, rotation: &Rotation, output: &mut Output) -> Result<Exit, Problems> {
    project.secrets.commit(rotation).map_err(one)?;
    project.secrets.settle(&[PLAN_KEY.to_owned()]).map_err(one)?;
    let message = format!("`{PLAN_KEY}` has another value");
    output.problems(&[Diagnostic::note("secret/rotated", message).help(
        "run `matrixform apply`: until then plans made without secrets are refused, as are those that were saved before",
    )]);
    Ok(Exit::Done)
}

/// How each is made anew.
fn recipes(project: &Project, names: &[String]) -> Result<Vec<(String, Recipe)>, Problems> {
    let recipe = |name: &String| {
        let Some(named) = project.named.iter().find(|named| named.name == *name) else {
            let unknown = unnamed(project, name).unwrap_or_else(|| brought(name));
            return Err(Diagnostic { level: crate::diagnostic::Level::Error, ..unknown });
        };
        let generate = named.generate.as_deref().ok_or_else(|| brought(name).at(&named.place))?;
        Ok((name.clone(), Recipe::parse(generate)?))
    };
    names.iter().map(|name| recipe(name).map_err(one)).collect()
}

fn brought(name: &str) -> Diagnostic {
    let message = format!("`{name}` is not generated: whoever gives it out must make another one");
    Diagnostic::error("secret/brought", message).help(format!(
        "store the new value with `matrixform secrets set SPEC {name} --replace`, then run `matrixform apply`"
    ))
}

fn pending() -> Diagnostic {
    let message = "nothing was rotated: the host is not as the spec wants it";
    Diagnostic::error("secret/pending-changes", message)
        .help("run `matrixform apply` first; it also finishes a rotation that was interrupted")
}

/// Whether the plan changes anything that holds this secret.
fn moves(look: &Look, name: &str) -> bool {
    let is_item = |item: &&Wanted| look.plan.items.iter().any(|one| one.address == *item.address());
    let mut changed = look.wanted.iter().filter(is_item);
    changed.any(|item| secret_names(std::slice::from_ref(item)).contains(name))
}

fn nothing(name: &str) -> Diagnostic {
    let message = format!(
        "nothing was rotated: no file or role of the plan shows which `{name}` the host has"
    );
    Diagnostic::error("secret/unseen", message)
        .help("change it where it is used, then store the new value with `matrixform secrets set --replace`")
}

fn unfinished(problems: Problems, output: &mut Output) -> Problems {
    let message = "the new value is stored, and the host does not have all of it yet";
    output.problems(&[Diagnostic::note("secret/unfinished", message)
        .help("`matrixform apply` finishes the rotation; the old value is kept until then")]);
    problems
}
