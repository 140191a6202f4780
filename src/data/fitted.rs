use crate::diag::Problems;

use super::transforms::Transform;
use super::{DataSpec, Kind, MissingCategory, MissingNumber, PieceForm, RawTable, Schema, TargetKind};

/// Everything that was fitted on the training rows, and all that is needed to apply it to new rows.
/// Serialises to JSON; numbers come back to the bit.
#[derive(Debug, Default)]
pub struct Fitted {
    pub inputs: Vec<FittedInput>,
    pub targets: Vec<FittedTarget>,
    /// Columns that are carried to the output.
    pub ids: Vec<String>,
}

#[derive(Debug)]
pub struct FittedInput {
    pub name: String,
    pub pieces: Vec<FittedPiece>,
}

/// One column of an input: how its missing cells are filled, and its transforms.
#[derive(Debug)]
pub struct FittedPiece {
    pub column: String,
    pub kind: Kind,
    pub number: Option<MissingNumber>,
    pub category: Option<MissingCategory>,
    pub steps: Vec<(&'static str, Box<dyn Transform>)>,
    pub form: PieceForm,
}

#[derive(Debug)]
pub struct FittedTarget {
    pub name: String,
    pub columns: Vec<String>,
    pub kind: TargetKind,
    pub steps: Vec<(&'static str, Box<dyn Transform>)>,
}

impl FittedTarget {
    /// A number as the model gives it, back in the column's own units.
    pub fn undo(&self, value: f64) -> f64 {
        self.steps.iter().rev().fold(value, |x, (_, step)| step.undo(x).unwrap_or(x))
    }
}

/// Fits everything on the training rows `train`.
pub fn fit(
    _spec: &DataSpec,
    _schema: &Schema,
    _table: &RawTable,
    _train: &[u32],
    _problems: &mut Problems,
) -> Option<Fitted> {
    None
}
