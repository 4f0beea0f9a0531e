//! The kinds that the source shows, against those of the table.

use crate::exceptions::only;
use crate::synapse::Synapse;
use matrixform::for_tests::synapse::{Kind, options};

/// A kind that the source shows is one that the table has.
pub(crate) fn agree(synapse: &Synapse) {
    let derived = synapse.derived();
    let differs = options().known.iter().filter(|(name, option)| {
        let shown = derived.get(*name).map(Vec::as_slice).unwrap_or_default();
        // What only a check of types or a default shows may be one alternative of many.
        let strong: Vec<&String> = shown.iter().filter(|kind| is_strong(kind)).collect();
        let shown: Vec<&String> = if strong.is_empty() { shown.iter().collect() } else { strong };
        !shown.is_empty()
            && !shown.iter().any(|kind| option.kinds.iter().any(|own| fits(own, kind)))
    });
    only(
        "other_kind",
        differs.map(|(name, _)| name.clone()).collect(),
        "other kinds in the source",
    );
}

fn is_strong(kind: &str) -> bool {
    matches!(kind, "duration" | "size")
}

fn fits(own: &Kind, shown: &str) -> bool {
    match own {
        Kind::Any => true,
        Kind::Bool => shown == "bool",
        Kind::Int => matches!(shown, "int" | "number"),
        Kind::Number => matches!(shown, "int" | "number"),
        Kind::String | Kind::Word(_) => shown == "string",
        Kind::Path => matches!(shown, "path" | "string"),
        Kind::Duration => shown == "duration",
        Kind::Size => shown == "size",
        Kind::List(_) => shown == "list",
        Kind::Map(_) | Kind::Table => shown == "table",
        Kind::Null => false,
    }
}
