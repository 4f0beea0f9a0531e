//! `matrixform module`: creates a module, compares modules with their golden files, prints the reference.

use super::examples;
use super::output::Output;
use crate::diagnostic::{Diagnostic, Exit, Problems, shell_path};
use crate::module::golden::{GoldenReport, test};
use crate::module::{
    ModuleDirectory, Modules, embedded, findings_reference, kinds_reference, on_disk, reference,
    skeleton,
};
use crate::resource::kinds;
use clap::Subcommand;
use similar::TextDiff;
use std::path::{Path, PathBuf};

/// What to do with modules.
#[derive(Debug, Subcommand)]
pub(super) enum ModuleVerb {
    /// Writes a new module that loads and passes its tests.
    #[command(after_help = examples::MODULE_NEW)]
    New {
        /// Its directory, such as `inventory/modules/turn`; the last part is its name.
        directory: PathBuf,
    },
    /// Compares the output of modules with their golden files.
    #[command(after_help = examples::MODULE_TEST)]
    Test {
        /// The directory of one module, or of several.
        directory: PathBuf,
        /// Write the current output to the golden files.
        #[arg(long)]
        update: bool,
    },
    /// Prints the reference of all options as Markdown.
    #[command(after_help = examples::MODULE_DOCS)]
    Docs {
        /// A directory of modules that add to or override the built-in ones.
        directory: Option<PathBuf>,
        /// Print the reference of the kinds of `[[resource]]` instead.
        #[arg(long)]
        kinds: bool,
        /// Print the reference of the findings instead.
        #[arg(long, conflicts_with = "kinds")]
        findings: bool,
    },
}

/// Runs the command.
pub(super) fn module(verb: &ModuleVerb, output: &mut Output) -> Result<Exit, Problems> {
    match verb {
        ModuleVerb::New { directory } => new(directory, output),
        ModuleVerb::Test { directory, update } => golden(directory, *update, output),
        ModuleVerb::Docs { kinds: true, .. } => {
            output.result(&kinds_reference(kinds()));
            Ok(Exit::Done)
        }
        ModuleVerb::Docs { directory, findings, .. } => {
            docs(directory.as_deref(), *findings, output)
        }
    }
}

fn new(directory: &Path, output: &mut Output) -> Result<Exit, Problems> {
    let name = directory.file_name().unwrap_or_default().to_string_lossy();
    if embedded().iter().any(|module| module.name == name) {
        return Err(vec![built_in(&name)]);
    }
    on_disk::create(directory, &skeleton(&name)?).map_err(|problem| vec![problem])?;
    let shown = directory.to_string_lossy();
    let word = shell_path(&shown);
    output.result(&format!(
        "created {shown}; test it with `matrixform module test {word}`\n\
         a spec beside `modules/` uses it by a section `[{name}]`"
    ));
    Ok(Exit::Done)
}

/// A skeleton in place of a built-in module would lack all of its options.
fn built_in(name: &str) -> Diagnostic {
    let message =
        format!("`{name}` is a built-in module, and a directory of this name would override it");
    Diagnostic::error("module/built-in", message).help(format!(
        "choose another name; to override the built-in module on purpose, start from a copy of `modules/{name}` from the source of matrixform {}",
        env!("CARGO_PKG_VERSION")
    ))
}

fn golden(directory: &Path, update: bool, output: &mut Output) -> Result<Exit, Problems> {
    let one = directory.join("module.toml").is_file();
    let found = if one {
        on_disk::module(directory).map(|one| vec![one])
    } else {
        on_disk::modules(directory)
    };
    let directories = found.map_err(|problem| vec![problem])?;
    if directories.is_empty() {
        let message = format!("there is no module in {}", directory.display());
        return Err(vec![
            Diagnostic::error("module/none", message).help("name a directory with a `module.toml`"),
        ]);
    }
    let mut good = true;
    for own in &directories {
        let report = test(own)?;
        if update {
            let place = if one { directory.to_owned() } else { directory.join(&own.name) };
            on_disk::record(&place, &report).map_err(|problem| vec![problem])?;
        }
        good &= print(own, &report, update, output);
    }
    Ok(if good { Exit::Done } else { Exit::CheckFailed })
}

/// Prints one module's report; returns whether everything is as expected.
fn print(
    directory: &ModuleDirectory,
    report: &GoldenReport,
    update: bool,
    output: &mut Output,
) -> bool {
    output.problems(&report.problems);
    for result in report.results.iter().filter(|result| !result.is_same() && !update) {
        let expected = result.expected.as_deref().unwrap_or("");
        let diff = TextDiff::from_lines(expected, &result.found);
        let header = (result.file.as_str(), "current output");
        output.result(&diff.unified_diff().header(header.0, header.1).to_string());
    }
    let same = report.results.iter().filter(|result| result.is_same() || update).count();
    output.result(&format!("{}: {same} of {} as expected", directory.name, report.results.len()));
    if !report.uncovered.is_empty() {
        output.result(&format!("  not set by any case: {}", report.uncovered.join(", ")));
    }
    report.problems.is_empty() && (update || report.is_good())
}

fn docs(directory: Option<&Path>, findings: bool, output: &mut Output) -> Result<Exit, Problems> {
    let own = directory.map(on_disk::modules).transpose().map_err(|problem| vec![problem])?;
    let modules = Modules::built_in(&own.unwrap_or_default())?;
    let page = if findings { findings_reference(&modules) } else { reference(&modules) };
    output.result(&page);
    Ok(Exit::Done)
}
