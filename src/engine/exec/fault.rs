use std::sync::Arc;

use crate::engine::graph::NodeId;
use crate::types::Shape;

/// Why a program can't be executed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum CompileFault {
    #[error("the shape {shape} is not known in numbers")]
    Shape { node: NodeId, shape: Shape },
    #[error("{shape} does not fit what the node is made of")]
    Misfit { node: NodeId, shape: Shape },
    #[error("the program has no slot {0}")]
    Slot(u32),
    #[error("the new value of {path} has another size")]
    SlotLength { path: Arc<str>, node: NodeId },
    #[error("a node uses one that comes after it, or is not of the program")]
    Order(NodeId),
    #[error("the largest along an axis without elements")]
    EmptyAxis(NodeId),
}

/// Why a run stopped. Slots are as before, unless the fault lies in what updates them.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Fault {
    #[error(transparent)]
    Compile(#[from] CompileFault),
    /// Of a `Checked` node.
    #[error("{value} is not {} in {low}..{high}", if *whole { "a whole number" } else { "a number" })]
    Range { node: NodeId, value: f32, low: f32, high: f32, whole: bool },
    /// Of a `Take` or `ScatterAdd` node.
    #[error("{value} is not a position among {count} (they count from 0)")]
    Position { node: NodeId, value: f32, count: usize },
    #[error("input {index} has {found} numbers instead of {expected}")]
    Input { index: usize, found: usize, expected: usize },
    #[error("{found} scalars are given instead of {expected}")]
    Scalars { found: usize, expected: usize },
    #[error("the memory of slots holds {found} numbers, fewer than {expected}")]
    Slots { found: usize, expected: usize },
}

impl Fault {
    /// The node whose value could not be computed.
    pub fn node(&self) -> Option<NodeId> {
        match self {
            Fault::Range { node, .. } | Fault::Position { node, .. } => Some(*node),
            Fault::Compile(
                CompileFault::Shape { node, .. }
                | CompileFault::Misfit { node, .. }
                | CompileFault::SlotLength { node, .. },
            ) => Some(*node),
            Fault::Compile(CompileFault::Order(node) | CompileFault::EmptyAxis(node)) => Some(*node),
            _ => None,
        }
    }
}
