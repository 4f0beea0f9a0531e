//! The end of a run: the changes made, the services interrupted, and the homeserver's address.

use super::phrases::one_line;
use crate::run::Outcome;

/// Formats a line for each kind of result; omits those that did not occur.
pub fn outcome(outcome: &Outcome, address: Option<&str>) -> String {
    let Outcome { created, updated, removed, unchanged, restarted, reloaded } = outcome;
    let mut lines = vec![format!(
        "{created} created, {updated} updated, {removed} removed, {unchanged} unchanged"
    )];
    for (word, units) in [("restarted", restarted), ("reloaded", reloaded)] {
        if !units.is_empty() {
            lines.push(format!("{word} {}", one_line(&units.join(", "))));
        }
    }
    lines.extend(address.map(|address| format!("homeserver: {}", one_line(address))));
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_happened_is_reported() {
        let plain = Outcome { created: 2, unchanged: 1, ..Outcome::default() };
        assert_eq!(outcome(&plain, None), "2 created, 0 updated, 0 removed, 1 unchanged");
        let busy = Outcome {
            updated: 3,
            restarted: vec!["a.service".into(), "b.service".into()],
            reloaded: vec!["nginx.service".into()],
            ..Outcome::default()
        };
        let shown = outcome(&busy, Some("https://matrix.example.org/"));
        assert_eq!(
            shown,
            "0 created, 3 updated, 0 removed, 0 unchanged\nrestarted a.service, b.service\n\
             reloaded nginx.service\nhomeserver: https://matrix.example.org/"
        );
    }
}
