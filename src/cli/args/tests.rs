//! Tests that `--help` is complete and that its examples parse.

use super::*;
use clap::{Command, CommandFactory};

/// Calls `visit` with the full name and the command of every verb.
fn each(command: &Command, name: &str, visit: &mut dyn FnMut(&str, &Command)) {
    visit(name, command);
    for verb in command.get_subcommands().filter(|verb| verb.get_name() != "help") {
        each(verb, &format!("{name} {}", verb.get_name()), visit);
    }
}

#[test]
fn the_command_definition_is_valid() {
    Arguments::command().debug_assert();
}

#[test]
fn every_command_has_a_description_and_examples() {
    each(&Arguments::command(), "matrixform", &mut |name, command| {
        assert!(command.get_about().is_some(), "`{name}` says what it does");
        let examples = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        let shown = examples.lines().filter(|line| line.trim_start().starts_with("matrixform"));
        assert!(examples.starts_with("Examples:\n"), "`{name}` has examples as `after_help`");
        let verb = name.split(' ').nth(1).unwrap_or_default();
        assert!(shown.clone().any(|line| line.contains(verb)), "`{name}` is in its examples");
        for argument in command.get_arguments() {
            let id = argument.get_id();
            assert!(argument.get_help().is_some(), "`{id}` of `{name}` says what it is");
        }
    });
}

/// Every example must be a valid command line.
#[test]
fn examples_can_be_run() {
    each(&Arguments::command(), "matrixform", &mut |_, command| {
        let examples = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        let whole = examples.replace("\\\n", " ");
        let lines = whole.lines().map(str::trim).filter(|line| line.starts_with("matrixform "));
        for line in lines {
            let plain = line.split(['|', '<', '>', '#']).next().unwrap_or_default();
            let args = plain.split_whitespace().filter(|arg| *arg != "2");
            let read = Arguments::try_parse_from(args);
            assert!(read.is_ok(), "{line}: {}", read.unwrap_err());
        }
    });
}

/// On a terminal of 80 columns, a wrapped line could not be pasted, and the end of a wrapped comment would be a command.
#[test]
fn examples_fit_a_small_terminal() {
    each(&Arguments::command(), "matrixform", &mut |name, command| {
        let examples = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        for line in examples.lines() {
            assert!(line.chars().count() <= 80, "`{name}`: {line}");
        }
    });
}
