//! The kinds found in the source, compared with those in the table.

use crate::exceptions::only;
use crate::synapse::Synapse;
use matrixform::for_tests::synapse::{Kind, options};

/// A kind found in the source must be in the table.
pub(crate) fn agree(synapse: &Synapse) {
    let derived = synapse.derived();
    let differs = options().known.iter().filter(|(name, option)| {
        let shown = derived.get(*name).map(Vec::as_slice).unwrap_or_default();
        // A kind inferred only from a type check or a default may be one alternative of many.
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
