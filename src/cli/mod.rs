//! The commands: the only place that reads arguments and the environment and owns the terminal.

mod apply;
mod arg_order;
mod args;
mod assumed;
mod backup;
mod carry_out;
mod check;
mod complete;
mod completions;
mod diff;
mod dns;
mod drift;
mod examples;
mod explain;
mod facts;
mod graph;
mod hints;
mod history;
mod host_checks;
mod host_of;
mod identity;
mod init;
mod invite;
mod keyboard;
mod known_facts;
mod leave;
mod manual;
mod module;
mod output;
mod output_args;
mod outside;
mod panic;
mod parsed_spec;
mod plan;
mod process_env;
mod process_limits;
mod rebuild;
mod releases;
mod saved;
mod saved_facts;
mod schema;
mod secrets;
mod show;
mod site;
mod spec_path;
mod stderr;
mod terminal;
mod typed;
mod users;
mod verify;
mod version;

use crate::diagnostic::{Diagnostic, Exit, Problems};
use crate::plan::Scope;
use crate::run::{SecretValues, uncompared};
use args::{ApplyArgs, Arguments, PlanArgs, Verb};
use clap::{CommandFactory, FromArgMatches};
use output::Output;
use output_args::{Color, LogFormat, OutputArgs};
use process_env::ProcessEnv;
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs the program.
pub fn main() -> Exit {
    process_limits::forbid_core_dumps();
    if complete::answered() {
        return Exit::Done;
    }
    let process_env = ProcessEnv::read();
    let args: Vec<String> = std::env::args_os().map(|arg| arg.to_string_lossy().into()).collect();
    let early = OutputArgs::early(&args);
    let mut output = Output::new(&process_env);
    output.follow(&early);
    let exit = match arguments(early.color) {
        Ok(arguments) => {
            output.follow(&arguments.output);
            guarded(arguments.verb, process_env, &mut output)
        }
        Err(error) => usage(&error, early, &args, &mut output),
    };
    output.end(exit)
}

/// The command line as clap knows it, for manuals and completions.
pub fn command() -> clap::Command {
    Arguments::command()
}

fn arguments(color: Color) -> Result<Arguments, clap::Error> {
    let mut command = command().color(color.into());
    let args = arg_order::options_first(&mut command, std::env::args_os().collect());
    let matches = command.try_get_matches_from(args)?;
    Arguments::from_arg_matches(&matches)
}

/// clap's own status for wrong usage is 2, which here means "changes pending".
fn usage(error: &clap::Error, early: OutputArgs, args: &[String], output: &mut Output) -> Exit {
    if !error.use_stderr() {
        // Help and version are results.
        output.note_unwritten(error.print().and_then(|()| std::io::stdout().flush()));
        return Exit::Done;
    }
    if let Some((message, help)) = hints::hint(error, args) {
        output.problems(&[Diagnostic::error("cli/usage", message).help(help).exit(Exit::Usage)]);
        return Exit::Usage;
    }
    if early.log_format == LogFormat::Text {
        let _ = error.print();
        return Exit::Usage;
    }
    let text = error.render().to_string();
    let text = text.trim().strip_prefix("error: ").unwrap_or(text.trim());
    output.problems(&[Diagnostic::error("cli/usage", text).exit(Exit::Usage)]);
    Exit::Usage
}

/// A panic ends the run as a bug; the hook has reported it.
fn guarded(verb: Verb, process_env: ProcessEnv, output: &mut Output) -> Exit {
    let ran = catch_unwind(AssertUnwindSafe(|| run(verb, process_env, output)));
    match ran {
        Ok(Ok(exit)) => exit,
        Ok(Err(problems)) => {
            output.end_progress();
            output.problems(&problems);
            Output::status(&problems)
        }
        Err(_) => {
            output.end_progress();
            Exit::Bug
        }
    }
}

