//! Each kind separately: what it refuses, how it reads hosts' answers, and its real shell under dash and busybox, with
//! awkward names. A missing shell fails the test and names the package to install.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod accounts;
mod accounts_shell;
mod acme_certificate;
mod acme_deploy_hook;
mod apt;
mod apt_source;
#[path = "../support/await_that.rs"]
mod await_that;
mod backup_program;
mod certificate;
mod certificate_renewal;
mod command;
mod cron;
mod debconf;
mod declaring;
mod directory;
mod every_kind;
mod fifos;
mod foreign_directory;
mod host;
mod identity;
mod inspect;
mod leftovers;
mod links;
#[path = "../support/local_shell.rs"]
mod local_shell;
mod lock;
mod machine;
mod merged_yaml;
mod neighbours;
mod nginx_capacity;
mod postgres;
mod protected;
mod questions;
mod rebuild_files;
mod service;
mod swapped_all_the_time;
mod swapped_directory;
mod switch;
mod switch_races;
mod synapse_token;
mod unit_text;
mod venv;
