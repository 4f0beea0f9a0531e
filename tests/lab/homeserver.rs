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
    "whatever_keeps_it_from_starting",
    "whenever_it_is_cut",
    "faults_are_answered",
    "faults_of_a_full_volume",
];

const SUITES: [&str; 2] = ["trixie", "bookworm"];

/// On either, since restic differs between them; which one is drawn.
const BACKUPS: &str = "backups_are_made_checked_and_restored";

/// From the older release to the newer one.
const REBUILD: &str = "a_lost_server_comes_back";

/// Always tried on both, besides the long ones and the rebuild; of the others, half is drawn on Debian 13 and a third on
/// Debian 12.
const ALWAYS: [&str; 5] = [
    "stays_as_it_is",
    "users_talk",
    "accounts_by_invitation",
    "verify_passes",
    "no_secret_is_seen",
];

/// The trials of this file.
pub(crate) fn trials() -> Vec<Trial> {
    let all: [(&str, Run); 49] = [
        ("stays_as_it_is", drift::stays_as_it_is),
        ("its_database_speaks_tls_alone", database::speaks_tls_alone),
        ("settings_that_need_it_restart", database::settings_that_need_it_restart),
        ("what_alter_system_wrote_is_watched", database::what_alter_system_wrote_is_watched),
        ("its_database_moves_to_another_port", database::moves_to_another_port),
        ("the_hosts_own_timer_renews", database::the_hosts_own_timer_renews),
        ("users_talk", talk::users_talk),
        ("a_community_waits_at_once", community::waits_at_once),
        ("accounts_have_a_life", accounts::accounts_have_a_life),
        ("accounts_by_invitation", invitations::are_used_once),
        ("accounts_typed_on_a_terminal", typed::passwords_are_typed_unseen_and_twice),
        ("accounts_and_their_token", accounts::no_token_outlives_its_command),
        ("what_was_said_counts", service::what_was_said_counts),
        ("it_stays_itself", service::it_stays_itself),
        ("identity_is_written_down", identity::it_is_known_by_its_key),
        ("identity_of_a_replaced_key", identity::a_replaced_key_is_refused),
        ("identity_lost_with_its_key", identity::a_lost_key_is_reported),
        ("identity_without_a_database", identity::it_does_not_begin_empty),
        ("identity_on_a_blank_host", identity::a_blank_host_is_refused),
        ("it_lives_in_a_sandbox", service::it_lives_in_a_sandbox),
        ("media_may_lie_on_a_volume", service::media_may_lie_on_a_volume),
        ("values_that_would_end_it_are_refused", service::values_that_would_end_it_are_refused),
        ("a_bridge_is_read_when_it_starts", service::a_bridge_is_read_when_it_starts),
        ("the_purge_runs_with_short_sessions", jobs::the_purge_runs_with_short_sessions),
        ("the_token_goes_to_synapse_alone", jobs::the_token_goes_to_synapse_alone),
        ("the_purge_needs_no_passwords", jobs::the_purge_needs_no_passwords),
        ("somebody_elses_account_gets_no_rights", jobs::somebody_elses_account_gets_no_rights),
        ("metrics_stay_on_the_host", service::metrics_stay_on_the_host),
        ("another_service_logs_users_in", delegated::another_service_logs_users_in),
        ("drift_is_corrected", drift::drift_is_corrected),
        ("foreign_files_are_seen", drift::foreign_files_are_seen),
        ("whatever_keeps_it_from_starting", taken_back::whatever_keeps_it_from_starting),
        (
            "what_cannot_be_put_back_is_said_first",
            taken_back::what_cannot_be_put_back_is_said_first,
        ),
        ("faults_are_answered", faults::faults_are_answered),
        ("faults_of_a_full_volume", faults::faults_of_a_full_volume),
        ("the_check_has_no_network", check::it_has_no_network),
        ("the_check_writes_nothing", check::it_writes_nothing),
        ("the_check_may_write_where_the_unit_may", check::it_may_write_where_the_unit_may),
        (
            "the_check_says_where_it_is_not_in_the_sandbox",
            check::it_says_where_it_is_not_in_the_sandbox,
        ),
        ("a_check_that_is_stopped_has_not_passed", check::one_that_is_stopped_has_not_passed),
        ("a_check_that_is_cut_leaves_nothing", check::one_that_is_cut_leaves_nothing),
        ("whenever_it_is_cut", cuts::whenever_it_is_cut),
        ("verify_passes", verify::it_passes),
        ("verify_passes_on_every_profile", verify::it_passes_on_every_profile),
        ("verify_names_planted_faults", verify::planted_faults_are_named),
        ("its_password_rotates", rotation::its_password_rotates),
        ("no_secret_is_seen", leaks::no_secret_is_seen),
        (BACKUPS, backup::backups_are_made_checked_and_restored),
        (REBUILD, rebuild::a_lost_server_comes_back),
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
