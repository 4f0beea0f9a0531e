//! Certificates from an ACME authority, on blank hosts: issued, refused, renewed under load, taken over. The authority
//! is Debian's pebble; its names resolve through its own DNS, and the host's through its hosts file.

mod cases;
mod host;
mod lifetimes;

use crate::timing;
use host::Acme;
use libtest_mimic::Trial;

/// The trials of this file: one host per suite. `tests/full lifetimes` runs all of them.
pub(crate) fn trials() -> Vec<Trial> {
    let is_full = crate::seed::is_sweep();
    // The older certbot is the one that reports less.
    let suites = [("bookworm", "1"), ("trixie", "2")].into_iter().take(if is_full { 2 } else { 1 });
    let trial = |(suite, slot): (&'static str, &'static str)| {
        timing::trial(format!("acme::{suite}::certificates_come_from_an_authority"), move || {
            let host = Acme::blank(suite, slot);
            host.a_failed_certificate_leaves_the_rest_applied();
            host.a_misdirected_name_is_found_before_any_order();
            host.it_is_issued_and_served();
            host.it_is_renewed_under_load();
            host.it_is_renewed_in_the_suggested_window();
            host.it_is_renewed_when_it_is_revoked();
            host.can_age();
            assert!(!host.is_renewed_at(30, 64), "more than a third of its life is left");
            assert!(host.is_renewed_at(43, 64), "a third of its life is left");
            host.an_unavailable_authority_breaks_nothing();
            host.lineages_of_certbot_are_adopted();
            host.end();
            Ok(())
        })
    };
    let lifetimes = |(suite, slot): (&'static str, &'static str)| {
        timing::trial(format!("acme::{suite}::lifetimes"), move || {
            let mut host = Acme::blank(suite, slot);
            host.guest.apply(&host.spec(""));
            let table = host.every_tenth_of_every_lifetime();
            std::fs::create_dir_all("target/lifetimes")?;
            std::fs::write(format!("target/lifetimes/{suite}.md"), table)?;
            host.the_authority_can_be_replaced();
            host.three_lives_of(1536);
            host.three_lives_of(160);
            host.only_bound_accounts_are_accepted();
            host.end();
            Ok(())
        })
    };
    let long = suites.clone().filter(|_| is_full).map(lifetimes);
    suites.map(trial).chain(long).collect()
}
