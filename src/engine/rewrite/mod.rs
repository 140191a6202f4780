//! Rewriting of graphs: stable forms of what would overflow or cancel, constants, equal parts, dead parts.

mod algebra;
mod centre;
mod finite;
mod fold;
mod logs;
mod movement;
mod rewriter;
mod shared;
mod signs;
mod sums;

use super::graph::{Graph, NodeId};
use rewriter::{Rewriter, Rule};

/// Rewrites what the outputs depend on; gives the new graph and, for each old node, the new one (`None` for dead ones).
///
/// Outputs keep their shapes. Their values stay the same to the bit, with two exceptions that only gain accuracy:
/// - logarithms of sigmoids, softmaxes, exponentials and of what is made of them take their stable forms
///   (`log(sigmoid(z))` is `-softplus(-z)`), as do the clamps of `SafeLog`, and `1 - sigmoid(z)` is `sigmoid(-z)`;
/// - numbers that are known before the run are combined in `f64`.
///
/// A check that a sigmoid or a softmax lies in `0..1` goes, too.
///
/// To be applied before differentiation, so that derivatives are those of the stable forms, and again after it.
pub fn simplify(graph: &Graph, outputs: &[NodeId]) -> (Graph, Vec<Option<NodeId>>) {
    rewrite(graph, outputs, Rewriter::default(), None)
}

/// Like [`simplify`], for graphs of which no more derivatives are taken: nodes that only stop gradients go, too.
pub fn simplify_final(graph: &Graph, outputs: &[NodeId]) -> (Graph, Vec<Option<NodeId>>) {
    rewrite(graph, outputs, Rewriter::without_stops(), None)
}

/// What is the same for all rows and added before they are centred (the bias in front of a BatchNorm) is added to their
/// mean alone. The same values but for rounding. To be applied before differentiation: such a number then has no
/// derivative, where rounding would have given it one of noise.
pub fn centre(graph: &Graph, outputs: &[NodeId]) -> (Graph, Vec<Option<NodeId>>) {
    rewrite(graph, outputs, Rewriter::default(), Some(centre::rule))
}

/// Sums in one form: what is the same for all that is summed stands outside, and so do signs. The same values but for
/// rounding and the sign of 0. To be applied last.
pub fn gather_sums(graph: &Graph, outputs: &[NodeId]) -> (Graph, Vec<Option<NodeId>>) {
    let rule: Rule = |r, op, args, shape| sums::rule(r, op, args, shape).or_else(|| signs::rule(r, op, args, shape));
    rewrite(graph, outputs, Rewriter::without_stops(), Some(rule))
}

/// Without products of slots with 0, and what is added to nothing: a weight decay of 0 costs nothing. The same values
/// where slots are finite, but for the sign of 0; for the updates of trainings, which end when a weight is not finite.
pub fn without_zeros(graph: &Graph, outputs: &[NodeId]) -> (Graph, Vec<Option<NodeId>>) {
    rewrite(graph, outputs, Rewriter::without_stops(), Some(finite::rule))
}

/// With `first`, a rule that goes before the others, where a node of the old graph is taken over.
fn rewrite(
    graph: &Graph,
    outputs: &[NodeId],
    mut rewriter: Rewriter,
    first: Option<Rule>,
) -> (Graph, Vec<Option<NodeId>>) {
    let live = graph.ancestors(outputs);
    let mut new: Vec<Option<NodeId>> = vec![None; graph.nodes.len()];
    for (i, node) in graph.nodes.iter().enumerate().filter(|(i, _)| live[*i]) {
        let args: Option<Vec<NodeId>> = node.args.iter().map(|a| new[a.0 as usize]).collect();
        rewriter.place = node.place.clone();
        new[i] = args.map(|args| {
            let found = first.and_then(|rule| rule(&mut rewriter, &node.op, &args, &node.shape));
            found.unwrap_or_else(|| rewriter.add(node.op.clone(), &args, &node.shape))
        });
        debug_assert!(new[i].is_some_and(|n| rewriter.shape(n) == &node.shape), "{:?} changed its shape", node.op);
    }
    let results: Vec<NodeId> = outputs.iter().filter_map(|o| new[o.0 as usize]).collect();
    let (graph, kept) = without_dead_parts(&rewriter.graph, &results);
    let map = new.iter().map(|n| n.and_then(|n| kept[n.0 as usize])).collect();
    (graph, map)
}

/// The nodes that the targets depend on, in the same order.
fn without_dead_parts(graph: &Graph, targets: &[NodeId]) -> (Graph, Vec<Option<NodeId>>) {
    let live = graph.ancestors(targets);
    let mut new: Vec<Option<NodeId>> = vec![None; graph.nodes.len()];
    let mut result = Graph::default();
    for (i, node) in graph.nodes.iter().enumerate().filter(|(i, _)| live[*i]) {
        new[i] = Some(NodeId(result.nodes.len() as u32));
        let mut node = node.clone();
        node.args.iter_mut().for_each(|a| *a = new[a.0 as usize].unwrap_or(*a));
        result.nodes.push(node);
    }
    (result, new)
}

#[cfg(test)]
mod exact_tests;
#[cfg(test)]
mod lab;
#[cfg(test)]
mod stable_tests;
#[cfg(test)]
mod sums_tests;
