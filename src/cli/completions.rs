//! `matrixform completions`: a script that lets a shell complete the command line. The script asks the program itself
//! for candidates ([`super::complete`]).

use super::complete::VARIABLE;
use super::output::Output;
use crate::diagnostic::{Exit, Problems};
use clap::{Args, ValueEnum};
use clap_complete::env::{Bash, EnvCompleter, Fish, Zsh};

/// Examples for `--help`.
pub(super) const EXAMPLES: &str = "\
Examples:
  # bash, for you alone (needs the package bash-completion):
  matrixform completions bash \\
      >~/.local/share/bash-completion/completions/matrixform
  # zsh, into a directory of your `fpath`:
  matrixform completions zsh >~/.zfunc/_matrixform
  # fish:
  matrixform completions fish >~/.config/fish/completions/matrixform.fish";

/// For which shell.
#[derive(Args, Debug)]
pub(super) struct CompletionsArgs {
    /// The shell.
    #[arg(value_enum)]
    shell: CompletionShell,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum CompletionShell {
    Bash,
    Zsh,
    Fish,
}

/// Runs the command.
pub(super) fn completions(args: &CompletionsArgs, output: &mut Output) -> Result<Exit, Problems> {
    let script = match args.shell {
        CompletionShell::Bash => script(&Bash),
        CompletionShell::Zsh => script(&Zsh),
        CompletionShell::Fish => script(&Fish),
    };
    output.result(&script);
    Ok(Exit::Done)
}

/// The script finds the program by name: the path it was run from may be gone tomorrow.
fn script(shell: &dyn EnvCompleter) -> String {
    let (mut bytes, name) = (Vec::new(), "matrixform");
    // Writing to memory cannot fail.
    let _ = shell.write_registration(VARIABLE, name, name, name, &mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}
