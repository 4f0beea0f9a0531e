//! Tests that hints name what exists, and that what exists has no hint.

use super::*;
use crate::cli::args::Arguments;
use crate::cli::command;
use crate::module::Modules;
use crate::module::explanation::explainable;
use crate::resource::kinds;
use clap::Parser;

/// Returns the texts between backquotes.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// Returns whether any command takes this option.
fn takes(command: &Command, flag: &str) -> bool {
    let is = |arg: &clap::Arg| {
        arg.get_long().is_some_and(|long| flag == format!("--{long}"))
            || arg.get_short().is_some_and(|short| flag == format!("-{short}"))
    };
    command.get_arguments().any(is) || command.get_subcommands().any(|verb| takes(verb, flag))
}

/// Returns whether a hint names a valid command line, an option of a command, or a key of a spec.
fn is_there(named: &str, keys: &[String]) -> bool {
    if named.starts_with("matrixform ") {
        let line = named.replace("SPEC", "inventory/prod.toml");
        let read = Arguments::try_parse_from(line.split_whitespace());
        return read.is_ok() || named == "matrixform --version";
    }
    match named.split(' ').next() {
        Some(flag) if flag.starts_with('-') => takes(&command(), flag),
        _ => keys.iter().any(|key| key == named),
    }
}

#[test]
fn hints_name_existing_commands_and_keys() {
    let modules = Modules::built_in(&[]).unwrap();
    let keys = explainable(&modules, kinds());
    // Neither commands nor keys: what to type elsewhere, and sample lines.
    let others = [
        "git revert",
        "recipients remove",
        "inventory/",
        "sudo_password = { secret = \"host/sudo\" }",
    ];
    for (names, help) in VERBS.iter().chain(FLAGS).chain(FLAGS_OF_OTHERS) {
        let joined = names.join("`, `");
        let named: Vec<&str> = quoted(help).filter(|name| !others.contains(name)).collect();
        assert!(!named.is_empty(), "`{joined}` leads nowhere: {help}");
        for name in named {
            assert!(is_there(name, &keys), "`{joined}` leads to `{name}`, which is not there");
        }
    }
}

#[test]
fn foreign_words_are_not_our_commands() {
    let mut all = command();
    all.build();
    for name in VERBS.iter().flat_map(|(names, _)| *names) {
        let mut at = Some(&all);
        for part in name.split(' ') {
            at = at.and_then(|command| command.find_subcommand(part));
        }
        assert!(at.is_none(), "`{name}` is a command");
    }
    let mut names: Vec<&str> =
        VERBS.iter().chain(FLAGS).flat_map(|(names, _)| *names).copied().collect();
    names.sort_unstable();
    let number = names.len();
    names.dedup();
    assert_eq!(names.len(), number, "a word stands there twice");
}

fn hint_for(line: &str) -> Option<(String, String)> {
    let args: Vec<String> = line.split(' ').map(str::to_owned).collect();
    let error = Arguments::try_parse_from(&args).unwrap_err();
    hint(&error, &args)
}

/// Every word in the tables must be found where people type it.
#[test]
fn every_foreign_word_is_found() {
    let each = |all: &'static [Hint]| {
        all.iter().flat_map(|(names, help)| names.iter().map(move |name| (*name, *help)))
    };
    for (name, help) in each(VERBS) {
        let (message, found) = hint_for(&format!("matrixform {name} prod")).expect(name);
        assert_eq!((message.contains(&format!("`{}`", name)), found.as_str()), (true, help));
    }
    for (name, help) in each(FLAGS) {
        for line in [format!("matrixform apply prod {name}"), format!("matrixform plan {name} x")] {
            assert_eq!(hint_for(&line).expect(&line).1, help, "{line}");
        }
    }
}

#[test]
fn an_option_of_another_command_is_reported_with_its_command() {
    for line in ["matrixform apply prod --format json", "matrixform facts --format=json"] {
        let (message, help) = hint_for(line).expect(line);
        assert_eq!(message, "this command has no option `--format`");
        assert!(help.contains("`--log-format json`"), "{help}");
    }
    assert_eq!(hint_for("matrixform plan prod --format yaml"), None, "the parser lists the values");
}

#[test]
fn a_spec_before_the_command_is_moved() {
    for (line, wanted) in [
        ("matrixform prod.toml plan", "write `matrixform plan prod.toml`"),
        ("matrixform users p.toml add ada", "write `matrixform users add p.toml`"),
        (
            "matrixform secrets recipients p.toml add x",
            "write `matrixform secrets recipients add p.toml`",
        ),
        ("matrixform prod.toml", "write `matrixform COMMAND prod.toml`"),
    ] {
        let (message, help) = hint_for(line).expect(line);
        assert!(message.contains("comes after the command"), "{message}");
        assert_eq!(help, wanted);
    }
}

#[test]
fn other_words_are_left_to_the_parser() {
    for line in ["matrixform aply prod", "matrixform plan --fromat json", "matrixform users status"]
    {
        assert_eq!(hint_for(line), None, "{line}");
    }
    assert_eq!(
        hint_for("matrixform plan -out=x.plan prod").unwrap().0,
        "there is no option `-out`"
    );
    assert_eq!(
        hint_for("matrixform apply --limit=prod").unwrap().0,
        "there is no option `--limit`"
    );
}
