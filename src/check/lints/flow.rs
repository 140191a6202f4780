//! How numbers flow through the parts of a model.

use std::collections::HashMap;

use crate::check::applied::Applied;
use crate::check::elaborate::Elaborator;
use crate::engine::graph::{Graph, NodeId, Op};

/// The graph of a model with the library's parts in it.
pub(in crate::check) struct Flow<'a> {
    pub graph: &'a Graph,
    pub parts: &'a [Applied],
    by_output: HashMap<NodeId, usize>,
    uses: Vec<u32>,
}

/// Activations that are flat far from zero.
const SATURATING: [&str; 5] = ["sigmoid", "tanh", "softsign", "hardsigmoid", "hardtanh"];

/// Activations that cut or bend, and are not flat on both sides.
const BENT: [&str; 14] = [
    "relu",
    "relu6",
    "leakyrelu",
    "prelu",
    "elu",
    "celu",
    "selu",
    "gelu",
    "silu",
    "mish",
    "hardswish",
    "hardshrink",
    "softshrink",
    "threshold",
];

impl Applied {
    pub(super) fn is_saturating(&self) -> bool {
        SATURATING.contains(&&*self.name)
    }

    pub(super) fn is_bent(&self) -> bool {
        BENT.contains(&&*self.name)
    }

    pub(super) fn is_dropout(&self) -> bool {
        self.name.ends_with("dropout")
    }

    pub(super) fn is_batch_norm(&self) -> bool {
        self.name.starts_with("batchnorm")
    }

    /// Normalises what it receives.
    pub(super) fn is_norm(&self) -> bool {
        self.is_batch_norm() || matches!(&*self.name, "layernorm" | "groupnorm" | "rmsnorm" | "instancenorm1d")
    }

    /// Makes probabilities of scores.
    pub(super) fn is_squash(&self) -> bool {
        matches!(&*self.name, "sigmoid" | "softmax" | "softmin")
    }
}

impl<'a> Flow<'a> {
    pub fn of(e: &'a Elaborator<'_>) -> Self {
        let graph = &e.graph;
        let mut flow = Flow { graph, parts: &e.parts, by_output: HashMap::new(), uses: vec![0; graph.nodes.len()] };
        for (i, part) in e.parts.iter().enumerate() {
            let output = flow.still(part.output);
            flow.by_output.entry(output).or_insert(i);
        }
        // A reshape is the same numbers once more: its users are counted.
        for node in graph.nodes.iter().filter(|n| !matches!(n.op, Op::Reshape)) {
            for arg in &node.args {
                let source = flow.still(*arg);
                flow.uses[source.0 as usize] += 1;
            }
        }
        flow
    }

    pub fn op(&self, node: NodeId) -> &Op {
        &self.graph.nodes[node.0 as usize].op
    }

    /// The node whose numbers these are, under whatever names of axes.
    pub fn still(&self, mut node: NodeId) -> NodeId {
        while matches!(self.op(node), Op::Reshape) {
            node = self.graph.nodes[node.0 as usize].args[0];
        }
        node
    }

    /// How many other computations read it.
    pub fn uses(&self, node: NodeId) -> u32 {
        self.uses[self.still(node).0 as usize]
    }

    /// The part that gives this node.
    pub fn part(&self, node: NodeId) -> Option<&'a Applied> {
        self.by_output.get(&self.still(node)).map(|i| &self.parts[*i])
    }

    /// The part that a node comes from, through parts and operations that let pass.
    pub fn behind(
        &self,
        mut node: NodeId,
        parts: impl Fn(&Applied) -> bool,
        ops: impl Fn(&Op) -> bool,
    ) -> Option<&'a Applied> {
        loop {
            node = self.still(node);
            node = match self.part(node) {
                Some(part) if parts(part) => part.input?,
                Some(part) => return Some(part),
                None if ops(self.op(node)) => *self.graph.nodes[node.0 as usize].args.first()?,
                None => return None,
            };
        }
    }

    /// What the data gives, before any part of the model.
    pub fn is_data(&self, node: NodeId) -> bool {
        let node = self.still(node);
        match self.op(node) {
            Op::Input(_) => true,
            Op::Slice { .. } | Op::Concat { .. } => {
                self.graph.nodes[node.0 as usize].args.iter().all(|a| self.is_data(*a))
            }
            // The rows of an embedding.
            Op::Take => true,
            _ => false,
        }
    }
}
