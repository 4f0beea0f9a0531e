//! Tests against real booted hosts. `tests/run` runs them when the lab is available and reports when it is not; they
//! never pass by not being run. Of drift and of the refused values it runs a sample; `tests/full` runs all.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![allow(clippy::type_complexity, clippy::print_stdout)]

mod acme;
mod approved;
mod audit;
mod booted;
#[path = "../cli/canary.rs"]
#[allow(dead_code)]
mod canary;
mod deb;
mod drift;
mod edits;
mod existing;
mod files;
mod front;
mod guest;
mod homeserver;
mod leaving;
mod moved;
mod neighbours;
mod noble_like;
mod options;
mod outside;
mod owned;
mod packages;
mod pipeline;
mod plan;
mod processes;
mod reasons;
mod refused;
#[path = "../cli/screen.rs"]
mod screen;
mod seats;
mod seed;
mod sudo;
mod timing;
mod unfinished;
mod whole;

use libtest_mimic::{Arguments, Trial};

fn main() {
    let mut arguments = Arguments::from_args();
    // Two runs would delete each other's hosts, which have the same names.
    let _alone = (!arguments.list).then(guest::alone);
    if !arguments.list {
        println!("seed: {0} (`LAB_SEED={0}` repeats this run)", seed::seed());
    }
    let mut trials: Vec<Trial> = Vec::new();
    // Trials that share a host come first: they run one after another, whatever else runs in parallel.
    trials.extend(homeserver::trials());
    trials.extend(front::trials());
    trials.extend(files::trials());
    trials.extend(existing::trials());
    trials.extend(owned::trials());
    trials.extend(acme::trials());
    trials.extend(plan::trials());
    trials.extend(processes::trials());
    trials.extend(reasons::trials());
    trials.extend(approved::trials());
    trials.extend(leaving::trials());
    trials.extend(sudo::trials());
    trials.extend(packages::trials());
    trials.extend(booted::trials());
    trials.extend(moved::trials());
    trials.extend(unfinished::trials());
    trials.extend(whole::trials());
    trials.extend(audit::trials());
    trials.extend(drift::trials());
    trials.extend(edits::trials());
    trials.extend(refused::trials());
    trials.extend(noble_like::trials());
    trials.extend(neighbours::trials());
    trials.extend(options::trials());
    trials.extend(outside::trials());
    trials.extend(deb::trials());
    seats::set(arguments.test_threads.unwrap_or(seats::SEATS));
    arguments.test_threads = Some(trials.len());
    let conclusion = libtest_mimic::run(&arguments, trials);
    front::end();
    homeserver::end();
    whole::down();
    audit::write();
    timing::report();
    conclusion.exit();
}
