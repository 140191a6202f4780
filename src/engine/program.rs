//! What is executed: a graph with what it reads and what it leaves behind.

use std::sync::Arc;

use super::graph::{Graph, NodeId, SlotId};

/// A column block of the batch: rows of `width` numbers, where the rest of the shape is folded into `width`.
#[derive(Debug, Clone)]
pub struct InputInfo {
    pub name: Arc<str>,
    /// Extents behind the batch axis.
    pub shape: Vec<usize>,
}

/// Memory that outlives a run. Several programs share one arena of slots, and a slot may cover several others
/// (a group of parameters as one vector), but no program writes one slot and touches another that overlaps it.
#[derive(Debug, Clone)]
pub struct SlotInfo {
    /// `feature_extractor.0.weight`
    pub path: Arc<str>,
    pub shape: Vec<usize>,
    /// Position of the first number in the arena.
    pub offset: usize,
}

impl SlotInfo {
    pub fn len(&self) -> usize {
        self.shape.iter().product()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// A graph ready for execution. All extents but the batch axis are numbers.
#[derive(Debug, Clone, Default)]
pub struct Program {
    pub graph: Graph,
    pub inputs: Vec<InputInfo>,
    /// All slots of the arena, used here or not.
    pub slots: Vec<SlotInfo>,
    /// Names of the scalars that the host gives for each run.
    pub scalars: Vec<Arc<str>>,
    pub outputs: Vec<NodeId>,
    /// Slots that get a new value at the end of the run; every read sees the value from before.
    pub updates: Vec<(SlotId, NodeId)>,
}
