//! Every primitive's derivatives against finite differences, in `f64`.

use super::*;
use crate::engine::ops::{Primitive, Sample, SampleProgram, Values};
use crate::engine::random::{Generator, Key};
use crate::engine::reference::{self, Call};
use crate::types::Shape;

/// A sample's program, with a weighted sum of the result as the last node.
struct Check {
    made: SampleProgram,
    /// Arguments by which derivatives are taken.
    wrt: Vec<NodeId>,
    loss: NodeId,
}

impl Check {
    fn new(sample: &Sample) -> Check {
        let mut made = sample.program().unwrap();
        let drawn = |i: &usize| !matches!(sample.args[*i].values, Values::Index(_));
        let wrt = (0..made.args.len()).filter(drawn).map(|i| made.args[i]).collect();
        let result = made.program.outputs[0];
        let loss = weighted_sum(&mut made.program.graph, result, 1);
        Check { made, wrt, loss }
    }

    fn value(&mut self, node: NodeId) -> Vec<f64> {
        self.made.program.outputs = vec![node];
        let mut call = Call {
            rows: self.made.rows,
            key: Key(5),
            inputs: &[&self.made.input],
            scalars: &[self.made.scalar],
            arena: &mut self.made.arena,
        };
        let outcome = reference::run(&self.made.program, &mut call).unwrap();
        outcome.outputs[0].iter().copied().collect()
    }

    /// The derivative by one number in the arena: five points, so that the step can be large against rounding.
    fn difference(&mut self, position: usize) -> f64 {
        let x = self.made.arena[position];
        let h = 1e-4;
        let mut at = |shift: f64| {
            self.made.arena[position] = x + shift;
            let loss = self.loss;
            self.value(loss)[0]
        };
        let slope = (8.0 * (at(h) - at(-h)) - (at(2.0 * h) - at(-2.0 * h))) / (12.0 * h);
        self.made.arena[position] = x;
        slope
    }

    /// Compares the gradient of the loss, and makes a weighted sum of it the new loss.
    fn compare(&mut self, what: &str) {
        let gradients = gradient(&mut self.made.program.graph, self.loss, &self.wrt);
        for (w, g) in self.wrt.clone().into_iter().zip(&gradients) {
            let Op::Slot(slot) = self.made.program.graph.get(w).op else { panic!("an argument is a slot") };
            let info = self.made.program.slots[slot.0 as usize].clone();
            let found = g.map_or(vec![0.0; info.len()], |g| {
                assert_eq!(self.made.program.graph.shape(g), self.made.program.graph.shape(w), "{what}");
                self.value(g)
            });
            for (i, g) in found.into_iter().enumerate() {
                let expected = self.difference(info.offset + i);
                let close = (g - expected).abs() <= 1e-7 * (1.0 + expected.abs());
                assert!(close, "{what}: by {} [{i}]: gradient {g}, finite difference {expected}", info.path);
            }
        }
        let graph = &mut self.made.program.graph;
        let parts: Vec<NodeId> =
            gradients.iter().flatten().enumerate().map(|(i, &g)| weighted_sum(graph, g, 2 + i as u64)).collect();
        self.loss = match parts.split_first() {
            Some((&first, rest)) => rest.iter().fold(first, |sum, &p| graph.at(first).add(sum, p)),
            None => graph.at(self.loss).constant(0.0),
        };
    }
}

/// Sums with weights that differ, so that no two errors cancel.
fn weighted_sum(graph: &mut Graph, x: NodeId, seed: u64) -> NodeId {
    let shape = graph.shape(x).concrete(2).unwrap();
    let mut draws = Generator::new(Key(seed));
    let weights: Vec<f64> = (0..shape.iter().product::<usize>()).map(|_| 0.5 + draws.unit()).collect();
    let mut at = graph.at(x);
    let literal_shape = Shape::of(shape.iter().copied());
    let weights = at.node_shaped(Op::Literal(weights.into()), &[], literal_shape);
    let same_extents = at.shape(x).clone();
    let weights = if at.shape(x) == at.shape(weights) { weights } else { at.full(1.0, &same_extents) };
    let product = at.mul(x, weights);
    at.sum_all(product)
}

fn differentiable(row: &Primitive) -> bool {
    matches!(row.derivative, Derivative::Rule(_))
}

#[test]
fn every_primitive_is_complete() {
    for row in ops::all() {
        assert!(!row.doc.is_empty(), "{} has no doc", row.name);
        assert!(!matches!(row.derivative, Derivative::Missing), "{} has no derivative and no mark", row.name);
        assert!(!row.samples().is_empty(), "{} has no samples", row.name);
        for sample in row.samples() {
            assert_eq!(ops::row(&sample.op).name, row.name, "the sample belongs to another row");
        }
        let named: Vec<_> = ops::all().filter(|r| r.name == row.name).collect();
        assert_eq!(named.len(), 1, "two rows are called {}", row.name);
        if let Some(signature) = row.signature {
            assert!(signature.starts_with(&format!("{}(", row.name)), "{signature}");
        }
    }
}

#[test]
fn first_derivatives_agree_with_finite_differences() {
    for row in ops::all() {
        for (i, sample) in row.samples().iter().enumerate() {
            let mut check = Check::new(sample);
            let loss = check.loss;
            check.value(loss);
            // What stops gradients is not constant: its finite difference is not 0.
            if row.name != "stop_gradient" {
                check.compare(&format!("{} sample {i}", row.name));
            }
        }
    }
}

#[test]
fn second_and_third_derivatives_agree_with_finite_differences() {
    for row in ops::all().filter(|r| differentiable(r)) {
        for (i, sample) in row.samples().iter().enumerate().filter(|(_, s)| s.smooth) {
            let mut check = Check::new(sample);
            check.compare(&format!("{} sample {i}", row.name));
            check.compare(&format!("{} sample {i}, second derivative", row.name));
            if i == 0 {
                check.compare(&format!("{} sample {i}, third derivative", row.name));
            }
        }
    }
}

#[test]
fn gradients_stop_where_there_is_no_path() {
    let mut graph = Graph::default();
    let place = crate::engine::graph::Place::default();
    let mut at = graph.at_place(&place);
    let slot = |at: &mut crate::engine::graph::At, i| {
        at.node_shaped(Op::Slot(crate::engine::graph::SlotId(i)), &[], Shape::of([3]))
    };
    let (x, y, z) = (slot(&mut at, 0), slot(&mut at, 1), slot(&mut at, 2));
    let stopped = at.node(Op::StopGradient, &[y]);
    let product = at.mul(x, stopped);
    let _unused = at.exp(z);
    let loss = at.sum_all(product);
    let before = graph.nodes.len();
    let gradients = gradient(&mut graph, loss, &[x, y, z, loss]);
    assert!(gradients[0].is_some() && gradients[3].is_some());
    assert_eq!(gradients[1..3], [None, None]);
    assert!(graph.nodes.len() - before < 8, "nodes off the path were visited");
}
