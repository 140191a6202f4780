//! Programs as graphs of primitive operations: the form in which they are checked, differentiated and rewritten.

mod build;
mod forms;

use std::sync::Arc;

use crate::text::Span;
use crate::types::Shape;

pub use forms::At;

/// A node of a [`Graph`]; arguments come before the nodes that use them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(pub u32);

/// A parameter, buffer or state: memory that outlives a step. Index into the program's slots.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SlotId(pub u32);

/// A column block of the batch. Index into the program's inputs; its shape starts with the batch axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct InputId(pub u32);

/// A number that the host gives anew for each run: a learning rate, the step. Index into the program's scalars.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ScalarId(pub u32);

/// Which line and which part of the model a node came from.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Place {
    pub span: Option<Span>,
    /// `feature_extractor.1`, empty outside of models.
    pub path: Option<Arc<str>>,
}

#[derive(Debug, Clone)]
pub struct Node {
    pub op: Op,
    pub args: Vec<NodeId>,
    pub shape: Shape,
    pub place: Place,
}

/// Elementwise operations. All arguments have the node's shape, or are scalars (rank 0).
/// Comparisons and logic give 1 or 0; logic reads every number but 0 as true.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Map {
    Neg,
    Abs,
    /// -1, 0 or 1
    Sign,
    Exp,
    Expm1,
    Log,
    Log1p,
    /// `max(log(x), -100)`, derivative `1 / max(x, 1e-12)`, as in PyTorch's binary_cross_entropy
    SafeLog,
    Sqrt,
    Sin,
    Cos,
    Tan,
    Asin,
    Acos,
    Atan,
    Sinh,
    Cosh,
    Tanh,
    Erf,
    Sigmoid,
    /// `log(1 + exp(x))`, stable
    Softplus,
    Floor,
    Ceil,
    /// Halves to even.
    Round,
    Not,
    /// 1 where the number is neither infinite nor NaN
    IsFinite,
    Add,
    Sub,
    Mul,
    Div,
    Pow,
    /// The larger; NaN if one is. At a tie each gets half of the gradient, as in PyTorch.
    Max,
    Min,
    /// `x - y * floor(x / y)`
    Mod,
    Lt,
    Le,
    Eq,
    And,
    Or,
    /// `where(c, a, b)`
    Where,
}

/// How an axis or several are reduced. The reduced axes are gone from the result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reduction {
    Sum,
    Prod,
    /// At a tie the gradient is shared evenly, as in PyTorch's `amax`.
    Max,
    Min,
}

/// A primitive operation with its attributes. What each one is (shape rule, reference kernel, derivative, samples) stands in its row, see `ops`.
#[derive(Debug, Clone, PartialEq)]
pub enum Op {
    /// The same number for every element of the node's shape, which is rank 0.
    Const(f64),
    /// Numbers in row-major order; the node's shape is constant.
    Literal(Arc<[f64]>),
    Input(InputId),
    Slot(SlotId),
    Scalar(ScalarId),
    /// The length of an axis of the argument, as a number (rank 0): known for all but the batch axis.
    Length {
        axis: usize,
    },
    /// Independent draws from `0..1`, 1 excluded: a function of the run's key, the stream and the element's index.
    Uniform {
        stream: u64,
    },
    /// The same for draws that are only compared, as dropout's are: at half the price, and other numbers.
    Lots {
        stream: u64,
    },
    /// Independent draws from the standard normal distribution.
    Normal {
        stream: u64,
    },
    Map(Map),
    /// `axes` in rising order.
    Reduce(Reduction, Vec<usize>),
    /// The position of the (first) largest element along an axis, which is gone from the result.
    ArgMax {
        axis: usize,
    },
    /// Positions that sort along an axis, stable, rising.
    ArgSort {
        axis: usize,
    },
    /// Sums along an axis, each with all before it.
    CumSum {
        axis: usize,
    },
    /// `[.., m, k] @ [.., k, n]`: leading axes equal.
    MatMul,
    /// The node's shape; the count of elements stays.
    Reshape,
    /// Axis `i` of the result is axis `order[i]` of the argument.
    Permute(Vec<usize>),
    /// The argument's axes, with those at `new` (positions in the result, rising) put in between, and axes of extent 1 stretched to the node's shape.
    Expand {
        new: Vec<usize>,
    },
    /// `start` (from 0) along `axis`; the length is the node's.
    Slice {
        axis: usize,
        start: usize,
    },
    /// Zeros before and after along an axis.
    Pad {
        axis: usize,
        before: usize,
        after: usize,
    },
    Concat {
        axis: usize,
    },
    /// The axis in reverse order.
    Flip {
        axis: usize,
    },
    /// `take(table[v, ..], index[..i])` gives `[..i, ..]`; indices are whole numbers below v.
    Take,
    /// The derivative of `Take`: `(index[..i], values[..i, ..])` summed into zeros of the node's shape `[v, ..]`, in order of index position.
    ScatterAdd,
    /// 0, 1, 2, … along `axis`, for the node's shape.
    Iota {
        axis: usize,
    },
    /// The argument; no gradient flows.
    StopGradient,
    /// The argument, which must lie in `low..=high` (and be whole if `whole`): a fault otherwise. Gradient flows.
    Checked {
        low: f64,
        high: f64,
        whole: bool,
    },
}

/// Why a graph can't be extended by a node.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ShapeFault {
    #[error("{left} and {right} are not the same shape")]
    Differ { left: Shape, right: Shape },
    #[error("axis {left_axis} of {left} is not as long as axis {right_axis} of {right}")]
    Axis { left: Shape, left_axis: usize, right: Shape, right_axis: usize },
    #[error("{what}")]
    Other { what: String },
}

/// Nodes in an order in which they can be computed. Nodes are never changed, only added.
#[derive(Debug, Clone, Default)]
pub struct Graph {
    pub nodes: Vec<Node>,
}
