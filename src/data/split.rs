use crate::diag::Problems;

use super::row::{Make, Row, Table};
use super::{DataSpec, RawTable, Schema};

/// Row numbers of the table, each side in the order of the table; rows without a target are on no side.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Split {
    pub train: Vec<u32>,
    pub val: Vec<u32>,
    pub test: Vec<u32>,
}

impl Split {
    /// The rows of `train`, `val` or `test`.
    pub fn side(&self, name: &str) -> Option<&[u32]> {
        match name {
            "train" => Some(&self.train),
            "val" => Some(&self.val),
            "test" => Some(&self.test),
            _ => None,
        }
    }
}

/// How rows are split.
#[derive(Debug, Clone, PartialEq)]
pub struct SplitPlan {
    pub kind: SplitKind,
    /// Of train, val and test; they sum to 1.
    pub fractions: [f64; 3],
    /// Apart from the training's seed.
    pub seed: u64,
    /// Rows with the same cell in this column stay on one side.
    pub group: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SplitKind {
    Random,
    /// Each class (of the first target) is split by itself.
    Stratified,
    /// The earliest rows are for training, the latest for testing.
    ByTime {
        column: String,
    },
}

/// Ways to split rows.
pub static SPLITS: Table<Make<SplitPlan>> = Table(&[
    Row {
        name: "random",
        signature: "random(train: real in 0..1, val: real in 0..1 = 0, test: real in 0..1 = 0, seed: int = 0, group: column = none)",
        doc: "Rows in random order, cut at the fractions. `seed` is the split's own: the training's seed never moves a row. Rows with the same cell in `group` stay on one side.",
        example: "split = random(train = 80%, test = 20%)",
        make: |args, span| super::split_plan::plan(SplitKind::Random, args, span),
    },
    Row {
        name: "stratified",
        signature: "stratified(train: real in 0..1, val: real in 0..1 = 0, test: real in 0..1 = 0, seed: int = 0, group: column = none)",
        doc: "Like `random` within each class of the first target, so that every side has the same share of each.",
        example: "split = stratified(train = 70%, val = 15%, test = 15%)",
        make: |args, span| super::split_plan::plan(SplitKind::Stratified, args, span),
    },
    Row {
        name: "by_time",
        signature: "by_time(column: column, train: real in 0..1, val: real in 0..1 = 0, test: real in 0..1 = 0, group: column = none)",
        doc: "Rows in the order of a column of times or numbers, cut at the fractions: the model is tested on what came after its training. Equal times keep the order of the table. A group stands where its first row does.",
        example: "split = by_time(time, train = 70%, val = 15%, test = 15%)",
        make: |args, span| {
            let column = args.text("column").unwrap_or_default().to_owned();
            super::split_plan::plan(SplitKind::ByTime { column }, args, span)
        },
    },
]);

/// Assigns rows to sides. Without a `split` all rows are for training.
pub fn split(_spec: &DataSpec, _schema: &Schema, table: &RawTable, _problems: &mut Problems) -> Split {
    Split { train: (0..table.rows() as u32).collect(), ..Split::default() }
}
