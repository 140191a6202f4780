/// What a metric says of a sample.
#[derive(Debug, Clone, PartialEq)]
pub enum Score {
    Number(f64),
    /// There is no such number for these rows; the text says why ("only one class in these rows").
    Undefined(&'static str),
    Table(Table),
}

/// Numbers by row and column.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    pub rows: Axis,
    pub columns: Axis,
    /// Row by row; NaN for a cell without a number.
    pub cells: Vec<f64>,
}

/// One side of a table.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Axis {
    /// What it shows, such as `true`; may be empty.
    pub title: &'static str,
    pub labels: Labels,
}

/// What stands at the rows or columns of a table.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Labels {
    /// The target's classes, from 0 to this number; for a binary target 0 and 1. Who shows the table knows their names.
    Classes(usize),
    Words(&'static [&'static str]),
}

impl Score {
    pub fn number(&self) -> Option<f64> {
        match self {
            Score::Number(x) => Some(*x),
            _ => None,
        }
    }
}

impl From<Result<f64, &'static str>> for Score {
    fn from(result: Result<f64, &'static str>) -> Self {
        result.map_or_else(Score::Undefined, Score::Number)
    }
}

impl Labels {
    pub fn len(&self) -> usize {
        match self {
            Labels::Classes(n) => *n,
            Labels::Words(words) => words.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Table {
    pub fn cell(&self, row: usize, column: usize) -> Option<f64> {
        let columns = self.columns.labels.len();
        (column < columns).then(|| self.cells.get(row * columns + column).copied()).flatten()
    }
}
