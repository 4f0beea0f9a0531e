//! `matrixform history`: prints the history that a host keeps of what was done on it.

use super::args::{HistoryArgs, ListFormat};
use super::output::Output;
use crate::diagnostic::{Diagnostic, Exit, Problems};
use crate::render;
use crate::resource::Questions;
use crate::run::history::{self, RunRecord};
use crate::run::{Project, Session};

/// Runs the command.
pub(super) async fn history(
    project: &Project,
    args: &HistoryArgs,
    output: &mut Output,
) -> Result<Exit, Problems> {
    let stderr = output.stderr();
    let (mut session, _) = Session::open(project, &stderr).await?;
    let mut questions = Questions::default();
    questions.ask(history::QUESTION, &[]);
    let answers = session.ask(&questions).await?;
    output.timings(&session.cost());
    session.close().await;
    let text = answers.get(history::QUESTION, "history").and_then(|record| record.text("text"));
    let runs = history::read(&text.unwrap_or_default());
    let is_json = args.format == ListFormat::Json;
    let Some(name) = &args.run else {
        match is_json {
            true => output.json(&serde_json::to_value(&runs).unwrap_or_default()),
            false => output.result(&render::history::table(&runs)),
        }
        return Ok(Exit::Done);
    };
    let run = find(&runs, name).map_err(|problem| vec![problem])?;
    match is_json {
        true => output.json(&serde_json::to_value(run).unwrap_or_default()),
        false => output.result(&render::history::whole(run)),
    }
    Ok(Exit::Done)
}

/// Finds the run with this name, or the only one whose name starts with it.
fn find<'r>(runs: &'r [RunRecord], name: &str) -> Result<&'r RunRecord, Diagnostic> {
    let mut fits = runs.iter().filter(|run| run.begun.run.starts_with(name));
    match (fits.next(), fits.next()) {
        (Some(run), None) => Ok(run),
        (None, _) => Err(Diagnostic::error("history/unknown", format!("there is no run `{name}`"))
            .help("`matrixform history SPEC` lists the runs that the host has on record")),
        (Some(_), Some(_)) => {
            let message = format!("more than one run starts with `{name}`");
            Err(Diagnostic::error("history/ambiguous", message).help("give more of its name"))
        }
    }
}
