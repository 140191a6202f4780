use serde::{Deserialize, Serialize};

use super::cells::Decode;
use super::dataset::{Piece, PieceKind};
use super::step::{Step, run};
use super::transforms::Values;
use super::{TargetKind, Width};

/// Everything that was fitted on the training rows, and all that is needed to apply it to new rows.
/// Serialises to JSON; numbers come back to the bit.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Fitted {
    pub inputs: Vec<FittedInput>,
    pub targets: Vec<FittedTarget>,
    /// Columns that are carried to the output.
    pub ids: Vec<String>,
    /// Delimiter and decimal mark of the file that the training rows came from.
    #[serde(default = "plain")]
    pub marks: (u8, u8),
}

fn plain() -> (u8, u8) {
    (b',', b'.')
}

#[derive(Debug, Serialize, Deserialize)]
pub struct FittedInput {
    pub name: String,
    pub pieces: Vec<FittedPiece>,
}

/// One column of an input: how its cells are read, what stands for missing ones, and its transforms.
#[derive(Debug, Serialize, Deserialize)]
pub struct FittedPiece {
    pub column: String,
    pub decode: Decode,
    pub fill: Fill,
    pub steps: Vec<Step>,
}

/// What stands for a missing cell.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum Fill {
    /// In the column's own units. `flag`: whether a feature says that the cell was missing; `wanted`: whether there
    /// would be one if the training rows had had missing cells.
    Number { value: f64, flag: bool, wanted: bool },
    /// The level that stands for it.
    Level { name: String },
    /// The transforms know about missing cells.
    Keep,
    /// There may be none.
    Error,
}

#[derive(Debug, Serialize, Deserialize)]
pub struct FittedTarget {
    pub name: String,
    pub columns: Vec<String>,
    pub kind: TargetKind,
    pub steps: Vec<Step>,
}

impl Fitted {
    pub fn input(&self, name: &str) -> Option<&FittedInput> {
        self.inputs.iter().find(|i| i.name == name)
    }

    pub fn target(&self, name: &str) -> Option<&FittedTarget> {
        self.targets.iter().find(|t| t.name == name)
    }
}

impl FittedInput {
    /// Where each column stands among the raw columns of the block.
    pub fn layout(&self) -> Vec<Piece> {
        let mut at = 0;
        let place = |piece: &FittedPiece| {
            let kind = piece.kind();
            let here = Piece { column: piece.column.clone(), at, kind };
            at += here.kind.raw_width();
            here
        };
        self.pieces.iter().map(place).collect()
    }

    /// The number of raw columns of the block.
    pub fn raw_width(&self) -> usize {
        self.pieces.iter().map(|p| p.kind().raw_width()).sum()
    }

    /// The width that the model sees: an embedded column counts its `dim`.
    pub fn width(&self) -> usize {
        let width = |kind: PieceKind| match kind {
            PieceKind::Dense { width, .. } => width,
            PieceKind::Embed { dim, .. } => dim,
        };
        self.pieces.iter().map(|p| width(p.kind())).sum()
    }
}

impl FittedPiece {
    /// The columns of the table that it is made of.
    pub fn reads(&self) -> impl Iterator<Item = &str> {
        let (own, crossed) = match &self.decode {
            Decode::Cross { of } => (None, of.as_slice()),
            _ => (Some(self.column.as_str()), [].as_slice()),
        };
        own.into_iter().chain(crossed.iter().map(String::as_str))
    }

    /// Whether a transform of it was fitted on the target.
    pub fn sees_target(&self) -> bool {
        self.steps.iter().any(|s| s.transform.sees_target())
    }

    pub fn flag(&self) -> bool {
        matches!(self.fill, Fill::Number { flag: true, .. })
            && self.steps.last().and_then(|s| s.transform.dim()).is_none()
    }

    pub fn kind(&self) -> PieceKind {
        let last = self.steps.last().map(|s| &s.transform);
        let width = last.map_or(Width::Known(1), |t| t.width()).known().unwrap_or(0);
        if let Some(dim) = last.and_then(|t| t.dim()) {
            return PieceKind::Embed { levels: width, dim };
        }
        let mut feature_names = last.map_or_else(|| vec![self.column.clone()], |t| t.feature_names(&self.column));
        if self.flag() {
            feature_names.push(format!("{}_missing", self.column));
        }
        PieceKind::Dense { width: feature_names.len(), feature_names }
    }
}

impl FittedTarget {
    /// A number as the model gives it, back in the column's own units.
    pub fn undo(&self, value: f64) -> f64 {
        self.steps.iter().rev().fold(value, |x, step| step.transform.undo(x).unwrap_or(x))
    }

    /// Numbers in the column's own units, as the model sees them.
    pub fn transform(&self, values: Vec<f64>) -> Vec<f64> {
        run(&self.steps, Values::Numbers(values)).numbers().to_vec()
    }
}
