//! A graph under construction in which every new node goes through the rules.

use std::collections::HashMap;

use crate::engine::graph::{Graph, Map, Node, NodeId, Op, Place, Reduction};
use crate::types::{Axis, Shape};

use super::shared::Shared;
use super::{algebra, fold, logs, movement};

#[derive(Debug, Default)]
pub(super) struct Rewriter {
    pub graph: Graph,
    shared: Shared,
    /// Of the node that is being rewritten.
    pub place: Place,
    /// Whether `StopGradient` goes.
    pub drop_stops: bool,
    /// Stable forms that were looked for, by the argument of the logarithm and whether it was a `SafeLog`.
    pub logs: HashMap<(NodeId, bool), Option<NodeId>>,
    /// How many rules are at work inside each other.
    depth: usize,
}

/// Rules stop to apply inside each other at this depth, so that no graph can exhaust the stack.
const DEEPEST: usize = 64;

/// Another node of the same value for an operation on these arguments, if the rule applies.
pub(super) type Rule = fn(&mut Rewriter, &Op, &[NodeId], &Shape) -> Option<NodeId>;

const RULES: [Rule; 4] = [fold::rule, movement::rule, logs::rule, algebra::rule];

impl Rewriter {
    /// A rewriter that removes `StopGradient`.
    pub fn without_stops() -> Self {
        Rewriter { drop_stops: true, ..Rewriter::default() }
    }

    /// A node of this value: a new one, a simpler one, or one that is there.
    pub fn add(&mut self, op: Op, args: &[NodeId], shape: &Shape) -> NodeId {
        let mut found = None;
        if self.depth < DEEPEST {
            self.depth += 1;
            found = RULES.iter().find_map(|rule| rule(self, &op, args, shape));
            self.depth -= 1;
        }
        found.unwrap_or_else(|| self.add_as_is(op, args, shape))
    }

    /// Just this node, or an equal one.
    pub fn add_as_is(&mut self, op: Op, args: &[NodeId], shape: &Shape) -> NodeId {
        if let Some(n) = self.shared.find(&self.graph, &op, args, shape) {
            return n;
        }
        let n = NodeId(self.graph.nodes.len() as u32);
        self.shared.insert(n, &op, args, shape);
        self.graph.nodes.push(Node { op, args: args.to_vec(), shape: shape.clone(), place: self.place.clone() });
        n
    }

    /// What is repeated along just these axes to make `n`.
    pub fn repeated(&self, n: NodeId, axes: &[usize]) -> Option<NodeId> {
        match self.op(n) {
            Op::Expand { new } if new == axes => {
                let source = self.args(n)[0];
                (self.rank(source) + axes.len() == self.rank(n)).then_some(source)
            }
            _ => None,
        }
    }

    /// The `x` of a node that is the mean of `x` along these axes.
    pub fn mean_of(&self, n: NodeId, axes: &[usize]) -> Option<NodeId> {
        let [sum, count] = self.args_of(n, Map::Div)?;
        let Op::Reduce(Reduction::Sum, summed) = self.op(sum) else { return None };
        let x = self.args(sum)[0];
        (summed == axes && self.is_count(count, x, axes)).then_some(x)
    }

    /// Whether a number is how many elements of `x` lie along an axis.
    pub fn is_count(&self, count: NodeId, x: NodeId, axes: &[usize]) -> bool {
        let [axis] = axes else { return false };
        let Some(extent) = self.shape(x).0.get(*axis) else { return false };
        match self.op(count) {
            Op::Length { axis } => self.shape(self.args(count)[0]).0.get(*axis) == Some(extent),
            Op::Const(n) => extent.dim.constant().is_some_and(|len| len as f64 == *n),
            _ => false,
        }
    }

    pub fn op(&self, n: NodeId) -> &Op {
        &self.graph.get(n).op
    }

    pub fn args(&self, n: NodeId) -> &[NodeId] {
        &self.graph.get(n).args
    }

    pub fn shape(&self, n: NodeId) -> &Shape {
        self.graph.shape(n)
    }

    pub fn rank(&self, n: NodeId) -> usize {
        self.shape(n).rank()
    }

    /// The value of a constant.
    pub fn constant_of(&self, n: NodeId) -> Option<f64> {
        match self.op(n) {
            Op::Const(value) => Some(*value),
            _ => None,
        }
    }

    pub fn is_constant(&self, n: NodeId, value: f64) -> bool {
        self.constant_of(n).is_some_and(|v| v.to_bits() == value.to_bits())
    }

    /// The arguments, if `n` is this elementwise operation.
    pub fn args_of<const N: usize>(&self, n: NodeId, map: Map) -> Option<[NodeId; N]> {
        (*self.op(n) == Op::Map(map)).then(|| self.args(n).try_into().ok()).flatten()
    }

    pub fn arg_of(&self, n: NodeId, map: Map) -> Option<NodeId> {
        self.args_of::<1>(n, map).map(|[x]| x)
    }

    /// Whether `a` is `-b` or `b` is `-a`.
    pub fn are_opposite(&self, a: NodeId, b: NodeId) -> bool {
        self.arg_of(a, Map::Neg) == Some(b) || self.arg_of(b, Map::Neg) == Some(a)
    }

    pub fn constant(&mut self, value: f64) -> NodeId {
        self.add(Op::Const(value), &[], &Shape::scalar())
    }

    pub fn map(&mut self, map: Map, args: &[NodeId]) -> NodeId {
        let full = args.iter().copied().max_by_key(|&a| self.rank(a));
        let shape = full.map_or_else(Shape::scalar, |a| self.shape(a).clone());
        self.add(Op::Map(map), args, &shape)
    }

    pub fn neg(&mut self, x: NodeId) -> NodeId {
        self.map(Map::Neg, &[x])
    }

    pub fn sub(&mut self, a: NodeId, b: NodeId) -> NodeId {
        self.map(Map::Sub, &[a, b])
    }

    pub fn mul(&mut self, a: NodeId, b: NodeId) -> NodeId {
        self.map(Map::Mul, &[a, b])
    }

    pub fn reduce(&mut self, reduction: Reduction, x: NodeId, axes: &[usize]) -> NodeId {
        let kept = self.shape(x).0.iter().enumerate().filter(|(i, _)| !axes.contains(i));
        let shape = Shape(kept.map(|(_, axis): (usize, &Axis)| axis.clone()).collect());
        self.add(Op::Reduce(reduction, axes.to_vec()), &[x], &shape)
    }

    pub fn expand(&mut self, x: NodeId, new: &[usize], shape: &Shape) -> NodeId {
        self.add(Op::Expand { new: new.to_vec() }, &[x], shape)
    }

    /// `x`, repeated for every element of the shape if it is a scalar.
    pub fn of_shape(&mut self, x: NodeId, shape: &Shape) -> NodeId {
        if self.rank(x) == shape.rank() {
            return x;
        }
        let new: Vec<usize> = (0..shape.rank()).collect();
        self.expand(x, &new, shape)
    }
}
