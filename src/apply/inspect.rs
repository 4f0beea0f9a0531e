//! What checkers say about the files on disk, including files that no spec describes: a running service may not start
//! again. A checker runs if anything in its activation's directories, or in the watched paths elsewhere, changed after
//! its services last read their files.

use crate::diagnostic::{Diagnostic, visible};
use crate::resource::{Activation, Answers, INSPECT, Questions, Wanted};

/// The check of sshd, which runs whatever a spec describes, since sshd is the way in. Without its runtime directory,
/// sshd refuses everything, and is not running. It writes its PID file once it has read its files.
const SSHD: [&str; 6] =
    ["sshd", "root", "[ ! -d /run/sshd ] || /usr/sbin/sshd -t", "/run/sshd.pid", "/etc/ssh", "no"];

/// The directory in which a host records what its services have read (see `service_remember`).
const SERVICES: &str = "/var/lib/matrixform/services";

/// Adds the questions about these activations.
pub fn inspect(activations: &[Activation], wanted: &[Wanted], questions: &mut Questions) {
    questions.ask(INSPECT, &SSHD);
    for activation in activations.iter().filter(|one| !one.inspect.is_empty()) {
        let user = activation.as_user.as_deref().unwrap_or("root");
        let (since, directories) = (since(activation, wanted), activation.owns.join("\n"));
        for command in &activation.inspect {
            let watches = if activation.watches.is_some() { "yes" } else { "no" };
            questions
                .ask(INSPECT, &[&activation.name, user, command, &since, &directories, watches]);
        }
    }
}

/// The host's records about the services of an activation, one path per line.
fn since(activation: &Activation, wanted: &[Wanted]) -> String {
    let own = |item: &&Wanted| item.declared.activation.as_ref() == Some(&activation.name);
    let services = wanted.iter().filter(own).map(Wanted::address);
    let services = services.filter(|address| address.unit().is_some());
    services.map(|address| format!("{SERVICES}/{}", address.name)).collect::<Vec<_>>().join("\n")
}

/// Returns the results, in the order of the questions.
pub fn inspected(answers: &Answers) -> Vec<Diagnostic> {
    let Some(answer) = answers.answer(INSPECT) else { return Vec::new() };
    let mut found: Vec<(u32, Diagnostic)> = answer
        .records
        .iter()
        .filter_map(|(number, record)| {
            let (name, output) = (record.text("name")?, visible(&record.text("output")?));
            let is_refused = record.text("status").is_some_and(|status| status != "0");
            Some((number.parse().ok()?, reported(&name, &output, is_refused)))
        })
        .collect();
    found.sort_by_key(|(number, _)| *number);
    found.into_iter().map(|(_, problem)| problem).collect()
}

fn reported(name: &str, output: &str, is_refused: bool) -> Diagnostic {
    let problem = if is_refused {
        let message =
            format!("with the files now on disk, the next start of {} would fail", visible(name));
        Diagnostic::warning("plan/inspect", message)
            .help("correct the file on the host, unless this plan replaces it")
    } else {
        Diagnostic::note("plan/inspect", format!("the check of {} warns", visible(name)))
    };
    output.lines().filter(|line| !line.trim().is_empty()).fold(problem, Diagnostic::note_line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_and_warnings_are_reported_in_order() {
        let mut answers = Answers::default();
        for body in [
            b"2\0name=nginx\0status=0\0output=nginx: [warn] a\0\0".as_slice(),
            b"1\0name=sshd\0status=255\0output=bad\n\nline\0\0",
        ] {
            answers.add(INSPECT, 0, body);
        }
        let reported: Vec<String> =
            inspected(&answers).iter().map(|problem| problem.render(false)).collect();
        insta::assert_snapshot!(reported.join("\n"));
    }

    #[test]
    fn sshd_is_inspected_without_an_activation() {
        let mut questions = Questions::default();
        inspect(&[], &[], &mut questions);
        assert_eq!(questions.calls().collect::<Vec<_>>(), [(INSPECT, SSHD.to_vec())]);
        assert!(inspected(&Answers::default()).is_empty());
    }
}
