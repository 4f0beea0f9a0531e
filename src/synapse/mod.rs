//! What is Matrix and cannot be said as data of a module: the options that Synapse has, names that guides
//! and Synapse itself use, what a spec says in their place, and who a server is. Pure: nothing here reads
//! or writes anything.

mod guide_names;
mod identity;
mod kind;
mod nearest;
mod options;
mod own_names;

pub use identity::SigningIdentity;
pub use kind::Kind;
pub use nearest::nearest_options;
pub use options::{Gone, Options, SynapseOption, options};

/// A name of homeserver.yaml that someone may write into a spec.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GuideName {
    /// The name.
    pub name: &'static str,
    /// Why it does not work as it is written: the second half of a message, after a colon.
    pub why: &'static str,
    /// What to write in a spec: a help line.
    pub instead: &'static str,
}

/// What is known of a name that is not Synapse's, but stands in guides. The one place for such names:
/// unknown keys below `[synapse]` and unknown options in `[synapse.extra]` are explained from it.
pub fn explain(name: &str) -> Option<&'static GuideName> {
    find(guide_names::GUIDE_NAMES, name)
}

/// What a spec says instead of an option of Synapse that the module writes from several
/// parameters. Those that one parameter sets are not here: the manifest's `sets` names it.
pub fn own_name(name: &str) -> Option<&'static GuideName> {
    find(own_names::OWN_NAMES, name)
}

/// All names of both tables.
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
