//! The kinds found in the source, compared with those in the table.

use crate::exceptions::only;
use crate::synapse::Synapse;
use matrixform::for_tests::synapse::{OptionKind, options};

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

fn fits(own: &OptionKind, shown: &str) -> bool {
    match own {
        OptionKind::Any => true,
        OptionKind::Bool => shown == "bool",
        OptionKind::Int => matches!(shown, "int" | "number"),
        OptionKind::Number => matches!(shown, "int" | "number"),
        OptionKind::String | OptionKind::Word(_) => shown == "string",
        OptionKind::Path => matches!(shown, "path" | "string"),
        OptionKind::Duration => shown == "duration",
        OptionKind::Size => shown == "size",
        OptionKind::List(_) => shown == "list",
        OptionKind::Map(_) | OptionKind::Table => shown == "table",
        OptionKind::Null => false,
    }
}
