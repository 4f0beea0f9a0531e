//! One case of drift: its cause, and the expected plan.

use crate::whole::{Audit, Change, Host};

/// The damage and the expectations. `{major}` stands for the major version of PostgreSQL.
pub(super) struct Case {
    pub(super) name: &'static str,
    /// A script that does the damage, as root.
    pub(super) breaks: &'static str,
    /// The addresses of the plan.
    pub(super) planned: &'static [&'static str],
    /// A script that must succeed afterwards, and removes what the case created itself.
    pub(super) holds: &'static str,
    /// Prefixes of audit names that may also differ afterwards.
    pub(super) also: &'static [&'static str],
}

/// Defaults for the other fields of a case.
pub(super) const NONE: Case = Case { name: "", breaks: "", planned: &[], holds: "true", also: &[] };

/// Breaks the host, checks the plan, applies, and checks again.
pub(super) fn repaired(host: &Host, case: &Case) {
    let before = Audit::of(&host.guest);
    host.guest.run(&format!("set -e\n{}", host.fill(case.breaks)));
    let mut expected: Vec<String> = case.planned.iter().map(|one| host.fill(one)).collect();
    expected.sort();
    let planned = host.planned();
    if planned != expected {
        let shown = host.guest.on("plan", &host.spec, &[]);
        assert_eq!(planned, expected, "{}\n{shown}", case.breaks);
    }
    let ran = host.guest.apply(&host.spec);
    assert_eq!(host.planned(), Vec::<String>::new(), "it is not repaired\n{ran}");
    host.guest.run(&format!("set -e\n{}", host.fill(case.holds)));
    let changes = before.until(&Audit::of(&host.guest));
    let stray: Vec<&Change> = changes
        .iter()
        .filter(|change| !is_explained(change, &expected))
        .filter(|change| !change.is_beside(&changes, &expected))
        .filter(|change| !case.also.iter().any(|also| change.what.starts_with(&host.fill(also))))
        .collect();
    assert!(stray.is_empty(), "this was touched too: {stray:#?}\n{ran}");
}

/// Repaired resources were written again with the same content; some kinds create a new one.
fn is_explained(change: &Change, planned: &[String]) -> bool {
    let anew =
        ["certificate", "venv:", "synapse_token:", "postgres_", "service:", "user:", "group:"];
    let of = |address: &String| {
        change.is_of(address)
            && (!change.state || anew.iter().any(|kind| address.starts_with(kind)))
    };
    planned.iter().any(of)
}
