//! Random edits of the spec, each applied to a converged host and reverted, with an audit both times.

use crate::edits::{BROUGHT, EDITS, Edit, REFUSED_THERE, items};
use crate::seed;
use crate::whole::{Host, trial_apart};
use libtest_mimic::Trial;
use std::path::Path;

/// The number of edits drawn; ALL for `tests/full audit`.
const DRAWN: usize = 3;
const ALL: usize = 50;

/// Edits whose apply fails on a lab host, with the reason.
const FAIL_THERE: &[(&str, &str)] = &[
    ("apt_source_new", "nobody answers at deb.example.org"),
    ("synapse_mail", "nobody answers at mail.example.org"),
    ("synapse_version", "an older Synapse than the one in use is refused"),
];

/// The trials of this file.
pub(crate) fn trials() -> Vec<Trial> {
    let name = "audit::trixie::random_edits_change_only_what_they_plan".to_owned();
    vec![trial_apart(name, "trixie", random_edits_change_only_what_they_plan)]
}

fn random_edits_change_only_what_they_plan(host: &Host) {
    let seed = seed::number("audit");
    let count = if seed::is_sweep() { ALL } else { DRAWN };
    let base = std::fs::read_to_string(&host.spec).expect("a spec");
    let edited = host.spec.with_file_name("edited.toml");
    let mut failed = Vec::new();
    for edit in drawn(seed, count) {
        println!("audited edit: {}", edit.name);
        std::fs::write(&edited, edit.apply(&base)).expect("a spec");
        for (spec, way) in [(&edited, "there"), (&host.spec, "and back")] {
            if let Some(why) = applied(host, spec) {
                let is_known = FAIL_THERE.iter().any(|(name, _)| *name == edit.name);
                (!is_known).then(|| failed.push(format!("{} {way}: {why}", edit.name)));
            }
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

/// Applies, with all data loss allowed; returns the output if it fails.
fn applied(host: &Host, spec: &Path) -> Option<String> {
    let mut command = host.guest.command();
    for name in BROUGHT {
        command.env(format!("MATRIXFORM_SECRET_{name}"), "brought-by-the-trial");
    }
    command.arg("apply").arg(spec).arg("--yes");
    for address in items(host, &["plan".as_ref(), spec]).keys() {
        command.args(["--allow", &format!("destroy:{address}")]);
    }
    let ran = host.guest.audited(&mut command);
    (ran.status != 0).then(|| ran.to_string())
}

/// Edits in an order derived from the seed (a linear congruential generator with Knuth's constants).
fn drawn(seed: u64, count: usize) -> Vec<&'static Edit> {
    let mut state = seed;
    let mut left: Vec<&Edit> =
        EDITS.iter().filter(|edit| !REFUSED_THERE.contains(&edit.name)).collect();
    let mut drawn = Vec::new();
    while drawn.len() < count && !left.is_empty() {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let at = usize::try_from(state >> 33).expect("31 bits") % left.len();
        drawn.push(left.swap_remove(at));
    }
    assert_eq!(drawn.len(), count, "there are fewer edits");
    drawn
}
