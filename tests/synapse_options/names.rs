//! The names, in both directions.

use crate::exceptions::only;
use crate::synapse::Synapse;
use matrixform::for_tests::synapse::options;

/// The options read by the source are in the table or known to be removed; those in the table are read.
pub(crate) fn agree(synapse: &Synapse) {
    let (derived, table) = (synapse.derived(), options());
    // Items of lists and of tables with free keys have no names in the source.
    let named = |name: &&String| !name.ends_with("[]") && !name.ends_with(".*");
    let unknown = derived
        .keys()
        .filter(named)
        .filter(|name| !table.known.contains_key(*name) && !table.gone.contains_key(*name));
    only(
        "not_options",
        unknown.cloned().collect(),
        "Synapse reads these, and the table lacks them",
    );
    let unread = table.known.keys().filter(|name| !derived.contains_key(*name));
    only(
        "not_seen",
        unread.cloned().collect(),
        "the table has these, and Synapse does not read them",
    );
}
