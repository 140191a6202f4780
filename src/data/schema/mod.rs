//! What the columns are, and what becomes of them.

mod binary;
mod chain;
mod infer;
mod resolve;
mod select;
mod targets;

pub use binary::{answer, same};
pub use chain::made;
pub use resolve::schema;
pub use select::{matches, unknown_column};

use crate::text::Span;

use super::{Choice, Decode, Kind, MakeTransform};

/// What the columns are and what becomes of them, decided from the program and, where it is silent, from the table.
#[derive(Debug, Clone, Default)]
pub struct Schema {
    /// Every column, in the order of the table.
    pub columns: Vec<ColumnSchema>,
    /// `features` first (unless it would be empty), then the inputs of the program in file order.
    pub inputs: Vec<InputSchema>,
    pub targets: Vec<TargetSchema>,
}

#[derive(Debug, Clone)]
pub struct ColumnSchema {
    pub name: String,
    pub kind: Kind,
    pub role: Role,
    /// The cells for no and yes of a binary column.
    pub pair: Option<(String, String)>,
    /// Where the program says so; `None` if inferred.
    pub span: Option<Span>,
    /// The entry that would say what was inferred: `amount: number |> zscore`.
    pub inferred: Option<String>,
}

impl ColumnSchema {
    /// How its cells are read; `None` for columns that are no feature.
    pub fn decode(&self) -> Option<Decode> {
        match (&self.kind, &self.pair) {
            (Kind::Number, _) => Some(Decode::Number),
            (Kind::Category, _) => Some(Decode::Level),
            (Kind::Time { format }, _) => Some(Decode::Time { format: format.clone() }),
            (Kind::Binary { .. }, Some((no, yes))) => Some(Decode::Binary { no: no.clone(), yes: yes.clone() }),
            _ => None,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    Feature,
    Target,
    Id,
    /// Dropped, or only in inputs of other names.
    Unused,
}

/// One flat input of a model.
#[derive(Debug, Clone)]
pub struct InputSchema {
    pub name: String,
    /// In the order of the table's columns.
    pub pieces: Vec<PieceSchema>,
    pub span: Span,
}

/// What one column adds to an input.
#[derive(Debug, Clone)]
pub struct PieceSchema {
    pub column: String,
    pub kind: Kind,
    /// The cells for no and yes of a binary column.
    pub pair: Option<(String, String)>,
    pub transforms: Vec<Choice<MakeTransform>>,
    pub form: PieceForm,
    pub span: Option<Span>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PieceForm {
    /// Numbers, side by side.
    Dense { width: Width },
    /// An index for a table of `levels` × `dim` weights at the model's path `x.<column>.weight`.
    Embed { levels: Width, dim: usize },
}

/// A number of features or levels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Width {
    Known(usize),
    /// Known once the training rows are: it depends on the levels among them, or on whether they have missing cells.
    Unknown,
}

impl Width {
    pub fn known(self) -> Option<usize> {
        match self {
            Width::Known(n) => Some(n),
            Width::Unknown => None,
        }
    }
}

impl std::ops::Add for Width {
    type Output = Width;
    fn add(self, other: Width) -> Width {
        match (self, other) {
            (Width::Known(a), Width::Known(b)) => Width::Known(a + b),
            _ => Width::Unknown,
        }
    }
}

impl InputSchema {
    /// The width that the model sees: an embedded column counts its `dim`.
    pub fn width(&self) -> Width {
        self.pieces.iter().fold(Width::Known(0), |sum, piece| {
            sum + match piece.form {
                PieceForm::Dense { width } => width,
                PieceForm::Embed { dim, .. } => Width::Known(dim),
            }
        })
    }
}

#[derive(Debug, Clone)]
pub struct TargetSchema {
    pub name: String,
    /// One, but for a target of several columns.
    pub columns: Vec<String>,
    pub kind: TargetKind,
    /// Of a number target.
    pub transforms: Vec<Choice<MakeTransform>>,
    pub span: Span,
}

#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum TargetKind {
    /// For each column the cells that count as no and as yes, as they are spelled in the data.
    Binary {
        pairs: Vec<(String, String)>,
    },
    /// Names of the classes, in order of their numbers.
    Label {
        classes: Vec<String>,
    },
    Number,
}

impl TargetKind {
    /// The names of the classes: of a label its classes, of one binary column `[no, yes]`, of a number none.
    pub fn classes(&self) -> Vec<String> {
        match self {
            TargetKind::Label { classes } => classes.clone(),
            TargetKind::Binary { pairs } => pairs.first().map_or(Vec::new(), |p| vec![p.0.clone(), p.1.clone()]),
            TargetKind::Number => Vec::new(),
        }
    }
}

impl Schema {
    pub fn column(&self, name: &str) -> Option<&ColumnSchema> {
        self.columns.iter().find(|c| c.name == name)
    }

    pub fn input(&self, name: &str) -> Option<&InputSchema> {
        self.inputs.iter().find(|i| i.name == name)
    }

    pub fn target(&self, name: &str) -> Option<&TargetSchema> {
        self.targets.iter().find(|t| t.name == name)
    }

    /// The columns that are carried to the output.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().filter(|c| c.role == Role::Id).map(|c| c.name.as_str())
    }
}
