//! Tests against real booted hosts. `tests/run` calls them when the lab can be had and says so when
//! it cannot; they never pass by not being run.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod files;
mod front;
mod guest;
mod homeserver;
mod packages;
mod plan;
mod sudo;

use libtest_mimic::{Arguments, Trial};

fn main() {
    let arguments = Arguments::from_args();
    let mut trials: Vec<Trial> = Vec::new();
    trials.extend(files::trials());
    trials.extend(front::trials());
    trials.extend(homeserver::trials());
    trials.extend(plan::trials());
    trials.extend(sudo::trials());
    trials.extend(packages::trials());
    let conclusion = libtest_mimic::run(&arguments, trials);
    front::end();
    homeserver::end();
    conclusion.exit();
}
