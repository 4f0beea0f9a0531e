//! The modules nginx, tls and well_known on real hosts: nginx 1.22 and 1.26, checked from outside over IPv4 and IPv6,
//! and with drift. All trials in this file share one converged host per suite, so a trial leaves it as it found it.

mod changes;
mod host;
mod inspected;
mod outside;
mod pairs;
mod routes;

use crate::seats::Where;
use crate::{seed, timing};
use host::Front;
use libtest_mimic::Trial;

/// A trial on the host of its suite.
type Run = fn(&Front);

/// The trials of this file.
pub(crate) fn trials() -> Vec<Trial> {
    let all: [(&str, Run); 21] = [
        ("stays_unchanged", changes::stays_unchanged),
        ("documents_are_right", outside::documents_are_right),
        ("hsts_is_on_every_response", outside::hsts_is_on_every_response),
        ("old_tls_and_unknown_names_are_refused", outside::old_tls_and_unknown_names_are_refused),
        ("the_admin_api_is_out_of_reach", outside::the_admin_api_is_out_of_reach),
        ("requests_are_forwarded_unchanged", outside::requests_are_forwarded_unchanged),
        ("routes_reach_their_targets", routes::routes_reach_their_targets),
        (
            "connections_are_upgraded_only_where_declared",
            routes::connections_are_upgraded_only_where_declared,
        ),
        ("limits_answer_with_matrix_errors", outside::limits_answer_with_matrix_errors),
        ("the_log_keeps_no_tokens", outside::the_log_keeps_no_tokens),
        ("foreign_sites_stay", changes::foreign_sites_stay),
        ("drift_is_corrected", changes::drift_is_corrected),
        ("certificates_are_renewed", changes::certificates_are_renewed),
        ("a_broken_set_is_refused", changes::a_broken_set_is_refused),
        ("a_taken_name_is_refused", changes::a_taken_name_is_refused),
        (
            "earlier_failures_do_not_fail_a_rollback",
            changes::earlier_failures_do_not_fail_a_rollback,
        ),
        (
            "services_that_would_fail_to_start_are_named",
            inspected::services_that_would_fail_to_start_are_named,
        ),
        (
            "files_outside_owned_directories_are_watched",
            inspected::files_outside_owned_directories_are_watched,
        ),
        ("a_taken_port_is_detected", changes::a_taken_port_is_detected),
        ("the_provider_can_change", pairs::the_provider_can_change),
        ("a_key_of_another_certificate_is_refused", pairs::a_key_of_another_certificate_is_refused),
    ];
    let suites = ["bookworm", "trixie"];
    let trial = |suite: &'static str, (name, run): (&str, Run)| {
        let host = Where::On(format!("front::{suite}"));
        timing::trial_at(host, format!("front::{suite}::{name}"), move || {
            host::with(suite, run);
            Ok(())
        })
    };
    // nginx differs little between suites.
    let is_tried = |suite: &str, name: &str| {
        seed::draws(&format!("front {suite} {name}"), if suite == "trixie" { 6 } else { 3 })
    };
    let of = |suite: &'static str| all.iter().filter(move |(name, _)| is_tried(suite, name));
    suites.iter().flat_map(|suite| of(suite).map(|one| trial(suite, *one))).collect()
}

/// Ends the shared hosts.
pub(crate) fn end() {
    host::down();
}
