use std::path::PathBuf;
use std::sync::Arc;

use crate::text::Span;

use super::{Choice, Kind, MakeTransform, MissingCategory, MissingNumber, RawTable, SplitPlan, row::Make};

/// A checked `data` item.
#[derive(Debug, Clone)]
pub struct DataSpec {
    pub name: String,
    pub span: Span,
    pub source: SourceSpec,
    /// In file order; the first entry that names a column decides, patterns after names.
    pub columns: Vec<ColumnEntry>,
    pub inputs: Vec<InputSpec>,
    pub targets: Vec<TargetSpec>,
    pub missing: MissingPolicy,
    pub split: Option<Choice<Make<SplitPlan>>>,
}

impl DataSpec {
    /// Where the source is named, or the item itself.
    pub fn source_span(&self) -> Span {
        match &self.source {
            SourceSpec::Csv(csv) => csv.span.unwrap_or(self.span),
            SourceSpec::Table(_) | SourceSpec::Sides(_) => self.span,
        }
    }
}

/// Where rows come from.
#[derive(Debug, Clone)]
pub enum SourceSpec {
    Csv(CsvSource),
    /// Generated rows, or rows written in the program.
    Table(Arc<RawTable>),
    /// Each side of the split has a source of its own: train, val, test.
    Sides(Box<[Option<SourceSpec>; 3]>),
}

impl SourceSpec {
    /// As messages call it.
    pub fn shown(&self) -> String {
        match self {
            SourceSpec::Csv(csv) => format!("`{}`", csv.path.display()),
            SourceSpec::Table(_) | SourceSpec::Sides(_) => "this source".into(),
        }
    }

    pub fn span(&self) -> Option<Span> {
        match self {
            SourceSpec::Csv(csv) => csv.span,
            SourceSpec::Table(_) | SourceSpec::Sides(_) => None,
        }
    }

    /// How its file is written, or that of its training rows: delimiter and decimal mark.
    pub fn marks(&self) -> (u8, u8) {
        match self {
            SourceSpec::Csv(csv) => (csv.delimiter, csv.decimal),
            SourceSpec::Table(_) => (b',', b'.'),
            SourceSpec::Sides(sides) => sides[0].as_ref().map_or((b',', b'.'), SourceSpec::marks),
        }
    }
}

#[derive(Debug, Clone)]
pub struct CsvSource {
    /// Already relative to the working directory, not to the program.
    pub path: PathBuf,
    pub delimiter: u8,
    /// `.` or `,`.
    pub decimal: u8,
    /// `None` if the path comes from the command line.
    pub span: Option<Span>,
}

impl CsvSource {
    /// A file with commas and decimal points.
    pub fn plain(path: impl Into<PathBuf>, span: Option<Span>) -> Self {
        CsvSource { path: path.into(), delimiter: b',', decimal: b'.', span }
    }
}

/// `amount, columns("v*"): number |> log1p |> zscore`
#[derive(Debug, Clone)]
pub struct ColumnEntry {
    pub columns: Vec<ColumnSelector>,
    pub kind: Option<Choice<Make<Kind>>>,
    pub transforms: Vec<Choice<MakeTransform>>,
    pub span: Span,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ColumnSelector {
    /// One column; `other` also stands for the columns `other[0]`, `other[1]`, … of a generated vector.
    Name(String, Span),
    /// `columns("v*")`: `*` is any text, `?` any one character.
    Pattern(String, Span),
    /// `cross(a, b)`: the levels of several columns side by side.
    Cross(Vec<String>, Span),
}

/// `input wide { country, device: category |> one_hot }`: the input `<data>.wide`.
#[derive(Debug, Clone)]
pub struct InputSpec {
    pub name: String,
    pub span: Span,
    pub columns: Vec<ColumnEntry>,
}

/// `target price: number |> log1p`, or `target tags { columns("tag_*"): binary }`.
#[derive(Debug, Clone)]
pub struct TargetSpec {
    pub name: String,
    /// One, but for a target of several columns.
    pub columns: Vec<ColumnSelector>,
    /// `binary`, `label` or `number`; inferred if not given.
    pub kind: Option<Choice<Make<Kind>>>,
    pub transforms: Vec<Choice<MakeTransform>>,
    pub span: Span,
}

/// `missing = (number = …, category = …)`; what is not given has its default.
#[derive(Debug, Clone, Default)]
pub struct MissingPolicy {
    /// Default `median(flag = true)`.
    pub number: Option<Choice<Make<MissingNumber>>>,
    /// Default `level`.
    pub category: Option<Choice<Make<MissingCategory>>>,
}
