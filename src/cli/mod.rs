//! The commands: the only place that reads arguments and environment and owns the terminal.

mod apply;
mod args;
mod check;
mod draft;
mod facts;
mod init;
mod laps;
mod memory;
mod module;
mod output;
mod plan;
mod site;
mod surroundings;
mod survey;
mod which;

use crate::diagnostic::{Diagnostic, Exit, Problems};
use args::{Arguments, Verb};
use clap::Parser;
use output::Output;
use site::Site;
use surroundings::Surroundings;

/// Runs the program.
pub fn main() -> Exit {
    let surroundings = Surroundings::read();
    let mut output =
        Output::new(surroundings.colour, surroundings.progress, surroundings.interactive);
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return usage(&error),
    };
    match run(arguments.verb, surroundings, &mut output) {
        Ok(exit) => exit,
        Err(problems) => {
            output.end_progress();
            output.problems(&problems);
            Output::status(&problems)
        }
    }
}

/// clap's own status for wrong usage is 2, which here means "changes pending".
fn usage(error: &clap::Error) -> Exit {
    let _ = error.print();
    if error.use_stderr() { Exit::Usage } else { Exit::Done }
}

fn run(verb: Verb, surroundings: Surroundings, output: &mut Output) -> Result<Exit, Problems> {
    let args = match &verb {
        Verb::Plan { site, .. } | Verb::Apply { site, .. } | Verb::Facts { site } => site,
        Verb::Check(args) => return check::check(args, output),
        Verb::Init(args) => return init::init(args, &surroundings, output),
        Verb::Module { verb } => return module::module(verb, output),
    };
    output.set_timings(args.timings);
    let site = Site::read(args, surroundings)?;
    output.set_masker(site.secrets.masker());
    output.problems(site.warnings());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| vec![Diagnostic::bug(format!("no runtime: {error}"))])?;
    runtime.block_on(async {
        match &verb {
            Verb::Plan { format, .. } => plan::plan(&site, *format, output).await,
            Verb::Apply { yes, .. } => apply::apply(&site, *yes, output).await,
            Verb::Facts { .. } | Verb::Init(_) | Verb::Module { .. } | Verb::Check(_) => {
                facts::facts(&site, output).await
            }
        }
    })
}
