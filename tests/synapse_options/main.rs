//! The table of Synapse's options against that version of Synapse, installed from PyPI: the options its source reads
//! are the options in the table, and its own reader accepts a value of every kind and refuses a wrong one. Where PyPI
//! cannot be reached the trials are skipped, with the reason.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![allow(clippy::print_stdout, clippy::disallowed_macros)]

mod accepted;
mod exceptions;
mod kinds;
mod names;
#[path = "../support/option_values.rs"]
mod option_values;
mod synapse;
mod values;

use libtest_mimic::{Arguments, Trial};
use synapse::Synapse;

/// A trial.
type Run = fn(&Synapse);

const TRIALS: [(&str, Run); 7] = [
    ("names_agree", names::agree),
    ("kinds_agree", kinds::agree),
    ("values_are_taken", values::are_taken),
    ("synapse_accepts_what_check_accepts", accepted::options_accepted_by_check),
    (
        "synapse_accepts_options_without_their_companions",
        accepted::options_accepted_by_check_on_their_own,
    ),
    ("a_mistyped_key_is_found", accepted::a_mistyped_key_is_found),
    ("wrong_values_are_refused", values::malformed_values_are_refused),
];

fn main() {
    let arguments = Arguments::from_args();
    let installed = if arguments.list { Err(String::new()) } else { Synapse::install() };
    match (arguments.list, installed) {
        (false, Err(reason)) => {
            for (name, _) in TRIALS {
                println!("SKIPPED synapse_options::{name} ({reason})");
            }
        }
        (_, installed) => {
            let synapse: &'static _ = Box::leak(Box::new(installed));
            let trials = TRIALS.map(|(name, run)| {
                Trial::test(name, move || {
                    run(synapse.as_ref().map_err(ToString::to_string)?);
                    Ok(())
                })
            });
            libtest_mimic::run(&arguments, trials.into()).exit();
        }
    }
}
