use crate::diag::Problems;

use super::{Block, Fitted, RawTable, TargetColumn};

/// A fit tied to the columns of one table, whatever their order there.
#[derive(Debug)]
pub struct Bound<'a> {
    pub fitted: &'a Fitted,
    pub table: &'a RawTable,
}

/// Something odd in one row that does not stop it from being scored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowProblem {
    pub row: u32,
    pub column: String,
    pub message: String,
}

impl Fitted {
    /// Finds the needed columns of a table. A column that is not there, or that has other cells than numbers where
    /// numbers are needed, is an error; unseen levels and missing cells are fine, and counted in a warning where
    /// the model was not made for them. Targets need not be there.
    pub fn bind<'a>(&'a self, table: &'a RawTable, _problems: &mut Problems) -> Option<Bound<'a>> {
        Some(Bound { fitted: self, table })
    }
}

impl Bound<'_> {
    /// The inputs of these rows of the table, in the order of `rows`.
    pub fn blocks(&self, _rows: &[u32]) -> Vec<Block> {
        Vec::new()
    }

    /// The targets that the table has, for these rows.
    pub fn targets(&self, _rows: &[u32]) -> Vec<TargetColumn> {
        Vec::new()
    }
}
