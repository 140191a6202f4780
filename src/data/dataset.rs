use std::sync::Arc;

use crate::diag::{Diagnostic, Problems, codes};

use super::apply::raw_number;
use super::fit::Supervision;
use super::overlap::overlap;
use super::{DataSpec, Fitted, RawTable, Schema, Split, TargetKind, fit, split};

/// Bad rows that are reported one by one.
const REPORTED: usize = 12;

/// One input as the model takes it: row-major, `[rows, width]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Block {
    pub name: String,
    pub rows: usize,
    /// Raw columns: an embedded column has one, which holds its index.
    pub width: usize,
    /// Shared with the trainings that read them.
    pub values: Arc<Vec<f32>>,
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

impl PieceKind {
    /// The number of raw columns of the block.
    pub fn raw_width(&self) -> usize {
        match self {
            PieceKind::Dense { width, .. } => *width,
            PieceKind::Embed { .. } => 1,
        }
    }
}

/// One target, for some rows of the table.
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
    /// For all rows of the table, NaN for those without a target, which are on no side of the split.
    pub targets: Vec<TargetColumn>,
}

impl Dataset {
    /// A column's numbers in its own units, NaN where missing; binary columns and targets as 0 or 1, labels as the
    /// number of the class, times in seconds since 1970-01-01T00:00:00Z. `None` if there is no such column, or if it
    /// holds other things than numbers.
    pub fn raw_number(&self, column: &str) -> Option<Vec<f64>> {
        let schema = self.schema.column(column)?;
        raw_number(&self.table, &self.fitted, schema.decode().as_ref(), column)
    }

    /// The same for the rows of another table with such a column.
    pub fn raw_number_of(&self, table: &RawTable, column: &str) -> Option<Vec<f64>> {
        let schema = self.schema.column(column)?;
        raw_number(table, &self.fitted, schema.decode().as_ref(), column)
    }

    pub fn block(&self, name: &str) -> Option<&Block> {
        self.blocks.iter().find(|b| b.name == name)
    }

    pub fn target(&self, name: &str) -> Option<&TargetColumn> {
        self.targets.iter().find(|t| t.name == name)
    }

    /// The columns that are carried to the output, with the cells of these rows.
    pub fn ids(&self, rows: &[u32]) -> Vec<(String, Vec<String>)> {
        ids(&self.table, &self.fitted, rows)
    }
}

/// The id columns that the table has, with the cells of these rows.
pub fn ids(table: &RawTable, fitted: &Fitted, rows: &[u32]) -> Vec<(String, Vec<String>)> {
    let columns = fitted.ids.iter().filter_map(|name| table.column(name));
    let cells = |column: &Arc<super::RawColumn>| {
        (column.name.clone(), rows.iter().map(|&row| column.cell(row as usize).into_owned()).collect())
    };
    columns.map(cells).collect()
}

/// Splits, fits and applies: everything from schema to dataset. `None` after errors.
pub fn prepare(spec: &DataSpec, schema: Schema, table: RawTable, problems: &mut Problems) -> Option<Dataset> {
    let mut found = Problems::default();
    let split = split(spec, &schema, &table, &mut found);
    overlap(spec, &schema, &table, &split).into_iter().for_each(|diagnostic| found.push(diagnostic));
    let fitted = if found.has_errors() { None } else { fit(spec, &schema, &table, &split.train, &mut found) };
    let applied = fitted.and_then(|fitted| {
        let rows: Vec<u32> = (0..table.rows() as u32).collect();
        let supervision = Supervision::of(spec, &schema, &table, &split.train);
        let folds = supervision.as_ref().map(|s| s.folds.as_slice());
        let bound = fitted.bind_quietly(&table, &mut found)?.in_folds(folds);
        let (blocks, bad) = bound.blocks(&rows);
        let targets = bound.targets(&rows);
        let on_a_side = split.members(table.rows());
        for problem in bad.iter().filter(|p| on_a_side.get(p.row as usize) == Some(&true)).take(REPORTED) {
            let message = format!("row {}: {}", problem.row + 1, problem.message);
            found.push(
                Diagnostic::new(&codes::DATA_CELL, message).at(spec.source_span(), format!("row {}", problem.row + 1)),
            );
        }
        Some((fitted, blocks, targets))
    });
    let failed = found.has_errors();
    problems.extend(found);
    let (fitted, blocks, targets) = applied.filter(|_| !failed)?;
    Some(Dataset { name: spec.name.clone(), table, schema, split, fitted: Arc::new(fitted), blocks, targets })
}
