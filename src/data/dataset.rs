use std::sync::Arc;

use crate::diag::Problems;

use super::{DataSpec, Fitted, RawTable, Schema, Split, TargetKind};

/// One input as the model takes it: row-major, `[rows, width]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Block {
    pub name: String,
    pub rows: usize,
    /// Raw columns: an embedded column has one, which holds its index.
    pub width: usize,
    pub values: Vec<f32>,
    pub pieces: Vec<Piece>,
}

/// What one column of the table adds to a block.
#[derive(Debug, Clone, PartialEq)]
pub struct Piece {
    pub column: String,
    /// The first raw column of the block that is its own.
    pub at: usize,
    pub kind: PieceKind,
}

#[derive(Debug, Clone, PartialEq)]
pub enum PieceKind {
    Dense {
        width: usize,
        feature_names: Vec<String>,
    },
    /// One raw column with a whole number below `levels`: 0 unseen, 1 missing, from 2 the levels. The model has
    /// weights `[levels, dim]` for it at `x.<column>.weight`.
    Embed {
        levels: usize,
        dim: usize,
    },
}

/// One target, for all rows of the table.
#[derive(Debug, Clone, PartialEq)]
pub struct TargetColumn {
    pub name: String,
    pub kind: TargetKind,
    /// Number of columns; 1 but for a target of several.
    pub width: usize,
    /// Row-major `[rows, width]`, as the model sees it: 0 or 1, the number of the class, the transformed number.
    /// NaN where the target is missing.
    pub values: Vec<f32>,
    /// The same in the column's own units.
    pub raw: Vec<f64>,
}

/// A table with its split and everything fitted: what training and evaluation take their rows from.
#[derive(Debug)]
pub struct Dataset {
    pub name: String,
    pub table: RawTable,
    pub schema: Schema,
    pub split: Split,
    pub fitted: Arc<Fitted>,
    /// For all rows of the table; the sides of `split` are row numbers into them.
    pub blocks: Vec<Block>,
    pub targets: Vec<TargetColumn>,
}

impl Dataset {
    /// A column's numbers in its own units, NaN where missing or not a number; binary columns and targets as 0 or 1,
    /// times in seconds since 1970.
    pub fn raw_number(&self, _column: &str) -> Option<Vec<f64>> {
        None
    }

    pub fn block(&self, name: &str) -> Option<&Block> {
        self.blocks.iter().find(|b| b.name == name)
    }

    pub fn target(&self, name: &str) -> Option<&TargetColumn> {
        self.targets.iter().find(|t| t.name == name)
    }
}

/// Splits, fits and applies: everything from schema to dataset. `None` after errors.
pub fn prepare(_spec: &DataSpec, _schema: Schema, _table: RawTable, _problems: &mut Problems) -> Option<Dataset> {
    None
}
