//! Reverse-mode differentiation, from graph to graph: derivatives are nodes like all others and can be differentiated again.

use super::graph::{Graph, NodeId, Op};
use super::ops::{self, Derivative, Step};

/// The derivative of `output` by each node of `wrt`; of the sum of its elements, if it is not a scalar.
///
/// `None` where there is no path that gradients take. New nodes get the place of the node whose derivative they belong to.
/// Ties and kinks follow PyTorch: see the rows of the primitives.
pub fn gradient(graph: &mut Graph, output: NodeId, wrt: &[NodeId]) -> Vec<Option<NodeId>> {
    let leads = leading_to(graph, output, wrt);
    let mut gradients: Vec<Option<NodeId>> = vec![None; leads.len()];
    let shape = graph.shape(output).clone();
    gradients[output.0 as usize] = Some(graph.at(output).full(1.0, &shape));
    for i in (0..leads.len()).rev() {
        if let (true, Some(gradient)) = (leads[i], gradients[i]) {
            go_back(graph, NodeId(i as u32), gradient, &leads, &mut gradients);
        }
    }
    wrt.iter().map(|w| gradients.get(w.0 as usize).copied().flatten()).collect()
}

/// For each node up to `output`: whether its value depends on one of `wrt` in a way that has a derivative.
fn leading_to(graph: &Graph, output: NodeId, wrt: &[NodeId]) -> Vec<bool> {
    let mut leads = vec![false; output.0 as usize + 1];
    for w in wrt {
        if let Some(lead) = leads.get_mut(w.0 as usize) {
            *lead = true;
        }
    }
    for i in 0..leads.len() {
        let node = &graph.nodes[i];
        let passes = matches!(ops::row(&node.op).derivative, Derivative::Rule(_));
        leads[i] |= passes && node.args.iter().any(|a| leads[a.0 as usize]);
    }
    leads
}

/// Adds to the gradients of a node's arguments.
fn go_back(graph: &mut Graph, id: NodeId, gradient: NodeId, leads: &[bool], gradients: &mut [Option<NodeId>]) {
    let node = graph.get(id).clone();
    let Derivative::Rule(rule) = ops::row(&node.op).derivative else { return };
    let mut at = graph.at_place(&node.place);
    let step = Step { op: &node.op, node: id, args: &node.args, gradient };
    for (i, &arg) in node.args.iter().enumerate() {
        if !leads[arg.0 as usize] {
            continue;
        }
        let Some(mut part) = rule(&mut at, &step, i) else { continue };
        if matches!(node.op, Op::Map(_)) && at.shape(arg).rank() == 0 {
            part = at.sum_all(part);
        }
        let sum = &mut gradients[arg.0 as usize];
        *sum = Some(match *sum {
            Some(before) => at.add(before, part),
            None => part,
        });
    }
}

#[cfg(test)]
mod tests;
