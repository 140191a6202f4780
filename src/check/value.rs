//! What expressions are while a program is checked and compiled.

use std::rc::Rc;
use std::sync::Arc;

use crate::engine::graph::NodeId;
use crate::syntax::ast;
use crate::text::Span;
use crate::types::{Dim, Domain, Origin};

use super::frame::Frame;
use super::scope::Definition;

/// A tensor of the graph at work.
#[derive(Debug, Clone)]
pub struct Tensor {
    pub node: NodeId,
    pub domain: Domain,
    /// The node's first axis is the batch, which the definition at work does not name.
    pub batched: bool,
}

/// A number known before anything runs. `None` in the check of a definition by itself, where configuration has no value yet.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Known(pub Option<f64>);

#[derive(Debug, Clone)]
pub enum Value {
    Tensor(Tensor),
    /// A whole number: configuration or an extent.
    Int(Dim, Option<Arc<Origin>>),
    Number(Known),
    /// `None`: not known in the check of a definition by itself.
    Bool(Option<bool>),
    Text(Arc<str>),
    /// A choice that is no value of its own: `horizontal`.
    Word(ast::Ident),
    List(Vec<(Value, Span)>),
    Record(Vec<(Arc<str>, Value)>),
    /// A definition by its name: a layer or model to be configured, a function to be called.
    Definition(Arc<Definition>),
    /// A primitive or built-in function.
    Builtin(&'static str),
    Layer(Rc<Layer>),
    /// A function with some of its arguments.
    Partial(Rc<Partial>),
    Distribution(Distribution),
    Range(f64, f64),
    /// An input of a data item, before a model has read it.
    Block(Arc<Block>),
    /// `row` in a loss.
    Row(Arc<str>),
    /// A trained model by its name: an earlier training, or `weights`.
    Saved(Arc<str>),
    /// A parameter that was switched off, a layer that is not there.
    Absent,
    /// Already reported.
    Error,
}

/// A layer ready to be applied.
#[derive(Debug, Clone)]
pub struct Layer {
    pub kind: LayerKind,
    /// Where its parameters live; unset until it is named or takes its place in a sequence.
    pub path: Option<Arc<str>>,
    pub span: Span,
    pub frozen: bool,
}

#[derive(Debug, Clone)]
pub enum LayerKind {
    /// A layer or model definition with its configuration.
    Definition {
        definition: Arc<Definition>,
        config: Vec<(Arc<str>, Value)>,
    },
    /// A block of stages, with the names it was written among.
    Sequence {
        block: Arc<ast::Block>,
        frame: Rc<Frame>,
    },
    /// The stages of a block one after the other, `times` over, each with weights of its own.
    Repeat {
        block: Arc<ast::Block>,
        frame: Rc<Frame>,
        times: i64,
    },
    /// The stages side by side, results joined.
    Parallel {
        block: Arc<ast::Block>,
        frame: Rc<Frame>,
        join: Join,
    },
    /// A function of one tensor as a stage.
    Function(Box<Value>),
    Identity,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Join {
    Concat,
    Sum,
}

#[derive(Debug, Clone)]
pub struct Partial {
    pub function: Value,
    pub args: Vec<Argument>,
    pub span: Span,
}

/// An evaluated argument of a call.
#[derive(Debug, Clone)]
pub struct Argument {
    pub name: Option<ast::Ident>,
    pub value: Value,
    pub span: Span,
}

/// A distribution that can be drawn from.
#[derive(Debug, Clone)]
pub struct Distribution {
    pub kind: DistributionKind,
    /// The two parameters, numbers or tensors; `bernoulli` has one.
    pub a: Box<Value>,
    pub b: Box<Value>,
    /// Where a truncated one is cut off.
    pub bounds: Option<(f64, f64)>,
    /// Extents given in brackets.
    pub dims: Vec<crate::types::Axis>,
    pub span: Span,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DistributionKind {
    Uniform,
    Normal,
    /// Normal, cut off at two standard deviations unless the bounds say otherwise, by its quantile function.
    TruncatedNormal,
    Bernoulli,
    /// A random matrix with orthogonal rows or columns, times `a`: initial values only.
    Orthogonal,
    /// A normal matrix of deviation `b` with the share `a` of each column zero: initial values only.
    Sparse,
}

/// An input of a data item as the data gives it: one row of numbers, some of them indices of embeddings.
#[derive(Debug, Clone)]
pub struct Block {
    pub data: Arc<str>,
    pub name: Arc<str>,
    pub node: NodeId,
    pub pieces: Vec<Piece>,
    pub batched: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Piece {
    pub column: Arc<str>,
    /// Position in the block's row.
    pub at: Dim,
    pub kind: PieceKind,
}

#[derive(Debug, Clone, PartialEq)]
pub enum PieceKind {
    Dense { width: Dim },
    Embed { levels: Dim, dim: i64 },
}

impl Value {
    pub fn number(x: f64) -> Value {
        Value::Number(Known(Some(x)))
    }

    /// How messages call this kind of value.
    pub fn kind(&self) -> &'static str {
        match self {
            Value::Tensor(_) => "a tensor",
            Value::Int(..) => "a whole number",
            Value::Number(_) => "a number",
            Value::Bool(_) => "true or false",
            Value::Text(_) => "a text",
            Value::Word(_) => "a word",
            Value::List(_) => "a list",
            Value::Record(_) => "a record",
            Value::Definition(d) => d.kind.article(),
            Value::Builtin(_) | Value::Partial(_) => "a function",
            Value::Layer(_) => "a layer",
            Value::Distribution(_) => "a distribution",
            Value::Range(..) => "a range",
            Value::Block(_) => "an input",
            Value::Row(_) => "a row",
            Value::Saved(_) => "a trained model",
            Value::Absent => "something absent",
            Value::Error => "an error",
        }
    }

    pub fn is_error(&self) -> bool {
        matches!(self, Value::Error)
    }

    /// The value as a plain number, where it is known.
    pub fn as_number(&self) -> Option<f64> {
        match self {
            Value::Int(d, _) => d.constant().map(|n| n as f64),
            Value::Number(k) => k.0,
            _ => None,
        }
    }
}
