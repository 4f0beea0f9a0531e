//! `matrixform man`: the manual, one page per verb, in the format that `man` reads.

use super::output::Output;
use crate::diagnostic::{Diagnostic, Exit, Problems};
use clap::{Args, Command};
use clap_mangen::Man;
use std::io;
use std::path::{Path, PathBuf};

/// Examples for `--help`.
pub(super) const EXAMPLES: &str = "\
Examples:
  matrixform man | man -l -                      # read it now
  matrixform man ~/.local/share/man/man1         # for `man matrixform-apply`";

/// Where the pages go.
#[derive(Args, Debug)]
pub(super) struct ManArgs {
    /// The directory to write the pages to, such as `/usr/local/share/man/man1`; defaults to standard output.
    directory: Option<PathBuf>,
}

/// Runs the command.
pub(super) fn man(args: &ManArgs, output: &mut Output) -> Result<Exit, Problems> {
    let pages = pages().map_err(|error| vec![Diagnostic::bug(format!("no manual: {error}"))])?;
    let Some(directory) = &args.directory else {
        let text: Vec<String> = pages.into_iter().map(|(_, text)| text).collect();
        output.result(&text.concat());
        return Ok(Exit::Done);
    };
    write(directory, &pages).map_err(|error| vec![unwritable(directory, &error)])?;
    output.result(&format!("{} pages are in {}", pages.len(), directory.display()));
    Ok(Exit::Done)
}

/// Returns all pages with their file names.
fn pages() -> io::Result<Vec<(String, String)>> {
    let mut command = super::command().term_width(80).version(env!("CARGO_PKG_VERSION"));
    command.build();
    let mut pages = Vec::new();
    add(&command, "matrixform", &mut pages)?;
    Ok(pages)
}

/// Adds the page of a verb and those of its subcommands.
fn add(command: &Command, name: &str, pages: &mut Vec<(String, String)>) -> io::Result<()> {
    let examples = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    let mut text = Vec::new();
    let page = Man::new(command.clone().after_help("")).title(name.to_owned());
    page.render(&mut text)?;
    let text = String::from_utf8_lossy(&text).into_owned() + &section(&examples);
    pages.push((format!("{name}.1"), text));
    let verbs = command.get_subcommands().filter(|verb| verb.get_name() != "help");
    verbs.into_iter().try_for_each(|verb| add(verb, &format!("{name}-{}", verb.get_name()), pages))
}

/// Formats examples as a section that keeps their line breaks.
fn section(examples: &str) -> String {
    let Some(lines) = examples.strip_prefix("Examples:\n") else { return String::new() };
    let escaped = lines.replace('\\', "\\e").replace('-', "\\-").replace('\'', "\\(aq");
    format!(".SH EXAMPLES\n.nf\n{escaped}\n.fi\n")
}

fn write(directory: &Path, pages: &[(String, String)]) -> io::Result<()> {
    std::fs::create_dir_all(directory)?;
    pages.iter().try_for_each(|(name, text)| std::fs::write(directory.join(name), text))
}

fn unwritable(directory: &Path, error: &io::Error) -> Diagnostic {
    let message = format!("cannot write the manual to {}: {error}", directory.display());
    Diagnostic::error("cli/unwritable", message).help("choose a directory that you can write to")
}
