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
            host.what_fails_leaves_the_rest_done();
            host.a_name_that_leads_elsewhere_is_found_before_the_authority_is_asked();
            host.it_is_issued_and_served();
            host.it_is_renewed_under_load();
            host.it_is_renewed_when_the_authority_wants_it();
            host.it_is_renewed_when_it_is_revoked();
            host.can_age();
            assert!(!host.is_renewed_at(30, 64), "more than a third of its life is left");
            assert!(host.is_renewed_at(43, 64), "a third of its life is left");
            host.an_authority_that_is_down_takes_nothing_away();
            host.what_certbot_has_is_taken_over();
            host.end();
            Ok(())
        })
    };
    let lifetimes = |(suite, slot): (&'static str, &'static str)| {
        timing::trial(format!("acme::{suite}::lifetimes"), move || {
            let mut host = Acme::blank(suite, slot);
            host.guest.apply(&host.spec(""));
            let table = host.every_tenth_of_every_life();
            std::fs::create_dir_all("target/lifetimes")?;
            std::fs::write(format!("target/lifetimes/{suite}.md"), table)?;
            host.another_authority_takes_its_place();
            host.three_lives_of(1536);
            host.three_lives_of(160);
            host.only_known_accounts_are_served();
            host.end();
            Ok(())
        })
    };
    let long = suites.clone().filter(|_| is_full).map(lifetimes);
    suites.map(trial).chain(long).collect()
}
