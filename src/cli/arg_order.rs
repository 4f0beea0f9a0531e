//! Options before positional arguments. Where an optional SPEC comes before another argument, clap 4 takes the first
//! argument before an option for the last one: it would refuse `users add SPEC --admin NAME`.

use super::spec_path::is_secret;
use clap::{Arg, Command};
use std::ffi::OsString;

/// Returns the arguments with the options of such a command before its positional arguments; all others as they are.
/// Arguments that clap would refuse stay as well, for its message.
pub(super) fn options_first(command: &mut Command, args: Vec<OsString>) -> Vec<OsString> {
    let verb = args.iter().fold(&*command, |verb, arg| verb.find_subcommand(arg).unwrap_or(verb));
    if !verb.is_allow_missing_positional_set() {
        return args;
    }
    // Options of all commands are known to each of them only then.
    command.build();
    sorted(command, &args).unwrap_or(args)
}

fn sorted(command: &Command, args: &[OsString]) -> Option<Vec<OsString>> {
    let mut command = command;
    let mut args = args.iter();
    let mut sorted: Vec<OsString> = args.next().into_iter().cloned().collect();
    let mut positional: Vec<OsString> = Vec::new();
    while let Some(arg) = args.next() {
        let text = arg.to_str()?;
        if text == "--" {
            positional.push(arg.clone());
            positional.extend(args.by_ref().cloned());
        } else if text.len() > 1 && text.starts_with('-') {
            sorted.push(arg.clone());
            if takes_next(command, text)? {
                sorted.push(args.next()?.clone());
            }
        } else if let Some(verb) = command.find_subcommand(text).filter(|_| positional.is_empty()) {
            sorted.push(arg.clone());
            command = verb;
        } else {
            positional.push(arg.clone());
        }
    }
    // Without a spec before them, all are names of secrets, wherever the options are.
    if positional.first().and_then(|arg| arg.to_str()).is_some_and(is_secret) {
        return None;
    }
    sorted.append(&mut positional);
    command.is_allow_missing_positional_set().then_some(sorted)
}

/// Whether the next argument is the value of this option. `None`: the option is unknown, or its value may be left out.
fn takes_next(command: &Command, arg: &str) -> Option<bool> {
    let option = |matches: &dyn Fn(&&Arg) -> bool| command.get_arguments().find(matches);
    if let Some(long) = arg.strip_prefix("--") {
        let (name, value) =
            long.split_once('=').map_or((long, None), |(name, it)| (name, Some(it)));
        let is_it = |one: &&Arg| {
            let aliases = one.get_all_aliases().unwrap_or_default();
            one.get_long() == Some(name) || aliases.contains(&name)
        };
        return Some(takes_value(option(&is_it)?)? && value.is_none());
    }
    let mut letters = arg.get(1..)?.chars();
    while let Some(letter) = letters.next() {
        if takes_value(option(&|one| one.get_short() == Some(letter))?)? {
            return Some(letters.as_str().is_empty());
        }
    }
    Some(false)
}

fn takes_value(option: &Arg) -> Option<bool> {
    let count = option.get_num_args()?;
    match (count.min_values(), count.max_values()) {
        (0, 0) => Some(false),
        (1, 1) => Some(true),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::options_first;
    use crate::cli::command;
    use std::ffi::OsString;

    fn sorted(line: &str) -> String {
        let args = line.split(' ').map(OsString::from).collect();
        let args = options_first(&mut command(), args);
        args.join(std::ffi::OsStr::new(" ")).into_string().unwrap()
    }

    #[test]
    fn options_come_before_an_optional_spec() {
        for (line, wanted) in [
            ("m users add a.toml --admin ada", "m users add --admin a.toml ada"),
            ("m secrets rotate a.toml --yes a/x b/y", "m secrets rotate --yes a.toml a/x b/y"),
            (
                "m secrets recipients add a.toml --name ada age1",
                "m secrets recipients add --name ada a.toml age1",
            ),
            ("m -v users add a.toml -q -- -x", "m -v users add -q a.toml -- -x"),
            ("m users add a.toml --color=never ada", "m users add --color=never a.toml ada"),
        ] {
            assert_eq!(sorted(line), wanted);
            assert!(command().try_get_matches_from(sorted(line).split(' ')).is_ok(), "{wanted}");
        }
    }

    #[test]
    fn other_words_stay_as_they_are() {
        for line in [
            "m apply a.toml --yes",
            "m secrets rotate a/x --yes b/y",
            "m users add a.toml --unknown ada",
            "m users add a.toml --color",
        ] {
            assert_eq!(sorted(line), line);
        }
    }
}
