//! One installation has one host: two specs of one name with different hosts are a mistake, such as a
//! copy of which only the host was changed.

use crate::diagnostic::{Diagnostic, Place};
use crate::spec::Spec;
use std::collections::HashMap;

/// The installations met so far.
#[derive(Default)]
pub(super) struct Ids(HashMap<String, Met>);

struct Met {
    host: (String, Option<u16>),
    place: Place,
}

impl Ids {
    /// Meets a spec; an error where another one has its name.
    pub(super) fn meet(&mut self, spec: &Spec) -> Option<Diagnostic> {
        let (id, host) = (&spec.id.text, (spec.host.address.clone(), spec.host.port));
        let place = spec.id.place.clone().unwrap_or_else(|| spec.host.place.clone());
        if id.is_empty() || host.0.is_empty() {
            return None;
        }
        let Some(met) = self.0.get(id) else {
            self.0.insert(id.clone(), Met { host, place });
            return None;
        };
        (met.host != host).then(|| {
            let message = format!("`{id}` is the installation of another host, too");
            Diagnostic::error("spec/id-twice", message)
                .labelled(&place, "here")
                .see(&met.place, "and here")
                .help("give one of the specs an `id` of its own; it follows from the server name when left out")
        })
    }
}
