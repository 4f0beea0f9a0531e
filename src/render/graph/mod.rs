//! The order of resources as a drawing: text for Mermaid and for Graphviz. Names come from specs, which may be anyone's;
//! no name ends the string that it stands in, and none is markup.

mod dot;
mod mermaid;
#[cfg(test)]
mod tests;

pub use dot::dot;
pub use mermaid::mermaid;

use crate::plan::{GraphCluster, Stage};
use crate::resource::Origin;

/// How nodes are called in both languages: by their place in the order, whatever they are named.
fn id(at: usize) -> String {
    format!("r{}", at + 1)
}

/// The title of a cluster, to be escaped.
fn title(cluster: &GraphCluster) -> String {
    match cluster {
        GraphCluster::Activation(name) => format!("activation {name}"),
        GraphCluster::Module(name) if name == Origin::SPEC => "the spec".to_owned(),
        GraphCluster::Module(name) => format!("module {name}"),
    }
}

/// The name of a part of the run in both languages.
fn stage(stage: Stage) -> &'static str {
    match stage {
        Stage::Prepare => "prepare",
        Stage::Switch => "switch",
        Stage::Rest => "rest",
    }
}
