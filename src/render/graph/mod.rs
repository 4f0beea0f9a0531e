//! The order of resources as a drawing: text for Mermaid and for Graphviz. Names come from specs, which may be
//! untrusted; no name can end the string that contains it, or be read as markup.

mod dot;
mod mermaid;
#[cfg(test)]
mod tests;

pub use dot::dot;
pub use mermaid::mermaid;

use crate::plan::{GraphCluster, Stage};
use crate::resource::Origin;

/// Returns a node's id in both languages: its position in the order, whatever its name.
fn id(at: usize) -> String {
    format!("r{}", at + 1)
}

/// Returns a cluster's title, not yet escaped.
fn title(cluster: &GraphCluster) -> String {
    match cluster {
        GraphCluster::Activation(name) => format!("activation {name}"),
        GraphCluster::Module(name) if name == Origin::SPEC => "the spec".to_owned(),
        GraphCluster::Module(name) => format!("module {name}"),
    }
}

/// Returns the name of a part of the run in both languages.
fn stage(stage: Stage) -> &'static str {
    match stage {
        Stage::Prepare => "prepare",
        Stage::Switch => "switch",
        Stage::Rest => "rest",
    }
}
