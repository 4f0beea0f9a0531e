//! Tests against real booted hosts. `tests/run` calls them when the lab can be had and says so when
//! it cannot; they never pass by not being run.

mod files;
mod guest;

use libtest_mimic::{Arguments, Trial};

fn main() {
    let arguments = Arguments::from_args();
    let mut trials: Vec<Trial> = Vec::new();
    trials.extend(files::trials());
    libtest_mimic::run(&arguments, trials).exit();
}
