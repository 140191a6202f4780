//! What a look inside a training is compiled from: the graph of its step as the program was written, before rewriting has
//! taken layers apart.

use std::sync::Arc;

use crate::check::Tensor;
use crate::check::elaborate::{Elaborator, LayerRow};
use crate::engine::graph::{Graph, NodeId, Op, SlotId};
use crate::engine::program::{InputInfo, Program, SlotInfo};
use crate::engine::{gradient, rewrite};

use super::Host;

/// Forward graph and loss of a training step, with the nodes of its layers.
#[derive(Debug, Clone)]
pub struct Insight {
    graph: Graph,
    loss: NodeId,
    /// Layers and functions of a sequence, in the order in which they give their results.
    layers: Vec<LayerRow>,
    inputs: Vec<InputInfo>,
    scalars: Vec<Arc<str>>,
}

/// A program that changes nothing and gives what is to be looked at.
#[derive(Debug, Clone)]
pub struct Look {
    pub program: Program,
    /// What gives the program's scalars.
    pub host: Host,
    /// The layers whose results are given.
    pub layers: Vec<LayerRow>,
    /// Of each layer, its result: number of the program's output.
    pub results: Vec<usize>,
    /// Of each layer, the derivative of the loss by its result; `None` where no gradient flows.
    pub result_gradients: Vec<Option<usize>>,
    /// Parameters, and the derivative of the loss by each.
    pub gradients: Vec<(SlotId, Option<usize>)>,
}

impl Insight {
    pub(super) fn new(e: &Elaborator<'_>, graph: Graph, loss: NodeId, inputs: Vec<InputInfo>) -> Insight {
        let mut layers: Vec<LayerRow> =
            e.layers.iter().chain(&e.stages).filter(|l| l.node.is_some()).cloned().collect();
        // A block gives its result with its last layer, and stands behind it.
        layers.sort_by_key(|l| (l.node, std::cmp::Reverse(l.depth)));
        Insight { graph, loss, layers, inputs, scalars: e.scalars.clone() }
    }

    /// The loss as a node of [`Insight::graph`].
    pub fn loss(&self) -> NodeId {
        self.loss
    }

    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    pub fn layers(&self) -> &[LayerRow] {
        &self.layers
    }

    /// Output 0 is the loss of the batch; then come the results of the layers that `wanted` chooses, and, for
    /// `gradients`, derivatives by them and by these parameters.
    pub fn look(
        &self,
        slots: &[SlotInfo],
        parameters: &[SlotId],
        wanted: impl Fn(&LayerRow) -> bool,
        gradients: bool,
    ) -> Look {
        let layers: Vec<LayerRow> = self.layers.iter().filter(|l| wanted(l)).cloned().collect();
        let nodes: Vec<NodeId> = layers.iter().filter_map(|l| l.node).collect();
        let targets: Vec<NodeId> = std::iter::once(self.loss).chain(nodes.iter().copied()).collect();
        let (mut graph, map) = rewrite::simplify(&self.graph, &targets);
        let moved = |n: NodeId| map[n.0 as usize].unwrap_or(n);
        let loss = moved(self.loss);
        let nodes: Vec<NodeId> = nodes.into_iter().map(moved).collect();
        let read: Vec<Option<NodeId>> = parameters
            .iter()
            .map(|p| graph.nodes.iter().position(|n| n.op == Op::Slot(*p)).map(|i| NodeId(i as u32)))
            .collect();
        let mut outputs: Vec<NodeId> = std::iter::once(loss).chain(nodes.iter().copied()).collect();
        let results: Vec<usize> = (1..=nodes.len()).collect();
        let (mut of_layers, mut of_parameters) = (vec![None; nodes.len()], vec![None; parameters.len()]);
        if gradients {
            // What comes behind the loss has no derivative of it.
            let before: Vec<NodeId> = nodes.iter().copied().filter(|n| *n <= loss).collect();
            let wrt: Vec<NodeId> = before.iter().copied().chain(read.iter().flatten().copied()).collect();
            let derivatives = gradient::gradient(&mut graph, loss, &wrt);
            let mut place = |node: Option<NodeId>| {
                let node = node?;
                outputs.push(node);
                Some(outputs.len() - 1)
            };
            let mut found = derivatives.into_iter();
            for (of, node) in of_layers.iter_mut().zip(&nodes).filter(|(_, n)| **n <= loss) {
                let _ = node;
                *of = place(found.next().flatten());
            }
            for (of, _) in of_parameters.iter_mut().zip(&read).filter(|(_, r)| r.is_some()) {
                *of = place(found.next().flatten());
            }
        }
        let (graph, map) = rewrite::simplify_final(&graph, &outputs);
        let outputs = outputs.iter().map(|n| map[n.0 as usize].unwrap_or(*n)).collect();
        let program = Program {
            graph,
            outputs,
            inputs: self.inputs.clone(),
            slots: slots.to_vec(),
            scalars: self.scalars.clone(),
            updates: vec![],
        };
        let (program, host) = Host::split(program);
        let gradients = parameters.iter().copied().zip(of_parameters).collect();
        Look { program, host, layers, results, result_gradients: of_layers, gradients }
    }
}

/// The training step's graph with the loss of the batch in it.
pub(super) fn insight(
    e: &Elaborator<'_>,
    loss: &Tensor,
    weight: Option<&Tensor>,
    batch_loss: impl Fn(&mut Graph, &Tensor, Option<&Tensor>) -> NodeId,
    inputs: Vec<InputInfo>,
) -> Insight {
    let mut graph = e.graph.clone();
    let total = batch_loss(&mut graph, loss, weight);
    Insight::new(e, graph, total, inputs)
}
