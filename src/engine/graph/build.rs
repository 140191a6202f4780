//! Adding nodes: every node's shape is checked by the rule of its primitive.

use crate::engine::ops;
use crate::types::Shape;

use super::{Graph, Node, NodeId, Op, Place, ShapeFault};

impl Graph {
    /// Adds a node whose shape follows from its arguments.
    ///
    /// Axes of the result are clones of the arguments' axes, so names and origins travel with them.
    /// Fails if the arguments do not fit, or if the operation's shape has to be given.
    pub fn node(&mut self, op: Op, args: &[NodeId], place: &Place) -> Result<NodeId, ShapeFault> {
        self.insert(op, args, None, place)
    }

    /// Adds a node of the given shape: for operations whose shape does not follow from their arguments
    /// (`Literal`, `Input`, `Slot`, `Uniform`, `Lots`, `Normal`, `Reshape`, `Expand`, `Slice`, `ScatterAdd`, `Iota`), or to name
    /// the axes of one whose shape does. Fails if the shape is not a possible one.
    pub fn node_shaped(&mut self, op: Op, args: &[NodeId], shape: Shape, place: &Place) -> Result<NodeId, ShapeFault> {
        self.insert(op, args, Some(shape), place)
    }

    /// The shape of a node of this graph.
    pub fn shape(&self, n: NodeId) -> &Shape {
        &self.get(n).shape
    }

    /// A node of this graph.
    pub fn get(&self, n: NodeId) -> &Node {
        &self.nodes[n.0 as usize]
    }

    /// For each node, whether one of the targets depends on it or is it.
    pub fn ancestors(&self, targets: &[NodeId]) -> Vec<bool> {
        let mut needed = vec![false; self.nodes.len()];
        for n in targets {
            needed[n.0 as usize] = true;
        }
        for i in (0..needed.len()).rev() {
            if needed[i] {
                self.nodes[i].args.iter().for_each(|a| needed[a.0 as usize] = true);
            }
        }
        needed
    }

    fn insert(&mut self, op: Op, args: &[NodeId], given: Option<Shape>, place: &Place) -> Result<NodeId, ShapeFault> {
        let shapes: Vec<&Shape> =
            args.iter().map(|a| self.nodes.get(a.0 as usize).map(|n| &n.shape)).collect::<Option<_>>().ok_or_else(
                || ShapeFault::Other { what: format!("{} has an argument of another graph", ops::row(&op).name) },
            )?;
        let derived = (ops::row(&op).shape)(&op, &shapes, given.as_ref())?;
        let shape = match given {
            Some(given) if given != derived => return Err(ShapeFault::Differ { left: derived, right: given }),
            Some(given) => given,
            None => derived,
        };
        if let Some(axis) = shape.0.iter().find(|a| a.dim.constant().is_some_and(|n| n < 0)) {
            return Err(ShapeFault::Other { what: format!("an extent can't be negative: {axis}") });
        }
        let id = NodeId(self.nodes.len() as u32);
        self.nodes.push(Node { op, args: args.to_vec(), shape, place: place.clone() });
        Ok(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::graph::{Map, Reduction};
    use crate::types::{Axis, Dim};

    fn slot(graph: &mut Graph, shape: Shape) -> NodeId {
        graph.node_shaped(Op::Slot(crate::engine::graph::SlotId(0)), &[], shape, &Place::default()).unwrap()
    }

    fn named(name: &str) -> Axis {
        Axis { dim: Dim::name(name, 0), name: Some(name.into()), origin: None }
    }

    #[test]
    fn symbols_go_through_a_matrix_product() {
        let mut graph = Graph::default();
        let x = slot(&mut graph, Shape(vec![Axis::batch(), named("n")]));
        let w = slot(&mut graph, Shape(vec![named("n"), named("out")]));
        let y = graph.node(Op::MatMul, &[x, w], &Place::default()).unwrap();
        assert_eq!(graph.shape(y).to_string(), "[batch, out]");
        assert_eq!(graph.shape(y).0[1].name.as_deref(), Some("out"));
        let fault = graph.node(Op::MatMul, &[w, x], &Place::default()).unwrap_err();
        assert!(matches!(fault, ShapeFault::Axis { left_axis: 1, right_axis: 0, .. }), "{fault}");
    }

    #[test]
    fn an_elementwise_operation_takes_equal_shapes_and_scalars() {
        let mut graph = Graph::default();
        let place = Place::default();
        let a = slot(&mut graph, Shape(vec![named("n")]));
        let b = slot(&mut graph, Shape(vec![named("m")]));
        let two = graph.node(Op::Const(2.0), &[], &place).unwrap();
        let sum = graph.node(Op::Map(Map::Add), &[two, a], &place).unwrap();
        assert_eq!(graph.shape(sum).to_string(), "[n]");
        let fault = graph.node(Op::Map(Map::Add), &[a, b], &place).unwrap_err();
        assert_eq!(fault.to_string(), "[n] and [m] are not the same shape");
        let count = graph.nodes.len();
        assert!(graph.node(Op::Map(Map::Add), &[a], &place).is_err());
        assert_eq!(graph.nodes.len(), count, "a refused node must leave no trace");
    }

    #[test]
    fn impossible_nodes_are_refused_without_a_panic() {
        let mut graph = Graph::default();
        let place = Place::default();
        let x = slot(&mut graph, Shape::of([2, 3]));
        let beyond = usize::MAX;
        let free = [
            Op::Reduce(Reduction::Sum, vec![1, 0]),
            Op::Reduce(Reduction::Sum, vec![2]),
            Op::ArgMax { axis: beyond },
            Op::Flip { axis: 2 },
            Op::Permute(vec![0, 0]),
            Op::Concat { axis: 5 },
            Op::Pad { axis: beyond, before: beyond, after: beyond },
            Op::Reshape,
        ];
        for op in free {
            assert!(graph.node(op.clone(), &[x], &place).is_err(), "{op:?}");
            assert!(graph.node(op.clone(), &[NodeId(99)], &place).is_err(), "{op:?}");
        }
        let shaped = [
            (Op::Reshape, Shape::of([7])),
            (Op::Expand { new: vec![0] }, Shape::of([2, 3])),
            (Op::Expand { new: vec![9] }, Shape::of([2, 2, 3])),
            (Op::Expand { new: vec![] }, Shape::of([2, 4])),
            (Op::Slice { axis: 1, start: 2 }, Shape::of([2, 2])),
            (Op::Slice { axis: 1, start: beyond }, Shape::of([2, 1])),
            (Op::Slice { axis: 1, start: 0 }, Shape::of([2, -1])),
            (Op::Flip { axis: 0 }, Shape::of([3, 2])),
        ];
        for (op, shape) in shaped {
            assert!(graph.node_shaped(op.clone(), &[x], shape, &place).is_err(), "{op:?}");
        }
    }
}
