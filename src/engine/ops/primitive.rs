//! What is known of one primitive operation, as a row.

use ndarray::ArrayD;

use crate::engine::graph::{At, Map, NodeId, Op};
use crate::engine::random::Key;

use super::sample::Sample;
use super::shape::ShapeRule;

/// A primitive operation. Everything about it stands here; to add one is to add its row.
pub struct Primitive {
    /// The name in the language, PyTorch's where it has one.
    pub name: &'static str,
    /// The header in the language's own syntax; `None` if it is written as an operator, or reached in another way.
    pub signature: Option<&'static str>,
    /// What it computes.
    pub doc: &'static str,
    /// For the elementwise ones.
    pub map: Option<Map>,
    plain: Option<fn() -> Op>,
    pub shape: ShapeRule,
    pub kernel: Kernel,
    pub derivative: Derivative,
    pub(super) samples: Samples,
}

/// The reference kernel: plain, in `f64`. For `f32` its results are rounded.
#[derive(Clone, Copy)]
pub enum Kernel {
    Unary(fn(f64) -> f64),
    Binary(fn(f64, f64) -> f64),
    Ternary(fn(f64, f64, f64) -> f64),
    /// The whole array from the whole arguments; or why there is none.
    Array(fn(&Site) -> Result<ArrayD<f64>, String>),
}

/// A node while it is computed.
pub struct Site<'a> {
    pub op: &'a Op,
    pub args: &'a [&'a ArrayD<f64>],
    /// Of the result.
    pub shape: &'a [usize],
    pub key: Key,
    pub memory: &'a dyn Memory,
}

/// Where leaves find their numbers. `None` for what does not exist or has another size.
pub trait Memory {
    fn input(&self, index: usize, shape: &[usize]) -> Option<ArrayD<f64>>;
    fn slot(&self, index: usize, shape: &[usize]) -> Option<ArrayD<f64>>;
    fn scalar(&self, index: usize) -> Option<f64>;
}

/// How gradients go back through an operation.
#[derive(Clone, Copy)]
pub enum Derivative {
    /// The gradient for one argument (its position is given), of the node's shape if the argument is a scalar in an
    /// elementwise operation, of the argument's shape otherwise. `None` if that argument gets none.
    Rule(fn(&mut At, &Step, usize) -> Option<NodeId>),
    /// Not differentiable, or constant wherever it is: no gradient flows.
    Nowhere,
    /// Not written yet.
    Missing,
}

/// A node while gradients go back through it.
pub struct Step<'a> {
    pub op: &'a Op,
    pub node: NodeId,
    pub args: &'a [NodeId],
    /// The derivative of the output by this node.
    pub gradient: NodeId,
}

#[derive(Clone, Copy)]
pub(super) enum Samples {
    /// An elementwise operation, each argument drawn from a range.
    Ranges(&'static [(f64, f64)]),
    Each(fn() -> Vec<Sample>),
    Missing,
}

impl Primitive {
    pub(super) const fn new(name: &'static str, shape: ShapeRule, kernel: Kernel) -> Self {
        Primitive {
            name,
            signature: None,
            doc: "",
            map: None,
            plain: None,
            shape,
            kernel,
            derivative: Derivative::Missing,
            samples: Samples::Missing,
        }
    }

    pub(super) const fn signature(mut self, signature: &'static str) -> Self {
        self.signature = Some(signature);
        self
    }

    pub(super) const fn doc(mut self, doc: &'static str) -> Self {
        self.doc = doc;
        self
    }

    /// The operation, for those without attributes.
    pub(super) const fn plain(mut self, op: fn() -> Op) -> Self {
        self.plain = Some(op);
        self
    }

    pub(super) const fn derivative(mut self, rule: fn(&mut At, &Step, usize) -> Option<NodeId>) -> Self {
        self.derivative = Derivative::Rule(rule);
        self
    }

    pub(super) const fn not_differentiable(mut self) -> Self {
        self.derivative = Derivative::Nowhere;
        self
    }

    pub(super) const fn ranges(mut self, ranges: &'static [(f64, f64)]) -> Self {
        self.samples = Samples::Ranges(ranges);
        self
    }

    pub(super) const fn samples_from(mut self, samples: fn() -> Vec<Sample>) -> Self {
        self.samples = Samples::Each(samples);
        self
    }

    /// The operation, if it has no attributes.
    pub fn op(&self) -> Option<Op> {
        self.map.map(Op::Map).or_else(|| self.plain.map(|op| op()))
    }

    /// Arguments to try it with: for gradient checks, for agreement of kernels, for measuring.
    pub fn samples(&self) -> Vec<Sample> {
        match (&self.samples, self.map) {
            (Samples::Ranges(ranges), Some(map)) => Sample::elementwise(map, ranges),
            (Samples::Each(samples), _) => samples(),
            _ => Vec::new(),
        }
    }
}
