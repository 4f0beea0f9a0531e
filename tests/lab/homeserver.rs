//! The whole homeserver on real hosts: PostgreSQL 15 and 17 over TLS, Synapse from PyPI behind nginx, and cron, with
//! sessions of one minute. A few converged hosts serve all trials in this file, so a trial leaves its host as it found
//! it.

mod accounts;
mod backup;
mod check;
mod client;
mod community;
mod cuts;
mod database;
mod delegated;
mod drift;
mod faults;
mod host;
mod identity;
mod invitations;
mod jobs;
mod js;
mod leaks;
mod pinned;
mod poller;
mod rebuild;
mod rotation;
mod service;
mod taken_back;
mod talk;
mod typed;
mod verify;

use crate::seats::Where;
use crate::{seed, timing};
use host::Homeserver;
use libtest_mimic::Trial;

/// A trial on the host of its suite.
type Run = fn(&Homeserver);

/// Long trials that differ little between suites: only on Debian 13.
const LONG: [&str; 5] = [
    "verify_passes_on_every_profile",
    "every_cause_of_a_failed_start_is_rolled_back",
    "it_recovers_from_interruptions_at_any_time",
    "faults_are_answered",
    "faults_of_a_full_volume",
];

const SUITES: [&str; 2] = ["trixie", "bookworm"];

/// On either, since restic differs between them; which one is drawn.
const BACKUPS: &str = "backups_are_made_checked_and_restored";

/// From the older release to the newer one.
const REBUILD: &str = "a_lost_server_is_rebuilt";

/// Always tried on both, besides the long ones and the rebuild; of the others, half is drawn on Debian 13 and a third on
/// Debian 12.
const ALWAYS: [&str; 5] =
    ["stays_unchanged", "users_talk", "accounts_by_invitation", "verify_passes", "no_secret_leaks"];

/// The trials of this file.
pub(crate) fn trials() -> Vec<Trial> {
    let all: [(&str, Run); 49] = [
        ("stays_unchanged", drift::stays_unchanged),
        ("its_database_speaks_only_tls", database::speaks_only_tls),
        ("some_settings_cause_a_restart", database::some_settings_cause_a_restart),
        (
            "settings_from_alter_system_are_watched",
            database::settings_from_alter_system_are_watched,
        ),
        ("its_database_moves_to_another_port", database::moves_to_another_port),
        ("the_timer_on_the_host_renews", database::the_timer_on_the_host_renews),
        ("users_talk", talk::users_talk),
        ("a_community_waits_simultaneously", community::many_clients_wait_simultaneously),
        (
            "accounts_are_created_changed_and_deactivated",
            accounts::accounts_are_created_changed_and_deactivated,
        ),
        ("accounts_by_invitation", invitations::are_used_once),
        ("accounts_typed_on_a_terminal", typed::passwords_are_typed_twice_without_echo),
        ("accounts_and_their_token", accounts::no_token_outlives_its_command),
        ("settings_of_the_spec_take_effect", service::settings_of_the_spec_take_effect),
        ("it_keeps_its_identity", service::it_keeps_its_identity),
        ("identity_is_written_down", identity::it_is_identified_by_its_key),
        ("identity_of_a_replaced_key", identity::a_replaced_key_is_refused),
        ("identity_lost_with_its_key", identity::a_lost_key_is_reported),
        ("identity_without_a_database", identity::it_does_not_start_empty),
        ("identity_on_a_blank_host", identity::a_blank_host_is_refused),
        ("it_runs_in_a_sandbox", service::it_runs_in_a_sandbox),
        ("media_can_be_stored_on_a_volume", service::media_can_be_stored_on_a_volume),
        ("values_that_would_stop_it_are_refused", service::values_that_would_stop_it_are_refused),
        ("a_bridge_is_read_when_it_starts", service::a_bridge_is_read_when_it_starts),
        ("the_purge_runs_with_short_sessions", jobs::the_purge_runs_with_short_sessions),
        ("the_token_is_sent_only_to_synapse", jobs::the_token_is_sent_only_to_synapse),
        ("the_purge_needs_no_passwords", jobs::the_purge_needs_no_passwords),
        ("accounts_of_other_users_get_no_rights", jobs::accounts_of_other_users_get_no_rights),
        ("metrics_stay_on_the_host", service::metrics_stay_on_the_host),
        ("another_service_logs_users_in", delegated::another_service_logs_users_in),
        ("drift_is_corrected", drift::drift_is_corrected),
        ("foreign_files_are_reported_or_refused", drift::foreign_files_are_reported_or_refused),
        (
            "every_cause_of_a_failed_start_is_rolled_back",
            taken_back::every_cause_of_a_failed_start_is_rolled_back,
        ),
        ("failed_rollbacks_are_reported_first", taken_back::failed_rollbacks_are_reported_first),
        ("faults_are_answered", faults::faults_are_answered),
        ("faults_of_a_full_volume", faults::faults_of_a_full_volume),
        ("the_check_has_no_network", check::it_has_no_network),
        ("the_check_writes_nothing", check::it_writes_nothing),
        (
            "the_check_can_write_only_where_the_unit_can",
            check::it_can_write_only_where_the_unit_can,
        ),
        (
            "the_check_says_where_it_is_not_in_the_sandbox",
            check::checks_outside_the_sandbox_are_reported,
        ),
        ("a_stopped_check_does_not_pass", check::a_stopped_check_has_not_passed),
        ("an_interrupted_check_leaves_nothing_behind", check::an_interrupted_check_leaves_nothing),
        (
            "it_recovers_from_interruptions_at_any_time",
            cuts::it_recovers_from_interruptions_at_any_time,
        ),
        ("verify_passes", verify::it_passes),
        ("verify_passes_on_every_profile", verify::it_passes_on_every_profile),
        ("verify_names_planted_faults", verify::planted_faults_are_named),
        ("its_password_rotates", rotation::its_password_rotates),
        ("no_secret_leaks", leaks::no_secret_leaks),
        (BACKUPS, backup::backups_are_made_checked_and_restored),
        (REBUILD, rebuild::a_lost_server_is_rebuilt),
    ];
    let trial = |suite: &'static str, (name, run): (&str, Run)| {
        let host = host_of(suite, name);
        let place = Where::On(format!("homeserver::{host}"));
        timing::trial_at(place, format!("homeserver::{suite}::{name}"), move || {
            host::with(host, run);
            Ok(())
        })
    };
    let of = |suite: &'static str| all.into_iter().filter(move |(name, _)| is_tried(suite, name));
    SUITES.iter().flat_map(|suite| of(suite).map(|one| trial(suite, one))).collect()
}

fn is_tried(suite: &str, name: &str) -> bool {
    let in_ten = if suite == "trixie" { 5 } else { 3 };
    let drawn =
        || ALWAYS.contains(&name) || seed::draws(&format!("homeserver {suite} {name}"), in_ten);
    match name {
        REBUILD => suite == "bookworm",
        BACKUPS => seed::sample(&SUITES, 1, BACKUPS).contains(&&suite),
        _ if LONG.contains(&name) => suite == "trixie",
        _ => drawn(),
    }
}

/// The trials of Debian 13, which has the most, are split between two hosts; the host to be lost is used by no other
/// trial.
fn host_of(suite: &'static str, name: &str) -> &'static str {
    match suite {
        "trixie" if name == BACKUPS || LONG.contains(&name) => "trixie-long",
        "bookworm" if name == REBUILD => "bookworm-lost",
        suite => suite,
    }
}

/// Ends the shared hosts.
pub(crate) fn end() {
    host::down();
}
