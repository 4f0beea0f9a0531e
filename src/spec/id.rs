//! `id`: the name of an installation. It stays the same if the installation moves to another host, so everything kept
//! for the installation (secrets in the keyring, remembered facts) is kept under this name.

use super::host::Host;
use super::keys::TableReader;
use super::node::Table;
use crate::diagnostic::{Diagnostic, Place};

/// The maximum length of a name (bytes).
const MAX_CHARS: usize = 255;

/// The name of an installation.
#[derive(Clone, Debug, PartialEq)]
pub struct Id {
    /// The name.
    pub text: String,
    /// Where it is set; `None` if it is derived from the server name, or the host's address.
    pub place: Option<Place>,
}

impl Id {
    /// Returns the closest valid name for this text, such as a server name with a port.
    pub fn after(text: &str) -> String {
        plain(text)
    }

    /// Returns the spec's `id`, or else one derived from the rest of it.
    pub(super) fn read(keys: &mut TableReader<'_>, sections: &Table, host: &Host) -> Id {
        let place = keys.entry("id").map(|entry| entry.node.place.clone());
        match (keys.text("id"), place) {
            (Some(text), Some(place)) => {
                if !is_name(text) {
                    keys.push(refused(text, &place));
                }
                Id { text: text.to_owned(), place: Some(place) }
            }
            (_, place) => Id { text: plain(server_name(sections).unwrap_or(&host.address)), place },
        }
    }
}

/// Returns the domain of the user ids, if the spec is for a homeserver.
pub(super) fn server_name(sections: &Table) -> Option<&str> {
    let synapse = sections.get("synapse")?.node.as_table()?;
    synapse.get("server_name")?.node.as_str().filter(|name| !name.is_empty())
}

fn is_plain(c: char) -> bool {
    c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '-')
}

fn is_name(text: &str) -> bool {
    (1..=MAX_CHARS).contains(&text.len()) && text.chars().all(is_plain)
}

/// Returns the closest valid name of an installation: an address may contain a colon, or the `$` of a variable.
fn plain(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    lower.chars().map(|c| if is_plain(c) { c } else { '-' }).take(MAX_CHARS).collect()
}

fn refused(text: &str, place: &Place) -> Diagnostic {
    let message = format!("`{}` is not the name of an installation", text.escape_debug());
    Diagnostic::error("spec/value", message).at(place).help(
        "lowercase letters, digits, `.` and `-`, at most 255 of them, such as `matrix.example.org`",
    )
}
