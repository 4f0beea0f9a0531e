//! The order of a spec's resources and their dependencies, without a host, as `matrixform graph` draws them.

use super::Stage;
use super::edges::edges;
use super::order::order;
use crate::diagnostic::Problems;
use crate::resource::{Address, Wanted};

/// Resources in the order of apply, and what must come before each.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    /// The nodes, in the order of apply.
    pub nodes: Vec<GraphNode>,
    /// Pairs of node positions, the needed one first. An edge that follows from others is omitted: with A → B and B →
    /// C, there is no A → C.
    pub edges: Vec<(usize, usize)>,
}

/// One resource.
#[derive(Clone, Debug)]
pub struct GraphNode {
    /// Its address.
    pub address: Address,
    /// The part of the run that it belongs to.
    pub stage: Stage,
    /// The activation that it takes effect with, or the module that declares it.
    pub cluster: GraphCluster,
}

/// Nodes that belong together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GraphCluster {
    /// The members of an activation, which take effect together.
    Activation(String),
    /// Resources of a module, or of the spec itself, outside any activation.
    Module(String),
}

impl Graph {
    /// Returns the clusters in the order of their first resource, each with its nodes.
    pub fn clusters(&self) -> Vec<(&GraphCluster, Vec<usize>)> {
        let mut clusters: Vec<(&GraphCluster, Vec<usize>)> = Vec::new();
        for (at, node) in self.nodes.iter().enumerate() {
            match clusters.iter_mut().find(|(cluster, _)| **cluster == node.cluster) {
                Some((_, members)) => members.push(at),
                None => clusters.push((&node.cluster, vec![at])),
            }
        }
        clusters
    }
}

/// Returns the graph of all resources.
///
/// # Errors
///
/// The resources cannot be ordered: a need is not declared (`plan/unknown-need`), or the needs form a cycle
/// (`plan/cycle`).
pub fn graph(wanted: &[Wanted]) -> Result<Graph, Problems> {
    let needs = edges(wanted)?;
    let groups = order(wanted)?;
    let mut place = vec![0; wanted.len()];
    let mut nodes = Vec::new();
    let mut of = Vec::new();
    for group in &groups {
        for member in &group.members {
            let Some(item) = wanted.get(*member) else { continue };
            if let Some(place) = place.get_mut(*member) {
                *place = nodes.len();
            }
            nodes.push(node(item, group.stage));
            of.push(*member);
        }
    }
    let placed = |needs: &Vec<usize>| {
        let mut at: Vec<usize> =
            needs.iter().filter_map(|need| place.get(*need).copied()).collect();
        at.sort_unstable();
        at
    };
    let needs: Vec<Vec<usize>> = of.iter().filter_map(|at| needs.get(*at)).map(placed).collect();
    Ok(Graph { nodes, edges: reduced(&needs) })
}

fn node(item: &Wanted, stage: Stage) -> GraphNode {
    let cluster = match &item.declared.activation {
        Some(activation) => GraphCluster::Activation(activation.clone()),
        None => GraphCluster::Module(item.declared.origin.module.clone()),
    };
    GraphNode { address: item.address().clone(), stage, cluster }
}

/// Returns the dependencies that do not follow from others; `needs` must list a resource after those it needs.
fn reduced(needs: &[Vec<usize>]) -> Vec<(usize, usize)> {
    let mut edges = Vec::new();
    let mut behind: Vec<Vec<bool>> = Vec::new();
    for (at, direct) in needs.iter().enumerate() {
        let mut reached = vec![false; at];
        let mut necessary = Vec::new();
        // The latest first: it may need the earlier ones itself.
        for need in direct.iter().rev().copied() {
            if reached.get(need).copied().unwrap_or(true) {
                continue;
            }
            necessary.push((need, at));
            for (earlier, is_behind) in behind.get(need).into_iter().flatten().enumerate() {
                if let Some(slot) = reached.get_mut(earlier).filter(|_| *is_behind) {
                    *slot = true;
                }
            }
            if let Some(slot) = reached.get_mut(need) {
                *slot = true;
            }
        }
        edges.extend(necessary.into_iter().rev());
        behind.push(reached);
    }
    edges
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn implied_needs_are_left_out() {
        let needs = [vec![], vec![0], vec![0, 1], vec![0], vec![0, 1, 2, 3]];
        assert_eq!(reduced(&needs), [(0, 1), (1, 2), (0, 3), (2, 4), (3, 4)]);
    }
}
