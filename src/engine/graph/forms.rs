//! Short forms for code that builds graphs it knows to be right: derivatives and rewrites.

use crate::types::{Axis, Shape};

use super::{Graph, Map, NodeId, Op, Place, Reduction};

/// A graph together with the place that new nodes get. A shape that does not fit is a mistake in the calling code: it panics.
pub struct At<'g> {
    pub graph: &'g mut Graph,
    pub place: Place,
}

impl Graph {
    /// New nodes get the place of `n`.
    pub fn at(&mut self, n: NodeId) -> At<'_> {
        let place = self.get(n).place.clone();
        At { graph: self, place }
    }

    /// New nodes get this place.
    pub fn at_place(&mut self, place: &Place) -> At<'_> {
        At { place: place.clone(), graph: self }
    }
}

macro_rules! unary {
    ($($name:ident $map:ident),* $(,)?) => {
        $(pub fn $name(&mut self, x: NodeId) -> NodeId { self.map(Map::$map, &[x]) })*
    };
}

macro_rules! binary {
    ($($name:ident $map:ident),* $(,)?) => {
        $(pub fn $name(&mut self, a: NodeId, b: NodeId) -> NodeId { self.map(Map::$map, &[a, b]) })*
    };
}

impl At<'_> {
    pub fn shape(&self, n: NodeId) -> &Shape {
        self.graph.shape(n)
    }

    pub fn node(&mut self, op: Op, args: &[NodeId]) -> NodeId {
        match self.graph.node(op.clone(), args, &self.place) {
            Ok(n) => n,
            Err(fault) => panic!("{op:?}: {fault}"),
        }
    }

    pub fn node_shaped(&mut self, op: Op, args: &[NodeId], shape: Shape) -> NodeId {
        match self.graph.node_shaped(op.clone(), args, shape, &self.place) {
            Ok(n) => n,
            Err(fault) => panic!("{op:?}: {fault}"),
        }
    }

    pub fn map(&mut self, map: Map, args: &[NodeId]) -> NodeId {
        self.node(Op::Map(map), args)
    }

    pub fn constant(&mut self, value: f64) -> NodeId {
        self.node(Op::Const(value), &[])
    }

    unary! {
        neg Neg, abs Abs, sign Sign, exp Exp, log Log, log1p Log1p, sqrt Sqrt, sin Sin, cos Cos, sinh Sinh, cosh Cosh,
        sigmoid Sigmoid, softplus Softplus, floor Floor, not Not, is_finite IsFinite,
    }

    binary! {
        add Add, sub Sub, mul Mul, div Div, pow Pow, max Max, min Min, less Lt, less_or_equal Le, equal Eq,
        and And, or Or,
    }

    pub fn where_(&mut self, condition: NodeId, a: NodeId, b: NodeId) -> NodeId {
        self.map(Map::Where, &[condition, a, b])
    }

    /// `x * factor`
    pub fn scale(&mut self, x: NodeId, factor: f64) -> NodeId {
        let factor = self.constant(factor);
        self.mul(x, factor)
    }

    pub fn reduce(&mut self, reduction: Reduction, x: NodeId, axes: &[usize]) -> NodeId {
        if axes.is_empty() {
            return x;
        }
        self.node(Op::Reduce(reduction, axes.to_vec()), &[x])
    }

    pub fn sum(&mut self, x: NodeId, axes: &[usize]) -> NodeId {
        self.reduce(Reduction::Sum, x, axes)
    }

    /// The sum over all axes.
    pub fn sum_all(&mut self, x: NodeId) -> NodeId {
        let axes: Vec<usize> = (0..self.shape(x).rank()).collect();
        self.sum(x, &axes)
    }

    /// Puts in the axes at `new` (positions in the result) and stretches axes of extent 1.
    pub fn expand_to(&mut self, x: NodeId, new: &[usize], shape: &Shape) -> NodeId {
        if new.is_empty() && self.shape(x) == shape {
            return x;
        }
        self.node_shaped(Op::Expand { new: new.to_vec() }, &[x], shape.clone())
    }

    /// A number for every element of a shape.
    pub fn full(&mut self, value: f64, shape: &Shape) -> NodeId {
        let value = self.constant(value);
        let new: Vec<usize> = (0..shape.rank()).collect();
        self.expand_to(value, &new, shape)
    }

    /// The adjoint of `expand_to`: sums over the axes at `new` and over those that were stretched from extent 1 to get
    /// from `shape` to that of `x`.
    pub fn sum_to(&mut self, x: NodeId, new: &[usize], shape: &Shape) -> NodeId {
        let mut old = shape.dims();
        let mut axes = Vec::new();
        for (i, dim) in self.shape(x).dims().enumerate() {
            if new.contains(&i) || old.next().is_some_and(|o| o != dim) {
                axes.push(i);
            }
        }
        let summed = self.sum(x, &axes);
        self.reshape(summed, shape)
    }

    pub fn reshape(&mut self, x: NodeId, shape: &Shape) -> NodeId {
        if self.shape(x) == shape {
            return x;
        }
        self.node_shaped(Op::Reshape, &[x], shape.clone())
    }

    pub fn permute(&mut self, x: NodeId, order: Vec<usize>) -> NodeId {
        if order.iter().enumerate().all(|(i, &o)| i == o) {
            return x;
        }
        self.node(Op::Permute(order), &[x])
    }

    /// Swaps the last two axes.
    pub fn transpose(&mut self, x: NodeId) -> NodeId {
        let rank = self.shape(x).rank();
        let mut order: Vec<usize> = (0..rank).collect();
        order.swap(rank - 2, rank - 1);
        self.permute(x, order)
    }

    pub fn matmul(&mut self, a: NodeId, b: NodeId) -> NodeId {
        self.node(Op::MatMul, &[a, b])
    }

    pub fn flip(&mut self, x: NodeId, axis: usize) -> NodeId {
        self.node(Op::Flip { axis }, &[x])
    }

    pub fn slice(&mut self, x: NodeId, axis: usize, start: usize, extent: Axis) -> NodeId {
        let mut shape = self.shape(x).clone();
        if start == 0 && shape.0[axis] == extent {
            return x;
        }
        shape.0[axis] = extent;
        self.node_shaped(Op::Slice { axis, start }, &[x], shape)
    }

    pub fn concat(&mut self, parts: &[NodeId], axis: usize) -> NodeId {
        match parts {
            [one] => *one,
            _ => self.node(Op::Concat { axis }, parts),
        }
    }

    pub fn take(&mut self, table: NodeId, index: NodeId) -> NodeId {
        self.node(Op::Take, &[table, index])
    }
}
