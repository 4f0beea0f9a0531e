//! The order of a spec's resources and what each of them waits for, without a host: what `matrixform graph` draws.

use super::Stage;
use super::edges::edges;
use super::order::order;
use crate::diagnostic::Problems;
use crate::resource::{Address, Wanted};

/// Resources in the order of apply, and what must come before each.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    /// In the order of apply.
    pub nodes: Vec<GraphNode>,
    /// Positions of nodes, the needed one first. A need that follows from others is left out: of A → B, B → C and
    /// A → C the last.
    pub edges: Vec<(usize, usize)>,
}

/// One resource.
#[derive(Clone, Debug)]
pub struct GraphNode {
    /// Which.
    pub address: Address,
    /// The part of the run that it belongs to.
    pub stage: Stage,
    /// What it takes effect with, or who declares it.
    pub cluster: GraphCluster,
}

/// What belongs together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GraphCluster {
    /// The members of an activation, which take effect together.
    Activation(String),
    /// Resources of a module, or of the spec itself, that no activation has.
    Module(String),
}

impl Graph {
    /// The clusters in the order of their first resource, each with its nodes.
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

/// The graph of all resources; an error where they cannot be ordered.
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

/// The needs that follow from no others; what is needed comes before who needs it.
fn reduced(needs: &[Vec<usize>]) -> Vec<(usize, usize)> {
    let mut edges = Vec::new();
    let mut behind: Vec<Vec<bool>> = Vec::new();
    for (at, direct) in needs.iter().enumerate() {
        let mut reached = vec![false; at];
        let mut kept = Vec::new();
        // The latest first: it may need the earlier ones itself.
        for need in direct.iter().rev().copied() {
            if reached.get(need).copied().unwrap_or(true) {
                continue;
            }
            kept.push((need, at));
            for (earlier, is_behind) in behind.get(need).into_iter().flatten().enumerate() {
                if let Some(slot) = reached.get_mut(earlier).filter(|_| *is_behind) {
                    *slot = true;
                }
            }
            if let Some(slot) = reached.get_mut(need) {
                *slot = true;
            }
        }
        edges.extend(kept.into_iter().rev());
        behind.push(reached);
    }
    edges
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_need_that_follows_from_others_is_left_out() {
        let needs = [vec![], vec![0], vec![0, 1], vec![0], vec![0, 1, 2, 3]];
        assert_eq!(reduced(&needs), [(0, 1), (1, 2), (0, 3), (2, 4), (3, 4)]);
    }
}
