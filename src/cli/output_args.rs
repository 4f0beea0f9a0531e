//! How much the program prints and in which format: flags that every command takes.

use crate::render::Verbosity;
use clap::{ArgAction, Args, ColorChoice, ValueEnum};

/// Output options.
#[derive(Args, Clone, Copy, Debug, Default)]
#[command(next_help_heading = "Output")]
pub(super) struct OutputArgs {
    /// Show only results and errors: no progress, no warnings.
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    quiet: bool,
    /// Show what is read and asked, and how long steps take; `-vv` also shows every call on the host.
    ///
    /// The output of steps is also kept instead of being overwritten. It never contains secrets: they go to the
    /// host on standard input, which is never shown.
    #[arg(short, long, global = true, action = ArgAction::Count)]
    verbose: u8,
    /// When to colour.
    ///
    /// `auto` colours on a terminal, unless NO_COLOR is set or TERM is `dumb`.
    #[arg(long, global = true, value_enum, value_name = "WHEN", default_value_t)]
    pub(super) color: Color,
    /// How to write messages and progress on standard error.
    ///
    /// `json` is one object per line, with the fields described in docs/log.md. Results on standard output are not
    /// affected.
    #[arg(long, global = true, value_enum, value_name = "FORMAT", default_value_t)]
    pub(super) log_format: LogFormat,
}

/// When to colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Color {
    /// On a terminal.
    #[default]
    Auto,
    /// Also in files and pipes.
    Always,
    /// Never.
    Never,
}

/// How to write on standard error.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// For programs: one object per line.
    Json,
}

impl OutputArgs {
    /// Reads what a command line asks for before it is parsed, so that usage errors are reported in the requested
    /// format too.
    pub(super) fn early(args: &[String]) -> OutputArgs {
        let value = |flag: &str| {
            let (next, joined) = (format!("--{flag}"), format!("--{flag}="));
            let own = |(index, arg): (usize, &String)| match arg.strip_prefix(&joined) {
                Some(value) => Some(value.to_owned()),
                None if *arg == next => args.get(index + 1).cloned(),
                None => None,
            };
            args.iter().enumerate().find_map(own)
        };
        let color = value("color").and_then(|arg| Color::from_str(&arg, false).ok());
        let log_format = value("log-format").and_then(|arg| LogFormat::from_str(&arg, false).ok());
        OutputArgs {
            color: color.unwrap_or_default(),
            log_format: log_format.unwrap_or_default(),
            ..OutputArgs::default()
        }
    }

    /// Returns how much to print.
    pub(super) fn verbosity(&self) -> Verbosity {
        match (self.quiet, self.verbose) {
            (true, _) => Verbosity::Quiet,
            (false, 0) => Verbosity::Normal,
            (false, 1) => Verbosity::Verbose,
            (false, _) => Verbosity::Everything,
        }
    }
}

impl Color {
    /// Returns whether to colour; `takes` says whether the output takes colour.
    pub(super) fn on(self, takes: bool) -> bool {
        match self {
            Color::Auto => takes,
            Color::Always => true,
            Color::Never => false,
        }
    }
}

impl From<Color> for ColorChoice {
    fn from(color: Color) -> ColorChoice {
        match color {
            Color::Auto => ColorChoice::Auto,
            Color::Always => ColorChoice::Always,
            Color::Never => ColorChoice::Never,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn early(line: &str) -> (Color, LogFormat) {
        let args: Vec<String> = line.split(' ').map(str::to_owned).collect();
        let output = OutputArgs::early(&args);
        (output.color, output.log_format)
    }

    #[test]
    fn flags_are_found_at_any_position() {
        assert_eq!(early("plan --log-format json"), (Color::Auto, LogFormat::Json));
        assert_eq!(early("--color=never --log-format=json x"), (Color::Never, LogFormat::Json));
        assert_eq!(early("plan --color"), (Color::Auto, LogFormat::Text));
        assert_eq!(early("plan --color sometimes"), (Color::Auto, LogFormat::Text));
    }
}
