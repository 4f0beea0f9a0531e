//! Knowledge about Matrix that a module's data cannot express: Synapse's options, names used by guides and by Synapse
//! itself, what a spec says in their place, and a server's identity. Pure: nothing here reads or writes anything.

mod guide_names;
mod identity;
mod kind;
mod nearest;
mod options;
mod own_names;

pub use identity::{SIGNING_KEY_FORM, SigningIdentity};
pub use kind::OptionKind;
pub use nearest::nearest_options;
pub use options::{Options, RemovedOption, SynapseOption, options};

/// A name that someone may copy from homeserver.yaml or a guide into a spec.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GuideName {
    /// The name.
    pub name: &'static str,
    /// Why it does not work as written: the second half of a message, after a colon.
    pub why: &'static str,
    /// What to write in a spec: a help line.
    pub instead: &'static str,
}

/// Explains a name that guides mention but Synapse does not have. The only table of such names: unknown keys below
/// `[synapse]` and unknown options in `[synapse.extra]` are explained from it.
pub fn explain(name: &str) -> Option<&'static GuideName> {
    find(guide_names::GUIDE_NAMES, name)
}

/// Returns what a spec says in place of a Synapse option that the module writes from several parameters, or from none.
/// Options set by one parameter are not here: the manifest's `sets` names them.
pub fn own_name(name: &str) -> Option<&'static GuideName> {
    find(own_names::OWN_NAMES, name)
}

/// Returns all names in both tables.
pub fn guide_names() -> impl Iterator<Item = &'static str> {
    guide_names::GUIDE_NAMES.iter().chain(own_names::OWN_NAMES).map(|known| known.name)
}

fn find(table: &'static [GuideName], name: &str) -> Option<&'static GuideName> {
    table.iter().find(|known| known.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_is_in_both_tables_or_twice() {
        let all: Vec<&str> = guide_names().collect();
        let mut once = all.clone();
        once.sort_unstable();
        once.dedup();
        assert_eq!(once.len(), all.len());
        assert!(explain("registration_enabled").is_some());
        assert!(explain("enable_registration").is_none(), "that one is real");
        assert!(own_name("enable_registration").is_some());
    }
}
