//! Checks several specs against each other: an installation has one host, a host one installation, and a server name
//! one server. A conflict usually means that a spec was copied and not fully changed.

use crate::diagnostic::{Diagnostic, Place, Problems};
use crate::spec::Spec;

/// The specs seen so far.
#[derive(Default)]
pub(super) struct Ids(Vec<SeenSpec>);

struct SeenSpec {
    file: String,
    id: (String, Place),
    host: ((String, u16), Place),
    server: Option<(String, Place)>,
}

impl SeenSpec {
    /// Returns `None` for a spec whose host is not known offline.
    fn of(spec: &Spec) -> Option<SeenSpec> {
        let host = (spec.host.address.to_ascii_lowercase(), spec.host.port.unwrap_or(22));
        let at = spec.host.place.clone();
        let id = (spec.id.text.clone(), spec.id.place.clone().unwrap_or_else(|| at.clone()));
        let declared = spec.sections.get("synapse").and_then(|entry| entry.node.as_table());
        let declared = declared.and_then(|table| table.get("server_name"));
        let server = spec.server_name().zip(declared);
        let server = server.map(|(name, entry)| (name.to_owned(), entry.key.clone()));
        let known = !host.0.is_empty() && !id.0.is_empty();
        known.then(|| SeenSpec { file: spec.source.name.clone(), id, host: (host, at), server })
    }
}

impl Ids {
    /// Adds a spec, and returns its conflict with an earlier one.
    pub(super) fn add(&mut self, spec: &Spec) -> Problems {
        let Some(new) = SeenSpec::of(spec) else { return Problems::new() };
        if self.0.iter().any(|known| known.file == new.file) {
            return Problems::new();
        }
        let mut reported = self.0.iter().filter_map(|known| conflict(known, &new));
        let problem = reported.next();
        self.0.push(new);
        problem.into_iter().collect()
    }
}

fn conflict(known: &SeenSpec, new: &SeenSpec) -> Option<Diagnostic> {
    let host = &new.host.0.0;
    let (id, host_is) = (known.id.0 == new.id.0, known.host.0 == new.host.0);
    let server = known.server.as_ref().zip(new.server.as_ref());
    let server = server.filter(|((one, _), (other, _))| one == other);
    let (problem, [one, other], help) = match (id, host_is, server) {
        (true, false, _) => (
            Diagnostic::error(
                "spec/id-twice",
                format!("`{}` is also the installation of another host", new.id.0),
            ),
            [&known.id.1, &new.id.1],
            "give one of the specs its own `id`; it defaults to the server name",
        ),
        (false, true, _) => (
            Diagnostic::error(
                "spec/host-twice",
                format!(
                    "`{host}` belongs to two installations: `{}` and `{}`",
                    known.id.0, new.id.0
                ),
            ),
            [&known.host.1, &new.host.1],
            "the host accepts the first and refuses the other: correct one `address`",
        ),
        (true, true, _) => (
            Diagnostic::warning(
                "spec/host-twice",
                format!("two specs are for the host `{host}`: each apply would undo the other"),
            ),
            [&known.host.1, &new.host.1],
            "put what they share in one file and `include` it, or remove one of them",
        ),
        (false, false, Some(((name, one), (_, other)))) => (
            Diagnostic::warning(
                "spec/server-name-twice",
                format!(
                    "`{name}` is set up on two hosts: other servers reach one of them, and reject events from the other as forged"
                ),
            ),
            [one, other],
            "a server name belongs to one host: correct one of them, or remove the spec of the old host",
        ),
        _ => return None,
    };
    // If both take it from the same included file, report the place where they differ.
    let [one, other] = if one == other { [&known.host.1, &new.host.1] } else { [one, other] };
    Some(problem.labelled(other, "here").see(one, "and here").help(help))
}