fn run(verb: Verb, process_env: ProcessEnv, output: &mut Output) -> Result<Exit, Problems> {
    let (args, command_name) = match &verb {
        Verb::Plan(args) => (&args.site, "plan"),
        Verb::Apply(args) => (&args.site, "apply"),
        Verb::Show(args) => return show::show(args, output),
        Verb::Facts { site, .. } => (site, "facts"),
        Verb::History(args) => {
            let (given, run) = (args.site.spec.as_ref(), args.run.as_slice());
            spec_path::refuse_spec_as_name(given, run, "run", "history", "RUN")?;
            (&args.site, "history")
        }
        Verb::Drift(args) => (&args.site, "drift"),
        Verb::Diff(args) => return diff::diff(args, output),
        Verb::Check(args) => return check::check(args, output),
        Verb::Secrets { verb } => verb.site_and_name()?,
        Verb::Users { verb } => verb.site_and_name()?,
        Verb::Invite { verb } => verb.site_and_name()?,
        Verb::Backup { verb } => verb.site_and_name(),
        Verb::Rebuild(args) => (&args.site, "rebuild"),
        Verb::Init(args) => return init::init(args, &process_env, output),
        Verb::Module { verb } => return module::module(verb, output),
        Verb::Schema(args) => return schema::run(args, output),
        Verb::Verify(args) => return outside(verify::run(args, &process_env, output)),
        Verb::Dns(args) => return outside(dns::run(args, &process_env, output)),
        Verb::Graph(args) => return graph::run(args, &process_env, output),
        Verb::Explain(args) => return explain::run(args, &process_env, output),
        Verb::Completions(args) => return completions::completions(args, output),
        Verb::Man(args) => return manual::man(args, output),
    };
    output.set_timings(args.timings);
    let with_secrets = match &verb {
        Verb::Plan(args) => !args.without_secrets,
        Verb::Drift(args) => !args.without_secrets,
        _ => true,
    };
    let base = match &verb {
        Verb::Plan(args) => args.host_of.as_deref(),
        _ => None,
    };
    let mut project = site::read(args, command_name, base, &process_env, with_secrets)?;
    if let Verb::Plan(PlanArgs { beginning, .. }) | Verb::Apply(ApplyArgs { beginning, .. }) = &verb
    {
        project.empty_server.clone_from(&beginning.empty_server);
        project.allow = beginning.allow.iter().cloned().collect();
        project.scope = Scope { only: beginning.only.clone(), skip: beginning.skip.clone() };
    }
    project.rebuilds = matches!(verb, Verb::Rebuild(_));
    if let Verb::Apply(args) = &verb {
        project.skip_name_check = args.skip_name_check;
    }
    // Read before connecting, so that an unreadable plan is reported at once.
    let approved = match &verb {
        Verb::Apply(args) => args.plan.as_deref().map(saved::read).transpose(),
        _ => Ok(None),
    };
    let approved = approved.map_err(|problem| vec![problem])?;
    if let Some(plan) = &approved {
        uncompared(plan).map_or(Ok(()), |problem| Err(vec![problem]))?;
        project.values = SecretValues::like(plan);
    }
    // An approved plan includes the permissions and the scope that it was made with.
    project.allow.extend(approved.iter().flat_map(|plan| plan.allow.iter().cloned()));
    if let Some(scoped) = approved.iter().find_map(|plan| plan.scope.as_ref()) {
        project.scope = Scope { only: scoped.only.clone(), skip: scoped.skip.clone() };
    }
    output.set_masker(project.secrets.masker());
    output.problems(project.secrets.warnings());
    runtime()?.block_on(async {
        match &verb {
            Verb::Plan(args) => plan::plan(&project, args, output).await,
            Verb::Apply(args) => apply::apply(&project, args, approved.as_ref(), output).await,
            Verb::History(args) => history::history(&project, args, output).await,
            Verb::Drift(args) => drift::drift(&project, args, output).await,
            Verb::Secrets { verb } => secrets::secrets(&project, verb, output).await,
            Verb::Users { verb } => users::users(&project, verb, output).await,
            Verb::Invite { verb } => invite::invite(&project, verb, output).await,
            Verb::Backup { verb } => backup::backup(&project, verb, output).await,
            Verb::Rebuild(args) => rebuild::rebuild(&project, args, output).await,
            Verb::Facts { save, .. } => facts::facts(&project, *save, output).await,
            _ => Err(vec![Diagnostic::bug("a command that asks no host was sent to one")]),
        }
    })
}

/// Runs a command that connects to nothing over SSH.
fn outside(command: impl Future<Output = Result<Exit, Problems>>) -> Result<Exit, Problems> {
    runtime()?.block_on(command)
}

/// The command runs on this thread; the single worker drives the connection while this thread computes.
fn runtime() -> Result<tokio::runtime::Runtime, Problems> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .map_err(|error| vec![Diagnostic::bug(format!("no runtime: {error}"))])
}
