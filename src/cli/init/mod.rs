//! `matrixform init`: from a few answers to a commented spec that the strictest check passes.

mod answers;
mod args;
mod ask;
mod chain;
mod home;
mod ignored;
mod judge;
mod normal;
mod question;
mod spec;
mod types;
mod write;

pub(super) use args::Init;

use super::output::Output;
use super::surroundings::Surroundings;
use crate::diagnostic::{Diagnostic, Exit, Problems};
use crate::module::{Modules, on_disk};
use crate::spec::files::InMemory;
use answers::Answers;
use std::path::Path;
use types::Types;
use write::NewFiles;

/// What the spec is called.
const NAME: &str = "prod.toml";

/// Runs it.
pub(super) fn init(
    args: &Init,
    surroundings: &Surroundings,
    output: &mut Output,
) -> Result<Exit, Problems> {
    let path = args.dir.join(NAME);
    if path.symlink_metadata().is_ok() {
        return Err(vec![write::is_there(&path)]);
    }
    let own = on_disk::folders(&args.dir.join("modules")).map_err(|one| vec![one])?;
    let modules = Modules::built_in(&own)?;
    let mut types = Types::new(&modules);
    let mut answers = args.answers();
    ask::check(&answers, &types)?;
    match output.can_ask() && !args.yes {
        true => ask::ask(&mut answers, &mut types, output)?,
        false => ask::fill(&mut answers, &mut types)?,
    }
    let text = spec::text(&answers, &modules, &path)?;
    let mut files = beside(&answers)?;
    let known = files.iter().map(|(path, text)| (path.clone(), text.clone().into_bytes()));
    let notes = judge::judge(&path, &text, InMemory(known.collect()), &modules)?;
    files.push((NAME.to_owned(), text));
    let files: NewFiles =
        files.into_iter().map(|(file, text)| (args.dir.join(file), text)).collect();
    let there = write::hindrances(&files);
    if !there.is_empty() {
        return Err(there);
    }
    write::folder(&args.dir)?;
    // The spec comes last: where it is, everything is.
    let made = home::make(&args.dir, surroundings)?;
    write::write(&files)?;
    ignored::add(&args.dir)?;
    output.result(&format!("{} is written.\n{}\n", path.display(), home::told(made.as_ref())));
    output.result(&next(&path, &answers));
    output.problems(&notes);
    Ok(Exit::Done)
}

/// The files beside the spec, by their paths below its folder.
fn beside(answers: &Answers) -> Result<Vec<(String, String)>, Problems> {
    let Some(chain) = answers.get("chain").filter(|_| answers.text("tls") == "files") else {
        return Ok(Vec::new());
    };
    let text = chain::read(Path::new(chain)).map_err(|why| {
        vec![Diagnostic::error("init/chain", format!("`{chain}` cannot be read: {why}"))]
    })?;
    Ok(vec![(spec::chain_beside(answers), text)])
}

/// The next three commands.
fn next(path: &Path, answers: &Answers) -> String {
    let path = path.display();
    let first = match answers.text("tls") {
        "files" => format!("secrets set {path} tls/front <privkey.pem    # the certificate's key"),
        _ => format!("check --strict {path}    # what is wrong or risky in it"),
    };
    let plan = match answers.get("host-key") {
        Some(_) => "connects and shows what would change",
        None => "shows what would change; of an unknown host first the key to pin",
    };
    format!(
        "Read it; then:\n\n  matrixform {first}\n  matrixform plan {path}    # {plan}\n  \
         matrixform apply {path}    # shows the plan again, asks, and does it"
    )
}
