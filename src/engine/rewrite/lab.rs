//! What the tests of rewriting share.

use super::{simplify, simplify_final};
use crate::engine::gradient::gradient;
use crate::engine::graph::{At, Graph, NodeId, Op, Place, SlotId};
use crate::engine::program::{Program, SlotInfo};
use crate::engine::random::Key;
use crate::engine::reference::{self, Call, Float};
use crate::types::Shape;

/// A graph over one vector of scores, `z`.
pub(super) struct Lab {
    pub graph: Graph,
    pub z: NodeId,
    pub scores: Vec<f64>,
}

impl Lab {
    pub fn new(scores: &[f64]) -> Lab {
        Lab::shaped(scores, &[scores.len()])
    }

    pub fn shaped(scores: &[f64], shape: &[usize]) -> Lab {
        let mut graph = Graph::default();
        let shape = Shape::of(shape.iter().copied());
        let z = graph.at_place(&Place::default()).node_shaped(Op::Slot(SlotId(0)), &[], shape);
        Lab { graph, z, scores: scores.to_vec() }
    }

    pub fn at(&mut self) -> At<'_> {
        self.graph.at_place(&Place::default())
    }

    /// The value of `y`, and its gradient by `z`, in the way programs are made: rewriting, derivatives, rewriting.
    pub fn value_and_gradient<T: Float>(&self, y: NodeId) -> (Vec<f64>, Vec<f64>) {
        let (mut graph, map) = simplify(&self.graph, &[y, self.z]);
        let [y, z] = [y, self.z].map(|n| map[n.0 as usize].unwrap());
        let g = gradient(&mut graph, y, &[z])[0].unwrap();
        let (graph, map) = simplify_final(&graph, &[y, g]);
        let outputs = [y, g].map(|n| map[n.0 as usize].unwrap());
        let [value, gradient] = self.run::<T>(graph, &outputs).try_into().unwrap();
        (value, gradient)
    }

    pub fn run<T: Float>(&self, graph: Graph, outputs: &[NodeId]) -> Vec<Vec<f64>> {
        let slots = vec![SlotInfo { path: "z".into(), shape: vec![self.scores.len()], offset: 0 }];
        let program = Program { graph, slots, outputs: outputs.to_vec(), ..Program::default() };
        let mut arena: Vec<T> = self.scores.iter().map(|&x| T::from_f64(x)).collect();
        let mut call = Call { rows: 0, key: Key(0), inputs: &[], scalars: &[], arena: &mut arena };
        let outcome = reference::run(&program, &mut call).unwrap();
        outcome.outputs.iter().map(|o| o.iter().map(|x| x.to_f64()).collect()).collect()
    }

    /// The operations that are left of `y`.
    pub fn left(&self, y: NodeId) -> Vec<Op> {
        let (graph, _) = simplify(&self.graph, &[y]);
        graph.nodes.into_iter().map(|n| n.op).collect()
    }
}
