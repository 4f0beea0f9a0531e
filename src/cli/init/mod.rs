//! `matrixform init`: turns a few answers into a commented spec that passes the strictest check.

mod answers;
mod args;
mod ask;
mod chain;
mod command_words;
mod flags;
mod home;
mod ignored;
mod names;
mod normal;
mod question;
mod review;
mod spec;
mod types;
mod write;

pub(super) use args::InitArgs;

use super::output::Output;
use super::process_env::ProcessEnv;
use crate::diagnostic::{Diagnostic, Exit, Problems, shell_path};
use crate::module::{Modules, on_disk};
use crate::spec::files::InMemory;
use answers::InitAnswers;
use ask::Asker;
use std::path::Path;
use types::Types;
use write::NewFiles;

/// The file name of the spec.
const NAME: &str = "prod.toml";

/// Runs the command.
pub(super) fn init(
    args: &InitArgs,
    process_env: &ProcessEnv,
    output: &mut Output,
) -> Result<Exit, Problems> {
    let path = args.dir.join(NAME);
    if path.symlink_metadata().is_ok() {
        return Err(vec![write::is_there(&path)]);
    }
    let own = on_disk::modules(&args.dir.join("modules")).map_err(|one| vec![one])?;
    let modules = Modules::built_in(&own)?;
    let mut types = Types::new(&modules);
    let mut answers = args.answers();
    flags::check(&answers, &types)?;
    let asks = output.can_ask() && !args.yes;
    let made = match asks {
        true => {
            let asker = Asker::new(&args.dir, process_env.get("HOME"), &answers)?;
            converse(asker, &path, &mut answers, &mut types, (&modules, output))?
        }
        false => {
            flags::fill(&mut answers, &mut types)?;
            output.problems(&names::private_only(&answers).into_iter().collect::<Problems>());
            let (text, files) = texts(&answers, &modules, &path)?;
            let notes =
                review::review(&path, &text, in_memory(&files), &modules).strictly(&path)?;
            InitFiles { text, files, notes }
        }
    };
    let InitFiles { text, mut files, notes } = made;
    files.push((NAME.to_owned(), text));
    let files: NewFiles =
        files.into_iter().map(|(file, text)| (args.dir.join(file), text)).collect();
    // If writing fails, the answers are not lost: the message repeats them as flags.
    let written = write_all(args, process_env, &files).map_err(|mut problems| {
        let command = answers.command(&args.dir);
        if let Some(first) = problems.first_mut().filter(|_| asks) {
            first.notes.push(format!("to run this again: `{command}`"));
        }
        problems
    })?;
    output.result(&format!("Wrote {}.\n{written}\n", path.display()));
    output.result(&next(&path, &answers));
    output.problems(&notes);
    Ok(Exit::Done)
}

/// What to write, and what to do elsewhere.
struct InitFiles {
    text: String,
    files: Vec<(String, String)>,
    notes: Problems,
}

/// Asks until the spec is valid, or its warnings are accepted.
fn converse(
    mut asker: Asker<'_>,
    path: &Path,
    answers: &mut InitAnswers,
    types: &mut Types<'_>,
    (modules, output): (&Modules, &mut Output),
) -> Result<InitFiles, Problems> {
    asker.all(answers, types, output)?;
    loop {
        let about = match texts(answers, modules, path) {
            Err(problems) => {
                output.problems(&problems);
                Some("chain")
            }
            Ok((text, files)) => {
                let verdict = review::review(path, &text, in_memory(&files), modules);
                if verdict.found.is_empty() {
                    return Ok(InitFiles { text, files, notes: verdict.notes });
                }
                output.problems(&verdict.found);
                output.problems(&[review::unwritten(path)]);
                if verdict.only_warns() && asker.yes("Write it anyway?", answers, output)? {
                    return Ok(InitFiles { text, files, notes: verdict.notes });
                }
                verdict.about()
            }
        };
        asker.ask_again(about, answers, types, output)?;
    }
}

type Texts = (String, Vec<(String, String)>);

/// Returns the text of the spec, and the files beside it.
fn texts(answers: &InitAnswers, modules: &Modules, path: &Path) -> Result<Texts, Problems> {
    Ok((spec::text(answers, modules, path)?, side_files(answers)?))
}

fn in_memory(files: &[(String, String)]) -> InMemory {
    InMemory(files.iter().map(|(path, text)| (path.clone(), text.clone().into_bytes())).collect())
}

/// Writes everything; describes what became of the secrets' age file.
fn write_all(
    args: &InitArgs,
    process_env: &ProcessEnv,
    files: &NewFiles,
) -> Result<String, Problems> {
    let existing = write::hindrances(files);
    if !existing.is_empty() {
        return Err(existing);
    }
    home::check(&args.dir, process_env)?;
    write::create_directory(&args.dir)?;
    // The spec is written last, so that it never exists without the files that it needs.
    let made = home::make(&args.dir, process_env)?;
    write::write(files)?;
    ignored::add(&args.dir)?;
    Ok(home::reported(made.as_ref()))
}

/// Returns the files beside the spec, by their paths below its directory.
fn side_files(answers: &InitAnswers) -> Result<Vec<(String, String)>, Problems> {
    let Some(chain) = answers.get("chain").filter(|_| answers.text("tls") == "files") else {
        return Ok(Vec::new());
    };
    let text = chain::read(Path::new(chain)).map_err(|why| {
        vec![Diagnostic::error("init/chain", format!("`{chain}` cannot be read: {why}"))]
    })?;
    Ok(vec![(spec::chain_beside(answers), text)])
}

/// Returns the next four commands.
fn next(path: &Path, answers: &InitAnswers) -> String {
    let path = shell_path(&path.to_string_lossy());
    let first = match answers.text("tls") {
        "files" => format!("secrets set {path} tls/front <privkey.pem    # the certificate's key"),
        _ => format!("check --strict {path}    # is anything wrong or risky?"),
    };
    let plan = match answers.get("host-key") {
        Some(_) => "connects and shows what would change",
        None => "shows what would change; an unknown host first shows the key to pin",
    };
    format!(
        "Review the spec, then:\n\n  matrixform {first}\n  matrixform plan {path}    # {plan}\n  \
         matrixform apply {path}    # shows the plan again, asks, applies it\n  \
         matrixform users add {path} NAME --admin    # the first account"
    )
}
